import type { ScalingPolicy, Unit } from "./policy.ts";

const TOLERANCE = 0.1;
const DOWN_MINUTES = 5;
const SYNCS_A_MINUTE = 4;
// In fifteen seconds it may double, or add four.
const LARGEST_GROWTH = 2;
const LEAST_GROWTH = 4;

/** What the last five minutes recommended, oldest first. */
type HorizontalState = { readonly recommended: readonly number[] };

/**
 * The Kubernetes Horizontal Pod Autoscaler as documented: the count × load per unit ÷ target, rounded up; nothing within 10 % of the target;
 * up by at most double or four in each sync of 15 s; down only to the largest recommendation of the last 300 s. A unit that is not ready
 * counts as idle on the way up, so the ratio is over all that are asked for. Metrics are a minute apart here: the four syncs of a minute
 * see the same one. Source: kubernetes.io, "Horizontal Pod Autoscaling", Algorithm details and Default behavior.
 */
export function horizontalScaling(unit: Unit, target: number): ScalingPolicy<HorizontalState> {
  return {
    first: { recommended: [] },
    decide: (before, seen, { desiredUnits }) => {
      if (seen === undefined) return { state: before, units: desiredUnits };
      const neededUnits = seen.loadRps / (unit.throughputRps * target);
      let units = desiredUnits;
      let recommended = before.recommended;
      for (let sync = 0; sync < SYNCS_A_MINUTE; sync += 1) {
        const isNear = Math.abs(neededUnits / units - 1) <= TOLERANCE;
        const wanted = isNear ? units : Math.max(1, Math.ceil(neededUnits));
        recommended = [...recommended.slice(1 - DOWN_MINUTES * SYNCS_A_MINUTE), wanted];
        const most = Math.max(units * LARGEST_GROWTH, units + LEAST_GROWTH);
        units = wanted >= units ? Math.min(wanted, most) : Math.min(units, Math.max(...recommended));
      }
      return { state: { recommended }, units };
    },
  };
}
