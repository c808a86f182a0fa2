import { parseCalendarTime, type CalendarTime } from "./ical-values.ts";

/** How often a period comes round. */
export type Frequency = (typeof FREQUENCIES)[number];
const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
/** The most starts in one day; a programme every quarter of an hour is no schedule. */
const MOST_TIMES_A_DAY = 96;

/** A weekday, 0 for Sunday; `nth` of its month or year, from the end when negative, every one when it is undefined. */
export type RuleDay = { readonly weekday: number; readonly nth?: number };

/** A recurrence rule. Empty lists say nothing. */
export type Rule = {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count?: number;
  readonly until?: CalendarTime;
  /** First day of a week, 0 for Sunday. */
  readonly weekStart: number;
  readonly months: readonly number[];
  readonly weeks: readonly number[];
  readonly yearDays: readonly number[];
  readonly monthDays: readonly number[];
  readonly days: readonly RuleDay[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  /** Which of a period's starts count, 1 for the first, -1 for the last. */
  readonly positions: readonly number[];
};

/** Lists of numbers: the field, and the least and most that a number may be; `signed` ones may count from the end. */
const LISTS = {
  BYMONTH: { field: "months", least: 1, most: 12, signed: false },
  BYWEEKNO: { field: "weeks", least: 1, most: 53, signed: true },
  BYYEARDAY: { field: "yearDays", least: 1, most: 366, signed: true },
  BYMONTHDAY: { field: "monthDays", least: 1, most: 31, signed: true },
  BYHOUR: { field: "hours", least: 0, most: 23, signed: false },
  BYMINUTE: { field: "minutes", least: 0, most: 59, signed: false },
  BYSECOND: { field: "seconds", least: 0, most: 59, signed: false },
  BYSETPOS: { field: "positions", least: 1, most: 366, signed: true },
} as const;
const NAMES = new Set(["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", ...Object.keys(LISTS)]);

/** The rule that `text` says, or in a few words what is wrong with it. */
export function parseRule(text: string): Rule | string {
  const parts = new Map<string, string>();
  for (const part of text.split(";").filter((one) => one.trim() !== "")) {
    const [name = "", value, ...more] = part.split("=").map((word) => word.trim().toUpperCase());
    if (value === undefined || more.length > 0) return `${part.slice(0, 40)} is no part of a rule`;
    if (!NAMES.has(name)) return `${name.slice(0, 40)} is not known`;
    if (parts.has(name)) return `${name} is said twice`;
    parts.set(name, value);
  }
  const frequency = FREQUENCIES.find((known) => known === parts.get("FREQ"));
  if (frequency === undefined)
    return `a schedule repeats ${FREQUENCIES.join(", ")}, not ${parts.get("FREQ")?.slice(0, 40) ?? "without FREQ"}`;
  const interval = wholeOf(parts.get("INTERVAL") ?? "1");
  if (interval === undefined) return "INTERVAL is no whole number above 0";
  const count = parts.has("COUNT") ? wholeOf(parts.get("COUNT") ?? "") : undefined;
  if (parts.has("COUNT") && count === undefined) return "COUNT is no whole number above 0";
  const until = parts.has("UNTIL") ? parseCalendarTime(parts.get("UNTIL") ?? "") : undefined;
  if (parts.has("UNTIL") && until === undefined) return "UNTIL is no date or time";
  if (count !== undefined && until !== undefined) return "COUNT and UNTIL stand together";
  const weekStart = WEEKDAYS.indexOf(parts.get("WKST") ?? "MO");
  if (weekStart < 0) return "WKST is no day of the week";
  const days = daysOf(parts.get("BYDAY"));
  if (days === undefined) return "BYDAY is no list of days";
  const lists = listsOf(parts);
  if (typeof lists === "string") return lists;
  const rule: Rule = {
    frequency,
    interval,
    ...(count !== undefined && { count }),
    ...(until !== undefined && { until }),
    weekStart,
    ...lists,
    days,
  };
  return misfitOf(rule) ?? rule;
}

/** What a rule says that its frequency has no use for (RFC 5545, 3.3.10); undefined when all of it fits. */
function misfitOf({ frequency, weeks, yearDays, monthDays, days, hours, minutes, seconds, positions, months }: Rule): string | undefined {
  const nth = days.some((day) => day.nth !== undefined);
  if (nth && (frequency === "DAILY" || frequency === "WEEKLY")) return `BYDAY counts days, which FREQ=${frequency} has no use for`;
  if (nth && weeks.length > 0) return "BYDAY counts days, which BYWEEKNO has no use for";
  if (weeks.length > 0 && frequency !== "YEARLY") return `BYWEEKNO stands with FREQ=${frequency}`;
  if (yearDays.length > 0 && frequency !== "YEARLY") return `BYYEARDAY stands with FREQ=${frequency}`;
  if (monthDays.length > 0 && frequency === "WEEKLY") return "BYMONTHDAY stands with FREQ=WEEKLY";
  const times = Math.max(1, hours.length) * Math.max(1, minutes.length) * Math.max(1, seconds.length);
  if (times > MOST_TIMES_A_DAY) return `it starts more than ${MOST_TIMES_A_DAY} times a day`;
  const others = [months, weeks, yearDays, monthDays, days, hours, minutes, seconds];
  if (positions.length > 0 && others.every((list) => list.length === 0)) return "BYSETPOS stands alone";
  return undefined;
}

type Lists = { readonly [Name in keyof typeof LISTS as (typeof LISTS)[Name]["field"]]: readonly number[] };

function listsOf(parts: ReadonlyMap<string, string>): Lists | string {
  const lists: Record<string, readonly number[]> = {};
  for (const [name, { field, least, most, signed }] of Object.entries(LISTS)) {
    const texts = parts.get(name)?.split(",") ?? [];
    const numbers = texts.map((text) => (/^[+-]?\d{1,3}$/.test(text) ? Number(text) : Number.NaN));
    const fits = numbers.every((number) => (signed ? Math.abs(number) : number) >= least && Math.abs(number) <= most);
    if (!fits) return `${name} is no list of numbers from ${least} to ${most}`;
    lists[field] = [...new Set(numbers)].sort((a, b) => a - b);
  }
  return lists as Lists;
}

function daysOf(text: string | undefined): readonly RuleDay[] | undefined {
  if (text === undefined) return [];
  const days: RuleDay[] = [];
  for (const part of text.split(",")) {
    const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(part.trim());
    const nth = match?.[1] === undefined ? undefined : Number(match[1]);
    if (match === null || nth === 0 || Math.abs(nth ?? 1) > 53) return undefined;
    days.push({ weekday: WEEKDAYS.indexOf(match[2] ?? ""), ...(nth !== undefined && { nth }) });
  }
  return days;
}

function wholeOf(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}
