import * as z from "zod";
import { defineEvent } from "./contract.ts";
import { count, id, ordinal } from "./field.ts";
import { instant } from "./instant.ts";

/** Most changes that one event lists; `counts` has all of them. */
export const MAX_LISTED_CHANGES = 200;

/** Most findings that one event lists, and the most characters of each. */
export const MAX_EVENT_FINDINGS = 20;
export const MAX_FINDING_CHARACTERS = 300;

const slot = z.strictObject({
  startsAt: instant.describe("Start by the guide."),
  endsAt: instant.describe("End by the guide (excluded)."),
  title: z.string().describe("Title as the guide has it."),
});

/** A feed brought a schedule that differs from the last one. */
export const scheduleChanged = defineEvent({
  name: "schedule.changed",
  version: 1,
  about: "A feed brought a schedule that differs from the one in force, and it is now in force.",
  sent: "Once for each generation of a feed that is published; never for a feed that brought nothing new.",
  schema: () =>
    z.strictObject({
      feedId: id.describe("Feed that brought it."),
      generation: ordinal.describe("Generation of this feed that is now in force."),
      previousGeneration: ordinal.nullable().describe("Generation it replaces; null for the first."),
      counts: z
        .strictObject({
          added: count.describe("Programmes that were not there before."),
          cancelled: count.describe("Programmes that are gone before their end."),
          moved: count.describe("Programmes with another start."),
          extended: count.describe("Programmes with the same start and a later end."),
          shortened: count.describe("Programmes with the same start and an earlier end."),
          retitled: count.describe("Programmes with another title."),
          revised: count.describe("Programmes with another sub-title, episode, description or category, or another mark as live."),
        })
        .describe("All changes by kind, listed below or not; a programme may have several."),
      changes: z
        .array(
          z.strictObject({
            kind: z
              .enum(["added", "cancelled", "moved", "extended", "shortened", "retitled", "revised"])
              .describe("Kind of change, as in `counts`."),
            programmeId: id.describe("Identity of the programme; it outlives moves and new titles."),
            channelId: id.describe("Channel it is on, or was on when it is gone."),
            before: slot.nullable().describe("The slot in the generation before; null when there was none."),
            after: slot.nullable().describe("The slot now; null when it is cancelled."),
            minutesBeforeAir: z
              .int()
              .describe("Notice given: whole minutes to the start (the new one, where there is one); negative once on air."),
          }),
        )
        .max(MAX_LISTED_CHANGES)
        .describe(`The changes, soonest on air first, at most ${MAX_LISTED_CHANGES}.`),
      truncated: z.boolean().describe("Whether `changes` leaves some out."),
      feedFindings: z
        .strictObject({
          repaired: count.describe("Places of the feed that were mended: a bare &, a missing end, an overlap."),
          rejected: count.describe("Places of the feed that were left out."),
          first: z
            .array(
              z.strictObject({
                kind: z.enum(["repaired", "rejected"]).describe("Whether it was mended or left out."),
                code: id.describe("Stable code of the finding; match on this one."),
                what: z.string().max(MAX_FINDING_CHARACTERS).describe("What was found, for a person."),
                line: ordinal.nullable().describe("Line of the feed; null where it is of no one line."),
              }),
            )
            .max(MAX_EVENT_FINDINGS)
            .describe(`The first ${MAX_EVENT_FINDINGS}, in the order of the feed; the report of the upload has more.`),
        })
        .optional()
        .describe("What the feed had wrong; absent when it had nothing wrong."),
    }),
  example: {
    id: "schedule.changed/dk-guide/42",
    at: "2025-12-31T14:02:11.482Z",
    data: {
      feedId: "dk-guide",
      generation: 42,
      previousGeneration: 41,
      counts: { added: 1, cancelled: 0, moved: 0, extended: 1, shortened: 0, retitled: 0, revised: 0 },
      changes: [
        {
          kind: "extended",
          programmeId: "dr1-2025-12-31-nytaarstale",
          channelId: "DR1 HD (T).dk",
          before: { startsAt: "2025-12-31T17:00:00.000Z", endsAt: "2025-12-31T17:10:00.000Z", title: "Kongens nytårstale" },
          after: { startsAt: "2025-12-31T17:00:00.000Z", endsAt: "2025-12-31T17:15:00.000Z", title: "Kongens nytårstale" },
          minutesBeforeAir: 177,
        },
        {
          kind: "added",
          programmeId: "dr1-2025-12-31-tv-avisen-1715",
          channelId: "DR1 HD (T).dk",
          before: null,
          after: { startsAt: "2025-12-31T17:15:00.000Z", endsAt: "2025-12-31T17:30:00.000Z", title: "TV Avisen" },
          minutesBeforeAir: 192,
        },
      ],
      truncated: false,
      feedFindings: {
        repaired: 1,
        rejected: 0,
        first: [{ kind: "repaired", code: "ampersand-bare", what: "an & stands alone; it was kept; &amp; would be right", line: 1_204 }],
      },
    },
  },
});
