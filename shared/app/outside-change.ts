import type { Booking } from "../core/warm/bookings.ts";
import { MINUTE_MS } from "../core/time.ts";

/** What is remembered of what others do to a target's minimum. */
export type OutsideChanges = {
  /** When an outside change was put back, in the last quarter of an hour. */
  readonly putBackMs?: readonly number[];
  /** When it was last told that the minimum is contested, in the last quarter of an hour. */
  readonly contestedMs?: number;
  /** The customer's own scheduled actions that set a minimum: those to come, as last listed, and those that fired lately. */
  readonly theirs?: readonly Booking[];
};

// Three times in a quarter of an hour is a quarrel, not an accident (design rule 2); it is told once in as long.
const CONTESTED_MS = 15 * MINUTE_MS;
const CONTESTED_TIMES = 3;

/** The same memory and nothing else, without what is over at `now`. */
export function outsideChangesAt({ putBackMs, contestedMs, theirs }: OutsideChanges, now: number): OutsideChanges {
  const lately = (putBackMs ?? []).filter((atMs) => atMs > now - CONTESTED_MS && atMs <= now);
  return {
    ...(lately.length > 0 && { putBackMs: lately }),
    ...(contestedMs !== undefined && contestedMs > now - CONTESTED_MS && contestedMs <= now && { contestedMs }),
    ...(theirs && { theirs }),
  };
}

/** The memory with one more change that is put back at `now`; `contestedMs` is `now` when that has to be told. */
export function withPutBack(changes: OutsideChanges, now: number): OutsideChanges {
  const before = outsideChangesAt(changes, now);
  const putBackMs = [...(before.putBackMs ?? []).filter((atMs) => atMs < now), now];
  const contested = before.contestedMs === undefined && putBackMs.length >= CONTESTED_TIMES;
  return { ...before, putBackMs, ...(contested && { contestedMs: now }) };
}

/** The customer's own scheduled action that has set the minimum found, below the one in force; undefined when it was none. */
export function firedOfTheirs({ theirs = [] }: OutsideChanges, minimumUnits: number, now: number): Booking | undefined {
  // However long ago: it may have fired while Calltime was down.
  return theirs.findLast(({ atMs, units }) => atMs <= now && units === minimumUnits);
}

/** The customer's actions to remember: those `listed`, and those that fired lately and were not met yet. */
export function theirsToRemember(
  { theirs = [] }: OutsideChanges,
  listed: readonly Booking[],
  met: Booking | undefined,
  now: number,
): readonly Booking[] {
  const fired = theirs.filter(
    ({ atMs, units }) => atMs <= now && atMs > now - CONTESTED_MS && !(met?.atMs === atMs && met.units === units),
  );
  return [...fired, ...listed];
}
