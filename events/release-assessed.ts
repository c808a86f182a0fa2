import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, units } from "./field.ts";
import { instant } from "./instant.ts";

/** What became of the capacity after its floor was released: lowering a minimum removes nothing by itself. */
export const releaseAssessed = defineEvent({
  name: "release.assessed",
  version: 1,
  about: "Whether capacity came down after its floor was released; if not, what it costs.",
  sent: "Once when capacity is down at the floor, or once when it is not within 45 minutes of the last step of the release.",
  schema: () =>
    z.strictObject({
      targetId: described(id, "Target whose floor was released."),
      outcome: described(
        z.enum(["done", "still-up"]),
        "Down at the floor, or kept up by something else: a policy that does not scale in, or that aims lower than the plan.",
      ),
      floorUnits: described(units, "Floor that it was released to, in its units."),
      fromUnits: described(units, "Units that were desired when the release began."),
      desiredUnits: described(units, "Units desired now."),
      releasedAt: described(instant, "When the floor was lowered last."),
      costUsdPerHour: described(
        z.nullable(z.number().check(z.minimum(0))),
        "What the units above the floor cost in an hour; null when no price is known.",
      ),
    }),
  example: {
    id: "release.assessed/player-api/2025-12-31T18:25:00.000Z",
    at: "2025-12-31T19:10:00.214Z",
    correlationId: "tick/2025-12-31T19:10:00.000Z",
    data: {
      targetId: "player-api",
      outcome: "still-up",
      floorUnits: 40,
      fromUnits: 612,
      desiredUnits: 240,
      releasedAt: "2025-12-31T18:25:00.000Z",
      costUsdPerHour: 19.74,
    },
  },
});
