import { MINUTE_MS } from "../time.ts";
import type { CloudState } from "./cloud.ts";
import type { PreparedTarget } from "./prepare.ts";
import { normal, uniform } from "./seeded.ts";
import { mechanismOf } from "./target-kinds.ts";

// Up to so many units launched in one minute each have a start-up of their own; of more, groups have.
const MOST_ONE_BY_ONE = 128;
/** Where the middles of sixteen equal parts of a normal distribution lie, in an order that does not follow the launches'. */
const SIXTEENTHS: readonly number[] = [
  0.237, -1.01, 0.776, -0.078, 1.863, -0.579, 0.402, -1.318, 1.01, -0.237, 0.579, -1.863, 0.078, -0.402, 1.318, -0.776,
];

/** Units that may be launched in minute `atMs`. A rate that is no whole number is kept on average. */
function rateAt({ target, truth }: PreparedTarget, atMs: number): number {
  const unitsPerMinute = truth.launchUnitsPerMinute ?? target.launchUnitsPerMinute;
  // What the minutes up to this one allow, less what those before it did.
  const minute = atMs / MINUTE_MS;
  return Math.floor((minute + 1) * unitsPerMinute) - Math.floor(minute * unitsPerMinute);
}

/** How launches are divided between units that are missing and old ones to be replaced: evenly, as long as both want some. */
function divided(
  { desiredUnits, servingUnits, starting, deploying }: CloudState,
  units: number,
): { readonly added: number; readonly replaced: number } {
  let missing = desiredUnits - servingUnits;
  for (const each of starting) missing -= each.units;
  missing = Math.max(0, missing);
  const oldUnits = deploying?.oldUnits ?? 0;
  const replaced = Math.min(oldUnits, Math.max(Math.floor(units / 2), units - missing));
  return { added: Math.min(missing, units - replaced), replaced };
}

/** Units that a target would launch in minute `atMs` if nobody else launched any. */
export function unitsWanted(prepared: PreparedTarget, state: CloudState, atMs: number): number {
  if (mechanismOf(prepared.target).type !== "units") return 0;
  const { added, replaced } = divided(state, rateAt(prepared, atMs));
  return added + replaced;
}

/**
 * What each of some launchers gets of `budget` units a minute: all that it wants where that is less than an even share, and what is left
 * over evenly. The odd units go to another launcher first in each `turn`.
 */
export function sharedFairly(wanted: readonly number[], budget: number, turn: number): readonly number[] {
  const given = wanted.map(() => 0);
  let left = Math.min(
    Math.floor(budget),
    wanted.reduce((sum, units) => sum + units, 0),
  );
  while (left > 0) {
    const open = wanted.flatMap((units, index) => ((given[index] ?? 0) < units ? [index] : []));
    const each = Math.floor(left / open.length);
    for (const [place, index] of open.entries()) {
      const odd = each === 0 && (place + turn) % open.length < left ? 1 : 0;
      const units = Math.min(each + odd, (wanted[index] ?? 0) - (given[index] ?? 0));
      given[index] = (given[index] ?? 0) + units;
    }
    left =
      Math.min(
        Math.floor(budget),
        wanted.reduce((sum, units) => sum + units, 0),
      ) - given.reduce((sum, units) => sum + units, 0);
  }
  return given;
}

/** The state with `grantedUnits` launched in minute `atMs`. */
export function launchUnits(prepared: PreparedTarget, before: CloudState, atMs: number, grantedUnits: number): CloudState {
  if (grantedUnits <= 0) return before;
  const { added, replaced } = divided(before, grantedUnits);
  const { deploying } = before;
  const state =
    deploying === null || replaced === 0 ? before : { ...before, deploying: { ...deploying, oldUnits: deploying.oldUnits - replaced } };
  if (added === 0) return state;
  const allowed = rateAt(prepared, atMs);
  const readyBy = new Map(state.starting.map(({ readyAtMs, units }) => [readyAtMs, units]));
  const launch = (unit: number, units: number, deviation: number): void => {
    const launchedAtMs = atMs + (MINUTE_MS * unit) / allowed;
    // It counts from the first whole minute in which it serves, at the soonest the next.
    const readyMs = launchedAtMs + startUpMs(prepared, state.launched + unit, deviation);
    const readyAtMs = Math.max(atMs + MINUTE_MS, Math.ceil(readyMs / MINUTE_MS) * MINUTE_MS);
    readyBy.set(readyAtMs, (readyBy.get(readyAtMs) ?? 0) + units);
  };
  if (added <= MOST_ONE_BY_ONE) {
    for (let unit = 0; unit < added; unit++) launch(unit, 1, normal(prepared.seed, "start-up", state.launched + unit));
  } else {
    const groups = SIXTEENTHS.length;
    for (const [group, deviation] of SIXTEENTHS.entries()) {
      const from = Math.floor((added * group) / groups);
      launch(from, Math.floor((added * (group + 1)) / groups) - from, deviation);
    }
  }
  const starting = [...readyBy].toSorted(([a], [b]) => a - b).map(([readyAtMs, units]) => ({ readyAtMs, units }));
  return { ...state, starting, launched: state.launched + added };
}

/** How long the unit of that number takes to serve. One that never becomes healthy is noticed, and replaced by one that does. */
function startUpMs({ truth, seed }: PreparedTarget, unit: number, deviation: number): number {
  const once = truth.startUpMs * Math.exp(truth.startUpSpread * deviation);
  const { failedStartShare = 0 } = truth;
  return failedStartShare > 0 && uniform(seed, "fails", unit) < failedStartShare ? 2 * once : once;
}
