import { END_SOURCES, type MarkedEnd } from "../schedule/correction.ts";
import type { Occasion } from "../schedule/occasion.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import { median } from "./median.ts";
import type { Timing } from "./shape.ts";

/**
 * Where an occasion stands. The guide only proposes an end: an occasion has ended when a person or its marker said so, when its crowd was
 * seen to leave, or when the hard cap is reached (design rule 6).
 */
export type Air =
  | { readonly kind: "ahead" }
  | { readonly kind: "on-air"; readonly startedAtMs?: number }
  | { readonly kind: "ended"; readonly startedAtMs?: number; readonly endedAtMs: number; readonly by: EndedBy };

/** What an end was known by. */
export const ENDED_BY = [...END_SOURCES, "crowd", "cap"] as const;
export type EndedBy = (typeof ENDED_BY)[number];

/** What somebody said of the real start and end of an occasion. */
export type SaidOfAir = { readonly startedAtMs?: number | undefined; readonly end?: MarkedEnd | undefined };

/** Audience (or load) above the usual in one known minute; a minute that is not known is left out. */
export type ExcessMinute = { readonly atMs: number; readonly excess: number };

// The crowd has left when it stood below this share of its plateau for this many known minutes in a row. Half-time, an
// advertisement break and the crowd at the end keep well above it; the World Cup's half-life after the whistle is longer than
// three minutes, so one noisy minute is not an end.
const LEFT_SHARE = 0.6;
const LEFT_MINUTES = 3;
// The fastest crowds take a minute and a half for their first half. More than this share of it gone within two minutes is an outage of
// the service or of its metrics, wherever the guide's end lies.
const SUDDEN_SHARE = 0.6;
const SUDDEN_MS = 2 * MINUTE_MS;
// After longer, of which nothing is known, the fastest crowd has left less than a fifteenth: it is told apart from an outage no more.
const TOLD_APART_MS = 6 * MINUTE_MS;
// They begin to leave in the last minute that still holds nearly all of them.
const HELD_SHARE = 0.9;
// But whoever leaves may ask for more than whoever watches: a minute with this share of the plateau, no more than so many before the last
// that holds nearly all, is one of leaving.
const CROWD_AT_END_SHARE = 1.15;
const CROWD_AT_END_MINUTES = 5;
/** The crowd is there when this share of what was forecast has come. */
export const ARRIVED_SHARE = 0.3;
// The first minutes are the arrival, and say little about the plateau.
const SETTLING_MS = 5 * MINUTE_MS;
const PLATEAU_MINUTES = 3;
/** After this long past the guide's end the occasion is taken as over; what the load then supports is the nowcast's business. */
export const HARD_CAP_MS = 2 * HOUR_MS;
// While no end is known, it is taken to be at least this far ahead: the crowd at the end is always still to come.
const END_AHEAD_MS = 3 * MINUTE_MS;
/** For so long after the guide's start a crowd that has not come is taken to be late; after that, to be small. */
export const LATE_START_MS = 20 * MINUTE_MS;

/**
 * What the measured crowd says at `now`. `excess` is in the order of time; `expected` is the excess forecast for the plateau, in the
 * same unit, undefined when no audience is known. `before` is what was concluded earlier: an end, once seen, stands. One that was said
 * stands for as long as it is said: whoever marked the wrong programme can take it back.
 */
export function assessAir(input: {
  readonly occasion: Occasion;
  readonly before: Air | undefined;
  readonly excess: readonly ExcessMinute[];
  readonly expected: number | undefined;
  readonly said?: SaidOfAir;
  readonly now: number;
}): Air {
  const { occasion, before, excess, expected, said = {}, now } = input;
  const end = said.end !== undefined && said.end.atMs <= now ? said.end : undefined;
  if (end === undefined && before?.kind === "ended" && (before.by === "crowd" || before.by === "cap")) return before;
  if (end === undefined && now < occasion.startsAtMs) return { kind: "ahead" };
  const seenAtMs = before !== undefined && before.kind !== "ahead" ? before.startedAtMs : undefined;
  const startedAtMs = said.startedAtMs ?? seenAtMs ?? startOf(occasion, excess, expected);
  const started = startedAtMs === undefined ? {} : { startedAtMs };
  if (end !== undefined) return { kind: "ended", ...started, endedAtMs: end.atMs, by: end.by };
  const leftAtMs = now > occasion.endsAtMs ? crowdLeftAt(occasion, excess) : undefined;
  if (leftAtMs !== undefined) return { kind: "ended", ...started, endedAtMs: leftAtMs, by: "crowd" };
  const capMs = occasion.endsAtMs + HARD_CAP_MS;
  if (now >= capMs) return { kind: "ended", ...started, endedAtMs: capMs, by: "cap" };
  return { kind: "on-air", ...started };
}

/** Whether where an occasion stands follows from its crowd: one that is there is not looked at before the guide's end. */
export function followsFromCrowd({ occasion, before, said = {}, now }: Omit<Parameters<typeof assessAir>[0], "excess">): boolean {
  const isThere = before?.kind === "on-air" && (said.startedAtMs ?? before.startedAtMs) !== undefined;
  return !isThere || now > occasion.endsAtMs;
}

