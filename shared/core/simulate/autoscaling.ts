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

/** Units that carry `loadRps` at the target utilisation. */
export function unitsFor(target: Target, loadRps: number): number {
  return Math.ceil(loadRps / (target.throughputRps * target.targetUtilisation));
}

/** `units` between the minimum and the target's maximum; the maximum is the harder bound. */
export function bounded(target: Target, minimumUnits: number, units: number): number {
  return Math.min(target.ceilingUnits, Math.max(minimumUnits, units));
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

/** What the policy makes of the metric it reads at `atMs`: the units it now wants, never outside minimum and maximum. */
export function trackTarget(
  policy: Policy,
  target: Target,
  before: PolicyState,
  metric: Metric,
  now: { readonly atMs: number; readonly desiredUnits: number; readonly minimumUnits: number },
): { readonly state: PolicyState; readonly desiredUnits: number } {
  const { atMs, desiredUnits, minimumUnits } = now;
  const state = seen(policy, target, before, metric);
  // Serving units × utilisation ÷ target utilisation, written so that no serving unit is no division by zero.
  const needUnits = bounded(target, minimumUnits, unitsFor(target, metric.loadRps));
  const outDue = state.hotMinutes >= policy.scaleOutAfterMinutes && cooledDown(state.scaledOutAtMs, policy.scaleOutCooldownMs, atMs);
  if (outDue && needUnits > desiredUnits) return { state: { ...state, scaledOutAtMs: atMs }, desiredUnits: needUnits };

  const left = leftOver(policy.scaleIn, target, state, needUnits, atMs);
  // An attempt that the minimum stops starts no cooldown.
  const leftUnits = left === undefined ? desiredUnits : bounded(target, minimumUnits, left);
  if (leftUnits < desiredUnits) return { state: { ...state, scaledInAtMs: atMs }, desiredUnits: leftUnits };
  return { state, desiredUnits };
}
