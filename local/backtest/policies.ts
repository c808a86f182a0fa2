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

/** Target tracking, alone or above a floor. */
export function targetTracking(played: Played, utilisation: number, floor?: Float64Array): Course {
  const { target } = played;
  const track = trackerOf(played, utilisation);
  return playedWith(played, (index, state) =>
    Math.min(target.ceilingUnits, Math.max(floor?.[index] ?? 0, target.baselineUnits, track(index, state))),
  );
}

const OUT_MINUTES = 3;
const IN_MINUTES = 15;
const IN_SHARE = 0.9;

type State = { readonly billed: number; readonly servingAt: (index: number) => number };

/**
 * Target tracking as AWS documents it (Application Auto Scaling User Guide, "Target tracking scaling policies", and the alarms it creates):
 * out when one-minute utilisation stood above the target for three minutes, in when it stood below nine tenths of it for fifteen; in its
 * kindest reading, without cool-downs. Out to what the newest minute needs at the target, in to what the largest of the fifteen needs.
 */
function trackerOf({ target, rps, firstUnits }: Played, utilisation: number) {
  const needed = (load: number): number => Math.ceil(load / (target.throughputRps * utilisation) - 1e-9);
  return (index: number, { billed, servingAt }: State): number => {
    const newest = index - NEWEST_BEFORE;
    if (newest < 0) return firstUnits;
    const used = (at: number): number => (rps[at] ?? Number.NaN) / (Math.max(1, servingAt(at)) * target.throughputRps);
    if (minutesUpTo(newest, OUT_MINUTES).every((at) => used(at) > utilisation)) {
      return Math.max(billed, needed(rps[newest] ?? 0));
    }
    const lately = minutesUpTo(newest, IN_MINUTES);
    if (lately.length === IN_MINUTES && lately.every((at) => used(at) < IN_SHARE * utilisation)) {
      return Math.min(billed, needed(lately.reduce((most, at) => Math.max(most, rps[at] ?? 0), 0)));
    }
    return billed;
  };
}

function minutesUpTo(newest: number, count: number): readonly number[] {
  return Array.from({ length: Math.min(count, newest + 1) }, (_, back) => newest - back);
}

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
