import { DAY_MS, MINUTE_MS } from "../core/time.ts";

/** When a recurring schedule of AWS fires next, after `afterMs`; undefined when it never does, or when it is not understood. */
export type NextFire = (afterMs: number) => number | undefined;

const UNITS_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS };

/** `rate(5 minutes)`, counted from `sinceMs`; undefined for what is none. */
export function rateOf(schedule: string, sinceMs: number): NextFire | undefined {
  const [, value = "", unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/u.exec(schedule) ?? [];
  const everyMs = Number(value) * (UNITS_MS[unit] ?? 0);
  if (everyMs === 0) return undefined;
  return (afterMs) => (afterMs < sinceMs ? sinceMs : sinceMs + (Math.floor((afterMs - sinceMs) / everyMs) + 1) * everyMs);
}

/** An instant without a zone, like `2026-06-13T18:00:00`, as one of a zone; undefined for what is none. */
export function zonedInstant(written: string, zone: string): number | undefined {
  const [, ...parts] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/u.exec(written) ?? [];
  const [year, month, day, hour, minute, second = 0] = parts.map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || day === undefined || hour === undefined || minute === undefined) return undefined;
  return atZone(Date.UTC(year, month - 1, day, hour, minute, second), zone);
}

/** The instant at which clocks of a zone show what UTC shows at `localMs`; of two the first, and of none the one after the gap. */
function atZone(localMs: number, zone: string): number | undefined {
  const shown = (atMs: number): number | undefined => {
    const offsetMs = offsetAt(atMs, zone);
    return offsetMs === undefined ? undefined : atMs + offsetMs;
  };
  const [before, after] = [offsetAt(localMs - DAY_MS, zone), offsetAt(localMs + DAY_MS, zone)];
  if (before === undefined || after === undefined) return undefined;
  const candidates = [localMs - before, localMs - after].sort((a, b) => a - b);
  return candidates.find((atMs) => shown(atMs) === localMs) ?? localMs - before;
}

function offsetAt(atMs: number, zone: string): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    }).formatToParts(atMs);
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = ["year", "month", "day", "hour", "minute"].map((name) =>
      Number(parts.find(({ type }) => type === name)?.value),
    );
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  } catch {
    // A zone that this machine does not know.
    return undefined;
  }
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
// A leap day comes once in eight years at the worst; what fires more rarely than that is not looked for.
const FURTHEST_DAYS = 8 * 366;

type Day = { readonly year: number; readonly month: number; readonly day: number; readonly weekday: number; readonly lastDay: number };

/** `cron(minutes hours day-of-month month day-of-week year)` by the clocks of a zone; undefined for what is none. */
export function cronOf(schedule: string, zone: string): NextFire | undefined {
  const fields = /^cron\((.*)\)$/u.exec(schedule)?.[1]?.trim().split(/\s+/u);
  if (fields?.length !== 6 || offsetAt(0, zone) === undefined) return undefined;
  const [minutes = "", hours = "", monthDays = "", months = "", weekdays = "", years = ""] = fields;
  const atMinutes = valuesOf(minutes, 0, 59);
  const atHours = valuesOf(hours, 0, 23);
  const inMonths = valuesOf(named(months, MONTHS), 1, 12);
  const inYears = valuesOf(years, 1970, 2199);
  const onMonthDay = monthDayOf(monthDays);
  const onWeekday = weekdayOf(named(weekdays, WEEKDAYS));
  if (!atMinutes || !atHours || !inMonths || !inYears || !onMonthDay || !onWeekday) return undefined;
  return (afterMs) => {
    const firstMs = Math.floor((afterMs + (offsetAt(afterMs, zone) ?? 0)) / DAY_MS) * DAY_MS;
    for (let nth = 0; nth < FURTHEST_DAYS; nth += 1) {
      const dayMs = firstMs + nth * DAY_MS;
      const day = dayAt(dayMs);
      if (!inYears.has(day.year) || !inMonths.has(day.month) || !onMonthDay(day) || !onWeekday(day)) continue;
      for (const hour of atHours) {
        for (const minute of atMinutes) {
          const atMs = atZone(dayMs + (hour * 60 + minute) * MINUTE_MS, zone);
          if (atMs !== undefined && atMs > afterMs) return atMs;
        }
      }
    }
    return undefined;
  };
}

function dayAt(dayMs: number): Day {
  const date = new Date(dayMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  return { year, month, day: date.getUTCDate(), weekday: date.getUTCDay() + 1, lastDay: new Date(Date.UTC(year, month, 0)).getUTCDate() };
}

/** The words of a field as the numbers they stand for; 1 is January, and Sunday. */
function named(field: string, words: readonly string[]): string {
  return field.toUpperCase().replaceAll(/[A-Z]{3}/gu, (word) => (words.includes(word) ? String(words.indexOf(word) + 1) : word));
}

/** The values of a field, in order: lists of values, ranges and steps; undefined for what is none. */
function valuesOf(field: string, least: number, most: number): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [, range = "", step] = /^(\*|\?|\d+(?:-\d+)?)(?:\/(\d+))?$/u.exec(part) ?? [];
    if (range === "") return undefined;
    const isAll = range === "*" || range === "?";
    const [from = least, to = step === undefined ? from : most] = isAll ? [least, most] : range.split("-").map(Number);
    const by = step === undefined ? 1 : Number(step);
    if (from < least || to > most || from > to || by === 0) return undefined;
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return new Set([...values].sort((a, b) => a - b));
}

/** `L` is the last day of the month, `15W` the weekday nearest to the 15th. */
function monthDayOf(field: string): ((day: Day) => boolean) | undefined {
  if (field === "L") return ({ day, lastDay }) => day === lastDay;
  const [, nearest] = /^(\d{1,2}|L)W$/u.exec(field) ?? [];
  if (nearest !== undefined) return (day) => day.day === nearestWeekday(day, nearest === "L" ? day.lastDay : Number(nearest));
  const days = valuesOf(field, 1, 31);
  return days && (({ day }) => days.has(day));
}

/** Saturday goes to the Friday before and Sunday to the Monday after, without leaving the month. */
function nearestWeekday({ day, weekday, lastDay }: Day, wanted: number): number {
  const target = Math.min(wanted, lastDay);
  const on = (((weekday - 1 + target - day) % 7) + 7) % 7;
  if (on === 6) return target > 1 ? target - 1 : target + 2;
  if (on === 0) return target < lastDay ? target + 1 : target - 2;
  return target;
}

/** `6L` is the last Friday of the month, `6#3` its third. */
function weekdayOf(field: string): ((day: Day) => boolean) | undefined {
  if (field === "L") return ({ weekday }) => weekday === 7;
  const [, last] = /^([1-7])L$/u.exec(field) ?? [];
  if (last !== undefined) return ({ weekday, day, lastDay }) => weekday === Number(last) && day > lastDay - 7;
  const [, nthWeekday, nth] = /^([1-7])#([1-5])$/u.exec(field) ?? [];
  if (nth !== undefined) return ({ weekday, day }) => weekday === Number(nthWeekday) && Math.ceil(day / 7) === Number(nth);
  const days = valuesOf(field, 1, 7);
  return days && (({ weekday }) => days.has(weekday));
}
