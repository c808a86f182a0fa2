import type { Cause, TickEvidence } from "./score.ts";
import type { Target } from "./target.ts";
import { leadMs } from "./plan/capacity.ts";
import { MINUTE_MS } from "./time.ts";

/** One target in one minute of a run, with everything that a shortage in it can be put down to. */
export type EvidentMinute = {
  readonly atMs: number;
  readonly loadRps: number;
  readonly unservedRps: number;
  readonly servingUnits: number;
  readonly desiredUnits: number;
  readonly minimumUnits: number;
  /** The tick that ended before this minute; undefined while Calltime was not running, or stopped in it. */
  readonly tick: TickEvidence | undefined;
  /** The floor that was needed: rule 1's function folded, without faults, over all that could be known by then. */
  readonly neededUnits: number;
  /** Units that the database behind it served connections for: no more may be asked for before it is up; undefined where nothing bounds them. */
  readonly roomUnits?: number | undefined;
  /** Nothing called for the need in this minute: a person holds what is there, or nobody could see that it may go. */
  readonly keptUp: boolean;
  /** The load of this minute that the forecast stated not to expect to be exceeded, one lead before it; undefined where it stated none. */
  readonly statedRps: number | undefined;
  /** A call of Calltime's was throttled, refused, half-done or lost in the tick before this minute. */
  readonly callFailed: boolean;
  /** Somebody outside took from the floor. */
  readonly undone: boolean;
};

/** A stretch [fromMs, toMs) that something known later than its lead, or of an unknown audience, answers for. */
export type Answerable = {
  readonly cause: "late" | "unknown-audience";
  readonly fromMs: number;
  readonly toMs: number;
  readonly what: string;
};

/** A minute in which less was serving than arrived, or than had been needed for a whole lead; `cause` is undefined when none has evidence. */
export type ShortMinute = {
  readonly atMs: number;
  readonly cause: Cause | undefined;
  readonly unservedRequests: number;
  readonly requiredUnits: number;
  readonly servingUnits: number;
};

/** What a judgement rests on besides the minutes. */
export type JudgeInput = {
  readonly target: Target;
  /** Time from asking for one unit to its serving that is planned with. */
  readonly startUpMs: number;
  /** Sorted, one a minute, without gaps. */
  readonly minutes: readonly EvidentMinute[];
  readonly answerable: readonly Answerable[];
};

// A refusal explains a shortage until the second tick after it (rule 3), and then the time that the units asked for take.
const REFUSED_TICKS = 2;
const SECONDS_A_MINUTE = 60;
// Units within 2 % of what is needed count as there, as in a verdict.
const THERE_SHARE = 0.98;

/** The short minutes of one target with the one cause of each: the first of rule 3's list that has evidence of its own. */
export function shortMinutes(input: JudgeInput): readonly ShortMinute[] {
  const { minutes, target } = input;
  const shorts: ShortMinute[] = [];
  for (const [index, minute] of minutes.entries()) {
    const neededUnits = neededForALead(input, index);
    const carryingUnits = Math.ceil(minute.loadRps / target.throughputRps - 1e-9);
    const isShort = minute.unservedRps > 0 || minute.servingUnits < THERE_SHARE * neededUnits;
    if (!isShort) continue;
    const requiredUnits = Math.max(neededUnits, carryingUnits);
    shorts.push({
      atMs: minute.atMs,
      cause: causeOf(input, index, { neededUnits, requiredUnits }),
      unservedRequests: minute.unservedRps * SECONDS_A_MINUTE,
      requiredUnits,
      servingUnits: minute.servingUnits,
    });
  }
  return shorts;
}

/** Whole minutes from asking for so many units to the last of them serving, and the minute in which it is asked. */
function leadMinutes({ target, startUpMs }: JudgeInput, units: number): number {
  return Math.ceil(leadMs(target, startUpMs, units - target.baselineUnits) / MINUTE_MS) + 1;
}

