import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { count, id, ordinal } from "./field.ts";
import { instant } from "./instant.ts";

/** Most changes that one event lists; `counts` has all of them. */
export const MAX_LISTED_CHANGES = 200;

/** Most findings that one event lists, and the most characters of each. */
export const MAX_EVENT_FINDINGS = 20;
export const MAX_FINDING_CHARACTERS = 300;

const slot = z.strictObject({
  startsAt: described(instant, "Start by the guide."),
  endsAt: described(instant, "End by the guide (excluded)."),
  title: described(z.string(), "Title as the guide has it."),
});

/** A feed brought a schedule that differs from the last one. */
export const scheduleChanged = defineEvent({
  name: "schedule.changed",
  version: 1,
  about: "A feed brought a schedule that differs from the one in force, and it is now in force.",
  sent: "Once for each generation of a feed that is published; never for a feed that brought nothing new.",
  schema: () =>
    z.strictObject({
      feedId: described(id, "Feed that brought it."),
      generation: described(ordinal, "Generation of this feed that is now in force."),
      previousGeneration: described(z.nullable(ordinal), "Generation it replaces; null for the first."),
      counts: described(
        z.strictObject({
          added: described(count, "Programmes that were not there before."),
          cancelled: described(count, "Programmes that are gone before their end."),
          moved: described(count, "Programmes with another start."),
          extended: described(count, "Programmes with the same start and a later end."),
          shortened: described(count, "Programmes with the same start and an earlier end."),
          retitled: described(count, "Programmes with another title."),
          revised: described(count, "Programmes with another sub-title, episode, description or category, or another mark as live."),
        }),
        "All changes by kind, listed below or not; a programme may have several.",
      ),
      changes: described(
        z
          .array(
            z.strictObject({
              kind: described(
                z.enum(["added", "cancelled", "moved", "extended", "shortened", "retitled", "revised"]),
                "Kind of change, as in `counts`.",
              ),
              programmeId: described(id, "Identity of the programme; it outlives moves and new titles."),
              channelId: described(id, "Channel it is on, or was on when it is gone."),
              before: described(z.nullable(slot), "The slot in the generation before; null when there was none."),
              after: described(z.nullable(slot), "The slot now; null when it is cancelled."),
              minutesBeforeAir: described(
                z.int(),
                "Notice given: whole minutes to the start (the new one, where there is one); negative once on air.",
              ),
            }),
          )
          .check(z.maxLength(MAX_LISTED_CHANGES)),
        `The changes, soonest on air first, at most ${MAX_LISTED_CHANGES}.`,
      ),
      truncated: described(z.boolean(), "Whether `changes` leaves some out."),
      feedFindings: described(
        z.optional(
          z.strictObject({
            repaired: described(count, "Places of the feed that were mended: a bare &, a missing end, an overlap."),
            rejected: described(count, "Places of the feed that were left out."),
            first: described(
              z
                .array(
                  z.strictObject({
                    kind: described(z.enum(["repaired", "rejected"]), "Whether it was mended or left out."),
                    code: described(id, "Stable code of the finding; match on this one."),
                    what: described(z.string().check(z.maxLength(MAX_FINDING_CHARACTERS)), "What was found, for a person."),
                    line: described(z.nullable(ordinal), "Line of the feed; null where it is of no one line."),
                  }),
                )
                .check(z.maxLength(MAX_EVENT_FINDINGS)),
              `The first ${MAX_EVENT_FINDINGS}, in the order of the feed; the report of the upload has more.`,
            ),
          }),
        ),
        "What the feed had wrong; absent when it had nothing wrong.",
      ),
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
