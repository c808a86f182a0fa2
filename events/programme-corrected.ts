import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id } from "./field.ts";
import { instant } from "./instant.ts";

/** What somebody says of a programme over its feed was said, taken back, or has expired. */
export const programmeCorrected = defineEvent({
  name: "programme.corrected",
  version: 1,
  about: "What somebody says of a programme over what its feed lists was said, taken back, or has expired.",
  sent: "At each of these three moments. It carries all that holds of the correction, or held.",
  schema: () =>
    z.strictObject({
      programmeId: described(id, "Identity of the programme; it outlives the next feed."),
      title: described(z.string(), "Title as the feed has it."),
      channelId: described(id, "Channel it is on."),
      change: described(z.enum(["corrected", "taken-back", "expired"]), "What became of the correction."),
      startsAt: described(z.nullable(instant), "Start; null where the feed's stands."),
      endsAt: described(z.nullable(instant), "End (excluded); null where it follows from the feed's and the start."),
      correctedTitle: described(z.nullable(id), "Title; null where the feed's stands."),
      cancelled: described(z.boolean(), "Whether it does not take place."),
      actualStartsAt: described(z.nullable(instant), "When it really started, where somebody said so."),
      actualEndsAt: described(z.nullable(instant), "When it really ended, where somebody said so: what it held may be released."),
      endedBy: described(z.nullable(z.enum(["operator", "marker"])), "Who said that it ended: a person, or a programme-end marker."),
      author: described(id, "Who said the newest of it."),
      reason: described(z.string(), "Why, in the author's words."),
      expiresAt: described(instant, "When the correction ends by itself."),
    }),
  example: {
    id: "programme.corrected/dr1-2025-12-31-nytaarstale/corrected/1",
    at: "2025-12-31T17:12:00.000Z",
    data: {
      programmeId: "dr1-2025-12-31-nytaarstale",
      title: "Kongens nytårstale",
      channelId: "DR1 HD (T).dk",
      change: "corrected",
      startsAt: null,
      endsAt: "2025-12-31T17:25:00.000Z",
      correctedTitle: null,
      cancelled: false,
      actualStartsAt: null,
      actualEndsAt: null,
      endedBy: null,
      author: "newsroom",
      reason: "the speech is longer than announced",
      expiresAt: "2026-01-01T17:25:00.000Z",
    },
  },
});
