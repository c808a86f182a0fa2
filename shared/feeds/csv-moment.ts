import { parseOffset, wallTime } from "./iso-time.ts";

/** Which number of 05/06/2026 is the day. */
export type DateOrder = "day-first" | "month-first";

/** A date as written: `order` says whether it has to be known which number is the day. */
export type WrittenDate =
  | { readonly kind: "plain"; readonly year: number; readonly month: number; readonly day: number }
  | { readonly kind: "ordered"; readonly year: number; readonly first: number; readonly second: number };

/** A moment as written: any of its parts may be missing. `clockMs` is the time of day, up to 48 hours. */
export type WrittenMoment = {
  readonly date?: WrittenDate;
  readonly clockMs?: number;
  /** Minutes east of UTC. */
  readonly offsetMinutes?: number;
  /** A number that counts from the epoch is an instant already. */
  readonly atMs?: number;
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * A date, a time or both as people write them: ISO, 31/12/2025, 31.12.2025, 31 Dec 2025, Dec 31, 2025, 20251231203000; 20:30, 24:30,
 * 8:30 PM, 20.30 after a date or alone; an offset, Z, UTC or GMT at the end; seconds (10 digits) or milliseconds (13 digits) since the
 * epoch. Undefined when it is none of them.
 */
export function parseMoment(text: string): WrittenMoment | undefined {
  const epoch = /^1(?:\d{9}|\d{12})$/.exec(text);
  if (epoch !== null) return { atMs: Number(text) * (text.length === 10 ? 1_000 : 1) };
  // The day of the week is said beside the date.
  let rest = text.replace(/^\p{L}{2,12}\.?,?\s+(?=\d)/u, "");
  if (/^\p{L}/u.test(text) && monthDayYear(text) !== undefined) rest = text;
  const date = takeDate(rest);
  rest = (date?.rest ?? rest).replace(/^[T,\s]+/, "");
  const clock = rest === "" ? undefined : takeClock(rest, date !== undefined && date.compact);
  rest = (clock?.rest ?? rest).trim();
  const offsetMinutes = rest === "" ? undefined : rest === "UTC" || rest === "GMT" ? 0 : parseOffset(rest);
  if ((rest !== "" && offsetMinutes === undefined) || (date === undefined && clock === undefined)) return undefined;
  return {
    ...(date !== undefined && { date: date.date }),
    ...(clock !== undefined && { clockMs: clock.clockMs }),
    ...(offsetMinutes !== undefined && { offsetMinutes }),
  };
}

/** The midnight of a date as if it were UTC; undefined when no calendar has it in that order. */
export function midnightOf(date: WrittenDate, order: DateOrder): number | undefined {
  if (date.kind === "plain") return wallTime(date.year, date.month, date.day, 0, 0, 0);
  const [day, month] = order === "day-first" ? [date.first, date.second] : [date.second, date.first];
  return wallTime(date.year, month, day, 0, 0, 0);
}

/** A length of time: `1:30`, `01:30:00`, `PT1H30M`, `90 min`, or a bare number of `unitMs`. Undefined when it is none, or nothing. */
export function parseLength(text: string, unitMs: number): number | undefined {
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  const iso = /^PT(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? clock;
  if (iso !== null) return positive(((Number(iso[1] ?? 0) * 60 + Number(iso[2] ?? 0)) * 60 + Number(iso[3] ?? 0)) * 1_000);
  const [, number, word] = /^(\d{1,6})\s*([a-z]*)\.?$/i.exec(text) ?? [];
  if (number === undefined || word === undefined) return undefined;
  const unit = word === "" ? unitMs : UNITS[word.toLowerCase()];
  return unit === undefined ? undefined : positive(Number(number) * unit);
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  secs: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minutes: 60_000,
  h: 3_600_000,
};

function positive(lengthMs: number): number | undefined {
  return lengthMs > 0 ? lengthMs : undefined;
}

function takeDate(text: string): { readonly date: WrittenDate; readonly rest: string; readonly compact: boolean } | undefined {
  const yearFirst = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/.exec(text);
  if (yearFirst !== null) return plain(text, yearFirst, yearFirst[1], yearFirst[3], yearFirst[4]);
  const compact = /^(\d{4})(\d{2})(\d{2})(?=$|T|\s|\d{4}(?:\d{2})?(?!\d))/.exec(text);
  if (compact !== null) return { ...plain(text, compact, compact[1], compact[2], compact[3]), compact: true };
  // With dots the day comes first wherever they are used; then two digits of a year cannot be mistaken for a day either.
  const dotted = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?!\d)/.exec(text);
  if (dotted !== null) return plain(text, dotted, dotted[3]?.padStart(4, "20"), dotted[2], dotted[1]);
  const numbers = /^(\d{1,2})([-/])(\d{1,2})\2(\d{4})(?!\d)/.exec(text);
  if (numbers !== null) {
    const date = { kind: "ordered", year: Number(numbers[4]), first: Number(numbers[1]), second: Number(numbers[3]) } as const;
    return { date, rest: text.slice(numbers[0].length), compact: false };
  }
  const dayMonth = /^(\d{1,2})[\s.-]+(\p{L}{3,9})\.?[\s,-]+(\d{4})(?!\d)/u.exec(text);
  if (dayMonth !== null) return plain(text, dayMonth, dayMonth[3], monthOf(dayMonth[2]), dayMonth[1]);
  const monthDay = monthDayYear(text);
  return monthDay === null || monthDay === undefined ? undefined : plain(text, monthDay, monthDay[3], monthOf(monthDay[1]), monthDay[2]);
}

function monthDayYear(text: string): RegExpExecArray | undefined {
  const match = /^(\p{L}{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})(?!\d)/u.exec(text);
  return match === null || monthOf(match[1]) === "0" ? undefined : match;
}

function plain(text: string, match: RegExpExecArray, year = "", month = "", day = "") {
  const date = { kind: "plain", year: Number(year), month: Number(month), day: Number(day) } as const;
  return { date, rest: text.slice(match[0].length), compact: false };
}

/** Number of an English month, by its first three letters; "0", which no calendar has, for any other word. */
function monthOf(word = ""): string {
  return `${MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1}`;
}

function takeClock(text: string, compact: boolean): { readonly clockMs: number; readonly rest: string } | undefined {
  const match =
    /^(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?(?!\d)/i.exec(text) ??
    (compact ? /^(\d{2})(\d{2})(\d{2})?()(?!\d)/.exec(text) : /^(\d{2})(\d{2})()()(?!\d)/.exec(text)) ??
    /^(\d{1,2})()()\s*([ap]\.?m\.?)/i.exec(text);
  if (match === null) return undefined;
  const half = match[4]?.charAt(0).toLowerCase();
  const [hour, minute, second] = [Number(match[1]), Number(match[2] || 0), Number(match[3] || 0)];
  if (minute > 59 || second > 59 || hour > 47 || (half !== undefined && half !== "" && (hour < 1 || hour > 12))) return undefined;
  const hours = half === "p" ? (hour % 12) + 12 : half === "a" ? hour % 12 : hour;
  return { clockMs: ((hours * 60 + minute) * 60 + second) * 1_000, rest: text.slice(match[0].length) };
}
