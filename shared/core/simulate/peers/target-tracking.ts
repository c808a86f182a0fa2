import type { Decision, ScalingPolicy, SeenMinute, Unit } from "./policy.ts";

// Three minutes above the target, or fifteen below nine tenths of it.
const OUT_MINUTES = 3;
const IN_MINUTES = 15;
const IN_SHARE = 0.9;

/** What target tracking remembers: how long its two alarms have been near, and the loads that the slow one is about. */
export type TrackingState = { readonly hotMinutes: number; readonly quietMinutes: number; readonly loadsRps: readonly number[] };

/** A policy that has seen nothing. */
export const UNTRACKED: TrackingState = { hotMinutes: 0, quietMinutes: 0, loadsRps: [] };

/**
 * AWS target tracking on one-minute metrics, in its kindest reading: no cool-downs, and out to what the newest minute needs at once. It
 * scales out when three minutes of three are above the target, and in when fifteen of fifteen are below 90 % of it, then to what the
 * largest of the fifteen needs. Sources: Application Auto Scaling user guide, "How target tracking scaling works" (it scales in more
 * gradually than out, never on missing data); the alarms that it creates are `AlarmHigh`, 3 of 3 minutes, and `AlarmLow`, 15 of 15.
 */
export function targetTracking(unit: Unit, target: number): ScalingPolicy<TrackingState> {
  return { first: UNTRACKED, decide: (state, seen, { desiredUnits }) => track(unit, target, state, seen, desiredUnits) };
}

/** One look of target tracking at the newest minute. */
export function track(
  unit: Unit,
  target: number,
  before: TrackingState,
  seen: SeenMinute | undefined,
  desiredUnits: number,
): Decision<TrackingState> {
  if (seen === undefined) return { state: before, units: desiredUnits };
  const utilisation = seen.loadRps / (Math.max(1, seen.servingUnits) * unit.throughputRps);
  const state = {
    hotMinutes: utilisation > target ? before.hotMinutes + 1 : 0,
    quietMinutes: utilisation < IN_SHARE * target ? before.quietMinutes + 1 : 0,
    loadsRps: [...before.loadsRps.slice(1 - IN_MINUTES), seen.loadRps],
  };
  const outUnits = unitsAt(unit, target, seen.loadRps);
  if (state.hotMinutes >= OUT_MINUTES && outUnits > desiredUnits) return { state, units: outUnits };
  if (state.quietMinutes < IN_MINUTES) return { state, units: desiredUnits };
  return { state, units: Math.min(desiredUnits, unitsAt(unit, target, Math.max(...state.loadsRps))) };
}

/** Units that carry a load at a target utilisation; one at least. */
export function unitsAt(unit: Unit, target: number, loadRps: number): number {
  return Math.max(1, Math.ceil(loadRps / (unit.throughputRps * target)));
}
