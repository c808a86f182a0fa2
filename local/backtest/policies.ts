import type { Unit } from "../../shared/core/simulate/peers/policy.ts";
import { targetTracking as peersTargetTracking } from "../../shared/core/simulate/peers/target-tracking.ts";
import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { fleetOf } from "./fleet.ts";
import type { Walk } from "./walk.ts";

/** Units by minute under one policy: paid for, and serving. */
export type Course = { readonly billed: Float64Array; readonly serving: Float64Array };

/** The load that policies are played against: requests a second by minute, NaN where it is not known. */
export type Played = { readonly target: Target; readonly fromMs: number; readonly rps: Float64Array; readonly firstUnits: number };

// A decision at the end of a minute knows the minutes up to two before it, and is in force from the second one after it: between the newest
// minute that is known and the first in force lie three others.
const NEWEST_BEFORE = 4;

/** Exactly what every minute needs, with no start-up: nobody can do it for less. */
export function oracle({ target, rps }: Played): Course {
  const units = Float64Array.from(rps, (load) => Math.max(target.baselineUnits, 1, unitsOf(target, load)));
  return { billed: units, serving: units };
}

/** Enough for the busiest minute, all the time: known only in hindsight. */
export function staticPeak({ target, rps }: Played): Course {
  const most = rps.reduce((peak, load) => Math.max(peak, unitsOf(target, load)), target.baselineUnits);
  const units = new Float64Array(rps.length).fill(most);
  return { billed: units, serving: units };
}

function unitsOf(target: Target, rps: number): number {
  return Number.isNaN(rps) ? 0 : Math.ceil(rps / target.throughputRps - 1e-9);
}

/** The floor alone, with a scale-in that follows it at once. */
export function floorAlone(played: Played, { floor }: Walk): Course {
  return playedWith(played, (index) => floor[index] ?? 0);
}

/** Target tracking as AWS documents it, alone or above a floor. */
export function targetTracking(played: Played, utilisation: number, floor?: Float64Array): Course {
  const { target, rps } = played;
  const unit: Unit = { throughputRps: target.throughputRps, startUpMinutes: target.startUpMs / MINUTE_MS };
  const policy = peersTargetTracking(unit, utilisation);
  let state = policy.first;
  return playedWith(played, (index, { billed, servingAt }) => {
    const newest = index - NEWEST_BEFORE;
    const loadRps = rps[newest] ?? Number.NaN;
    const atMs = played.fromMs + newest * MINUTE_MS;
    // On a minute that is not known it does nothing.
    const seen = Number.isNaN(loadRps) ? undefined : { atMs, loadRps, servingUnits: servingAt(newest) };
    const decision = policy.decide(state, seen, { inForceMs: played.fromMs + index * MINUTE_MS, desiredUnits: billed });
    state = decision.state;
    return Math.min(target.ceilingUnits, Math.max(floor?.[index] ?? 0, target.baselineUnits, decision.units));
  });
}

type State = { readonly billed: number; readonly servingAt: (index: number) => number };

function playedWith({ target, fromMs, rps, firstUnits }: Played, wanted: (index: number, state: State) => number): Course {
  const fleet = fleetOf(target, firstUnits);
  const billed = new Float64Array(rps.length);
  const serving = new Float64Array(rps.length);
  for (let index = 0; index < rps.length; index += 1) {
    const atMs = fromMs + index * MINUTE_MS;
    fleet.ask(wanted(index, { billed: fleet.billed(), servingAt: (at) => serving[at] ?? 0 }), atMs);
    billed[index] = fleet.billed();
    serving[index] = fleet.servingAt(atMs);
  }
  return { billed, serving };
}
