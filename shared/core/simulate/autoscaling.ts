import type { Target } from "../target.ts";
import type { Policy, ScaleIn } from "./target-kinds.ts";

/** One minute of the metric that the policy watches. */
export type Metric = { readonly loadRps: number; readonly servingUnits: number };

/** What the policy remembers. Plain data; `null`: has not happened yet. */
export type PolicyState = {
  /** Consecutive minutes above the target utilisation. */
  readonly hotMinutes: number;
  /** Consecutive minutes in which tracking would scale in. */
  readonly quietMinutes: number;
  /** Units needed in each of the last minutes, oldest first; kept by what forgets. */
  readonly neededUnits: readonly number[];
  readonly scaledOutAtMs: number | null;
  readonly scaledInAtMs: number | null;
};

/** A policy that has seen nothing yet. */
export const UNTRIED: PolicyState = { hotMinutes: 0, quietMinutes: 0, neededUnits: [], scaledOutAtMs: null, scaledInAtMs: null };

/** What a count of units is kept between. */
export type Bounds = { readonly minimumUnits: number; readonly maximumUnits: number };

/** What the policy finds when it looks. */
export type Looking = Bounds & {
  readonly atMs: number;
  readonly desiredUnits: number;
  /** A deployment is in flight: nothing scales in. */
  readonly scaleInOff: boolean;
  /** At most this share of the units goes in one scale-in. */
  readonly scaleInShare: number;
};

/** Units that carry `loadRps` at the target utilisation. */
export function unitsFor(target: Target, loadRps: number): number {
  return Math.ceil(loadRps / (target.throughputRps * target.targetUtilisation));
}

/** `units` between the bounds; the maximum is the harder one. */
export function bounded({ minimumUnits, maximumUnits }: Bounds, units: number): number {
  return Math.min(maximumUnits, Math.max(minimumUnits, units));
}

function cooledDown(lastMs: number | null, cooldownMs: number, atMs: number): boolean {
  return lastMs === null || atMs - lastMs >= cooldownMs;
}

/** The state with one more minute seen. */
function seen(policy: Policy, target: Target, state: PolicyState, metric: Metric): PolicyState {
  const atTargetRps = metric.servingUnits * target.throughputRps * target.targetUtilisation;
  const hotMinutes = metric.loadRps > atTargetRps ? state.hotMinutes + 1 : 0;
  const { scaleIn } = policy;
  switch (scaleIn.type) {
    case "tracking":
      return { ...state, hotMinutes, quietMinutes: metric.loadRps < scaleIn.below * atTargetRps ? state.quietMinutes + 1 : 0 };
    case "forgetting": {
      const neededUnits = [...state.neededUnits, unitsFor(target, metric.loadRps)].slice(-scaleIn.afterMinutes);
      return { ...state, hotMinutes, neededUnits };
    }
    default:
      return scaleIn satisfies never;
  }
}

/** What scale-in would leave after the minutes in `state`, or undefined while it is not due. */
function leftOver(scaleIn: ScaleIn, target: Target, state: PolicyState, needUnits: number, atMs: number): number | undefined {
  switch (scaleIn.type) {
    case "tracking": {
      const due = state.quietMinutes >= scaleIn.afterMinutes && cooledDown(state.scaledInAtMs, scaleIn.cooldownMs, atMs);
      return due && target.scalesIn !== "none" ? needUnits : undefined;
    }
    case "forgetting":
      // Caches forget whatever policies their owner has.
      return state.neededUnits.length >= scaleIn.afterMinutes ? Math.max(...state.neededUnits) : undefined;
    default:
      return scaleIn satisfies never;
  }
}

/** A minute whose metric is missing: nothing scales in on missing data, and the quiet minutes count from the next one again. */
export function unseenMinute(state: PolicyState): PolicyState {
  return state.quietMinutes === 0 ? state : { ...state, quietMinutes: 0 };
}

/**
 * What the policy makes of the metric it reads at `now.atMs`: the units it now wants. It moves nothing beyond minimum and maximum, and
 * does not mend a count that somebody else put there. The alarm acts again in every minute in which it stays up, cooldown apart.
 */
export function trackTarget(
  policy: Policy,
  target: Target,
  before: PolicyState,
  metric: Metric,
  now: Looking,
): { readonly state: PolicyState; readonly desiredUnits: number } {
  const { atMs, desiredUnits } = now;
  const state = seen(policy, target, before, metric);
  // Serving units × utilisation ÷ target utilisation, written so that no serving unit is no division by zero.
  const needUnits = bounded(now, unitsFor(target, metric.loadRps));
  const outDue = state.hotMinutes >= policy.scaleOutAfterMinutes && cooledDown(state.scaledOutAtMs, policy.scaleOutCooldownMs, atMs);
  if (outDue && needUnits > desiredUnits) return { state: { ...state, scaledOutAtMs: atMs }, desiredUnits: needUnits };

  const left = now.scaleInOff ? undefined : leftOver(policy.scaleIn, target, state, needUnits, atMs);
  if (left === undefined) return { state, desiredUnits };
  // An attempt that the minimum stops starts no cooldown.
  const leftUnits = bounded(now, Math.max(left, Math.ceil(desiredUnits * (1 - now.scaleInShare))));
  if (leftUnits < desiredUnits) return { state: { ...state, scaledInAtMs: atMs }, desiredUnits: leftUnits };
  return { state, desiredUnits };
}
