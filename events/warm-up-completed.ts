import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { count, id, units } from "./field.ts";
import { instant } from "./instant.ts";

/** The capacity that was asked for is serving. */
export const warmUpCompleted = defineEvent({
  name: "warm-up.completed",
  version: 1,
  about: "The capacity that was asked for is serving: healthy, reached, cached, not merely accepted by an API.",
  sent: "When a target is first seen serving at least the floor that was asked for.",
  schema: () =>
    z.strictObject({
      targetId: described(id, "Target that was warmed."),
      floorUnits: described(units, "Floor that was asked for, in its units."),
      servingUnits: described(units, "Units seen serving."),
      requestedAt: described(instant, "When it was asked for."),
      servedAt: described(instant, "When it was first seen serving."),
      tookMs: described(count, "Milliseconds from asking to serving; what the lead is learned from."),
    }),
  example: {
    id: "warm-up.completed/player-api/600/2025-12-31T16:51:00.000Z",
    at: "2025-12-31T16:56:00.260Z",
    correlationId: "tick/2025-12-31T16:51:00.000Z",
    data: {
      targetId: "player-api",
      floorUnits: 600,
      servingUnits: 604,
      requestedAt: "2025-12-31T16:51:00.221Z",
      servedAt: "2025-12-31T16:56:00.000Z",
      tookMs: 299779,
    },
  },
});
