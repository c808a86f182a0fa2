import * as z from "zod";
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
      targetId: id.describe("Target whose floor is held."),
      code: z
        .enum(["sudden-fall", "end-unseen"])
        .describe(
          "`sudden-fall`: with a programme on air, the load fell faster than an audience leaves, as in an outage. `end-unseen`: the latest end of an occasion was reached, and no fresh load shows what may go.",
        ),
      floorUnits: units.describe("Floor that is held, in its units."),
      since: instant.describe("When it began."),
      occasions: z
        .array(z.strictObject({ occasionId: id.describe("Identity of the occasion."), name: z.string().describe("What people call it.") }))
        .describe("What is on air, or was."),
      reason: z.string().describe("Why, for a person."),
      pages: z.boolean().describe("Whether a person is paged: not for a target that is only observed."),
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
