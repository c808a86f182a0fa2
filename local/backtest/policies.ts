import type { ScalingPolicy, Unit } from "../../shared/core/simulate/peers/policy.ts";
import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { fleetOf } from "./fleet.ts";
import type { Walk } from "./walk.ts";

/** Units by minute under one policy: paid for, and serving. */
export type Course = { readonly billed: Float64Array; readonly serving: Float64Array };

/** The load that policies are played against: requests a second by minute, NaN where it is not known. */
export type Played = {
  readonly target: Target;
  readonly fromMs: number;
  readonly rps: Float64Array;
  /** Of the minutes up to `fromMs`, which may be learned from. */
  readonly beforeRps: Float64Array;
  readonly firstUnits: number;
};

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

/** What one unit of a target does, as the peers know it. */
export function unitOf({ throughputRps, startUpMs }: Target): Unit {
  return { throughputRps, startUpMinutes: startUpMs / MINUTE_MS };
}

/** Told of each minute that was played, whether to play no further: the rest of the course is zero then. */
export type IsOver = (index: number, billed: number, serving: number) => boolean;

/** A peer's policy, alone or above a floor. On a minute that is not known it does nothing. */
export function scaled<Remembered>(
  played: Played,
  policy: ScalingPolicy<Remembered>,
  { floor, isOver }: { readonly floor?: Float64Array; readonly isOver?: IsOver } = {},
): Course {
  const { target, fromMs, rps } = played;
  let state = learnedOf(played, policy);
  const wanted = (index: number, { billed, servingAt }: State): number => {
    const newest = index - NEWEST_BEFORE;
    const loadRps = rps[newest] ?? Number.NaN;
    const seen = Number.isNaN(loadRps) ? undefined : { atMs: fromMs + newest * MINUTE_MS, loadRps, servingUnits: servingAt(newest) };
    const decision = policy.decide(state, seen, { inForceMs: fromMs + index * MINUTE_MS, desiredUnits: billed });
    state = decision.state;
    return Math.min(target.ceilingUnits, Math.max(floor?.[index] ?? 0, target.baselineUnits, decision.units));
  };
  return playedWith(played, wanted, isOver);
}

function learnedOf<Remembered>({ fromMs, beforeRps }: Played, { first, learn }: ScalingPolicy<Remembered>): Remembered {
  if (learn === undefined) return first;
  let state = first;
  for (const [index, loadRps] of beforeRps.entries()) {
    if (!Number.isNaN(loadRps)) state = learn(state, { atMs: fromMs + (index - beforeRps.length) * MINUTE_MS, loadRps });
  }
  return state;
}

type State = { readonly billed: number; readonly servingAt: (index: number) => number };

function playedWith(
  { target, fromMs, rps, firstUnits }: Played,
  wanted: (index: number, state: State) => number,
  isOver: IsOver = () => false,
): Course {
  const fleet = fleetOf(target, firstUnits);
  const billed = new Float64Array(rps.length);
  const serving = new Float64Array(rps.length);
  const servingAt = (index: number): number => serving[index] ?? 0;
  for (let index = 0; index < rps.length; index += 1) {
    const atMs = fromMs + index * MINUTE_MS;
    fleet.ask(wanted(index, { billed: fleet.billed(), servingAt }), atMs);
    billed[index] = fleet.billed();
    serving[index] = fleet.servingAt(atMs);
    if (isOver(index, fleet.billed(), servingAt(index))) break;
  }
  return { billed, serving };
}
