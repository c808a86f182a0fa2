import type { Target } from "../target.ts";
import { MINUTE_MS, minuteOf } from "../time.ts";
import { leadMs } from "./capacity.ts";
import { neededUnits, type Need } from "./demand.ts";
import type { Plan, PlanPolicy, Reason, Short, Step } from "./plan.ts";
import { largestAskedFor, type AskedFor } from "./sliding-largest.ts";

/** Everything that a plan follows from. */
export type StepsInput = {
  readonly target: Target;
  /** Sorted by minute. From `now` on each stands until the next one's minute; earlier ones may have gaps. */
  readonly needs: readonly Need[];
  readonly policy: PlanPolicy;
  /** The start of the minute in which the plan is made. */
  readonly now: number;
  readonly untilMs: number;
  /** The floor in force, or undefined when none was ever set: then the baseline. */
  readonly floorInForce: number | undefined;
  /**
   * The floor that was wanted lately, in force or not: a raise that was refused is not forgotten where nothing may be lowered. Undefined
   * when there is no plan of late.
   */
  readonly wantedLately?: number | undefined;
  /** Time from asking for one unit to its serving. */
  readonly startUpMs: number;
  /** The tick before this one computed a release that is carried out once this one agrees (design rule 7). */
  readonly releaseUnderWay: boolean;
  /** Why nothing may be lowered, or undefined when nothing speaks against it. */
  readonly lowersNothing: string | undefined;
  /** The person's wish that nothing be lowered at an instant, as a reason; left out where nobody has one. */
  readonly heldAt?: (atMs: number) => Reason | undefined;
};

/**
 * Floors that have the target ready before every minute needs it: each need is asked for a lead ahead and held for a while after;
 * the largest at each instant is the floor, within baseline and ceiling. Down it goes in stages. A minute whose load is unknown lowers
 * nothing.
 */
export function planSteps(input: StepsInput): Plan {
  const { target, needs, now, untilMs } = input;
  const asks: AskedFor[] = [];
  for (let index = 0; index < needs.length; index += 1) {
    const ask = askedFor(input, index);
    if (ask !== undefined) asks.push(ask);
  }
  const largest = largestAskedFor(asks);
  const unknown = unknownMinutes(input);
  const steps: Step[] = [];
  // A limit that was changed since the floor was set holds at once.
  const mayNotLower = (input.lowersNothing ?? unknown.get(now) ?? input.heldAt?.(now)) !== undefined;
  const standing = Math.max(input.floorInForce ?? target.baselineUnits, mayNotLower ? (input.wantedLately ?? 0) : 0);
  let floor = Math.max(target.baselineUnits, Math.min(target.ceilingUnits, standing));
  for (let atMs = now; atMs < untilMs; atMs += MINUTE_MS) {
    const asked = largest.at(atMs);
    // Most minutes ask for what is there already: on to the last one before that may change.
    if (steps.length > 0 && (asked?.needed.units ?? target.baselineUnits) === floor) {
      atMs = now + (Math.ceil((Math.min(largest.staysUntilMs(), untilMs) - now) / MINUTE_MS) - 1) * MINUTE_MS;
      continue;
    }
    const moment = { floor, asked, atMs, unknownWhy: input.lowersNothing ?? unknown.get(atMs), hold: input.heldAt?.(atMs) };
    const floorUnits = nextFloor(input, moment);
    if (floorUnits !== floor || steps.length === 0) {
      steps.push({ atMs, floorUnits, neededByMs: Math.max(atMs, asked?.atMs ?? atMs), reasons: reasonsFor(input, moment, floorUnits) });
    }
    floor = floorUnits;
  }
  return { targetId: target.id, madeAtMs: now, untilMs, steps, shorts: shortsOf(input) };
}

/** Until when a need stands: its own minute, and from `now` on until the next one's. */
export function standsUntil({ needs, now }: Pick<StepsInput, "needs" | "now">, index: number): number {
  const { atMs } = needs[index] ?? { atMs: now };
  return atMs < now ? atMs + MINUTE_MS : (needs[index + 1]?.atMs ?? atMs + MINUTE_MS);
}

