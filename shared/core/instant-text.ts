import { DAY_MS, MINUTE_MS } from "./time.ts";

/** An instant as people and programs read it, to the minute that it lies in: `2025-10-26T01:00Z`. For years 0 … 9999; others keep their digits. */
export function instantText(atMs: number): string {
  const days = Math.floor(atMs / DAY_MS);
  const minute = Math.floor((atMs - days * DAY_MS) / MINUTE_MS);
  const { year, month, day } = civilOf(days);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${padded(Math.floor(minute / 60), 2)}:${padded(minute % 60, 2)}Z`;
}

/** A length of time in words: `2 h 5 min`, `40 min`, `3 d 4 h`; seconds only below a minute. */
export function lengthText(lengthMs: number): string {
  if (lengthMs < MINUTE_MS) return `${Math.round(lengthMs / 1_000)} s`;
  const minutes = Math.round(lengthMs / MINUTE_MS);
  const parts = [
    [Math.floor(minutes / 1_440), "d"],
    [Math.floor((minutes % 1_440) / 60), "h"],
    [minutes % 60, "min"],
  ].filter(([count]) => count !== 0);
  return parts
    .slice(0, 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** The date of a day counted from 1 January 1970. Years are counted from 1 March, so that a leap day comes last. */
function civilOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  // 719,468 days lie between 1 March of year 0 and 1 January 1970; 146,097 days are 400 years.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // The months from March on are 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31 long: five of them are 153 days.
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
