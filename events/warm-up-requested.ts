import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, ordinal, reason, units } from "./field.ts";
import { instant } from "./instant.ts";

/** A target is to have a larger floor. */
export const warmUpRequested = defineEvent({
  name: "warm-up.requested",
  version: 1,
  about: "A target is to have a larger floor, serving by a given instant.",
  sent: "When the floor that a target should have now is above the one it has.",
  schema: () =>
    z.strictObject({
      targetId: described(id, "Target to warm."),
      floorUnits: described(units, "Floor it should have, in its units."),
      fromUnits: described(z.nullable(units), "Floor it has; null when that is not known."),
      neededAt: described(instant, "When the units must be serving."),
      planVersion: described(ordinal, "Version of the plan that asks for it."),
      reasons: described(z.array(reason), "Why it is this floor, in the order in which they apply."),
    }),
  example: {
    id: "warm-up.requested/player-api/600/2025-12-31T16:51:00.000Z",
    at: "2025-12-31T16:51:00.221Z",
    correlationId: "tick/2025-12-31T16:51:00.000Z",
    data: {
      targetId: "player-api",
      floorUnits: 600,
      fromUnits: 12,
      neededAt: "2025-12-31T16:58:00.000Z",
      planVersion: 118,
      reasons: [{ code: "occasion", text: "the King's New Year speech at 17:00 needs 612" }],
    },
  },
});
