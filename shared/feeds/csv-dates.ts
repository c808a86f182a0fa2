import { CalltimeError } from "../core/error.ts";
import { midnightOf, type DateOrder, type WrittenDate } from "./csv-moment.ts";

const DAY_MS = 86_400_000;
/** What a guide covers at most. */
const GUIDE_DAYS = 62;
/** In the wrong order consecutive days lie a month apart: this many times further. */
const TIMES_FURTHER = 4;

/** A date of the form 05/06/2026 in a feed, and where it stands. */
export type SeenDate = { readonly date: Extract<WrittenDate, { kind: "ordered" }>; readonly line: number };

/** Which number is the day, and how that is known, as words; `undefined` where no date asks. */
export type OrderVerdict = { readonly order: DateOrder; readonly words: string } | undefined;

/**
 * Which number of dates such as 05/06/2026 is the day: that a number above 12 can only be a day, else that only one reading lets the dates
 * lie as close together as a guide's do. Throws CalltimeError `feed-malformed` when the dates contradict each other, and when both
 * readings are possible: a guide read in the wrong order is wrong by months.
 */
export function dateOrder(seen: readonly SeenDate[]): OrderVerdict {
  const dayFirst = seen.find(({ date }) => date.first > 12 && date.second <= 12);
  const monthFirst = seen.find(({ date }) => date.second > 12 && date.first <= 12);
  if (dayFirst !== undefined && monthFirst !== undefined) throw contradiction(dayFirst, monthFirst);
  if (dayFirst !== undefined) return { order: "day-first", words: `dates day first (${written(dayFirst)})` };
  if (monthFirst !== undefined) return { order: "month-first", words: `dates month first (${written(monthFirst)})` };
  const [open] = seen.filter(({ date }) => date.first !== date.second);
  if (open === undefined) return undefined;
  const spans = { day: spanDays(seen, "day-first"), month: spanDays(seen, "month-first") };
  if (spans.day <= GUIDE_DAYS && spans.month >= TIMES_FURTHER * (spans.day + 1)) {
    return { order: "day-first", words: `dates day first (${written(open)}): month first they would lie ${spans.month} days apart` };
  }
  if (spans.month <= GUIDE_DAYS && spans.day >= TIMES_FURTHER * (spans.month + 1)) {
    return { order: "month-first", words: `dates month first (${written(open)}): day first they would lie ${spans.day} days apart` };
  }
  throw new CalltimeError(
    "feed-malformed",
    `line ${open.line}: ${written(open)} may be day first or month first, and no date of the feed tells; ${isoOf(open, "day-first")} or ${isoOf(open, "month-first")} would be right`,
  );
}

/** Throws CalltimeError `feed-malformed` when a date can only be read in the other order than the feed's. */
export function checkOrder(seen: SeenDate, order: DateOrder, words: string): void {
  const { first, second } = seen.date;
  const [day, month] = order === "day-first" ? [first, second] : [second, first];
  if (month <= 12 || day > 12) return;
  throw new CalltimeError(
    "feed-malformed",
    `line ${seen.line}: ${written(seen)} is no date where the feed has ${words}; one order of day and month, or dates like 2026-06-13, would be right`,
  );
}

function contradiction(dayFirst: SeenDate, monthFirst: SeenDate): CalltimeError {
  return new CalltimeError(
    "feed-malformed",
    `line ${monthFirst.line}: ${written(monthFirst)} is a date only month first, ${written(dayFirst)} in line ${dayFirst.line} only day first; one order, or dates like 2026-06-13, would be right`,
  );
}

function spanDays(seen: readonly SeenDate[], order: DateOrder): number {
  let from = Infinity;
  let to = -Infinity;
  for (const { date } of seen) {
    const midnight = midnightOf(date, order);
    if (midnight === undefined) continue;
    from = Math.min(from, midnight);
    to = Math.max(to, midnight);
  }
  return Math.max(0, (to - from) / DAY_MS);
}

function written({ date }: SeenDate): string {
  return `${two(date.first)}/${two(date.second)}/${date.year}`;
}

function isoOf({ date }: SeenDate, order: DateOrder): string {
  const [day, month] = order === "day-first" ? [date.first, date.second] : [date.second, date.first];
  return `${date.year}-${two(month)}-${two(day)}`;
}

function two(number: number): string {
  return `${number}`.padStart(2, "0");
}
