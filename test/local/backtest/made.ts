import type { LoadSeries } from "../../../local/backtest/load-series.ts";
import type { Settings } from "../../../shared/app/context.ts";
import { CalltimeError } from "../../../shared/core/error.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../../../shared/core/plan/plan.ts";
import type { Programme, Schedule } from "../../../shared/core/schedule/programme.ts";
import type { Target } from "../../../shared/core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

/** The code of the CalltimeError that `run` throws; fails when it throws none. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CalltimeError) return error.code;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A service of which one unit takes 10 requests a second and serves three minutes after it is asked for. */
export const SERVICE: Target = {
  id: "service",
  kind: "ecs-service",
  mode: "active",
  throughputRps: 10,
  targetUtilisation: 0.7,
  baselineUnits: 2,
  ceilingUnits: 1_000,
  loadPerViewerRps: 1,
  startUpMs: 3 * MINUTE_MS,
  launchUnitsPerMinute: 100,
  zones: 1,
  scalesIn: "target-tracking",
  costUsdPerUnitHour: 0.1,
};

export const SETTINGS: Settings = {
  targets: [SERVICE],
  expectations: [],
  zone: [],
  threshold: DEFAULT_IMPACT_THRESHOLD,
  cueOffsets: [],
  policy: DEFAULT_PLAN_POLICY,
};

/** Monday 2 November 2026, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 10, 2);

const SHOW_HOUR = 19;
const SHOW_MINUTES = 60;

/** A show at 19:00 on each of the days. */
export function showsOn(days: readonly number[]): Schedule {
  const programmes = days.map((day): Programme => {
    const startsAtMs = MONDAY + day * DAY_MS + SHOW_HOUR * HOUR_MS;
    return {
      id: `show-${day}`,
      channelId: "one",
      title: "The Show",
      episode: `${day}`,
      categories: [],
      live: true,
      startsAtMs,
      endsAtMs: startsAtMs + SHOW_MINUTES * MINUTE_MS,
    };
  });
  return { channels: [{ id: "one", name: "One" }], programmes };
}

/** Load of whole days from MONDAY: 40 requests a second, and 200 more while a show is on, some of which stay for a quarter of an hour. */
export function loadOf(days: number, schedule: Schedule, byMs = 0): LoadSeries {
  const rps = Array.from({ length: (days * DAY_MS) / MINUTE_MS }, (_, index) => {
    const atMs = MONDAY + index * MINUTE_MS - byMs;
    const crowd = schedule.programmes.reduce((most, { startsAtMs, endsAtMs }) => {
      const gone = (atMs - endsAtMs) / (15 * MINUTE_MS);
      return atMs < startsAtMs ? most : Math.max(most, Math.max(0, Math.min(1, 1 - gone)));
    }, 0);
    return 40 + (index % 3) + 200 * crowd;
  });
  return { fromMs: MONDAY, toMs: MONDAY + days * DAY_MS, rps, notes: [] };
}
