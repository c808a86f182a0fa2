import * as z from "zod";
import { instant } from "./instant.ts";

/** Identity of something: any text but the empty one. */
export const id = z.string().min(1, "expected an id, not an empty text");

/** Units of a target (tasks, readers, edges), never negative: whole, but for Aurora capacity units, which come in halves. */
export const units = z.number().min(0).multipleOf(0.5);

/** How many of something: whole, never negative. */
export const count = z.int().min(0);

/** Versions, revisions, generations and attempts: they count up from 1. */
export const ordinal = z.int().min(1);

/** Requests (or queries) a second. */
export const rps = z.number().min(0);

/** Why, twice: a stable `code` for programs and a sentence for people. */
export const reason = z.strictObject({
  code: id.describe("Stable code; match on this one."),
  text: z.string().describe("The same for a person; its wording may change."),
});

/** One slot of the guide that an occasion is made of. */
export const programme = z.strictObject({
  id: id.describe("Identity of the programme; it outlives moves and new titles."),
  title: z.string().describe("Title as the guide has it."),
  channelId: id.describe("Channel it is on."),
  startsAt: instant.describe("Start by the guide."),
  endsAt: instant.describe("End by the guide (excluded)."),
});

/** When a cue goes out: some minutes ahead of the instant in the guide, or once the thing itself was seen. */
export const timing = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ahead").describe("Sent ahead, by the guide."),
    offsetMinutes: count.describe("How many minutes ahead of `startsAt` (starting) or `endsAt` (ending) this cue was due."),
  }),
  z.strictObject({
    kind: z.literal("actual").describe("Sent because it really began or ended."),
    actualAt: instant.describe("When it really began or ended."),
  }),
]);
