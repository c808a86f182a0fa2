import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, ordinal, programme, timing } from "./field.ts";
import { instant } from "./instant.ts";

/** A cue that was sent no longer holds. */
export const cueWithdrawn = defineEvent({
  name: "cue.withdrawn",
  version: 1,
  about: "A cue that was sent no longer holds: what it announced will not happen, or not then. Undo what you did because of it.",
  sent: "When an occasion that had a cue is removed, is moved out of reach of the offsets sent, or falls below the impact threshold.",
  schema: () =>
    z.strictObject({
      cueId: described(id, "Cue that is withdrawn."),
      revision: described(ordinal, "Higher than every revision that was sent; a cue with a lower one that arrives later is void too."),
      cue: described(z.enum(["starting", "ending"]), "Which cue it was: `programme.starting` or `programme.ending`."),
      code: described(id, "Stable code of the reason; match on this one."),
      reason: described(z.string(), "Why, for a person."),
      occasions: described(
        z
          .array(
            z.strictObject({
              occasionId: described(id, "Identity of the occasion."),
              name: described(z.string(), "What people call it."),
              programmes: described(z.array(programme), "The slots that the cue named, as it named them."),
            }),
          )
          .check(z.minLength(1)),
        "What the cue announced.",
      ),
      sent: described(
        z
          .array(
            z.strictObject({
              eventId: described(id, "`id` of the event that carried the cue."),
              timing: described(timing, "Which offset it was."),
              sentAt: described(instant, "When it was sent."),
            }),
          )
          .check(z.minLength(1)),
        "The cues that went out, oldest first.",
      ),
    }),
  example: {
    id: "cue.withdrawn/new-year-speech-2025/starting/2",
    at: "2025-12-31T16:47:00.390Z",
    correlationId: "schedule.changed/dk-guide/43",
    data: {
      cueId: "new-year-speech-2025/starting",
      revision: 2,
      cue: "starting",
      code: "programme-removed",
      reason: "the guide no longer has it",
      occasions: [
        {
          occasionId: "new-year-speech-2025",
          name: "the King's New Year speech",
          programmes: [
            {
              id: "dr1-2025-12-31-nytaarstale",
              title: "Kongens nytårstale",
              channelId: "DR1 HD (T).dk",
              startsAt: "2025-12-31T17:00:00.000Z",
              endsAt: "2025-12-31T17:15:00.000Z",
            },
          ],
        },
      ],
      sent: [
        {
          eventId: "programme.starting/new-year-speech-2025/1/ahead-15",
          timing: { kind: "ahead", offsetMinutes: 15 },
          sentAt: "2025-12-31T16:45:00.214Z",
        },
      ],
    },
  },
});
