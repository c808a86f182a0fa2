import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, units } from "./field.ts";
import { instant } from "./instant.ts";

/** A floor is held although the audience may be gone: somebody has to look. */
export const releaseWithheld = defineEvent({
  name: "release.withheld",
  version: 1,
  about: "A floor is held although the audience may be gone, because what was measured does not show that it left.",
  sent: "Once when it begins; again when it begins anew after the load had shown what may go.",
  schema: () =>
    z.strictObject({
      targetId: described(id, "Target whose floor is held."),
      code: described(
        z.enum(["sudden-fall", "end-unseen"]),
        "`sudden-fall`: with a programme on air, the load fell faster than an audience leaves, as in an outage. `end-unseen`: the latest end of an occasion was reached, and no fresh load shows what may go.",
      ),
      floorUnits: described(units, "Floor that is held, in its units."),
      since: described(instant, "When it began."),
      occasions: described(
        z.array(
          z.strictObject({ occasionId: described(id, "Identity of the occasion."), name: described(z.string(), "What people call it.") }),
        ),
        "What is on air, or was.",
      ),
      reason: described(z.string(), "Why, for a person."),
      pages: described(z.boolean(), "Whether a person is paged: not for a target that is only observed."),
    }),
  example: {
    id: "release.withheld/player-api/sudden-fall/2025-12-31T17:09:00.000Z",
    at: "2025-12-31T17:09:00.412Z",
    correlationId: "tick/2025-12-31T17:09:00.000Z",
    data: {
      targetId: "player-api",
      code: "sudden-fall",
      floorUnits: 612,
      since: "2025-12-31T17:09:00.000Z",
      occasions: [{ occasionId: "new-year-speech-2025", name: "the King's New Year speech" }],
      reason: "the load fell suddenly with a programme on air: an outage until shown otherwise",
      pages: true,
    },
  },
});
