import type { Air, ExcessMinute } from "../../../shared/core/forecast/air.ts";
import { forecastLoad, type ForecastInput } from "../../../shared/core/forecast/forecast.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../../shared/core/forecast/impact.ts";
import { firstLearned, firstTargetUsual, type Learned, type Model, type TargetUsual } from "../../../shared/core/forecast/model.ts";
import { learnUsualLoad } from "../../../shared/core/forecast/usual-load.ts";
import type { LoadMinute } from "../../../shared/core/measurement.ts";
import type { Expectation } from "../../../shared/core/schedule/expectation.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import type { Target } from "../../../shared/core/target.ts";
import { DAY_MS, MINUTE_MS, MINUTES_PER_WEEK } from "../../../shared/core/time.ts";
import { EIGHT_PM, programme } from "../schedule/programmes.ts";

/** Monday 1 December 2025, 00:00 UTC. */
export const MONDAY = Date.UTC(2025, 11, 1);

/** `minutes` after eight. */
export function pastEight(minutes: number): number {
  return EIGHT_PM + minutes * MINUTE_MS;
}

/** A service of which one unit takes 100 requests a second; a viewer brings a hundredth of a request a second. */
export function target(changes: Partial<Target> = {}): Target {
  return {
    id: "player-api",
    kind: "ecs-service",
    mode: "active",
    throughputRps: 100,
    targetUtilisation: 0.5,
    baselineUnits: 2,
    ceilingUnits: 1_000,
    loadPerViewerRps: 0.01,
    startUpMs: 3 * MINUTE_MS,
    launchUnitsPerMinute: 20,
    zones: 1,
    scalesIn: "target-tracking",
    ...changes,
  };
}

/** An occasion of two hours from eight on channel "one", changed as the test needs it. */
export function occasion(
  changes: Partial<Occasion> & { readonly minute?: number; readonly lengthMinutes?: number; readonly channelId?: string } = {},
): Occasion {
  const { minute = 0, lengthMinutes = 120, channelId = "one", id = "o-derby", ...rest } = changes;
  return {
    id,
    name: "The derby",
    programmes: [programme({ id: `p-${id}`, channelId, minute, lengthMinutes, title: "The derby" })],
    channelIds: [channelId],
    startsAtMs: pastEight(minute),
    endsAtMs: pastEight(minute + lengthMinutes),
    seriesKey: "the derby",
    category: "sport",
    programmeClass: "live",
    ...rest,
  };
}

/** What a person says of the derby. */
export function expectation(viewers: number, interval?: Expectation["interval"]): Expectation {
  return {
    occasion: "The derby",
    title: "derby",
    channels: ["one"],
    windowStartMs: pastEight(-60),
    windowEndMs: pastEight(60),
    viewers,
    ...(interval !== undefined && { interval }),
  };
}

/** The derby with `viewers` expected. */
export function expected(viewers: number, changes: Parameters<typeof occasion>[0] = {}): Occasion {
  return occasion({ expectation: expectation(viewers), ...changes });
}

/** One excess a minute from `fromMinute` past eight on. */
export function excesses(fromMinute: number, values: readonly number[]): readonly ExcessMinute[] {
  return values.map((excess, i) => ({ atMs: pastEight(fromMinute + i), excess }));
}

/** `count` times `value`. */
export function times(count: number, value: number): readonly number[] {
  return Array.from({ length: count }, () => value);
}

/** Load minute by minute from `fromMinute` past eight on; `undefined` is a minute that is not known. */
export function loads(fromMinute: number, values: readonly (number | undefined)[]): readonly LoadMinute[] {
  return values.map((loadRps, i) => {
    const atMs = pastEight(fromMinute + i);
    return loadRps === undefined
      ? { kind: "unknown", atMs, reason: "the metric is late" }
      : { kind: "known", atMs, loadRps, unservedRps: 0, servingUnits: 1 };
  });
}

/** A target that carried `loadRps` in every minute of two weeks. */
export function usualOf(loadRps: number): TargetUsual {
  const first = firstTargetUsual();
  const minutes = Array.from({ length: 2 * MINUTES_PER_WEEK }, (_, i) => ({ atMs: MONDAY + i * MINUTE_MS, value: loadRps, weight: 1 }));
  return { load: learnUsualLoad(first.load, minutes, []), residuals: first.residuals };
}

/** A model in which "player-api" usually carries `usualRps`, or never was measured. */
export function modelOf(usualRps: number | undefined, learned: Partial<Learned> = {}): Model {
  const targets: Record<string, TargetUsual> = usualRps === undefined ? {} : { "player-api": usualOf(usualRps) };
  return { learned: { ...firstLearned(), ...learned }, targets, viewers: {} };
}

/** The known minutes of a forecast, made at `now` for an hour and a half unless told otherwise. */
export function knownMinutes(input: Partial<ForecastInput> & { readonly model: Model; readonly now: number }) {
  const { minutes } = forecastOf(input);
  return minutes.filter((minute) => minute.kind === "known");
}

/** A forecast of "player-api" with the usual settings. */
export function forecastOf(input: Partial<ForecastInput> & { readonly model: Model; readonly now: number }) {
  const { now } = input;
  return forecastLoad({
    target: target(),
    occasions: [],
    recent: [],
    zone: [],
    fromMs: now,
    toMs: now + 90 * MINUTE_MS,
    threshold: DEFAULT_IMPACT_THRESHOLD,
    unservedPerMillion: 10,
    ...input,
  });
}

/** On air since the guide's start, seen to have begun. */
export const ON_AIR: Air = { kind: "on-air", startedAtMs: EIGHT_PM };

/** Not begun. */
export const AHEAD: Air = { kind: "ahead" };

/** The instant of `minute` of a weekday counted from Monday 1 December 2025. */
export function weekday(day: number, hour: number, minute = 0): number {
  return MONDAY + day * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
}