/** The minutes of which nothing is known, and why. */
function unknownMinutes(input: StepsInput): ReadonlyMap<number, string> {
  const unknown = new Map<number, string>();
  for (let index = 0; index < input.needs.length; index += 1) {
    const need = input.needs[index];
    if (need?.kind !== "unknown") continue;
    const untilMs = standsUntil(input, index);
    for (let atMs = need.atMs; atMs < untilMs; atMs += MINUTE_MS) unknown.set(atMs, need.why);
  }
  return unknown;
}

function askedFor(input: StepsInput, index: number): AskedFor | undefined {
  const need = input.needs[index];
  const needed = need && neededUnits(need);
  if (need === undefined || needed === undefined) return undefined;
  // What is up now may have been released by then: the lead counts from the baseline. A tick comes once a minute, so a lead that ends
  // within one is asked for at its start.
  const lead = leadMs(input.target, input.startUpMs, needed.units - input.target.baselineUnits);
  const toMs = standsUntil(input, index) + input.policy.holdMinutes * MINUTE_MS;
  return { fromMs: minuteOf(need.atMs - lead), toMs, atMs: need.atMs, needed };
}

/** A minute on the way down or up: the floor before it, what is asked for in it, and why nothing may be lowered, if so. */
type Moment = {
  readonly floor: number;
  readonly asked: AskedFor | undefined;
  readonly atMs: number;
  readonly unknownWhy: string | undefined;
  readonly hold: Reason | undefined;
};

function wantedAt({ target }: StepsInput, { asked }: Moment): number {
  return asked?.needed.units ?? target.baselineUnits;
}

function nextFloor(input: StepsInput, moment: Moment): number {
  const { floor, atMs, unknownWhy } = moment;
  const wanted = wantedAt(input, moment);
  if (wanted >= floor) return wanted;
  if (moment.hold !== undefined || unknownWhy !== undefined || !mayRelease(input, atMs)) return floor;
  return Math.max(wanted, Math.min(floor - 1, Math.ceil(floor * (1 - input.policy.releaseShare))));
}

function mayRelease({ policy, now, releaseUnderWay }: StepsInput, atMs: number): boolean {
  return (atMs / MINUTE_MS) % policy.releaseEveryMinutes === 0 || (atMs === now && releaseUnderWay);
}

/** Why `floorUnits` follow. */
function reasonsFor(input: StepsInput, moment: Moment, floorUnits: number): readonly Reason[] {
  const { floor, asked, atMs, unknownWhy } = moment;
  const wanted = wantedAt(input, moment);
  if (wanted < floor && moment.hold !== undefined) return [moment.hold];
  if (wanted < floor && unknownWhy !== undefined) return [{ type: "unknown", why: unknownWhy }];
  const reasons = asked?.needed.reasons() ?? [{ type: "baseline", units: input.target.baselineUnits }];
  if (floorUnits > wanted) return [...reasons, { type: "staged-release", towardsUnits: wanted }];
  return wanted === floor && asked !== undefined && asked.atMs < atMs ? [...reasons, { type: "held", untilMs: asked.toMs }] : reasons;
}

/** The stretches before the end of a plan in which a limit leaves it short. */
export function shortsOf(input: Pick<StepsInput, "needs" | "now" | "untilMs">): readonly Short[] {
  const shorts: Short[] = [];
  for (let index = 0; index < input.needs.length; index += 1) {
    const need = input.needs[index];
    const needed = need && neededUnits(need);
    // Most plans are cut by nothing.
    if (need === undefined || needed?.limit === undefined) continue;
    if (need.atMs < input.now || need.atMs >= input.untilMs) continue;
    const missing = needed.wantedUnits - needed.units;
    const toMs = standsUntil(input, index);
    const last = shorts.at(-1);
    if (last !== undefined && last.toMs === need.atMs && last.limit === needed.limit) {
      shorts[shorts.length - 1] = { ...last, toMs, units: Math.max(last.units, missing) };
    } else {
      shorts.push({ fromMs: need.atMs, toMs, units: missing, limit: needed.limit });
    }
  }
  return shorts;
}