/** The start and end to forecast with at `now`. */
export function timingOf(occasion: Occasion, air: Air, now: number): Timing {
  if (air.kind === "ended") return { startsAtMs: occasion.startsAtMs, endsAtMs: air.endedAtMs };
  const endsAtMs = air.kind === "on-air" ? Math.max(occasion.endsAtMs, now + END_AHEAD_MS) : occasion.endsAtMs;
  return { startsAtMs: occasion.startsAtMs, endsAtMs };
}

/** An occasion that counts or did, and where it stands. */
export type Followed = { readonly occasion: Occasion; readonly air: Air };

/** Starts and ends to learn by at `now`: of what is on air beyond the guide's end nobody knows one, so its minutes are none of an end. */
export function learningTiming({ occasion, air }: Followed, now: number): Timing {
  const { startsAtMs, endsAtMs } = occasion;
  if (air.kind === "ended") return { startsAtMs, endsAtMs: air.endedAtMs };
  return { startsAtMs, endsAtMs: air.kind === "on-air" && now > endsAtMs ? startsAtMs + DAY_MS : endsAtMs };
}

/**
 * The timing of an occasion whose crowd has not been seen yet though the guide says that it began: as if it began now. Undefined
 * once the crowd is there, and `LATE_START_MS` after the guide's start.
 */
export function lateTimingOf(occasion: Occasion, air: Air, now: number): Timing | undefined {
  if (air.kind !== "on-air" || air.startedAtMs !== undefined || now >= occasion.startsAtMs + LATE_START_MS) return undefined;
  return { ...timingOf(occasion, air, now), startsAtMs: now };
}

/** The plateau that was measured: the median excess between five minutes after the start and the guide's end, or undefined. */
export function measuredPlateau(occasion: Occasion, excess: readonly ExcessMinute[]): number | undefined {
  const settledMs = Math.min(occasion.startsAtMs + SETTLING_MS, (occasion.startsAtMs + occasion.endsAtMs) / 2);
  const values = excess.filter((minute) => minute.atMs >= settledMs && minute.atMs < occasion.endsAtMs).map((minute) => minute.excess);
  return values.length < PLATEAU_MINUTES ? undefined : median(values);
}

function startOf(occasion: Occasion, excess: readonly ExcessMinute[], expected: number | undefined): number | undefined {
  if (expected === undefined || expected <= 0) return undefined;
  return excess.find((minute) => minute.atMs >= occasion.startsAtMs && minute.excess >= ARRIVED_SHARE * expected)?.atMs;
}

function crowdLeftAt(occasion: Occasion, excess: readonly ExcessMinute[]): number | undefined {
  const plateau = measuredPlateau(occasion, excess);
  if (plateau === undefined || plateau <= 0) return undefined;
  const after = excess.filter((minute) => minute.atMs >= occasion.endsAtMs);
  const last = after.slice(-LEFT_MINUTES);
  if (last.length < LEFT_MINUTES || last.some((minute) => minute.excess >= LEFT_SHARE * plateau)) return undefined;
  if (fellSuddenly(excess, plateau)) return undefined;
  const first = leavingFrom(after, plateau);
  return first === 0 ? occasion.endsAtMs : (after[first - 1]?.atMs ?? 0) + MINUTE_MS;
}

/** The place of the first minute in which they leave: the first of the crowd at the end, or without one the first that holds fewer. */
function leavingFrom(after: readonly ExcessMinute[], plateau: number): number {
  const held = after.findLastIndex((minute) => minute.excess >= HELD_SHARE * plateau);
  const last = after.findLastIndex((minute) => isCrowdAtEnd(minute, plateau));
  let first = last >= 0 && held - last < CROWD_AT_END_MINUTES ? last : held + 1;
  while (isCrowdAtEnd(after[first - 1], plateau)) first -= 1;
  return first;
}

function isCrowdAtEnd(minute: ExcessMinute | undefined, plateau: number): boolean {
  return minute !== undefined && minute.excess >= CROWD_AT_END_SHARE * plateau;
}

/**
 * Whether the crowd went, the last time it went, faster than a crowd can leave. What it asks for on its way out, beyond its plateau, is no
 * part of it. Where the first minutes of the fall are unknown, the first that is known tells.
 */
function fellSuddenly(excess: readonly ExcessMinute[], plateau: number): boolean {
  const there = excess.findLastIndex((minute) => minute.excess >= LEFT_SHARE * plateau);
  const firstKnownMs = excess[there + 1]?.atMs;
  // A fall that began within a minute shows in this one and the next.
  return [there - 1, there].some((nth) => {
    const from = excess[nth];
    if (from === undefined) return false;
    return excess.slice(nth + 1).some((minute) => {
      const tookMs = minute.atMs - from.atMs;
      const tells = tookMs <= SUDDEN_MS || (minute.atMs === firstKnownMs && tookMs <= TOLD_APART_MS);
      return tells && Math.min(plateau, from.excess) - minute.excess > fastestFall(tookMs) * plateau;
    });
  });
}

/** The share of a crowd that the fastest of them has lost after so long; over less than two minutes, what it has lost after two. */
function fastestFall(tookMs: number): number {
  return 1 - (1 - SUDDEN_SHARE) ** Math.max(1, tookMs / SUDDEN_MS);
}
