/** Durations in milliseconds. Instants are UTC epoch milliseconds everywhere inside; zones are resolved at the edge, once. */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const MINUTES_PER_DAY = 1_440;
export const MINUTES_PER_WEEK = 10_080;

/** The start of the minute that `atMs` lies in. */
export function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}

/** One stretch of constant UTC offset in a zone: from `fromMs` (included) until the next entry's `fromMs` (excluded). */
export type ZoneOffset = { readonly fromMs: number; readonly offsetMinutes: number };

/**
 * The offsets of the platform's zone, oldest first, as the edge resolved them. Empty means UTC.
 * An instant before the first entry takes the first entry's offset.
 */
export type ZoneOffsets = readonly ZoneOffset[];

/** Minutes to add to UTC at `atMs` to get local time. */
export function offsetMinutesAt(zone: ZoneOffsets, atMs: number): number {
  let offset = zone[0]?.offsetMinutes ?? 0;
  for (let nth = 0; nth < zone.length; nth += 1) {
    const entry = zone[nth];
    if (entry === undefined || entry.fromMs > atMs) break;
    offset = entry.offsetMinutes;
  }
  return offset;
}

/** Minute of the local week, 0 … 10,079, counted from Monday 00:00 local. */
export function minuteOfWeek(zone: ZoneOffsets, atMs: number): number {
  const localMinutes = Math.floor(atMs / MINUTE_MS) + offsetMinutesAt(zone, atMs);
  // The epoch, 1 January 1970, was a Thursday: day 3 of a week that starts on Monday.
  const minute = (localMinutes + 3 * MINUTES_PER_DAY) % MINUTES_PER_WEEK;
  return minute < 0 ? minute + MINUTES_PER_WEEK : minute;
}
