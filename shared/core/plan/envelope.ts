import type { Target } from "../target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import { neededUnits, type Need } from "./demand.ts";
import type { Plan, Reason, Step } from "./plan.ts";
import { largestAskedFor, type AskedFor } from "./sliding-largest.ts";
import { shortsOf, standsUntil, type StepsInput } from "./steps.ts";

/** How far a reservation looks ahead: from the afternoon over the whole evening. */
export const EVENING_MS = 12 * HOUR_MS;
/** Less must have been needed for so long, seen minute by minute, before a reservation is lowered. */
export const QUIET_MS = 4 * HOUR_MS;
/** Leads within which a need counts: one that is filling then is full before the next has to begin. */
export const NOTICE_LEADS = 2;
/** Decreases that a load balancer takes in a day (aws-facts: `CapacityDecreaseRequestLimitExceeded`); here of any 24 hours. */
export const DECREASES_A_DAY = 2;
/** The smallest reservation that a load balancer takes, in capacity units. */
export const LEAST_RESERVED_UNITS = 100;
// While a reservation fills nothing can be changed: a tenth more outlasts what a fresh forecast moves by meanwhile.
const SPARE_SHARE = 0.1;
// A tick or two may be lost; what was not looked at for longer was not seen to be quiet.
const UNSEEN_MS = 5 * MINUTE_MS;

/** Whether a target's minimum is a reservation: slow to fill, not to be changed meanwhile, and not often to be lowered. */
export function isReserved({ kind }: Target): boolean {
  return kind === "alb-lcu";
}

/** A stretch in which a reservation of `reservedUnits` was seen to be more than twice what the evening to come needs. */
export type Quiet = {
  readonly reservedUnits: number;
  readonly sinceMs: number;
  /** The last minute that was looked at. */
  readonly throughMs: number;
  /** The most that would have been reserved instead in any of its minutes. */
  readonly units: number;
};

/** What the envelope of an evening follows from: needs that reach `EVENING_MS` beyond what may be lowered, and what is remembered. */
export type EnvelopeInput = Pick<
  StepsInput,
  "target" | "needs" | "now" | "untilMs" | "floorInForce" | "startUpMs" | "lowersNothing" | "heldAt"
> & {
  readonly quiet: Quiet | undefined;
  /** When it was lowered, as far as that is less than a day ago. */
  readonly loweredMs: readonly number[];
};

/**
 * One reservation for an evening instead of a step for each programme. It is raised, to the most of the next twelve hours, when what is
 * needed within two leads exceeds it: one that is still filling then is full before the next has to begin. It is lowered when for four hours
 * less than half of it was ahead, twice in 24 hours at most. `quiet` is what to remember for the next minute.
 */
export function planEnvelope(input: EnvelopeInput): { readonly plan: Plan; readonly quiet: Quiet | undefined } {
  const { target, now, untilMs } = input;
  const evening = largestAskedFor(asks(input, EVENING_MS));
  const soon = largestAskedFor(asks(input, NOTICE_LEADS * input.startUpMs));
  const unknown = unknownWindows(input);
  const steps: Step[] = [];
  let { quiet } = input;
  let remembered: Quiet | undefined;
  let lowered = input.loweredMs;
  let floor = Math.max(target.baselineUnits, Math.min(target.ceilingUnits, input.floorInForce ?? target.baselineUnits));
  for (let atMs = now; atMs < untilMs; atMs += MINUTE_MS) {
    const [ahead, first] = [evening.at(atMs), soon.at(atMs)];
    const reservation = reservationFor(target, ahead?.needed.units ?? 0);
    const reasons = (): readonly Reason[] => envelopeReasons(target, ahead, reservation);
    const before = floor;
    let why = reasons;
    lowered = lowered.filter((each) => each > atMs - DAY_MS);
    const standing = input.lowersNothing ?? unknown(atMs);
    const hold = input.heldAt?.(atMs);
    quiet = standing === undefined && hold === undefined ? stillQuiet(target, quiet, { atMs, floor, reservation }) : undefined;
    if ((first?.needed.units ?? 0) > floor) {
      floor = Math.max(reservation, first?.needed.units ?? 0);
    } else if (quiet !== undefined && atMs - quiet.sinceMs >= QUIET_MS && lowered.length < DECREASES_A_DAY) {
      floor = quiet.units;
    } else if (reservation < floor) {
      why = () => [hold ?? (standing === undefined ? keptReason(reservation, lowered) : { type: "unknown", why: standing })];
    }
    if (atMs === now) remembered = quiet;
    if (floor < before) [lowered, quiet] = [[...lowered, atMs], undefined];
    if (floor !== before || steps.length === 0) {
      steps.push({ atMs, floorUnits: floor, neededByMs: Math.max(atMs, ahead?.atMs ?? atMs), reasons: why() });
    }
  }
  return { plan: { targetId: target.id, madeAtMs: now, untilMs, steps, shorts: shortsOf(input) }, quiet: remembered };
}

