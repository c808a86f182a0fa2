import type { PeerSetting } from "../../shared/core/simulate/peers/settings.ts";
import { scaled, type Course, type IsOver, type Played } from "./policies.ts";

/** A peer with the setting that its owner would have chosen, had he known the load. */
export type Tuned = { readonly setting: string; readonly course: Course };

/**
 * The cheapest of a peer's settings that leaves no more than `promise` requests per million unserved; undefined where none does. A setting is
 * given up at the minute in which it has lost too much, or cost as much as the cheapest before it.
 */
export function cheapestOf(played: Played, settings: readonly PeerSetting[], promise: number): Tuned | undefined {
  const { rps, target } = played;
  const mostLost = (rps.reduce((sum, load) => sum + (Number.isNaN(load) ? 0 : load), 0) * promise) / 1e6;
  let best: Tuned | undefined;
  let leastUnits = Number.POSITIVE_INFINITY;
  for (const { setting, run } of settings) {
    let units = 0;
    let lost = 0;
    const isOver: IsOver = (index, billed, serving) => {
      const load = rps[index] ?? Number.NaN;
      if (Number.isNaN(load)) return false;
      units += billed;
      lost += Math.max(0, load - serving * target.throughputRps);
      return lost > mostLost || units >= leastUnits;
    };
    const course = run((policy) => scaled(played, policy, { isOver }));
    if (lost > mostLost || units >= leastUnits) continue;
    best = { setting, course };
    leastUnits = units;
  }
  return best;
}