/** The units that have been needed, and had room at the database behind them, for their whole lead up to this minute: these must be serving. */
function neededForALead(input: JudgeInput, index: number): number {
  const now = input.minutes[index]?.neededUnits ?? 0;
  return leastSince(input, index, leadMinutes(input, now), ({ neededUnits, roomUnits = neededUnits }) => Math.min(neededUnits, roomUnits));
}

/** The least value of the last `count` minutes and this one; what was before the run is the baseline's. */
function leastSince(input: JudgeInput, index: number, count: number, valueOf: (minute: EvidentMinute) => number): number {
  let least = index - count < 0 ? input.target.baselineUnits : Number.POSITIVE_INFINITY;
  for (let i = Math.max(0, index - count); i <= index; i += 1) {
    const minute = input.minutes[i];
    if (minute !== undefined) least = Math.min(least, valueOf(minute));
  }
  return least;
}

/**
 * The minutes whose decisions still show in this one. What was only kept up in any of them was called for further back: a floor that never
 * came up since then, or not a whole lead ago, lacks what it lacked in that minute.
 */
function evidentFor(
  { minutes }: JudgeInput,
  index: number,
  { lead, neededUnits }: { readonly lead: number; readonly neededUnits: number },
): readonly EvidentMinute[] {
  const behind = (at: number): readonly EvidentMinute[] => minutes.slice(Math.max(0, at - lead - REFUSED_TICKS), at + 1);
  const kept = minutes.findLastIndex(({ keptUp }, at) => at <= index && at >= index - lead && keptUp);
  const calledFor = minutes.findLastIndex(({ keptUp }, at) => at < kept && !keptUp);
  if (calledFor < 0) return behind(index);
  const cameUp = minutes
    .slice(calledFor, Math.max(calledFor, index - lead) + 1)
    .some(({ minimumUnits, desiredUnits }) => Math.max(minimumUnits, desiredUnits) >= THERE_SHARE * neededUnits);
  return cameUp ? behind(index) : [...behind(calledFor), ...behind(index)];
}

function causeOf(
  input: JudgeInput,
  index: number,
  { neededUnits, requiredUnits }: { readonly neededUnits: number; readonly requiredUnits: number },
): Cause | undefined {
  const { target, minutes, answerable } = input;
  const minute = minutes[index];
  if (minute === undefined) return undefined;
  const lead = leadMinutes(input, requiredUnits);
  const window = evidentFor(input, index, { lead, neededUnits });
  if (window.some(({ tick, neededUnits, minimumUnits }) => tick !== undefined && tick.mode !== "active" && neededUnits > minimumUnits)) {
    return "held";
  }
  const limits = new Set(window.map(({ tick }) => tick?.limit));
  if (minute.loadRps > target.ceilingUnits * target.throughputRps || limits.has("ceiling") || limits.has("connections")) return "ceiling";
  if (limits.has("cap")) return "cap";
  if (window.some(({ tick, callFailed, undone }) => tick?.refused === true || callFailed || undone)) return "refused";
  // Asked for during a whole lead, taken, and not there: half-done.
  const askedUnits = leastSince(input, index, lead, ({ minimumUnits, desiredUnits }) => Math.max(minimumUnits, desiredUnits));
  if (askedUnits >= requiredUnits) return "refused";
  if (window.some(({ tick }) => tick === undefined)) return "down";
  // Its database had no connections for more yet: a limit like the one that its ceiling sets, for as long as it lasts.
  if (window.some(({ roomUnits = requiredUnits }) => roomUnits < requiredUnits)) return "ceiling";
  // What was known to be needed for a whole lead came neither late nor as a surprise.
  if (minute.servingUnits < THERE_SHARE * neededUnits) return undefined;
  const answering = answerable.filter(({ fromMs, toMs }) => minute.atMs >= fromMs && minute.atMs < toMs);
  if (answering.some(({ cause }) => cause === "late")) return "late";
  if (answering.some(({ cause }) => cause === "unknown-audience")) return "unknown-audience";
  // A lead ago nothing ran that could have stated anything.
  if (minute.statedRps === undefined) return index < lead ? "down" : undefined;
  return minute.loadRps > minute.statedRps ? "tail" : undefined;
}
