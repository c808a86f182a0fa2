import { HOUR_MS, MINUTE_MS } from "../../time.ts";
import type { PastMinute, ScalingPolicy, Unit } from "./policy.ts";
import { track, UNTRACKED, unitsAt, type TrackingState } from "./target-tracking.ts";

const HISTORY_HOURS = 14 * 24;
const FORECAST_EVERY_MS = 6 * HOUR_MS;
// Units are there five minutes before their hour (`SchedulingBufferTime`, 300 s).
const BUFFER_MS = 5 * MINUTE_MS;

/** The mean load of an hour; undefined where no minute of it is known. */
type Hour = { readonly atMs: number; readonly loadRps: number | undefined };

/** The last 14 days by hour, one following the other, newest last, and the hour that is still being counted. */
type PredictiveState = {
  readonly tracking: TrackingState;
  readonly hours: readonly Hour[];
  readonly counting: { readonly atMs: number; readonly sumRps: number; readonly minutes: number } | undefined;
  readonly forecast: { readonly madeMs: number; readonly hours: PredictiveState["hours"] };
};

/** `daily`: an hour repeats the same hour of the last seven days; `weekly`: the same hour of the same weekday of both weeks. */
export type Pattern = "daily" | "weekly";
export const PATTERNS: readonly Pattern[] = ["daily", "weekly"];

/**
 * AWS predictive scaling as documented: up to 14 days of history, a forecast in whole hours, made anew every six hours, that raises and never
 * lowers, five minutes ahead; and target tracking beside it, the larger of the two. How an hour follows from the history is not documented:
 * both a daily and a weekly mean are tried, and the cheaper counts. Source: Application Auto Scaling user guide, "How predictive scaling
 * works"; API reference, `PredictiveScalingPolicyConfiguration`.
 */
export function predictiveScaling(
  unit: Unit,
  setting: { readonly pattern: Pattern; readonly target: number },
): ScalingPolicy<PredictiveState> {
  const { pattern, target } = setting;
  return {
    first: { tracking: UNTRACKED, hours: [], counting: undefined, forecast: { madeMs: Number.NEGATIVE_INFINITY, hours: [] } },
    learn: counted,
    decide: (before, seen, { inForceMs, desiredUnits }) => {
      let state = seen === undefined ? before : counted(before, seen);
      const madeMs = Math.floor(inForceMs / FORECAST_EVERY_MS) * FORECAST_EVERY_MS;
      if (madeMs > state.forecast.madeMs) state = { ...state, forecast: { madeMs, hours: state.hours } };
      const tracked = track(unit, target, state.tracking, seen, desiredUnits);
      const expected = [inForceMs, inForceMs + BUFFER_MS].map((atMs) => expectedRps(state.forecast.hours, pattern, atMs));
      const units = Math.max(tracked.units, unitsAt(unit, target, Math.max(...expected)));
      return { state: { ...state, tracking: tracked.state }, units };
    },
  };
}

function counted(state: PredictiveState, { atMs, loadRps }: PastMinute): PredictiveState {
  const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
  const { counting, hours } = state;
  if (counting?.atMs === hourMs) {
    return { ...state, counting: { atMs: hourMs, sumRps: counting.sumRps + loadRps, minutes: counting.minutes + 1 } };
  }
  const done: Hour[] = counting === undefined ? [] : [{ atMs: counting.atMs, loadRps: counting.sumRps / counting.minutes }];
  const newestMs = counting?.atMs ?? hourMs;
  for (let missedMs = newestMs + HOUR_MS; missedMs < hourMs; missedMs += HOUR_MS) done.push({ atMs: missedMs, loadRps: undefined });
  return { ...state, hours: [...hours, ...done].slice(-HISTORY_HOURS), counting: { atMs: hourMs, sumRps: loadRps, minutes: 1 } };
}

function expectedRps(hours: PredictiveState["hours"], pattern: Pattern, atMs: number): number {
  const firstMs = hours[0]?.atMs ?? atMs;
  const apart = pattern === "daily" ? 24 : 7 * 24;
  const reach = pattern === "daily" ? 7 * 24 : HISTORY_HOURS;
  // One hour follows the other, so where an hour stands says when it was.
  const place = Math.floor((atMs - firstMs) / HOUR_MS);
  let sum = 0;
  let count = 0;
  for (let back = apart; back <= reach; back += apart) {
    const loadRps = hours[place - back]?.loadRps;
    if (loadRps === undefined) continue;
    sum += loadRps;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}
