import type { NearMinute } from "../../shared/core/forecast/growth.ts";
import type { Trace } from "../../shared/core/simulate/peers/policy.ts";
import { DAY_MS, MINUTE_MS, MINUTES_PER_DAY, minuteOfWeek, type ZoneOffsets } from "../../shared/core/time.ts";
import { ZONE, type Sightings } from "../season/calltime.ts";

const SATURDAY = 5;
const MONDAY_TO_DAYS_BACK = 2;

/** France in a summer without weekends: Saturday and Sunday have the calendar of the Thursday and Friday before them. */
export function zoneWithoutWeekends({ fromMs, loadRps }: Trace): ZoneOffsets {
  const [{ offsetMinutes } = { offsetMinutes: 0 }] = ZONE;
  const untilMs = fromMs + (loadRps.length + 2 * MINUTES_PER_DAY) * MINUTE_MS;
  const offsets = [{ fromMs: 0, offsetMinutes }];
  const firstMs = Math.floor(fromMs / DAY_MS) * DAY_MS - offsetMinutes * MINUTE_MS;
  for (let midnightMs = firstMs; midnightMs < untilMs; midnightMs += DAY_MS) {
    const isWeekend = Math.floor(minuteOfWeek(ZONE, midnightMs) / MINUTES_PER_DAY) >= SATURDAY;
    offsets.push({ fromMs: midnightMs, offsetMinutes: offsetMinutes - (isWeekend ? MONDAY_TO_DAYS_BACK * MINUTES_PER_DAY : 0) });
  }
  return offsets;
}

// As in shared/core/forecast/growth.ts, which has a mean for each of twelve kinds of minute: one mean for all remembers as many minutes as those do.
const MEMORY_MINUTES = 12 * 500;
const FIRST_ERROR = 0.08;
const FIRST_ERROR_MINUTES = 5;
const SPREADS_PER_ERROR = 1.25;
const LEAST_SPREAD = 0.02;
const NOTHING_UNITS = 0.01;

/** The same medians with one spread for every phase and kind of day, learned from all errors alike. */
export function inOnePhase(sightings: Sightings, { fromMs, loadRps }: Trace, throughputRps: number): Sightings {
  const errors: { mean: number; minutes: number }[] = [];
  const logOf = (rps: number): number => Math.log(rps + NOTHING_UNITS * throughputRps);
  const one = new Map<number, readonly NearMinute[]>();
  for (const [atMs, minutes] of sightings) {
    const value = logOf(loadRps[(atMs - fromMs) / MINUTE_MS] ?? 0);
    for (const nth of minutes.keys()) {
      const error = (errors[nth] ??= { mean: FIRST_ERROR, minutes: FIRST_ERROR_MINUTES });
      const before = sightings.get(atMs - (nth + 1) * MINUTE_MS)?.[nth];
      if (before === undefined) continue;
      error.minutes = Math.min(MEMORY_MINUTES, error.minutes + 1);
      error.mean += (Math.abs(value - logOf(before.medianRps)) - error.mean) / error.minutes;
    }
    const spreadOf = (nth: number): number => Math.max(LEAST_SPREAD, SPREADS_PER_ERROR * (errors[nth]?.mean ?? FIRST_ERROR));
    one.set(
      atMs,
      minutes.map((minute, nth) => ({ ...minute, spread: spreadOf(nth) })),
    );
  }
  return one;
}

/** The same medians with a spread that nothing was learned of: a margin is the same share of the load at every minute. */
export function withoutSpreads(sightings: Sightings): Sightings {
  return new Map([...sightings].map(([atMs, minutes]) => [atMs, minutes.map((minute) => ({ ...minute, spread: FIRST_ERROR }))]));
}
