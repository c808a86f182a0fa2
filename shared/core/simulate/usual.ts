import { DAY_MS, HOUR_MS, MINUTES_PER_DAY, MINUTES_PER_WEEK, MINUTE_MS, minuteOfWeek } from "../time.ts";
import type { PreparedWorld } from "./prepare.ts";
import { wander } from "./seeded.ts";

/** Share of the evening's height that stays on through the night. */
const NIGHT = 0.05;
/** Height of the evening and of the day, Monday first, as they stand at noon of each day. */
const EVENING: readonly number[] = [0.95, 0.94, 0.95, 0.95, 0.92, 0.96, 1];
const DAYTIME: readonly number[] = [0.28, 0.28, 0.28, 0.29, 0.33, 0.48, 0.5];
const EVENING_HOUR = 19.5;
const DAYTIME_HOUR = 12.5;

/** How far the audience wanders from its usual curve (sigma of the logarithm), and how long it takes to. */
const PLATFORM_WANDER = [
  { sigma: 0.05, periodMs: DAY_MS },
  { sigma: 0.02, periodMs: 2 * HOUR_MS },
] as const;
const CHANNEL_WANDER = [
  { sigma: 0.1, periodMs: 6 * HOUR_MS },
  { sigma: 0.04, periodMs: 15 * MINUTE_MS },
] as const;

/** A bump of height 1 at `peakHour`, smooth round the clock; the greater `width`'s inverse `sharpness`, the shorter it is. */
function bump(hour: number, peakHour: number, sharpness: number): number {
  return Math.exp(sharpness * (Math.cos((2 * Math.PI * (hour - peakHour)) / 24) - 1));
}

/** Height of the day of `minute` of the week, passing smoothly from noon to noon. */
function heightOf(heights: readonly number[], minute: number): number {
  const days = (minute - MINUTES_PER_DAY / 2 + MINUTES_PER_WEEK) / MINUTES_PER_DAY;
  const day = Math.floor(days);
  const way = days - day;
  const after = way * way * (3 - 2 * way);
  return (heights[day % 7] ?? 0) * (1 - after) + (heights[(day + 1) % 7] ?? 0) * after;
}

function unscaledCurve(minute: number): number {
  const hour = (minute % MINUTES_PER_DAY) / 60;
  const evening = heightOf(EVENING, minute) * bump(hour, EVENING_HOUR, 3);
  return NIGHT + evening + heightOf(DAYTIME, minute) * bump(hour, DAYTIME_HOUR, 3);
}

/** The highest point of the unscaled curve, found on the 5-minute grid. */
function highestPoint(): number {
  let highest = 0;
  for (let minute = 0; minute < MINUTES_PER_WEEK; minute += 5) highest = Math.max(highest, unscaledCurve(minute));
  return highest;
}
const HIGHEST = highestPoint();

/** The usual audience of the minute of the UTC week in which `atMs` lies, as a share of the week's busiest minute: 0 … 1. */
export function usualCurve(atMs: number): number {
  return unscaledCurve(minuteOfWeek([], atMs)) / HIGHEST;
}

type Wander = readonly { readonly sigma: number; readonly periodMs: number }[];

/** How an audience departs from its usual curve at `atMs`: a factor around 1. */
function wanderFactor(wanders: Wander, seeds: readonly number[], atMs: number): number {
  let logarithm = 0;
  for (let index = 0; index < wanders.length; index++) {
    const { sigma = 0, periodMs = 1 } = wanders[index] ?? {};
    logarithm += sigma * wander(seeds[index] ?? 0, atMs, periodMs) - (sigma * sigma) / 2;
  }
  return Math.exp(logarithm);
}

/** Viewers whom each channel usually draws at `atMs`, whatever is on; in the order of `world.channels`. */
export function usualViewers(world: PreparedWorld, atMs: number): number[] {
  const platform = world.setting.world.usualPeakViewers * usualCurve(atMs) * wanderFactor(PLATFORM_WANDER, world.wanderSeeds, atMs);
  return world.channels.map((channel) => platform * channel.share * wanderFactor(CHANNEL_WANDER, channel.wanderSeeds, atMs));
}