/** The reservation that carries a need: some more than it, not below the least there is, within the limits; without one, the customer's own. */
function reservationFor({ baselineUnits, ceilingUnits }: Target, units: number): number {
  if (units <= baselineUnits) return baselineUnits;
  return Math.min(ceilingUnits, Math.max(LEAST_RESERVED_UNITS, Math.ceil(units * (1 + SPARE_SHARE) - 1e-9)));
}

function asks(input: EnvelopeInput, aheadMs: number): readonly AskedFor[] {
  return input.needs.flatMap((need, index): AskedFor[] => {
    const needed = neededUnits(need);
    if (needed === undefined || need.atMs < input.now) return [];
    return [{ fromMs: need.atMs - aheadMs, toMs: standsUntil(input, index), atMs: need.atMs, needed }];
  });
}

/** Why nothing may be lowered at an instant: a minute of the evening after it is unknown, or was not looked at. */
function unknownWindows({ needs, now }: EnvelopeInput): (atMs: number) => string | undefined {
  const unknown = needs.filter((need): need is Extract<Need, { kind: "unknown" }> => need.kind === "unknown" && need.atMs >= now);
  const lastMs = needs.at(-1)?.atMs ?? now;
  return (atMs) => {
    const first = unknown.find((need) => need.atMs >= atMs - MINUTE_MS && need.atMs < atMs + EVENING_MS);
    return first?.why ?? (lastMs < atMs + EVENING_MS ? "the evening after it has not been looked at" : undefined);
  };
}

/** The quiet stretch with one more minute, begun with it, or undefined when that minute is not quiet. */
function stillQuiet(
  { baselineUnits }: Target,
  before: Quiet | undefined,
  { atMs, floor, reservation }: { readonly atMs: number; readonly floor: number; readonly reservation: number },
): Quiet | undefined {
  if (floor <= baselineUnits || 2 * (reservation - baselineUnits) > floor - baselineUnits) return undefined;
  const goesOn = before?.reservedUnits === floor && before.throughMs <= atMs && atMs - before.throughMs <= UNSEEN_MS;
  const { sinceMs, units } = before !== undefined && goesOn ? before : { sinceMs: atMs, units: reservation };
  return { reservedUnits: floor, sinceMs, throughMs: atMs, units: Math.max(units, reservation) };
}

function envelopeReasons(target: Target, ahead: AskedFor | undefined, units: number): readonly Reason[] {
  if (ahead === undefined || units <= target.baselineUnits) return [{ type: "baseline", units: target.baselineUnits }];
  return [...ahead.needed.reasons(), { type: "reservation", units, neededUnits: ahead.needed.units }];
}

function keptReason(aheadUnits: number, lowered: readonly number[]): Reason {
  return { type: "reservation-kept", aheadUnits, decreasesLeft: Math.max(0, DECREASES_A_DAY - lowered.length) };
}
