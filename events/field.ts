import * as z from "zod/mini";
import { described } from "./described.ts";
import { instant } from "./instant.ts";

/** Identity of something: any text but the empty one. */
export const id = z.string().check(z.minLength(1, "expected an id, not an empty text"));

/** Units of a target (tasks, readers, edges), never negative: whole, but for Aurora capacity units, which come in halves. */
export const units = z.number().check(z.minimum(0), z.multipleOf(0.5));

/** How many of something: whole, never negative. */
export const count = z.int().check(z.minimum(0));

/** Versions, revisions, generations and attempts: they count up from 1. */
export const ordinal = z.int().check(z.minimum(1));

/** Requests (or queries) a second. */
export const rps = z.number().check(z.minimum(0));

/** Why, twice: a stable `code` for programs and a sentence for people. */
export const reason = z.strictObject({
  code: described(id, "Stable code; match on this one."),
  text: described(z.string(), "The same for a person; its wording may change."),
});

/** One slot of the guide that an occasion is made of. */
export const programme = z.strictObject({
  id: described(id, "Identity of the programme; it outlives moves and new titles."),
  title: described(z.string(), "Title as the guide has it."),
  channelId: described(id, "Channel it is on."),
  startsAt: described(instant, "Start by the guide."),
  endsAt: described(instant, "End by the guide (excluded)."),
});

/** When a cue goes out: some minutes ahead of the instant in the guide, or once the thing itself was seen. */
export const timing = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: described(z.literal("ahead"), "Sent ahead, by the guide."),
    offsetMinutes: described(count, "How many minutes ahead of `startsAt` (starting) or `endsAt` (ending) this cue was due."),
  }),
  z.strictObject({
    kind: described(z.literal("actual"), "Sent because it really began or ended."),
    actualAt: described(instant, "When it really began or ended."),
  }),
]);
