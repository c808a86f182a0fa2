import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";
import { leadMs } from "./capacity.ts";
import type { Need } from "./demand.ts";
import type { Plan, PlanPolicy, Reason, Short, Step } from "./plan.ts";

export type StepsInput = {
  readonly target: Target;
  /** Sorted by instant, one a minute from `now` on; earlier ones may have gaps. */
  readonly needs: readonly Need[];
  readonly policy: PlanPolicy;
  readonly now: number;
  readonly untilMs: number;
  /** The floor in force, or undefined when none was ever set: then the baseline. */
  readonly floorInForce: number | undefined;
  /** Time from asking for one unit to its serving. */
  readonly startUpMs: number;
  /** The tick before this one computed a release that is carried out once this one agrees (design rule 7). */
  readonly releaseUnderWay: boolean;
};

type Asked = { readonly fromMs: number; readonly toMs: number; readonly need: Extract<Need, { kind: "known" }> };

/**
 * Floors that have the target ready before every minute needs it: each need is asked for a lead ahead and held for a while after;
 * the largest at each instant is the floor. Down it goes in stages. A minute whose need is unknown changes nothing.
 */
export function planSteps(input: StepsInput): Plan {
  const { target, policy, now, untilMs } = input;
  const first = input.floorInForce ?? target.baselineUnits;
  const asked = askedFor(input);
  const unknown = new Set(input.needs.filter((need) => need.kind === "unknown").map((need) => need.atMs));
  const steps: Step[] = [];
  let floor = first;
  for (let atMs = now; atMs < untilMs; atMs += MINUTE_MS) {
    const largest = largestAt(asked, atMs);
    const mayRelease = (atMs / MINUTE_MS) % policy.releaseEveryMinutes === 0 || (atMs === now && input.releaseUnderWay);
    const next = nextFloor({ floor, largest, atMs, unknown: unknown.has(atMs), mayRelease, policy, baseline: target.baselineUnits });
    if (next.floor !== floor || steps.length === 0) {
      steps.push({ atMs, floorUnits: next.floor, neededByMs: Math.max(atMs, largest?.need.atMs ?? atMs), reasons: next.reasons });
    }
    floor = next.floor;
  }
  return { targetId: target.id, madeAtMs: now, untilMs, steps, shorts: shortsOf(input.needs.filter((need) => need.atMs >= now)) };
}

function askedFor(input: StepsInput): readonly Asked[] {
  const holdMs = input.policy.holdMinutes * MINUTE_MS;
  const asked: Asked[] = [];
  for (const need of input.needs) {
    if (need.kind === "unknown") continue;
    // What is up now may have been released by then: the lead counts from the baseline.
    const lead = leadMs(input.target, input.startUpMs, need.units - input.target.baselineUnits);
    asked.push({ fromMs: need.atMs - lead, toMs: need.atMs + holdMs, need });
  }
  return asked;
}

function largestAt(asked: readonly Asked[], atMs: number): Asked | undefined {
  let largest: Asked | undefined;
  for (const candidate of asked) {
    if (candidate.fromMs > atMs || candidate.toMs < atMs) continue;
    if (largest === undefined || candidate.need.units > largest.need.units) largest = candidate;
  }
  return largest;
}

function nextFloor(input: {
  readonly floor: number;
  readonly largest: Asked | undefined;
  readonly atMs: number;
  readonly unknown: boolean;
  readonly mayRelease: boolean;
  readonly policy: PlanPolicy;
  readonly baseline: number;
}): { readonly floor: number; readonly reasons: readonly Reason[] } {
  const { floor, largest, atMs, policy } = input;
  const wanted = largest?.need.units ?? input.baseline;
  const reasons: readonly Reason[] = largest?.need.reasons ?? [{ type: "baseline", units: input.baseline }];
  if (wanted > floor) return { floor: wanted, reasons };
  if (input.unknown) return { floor, reasons: [{ type: "unknown", why: "nothing is lowered while the load to come is unknown" }] };
  if (wanted === floor) {
    const passed = largest !== undefined && largest.need.atMs < atMs;
    return { floor, reasons: passed ? [...reasons, { type: "held", untilMs: largest.toMs }] : reasons };
  }
  const staged: Reason = { type: "staged-release", towardsUnits: wanted };
  if (!input.mayRelease) return { floor, reasons: [...reasons, staged] };
  const lowered = Math.max(wanted, Math.min(floor - 1, Math.ceil(floor * (1 - policy.releaseShare))));
  return { floor: lowered, reasons: lowered > wanted ? [...reasons, staged] : reasons };
}

function shortsOf(needs: readonly Need[]): readonly Short[] {
  const shorts: Short[] = [];
  for (const need of needs) {
    if (need.kind === "unknown" || need.limit === undefined) continue;
    const missing = need.wantedUnits - need.units;
    const last = shorts.at(-1);
    if (last !== undefined && last.toMs === need.atMs && last.limit === need.limit) {
      shorts[shorts.length - 1] = { ...last, toMs: need.atMs + MINUTE_MS, units: Math.max(last.units, missing) };
    } else {
      shorts.push({ fromMs: need.atMs, toMs: need.atMs + MINUTE_MS, units: missing, limit: need.limit });
    }
  }
  return shorts;
}
