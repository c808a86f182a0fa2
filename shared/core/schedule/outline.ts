import type { ListedProgramme } from "./programme.ts";
import { isFillerTitle, normaliseTitle, saysNothing } from "./title.ts";

/** A programme as the gate sees it: when it is on, and whether its title says that anything is. */
export type Slot = { readonly startsAtMs: number; readonly endsAtMs: number; readonly says: "programme" | "filler" | "nothing" };

/** The slots of one channel by start, three numbers each: time since the start before (since 1970 for the first), length, and what it says. */
export type Outline = readonly number[];

const SAYS = ["programme", "filler", "nothing"] as const;

/** The outline of one channel's programmes, which are sorted by start. */
export function outlineOf(programmes: readonly ListedProgramme[]): Outline {
  const outline: number[] = [];
  let beforeMs = 0;
  for (const { startsAtMs, endsAtMs, title } of programmes) {
    outline.push(startsAtMs - beforeMs, endsAtMs - startsAtMs, SAYS.indexOf(saysOf(title)));
    beforeMs = startsAtMs;
  }
  return outline;
}

/** How many programmes an outline is of. */
export function programmesIn(outline: Outline): number {
  return outline.length / 3;
}

/** When the last of them ends, or undefined when there is none. */
export function lastEndMs(outline: Outline): number | undefined {
  return slotsOf(outline).reduce<number | undefined>((last, { endsAtMs }) => Math.max(last ?? endsAtMs, endsAtMs), undefined);
}

/** The slots of an outline. */
export function slotsOf(outline: Outline): readonly Slot[] {
  const slots: Slot[] = [];
  let startsAtMs = 0;
  for (let at = 0; at < outline.length; at += 3) {
    startsAtMs += outline[at] ?? 0;
    slots.push({ startsAtMs, endsAtMs: startsAtMs + (outline[at + 1] ?? 0), says: SAYS[outline[at + 2] ?? 0] ?? "programme" });
  }
  return slots;
}

function saysOf(title: string): Slot["says"] {
  const normalised = normaliseTitle(title);
  if (isFillerTitle(normalised)) return "filler";
  return saysNothing(normalised) ? "nothing" : "programme";
}
