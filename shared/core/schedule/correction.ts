import type { Occasion } from "./occasion.ts";
import type { Programme } from "./programme.ts";

/** Who said that a programme has ended: a person, or a programme-end marker of that programme. */
export const END_SOURCES = ["operator", "marker"] as const;
export type EndSource = (typeof END_SOURCES)[number];

/** An end that was said to have happened. */
export type MarkedEnd = { readonly atMs: number; readonly by: EndSource };

/**
 * What somebody says of one programme over what its feed lists, until `untilMs` (excluded). What is left out is as the feed has it. A
 * start alone moves the programme with its length; an actual start is where it really began.
 */
export type Correction = {
  readonly programmeId: string;
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
  readonly title?: string;
  readonly cancelled?: true;
  readonly actualStartsAtMs?: number;
  /** The actual start was said by a marker; a person's is not marked. */
  readonly startMarked?: true;
  readonly actualEnd?: MarkedEnd;
  readonly author: string;
  readonly why: string;
  /** When it was last changed. */
  readonly atMs: number;
  readonly untilMs: number;
};

/** Corrections by programme id: one each, the newest of what was said. */
export type Corrections = ReadonlyMap<string, Correction>;

/** A programme as its correction makes it; one that is not moved has no `corrected`. */
export function correctedProgramme(programme: Programme, correction: Correction): Programme {
  const { startsAtMs: listedStart, endsAtMs: listedEnd } = programme;
  const { actualStartsAtMs, title = programme.title, author, why } = correction;
  const plannedStart = correction.startsAtMs ?? listedStart;
  const startsAtMs = actualStartsAtMs ?? plannedStart;
  const lengthMs = listedEnd - listedStart;
  const plannedEnd = correction.endsAtMs ?? plannedStart + lengthMs;
  // Begun late it ends so much later, unless somebody said when; begun early it may still go on until then: the end errs on the late side.
  const lateMs = correction.endsAtMs === undefined ? Math.max(0, startsAtMs - plannedStart) : 0;
  // The feed may have moved it since to beyond the end that somebody gave it.
  const endsAtMs = plannedEnd + lateMs > startsAtMs ? plannedEnd + lateMs : startsAtMs + lengthMs;
  const moved = startsAtMs !== listedStart || endsAtMs !== listedEnd;
  return {
    ...programme,
    title,
    startsAtMs,
    endsAtMs,
    ...(moved && { corrected: { startsAtMs: listedStart, endsAtMs: listedEnd, author, why } }),
  };
}

/** A programme as people corrected it, if they did; undefined when it is cancelled. */
export function correctedBy(corrections: Corrections, programme: Programme): Programme | undefined {
  const correction = corrections.get(programme.id);
  if (correction === undefined) return programme;
  return correction.cancelled === true ? undefined : correctedProgramme(programme, correction);
}

/** When the first slot of an occasion really began, where somebody said so. */
export function saidStartOf({ programmes }: Occasion, corrections: Corrections): number | undefined {
  const [first] = programmes;
  return first === undefined ? undefined : corrections.get(first.id)?.actualStartsAtMs;
}

/**
 * The end of an occasion, where somebody said of its slots that they have ended: the latest of them. A slot of which nobody said so must
 * have been over by the guide before: the end of one half, or of one of two channels, is not the end.
 */
export function saidEndOf({ programmes }: Occasion, corrections: Corrections): MarkedEnd | undefined {
  if (corrections.size === 0) return undefined;
  let latest: MarkedEnd | undefined;
  for (const { id } of programmes) {
    const end = corrections.get(id)?.actualEnd;
    if (end !== undefined && (latest === undefined || end.atMs > latest.atMs)) latest = end;
  }
  if (latest === undefined) return undefined;
  const { atMs } = latest;
  const open = programmes.some((slot) => corrections.get(slot.id)?.actualEnd === undefined && slot.endsAtMs > atMs);
  return open ? undefined : latest;
}
