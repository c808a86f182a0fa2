import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, ordinal } from "./field.ts";
import { instant } from "./instant.ts";

/** A feed looked wrong and was set aside. */
export const feedQuarantined = defineEvent({
  name: "feed.quarantined",
  version: 1,
  about: "A feed looked wrong and was set aside; the last good schedule stays in force.",
  sent: "Once for each upload that the sanity gate sets aside.",
  schema: () =>
    z.strictObject({
      feedId: described(id, "Feed that was set aside."),
      receivedAt: described(instant, "When the upload was received."),
      findings: described(
        z
          .array(
            z.strictObject({
              code: described(id, "Stable code of the finding; match on this one."),
              what: described(z.string(), "What was found, for a person."),
            }),
          )
          .check(z.minLength(1)),
        "Everything found wrong with it.",
      ),
      generationKept: described(z.nullable(ordinal), "Generation that stays in force; null when there never was one."),
    }),
  example: {
    id: "feed.quarantined/dk-guide/2025-12-31T15:00:02.007Z",
    at: "2025-12-31T15:00:02.913Z",
    data: {
      feedId: "dk-guide",
      receivedAt: "2025-12-31T15:00:02.007Z",
      findings: [{ code: "shrunken", what: "312 programmes in the next 24 h, the schedule in force has 2,104" }],
      generationKept: 42,
    },
  },
});
