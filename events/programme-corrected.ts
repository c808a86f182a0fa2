import * as z from "zod";
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
      programmeId: id.describe("Identity of the programme; it outlives the next feed."),
      title: z.string().describe("Title as the feed has it."),
      channelId: id.describe("Channel it is on."),
      change: z.enum(["corrected", "taken-back", "expired"]).describe("What became of the correction."),
      startsAt: instant.nullable().describe("Start; null where the feed's stands."),
      endsAt: instant.nullable().describe("End (excluded); null where it follows from the feed's and the start."),
      correctedTitle: id.nullable().describe("Title; null where the feed's stands."),
      cancelled: z.boolean().describe("Whether it does not take place."),
      actualStartsAt: instant.nullable().describe("When it really started, where somebody said so."),
      actualEndsAt: instant.nullable().describe("When it really ended, where somebody said so: what it held may be released."),
      endedBy: z.enum(["operator", "marker"]).nullable().describe("Who said that it ended: a person, or a programme-end marker."),
      author: id.describe("Who said the newest of it."),
      reason: z.string().describe("Why, in the author's words."),
      expiresAt: instant.describe("When the correction ends by itself."),
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
