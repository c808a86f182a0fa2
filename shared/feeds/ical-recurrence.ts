import type { Rule, RuleDay } from "./ical-rule.ts";

const DAY_MS = 86_400_000;
/** Days that one rule is walked: five centuries, which is what a rule that never comes true costs. */
const MOST_DAYS = 200_000;
/** The last day that a date can have. */
const LAST_DAY = 100_000_000;

/** Which starts are asked for, as wall times in milliseconds: `fromMs` included, `toMs` not. Past `most` the rest is not told. */
export type StartsAsked = { readonly fromMs: number; readonly toMs: number; readonly most: number };

/** The starts of a rule, in order. `ended` says why there may be more: `too-many` of them, or `too-far` to walk. */
export type RuleStarts = {
  readonly startsMs: readonly number[];
  readonly ended: "whole" | "too-many" | "too-far";
  readonly daysWalked: number;
};

/**
 * When what first starts at `firstMs` starts under `rule`: wall times of its zone, in milliseconds as if they were UTC. The first start is one
 * of them and counts, whether the rule has it or not. `untilMs` is the rule's own end as such a wall time, included. Period by period, every day of
 * a period is held against the rule, so that each takes the same bounded time.
 */
export function ruleStarts(rule: Rule, firstMs: number, untilMs: number, asked: StartsAsked): RuleStarts {
  const lastMs = Math.min(untilMs, asked.toMs - 1);
  const startsMs: number[] = [];
  let left = (rule.count ?? Infinity) - 1;
  let daysWalked = 0;
  if (firstMs >= asked.fromMs && firstMs <= lastMs) startsMs.push(firstMs);
  const fits = dayTest(rule, firstMs);
  const times = timesOfDay(rule, firstMs);
  const periods = new Periods(rule, Math.floor(firstMs / DAY_MS));
  // A rule that counts has to be counted from its beginning.
  for (let period = rule.count === undefined ? periods.before(asked.fromMs) : 0; left > 0; period++) {
    const { fromDay, days } = periods.at(period);
    // Beyond the last day that a date can have there are no numbers, only NaN.
    if (fromDay * DAY_MS > lastMs || !(fromDay + days <= LAST_DAY)) break;
    daysWalked += days;
    if (daysWalked > MOST_DAYS) return { startsMs, ended: "too-far", daysWalked };
    for (const startMs of inPosition(rule, startsIn(fromDay, days, fits, times))) {
      if (startMs <= firstMs || left === 0) continue;
      left--;
      if (startMs < asked.fromMs || startMs > lastMs) continue;
      if (startsMs.length >= asked.most) return { startsMs, ended: "too-many", daysWalked };
      startsMs.push(startMs);
    }
  }
  return { startsMs, ended: "whole", daysWalked };
}

function startsIn(fromDay: number, days: number, fits: (day: number) => boolean, times: readonly number[]): readonly number[] {
  const starts: number[] = [];
  for (let day = fromDay; day < fromDay + days; day++) if (fits(day)) for (const time of times) starts.push(day * DAY_MS + time);
  return starts;
}

function inPosition({ positions }: Rule, starts: readonly number[]): readonly number[] {
  if (positions.length === 0) return starts;
  const picked = new Set(positions.map((position) => (position > 0 ? position - 1 : starts.length + position)));
  return starts.filter((_, index) => picked.has(index));
}

/** The days, months … that a rule goes through, `interval` apart; the first holds the first start. */
class Periods {
  readonly #rule: Rule;
  readonly #first: number;

  constructor(rule: Rule, firstDay: number) {
    this.#rule = rule;
    this.#first = this.#unitOf(firstDay);
  }

  at(period: number): { readonly fromDay: number; readonly days: number } {
    const unit = this.#first + period * this.#rule.interval;
    const [fromDay, nextDay] = [this.#dayOf(unit), this.#dayOf(unit + 1)];
    return { fromDay, days: nextDay - fromDay };
  }

  /** A period from which on every start at `fromMs` or later is met. */
  before(fromMs: number): number {
    if (!Number.isFinite(fromMs)) return 0;
    return Math.max(0, Math.floor((this.#unitOf(Math.floor(fromMs / DAY_MS)) - this.#first) / this.#rule.interval));
  }

  /** Days, weeks, months or years, counted from some beginning. */
  #unitOf(day: number): number {
    const { frequency, weekStart } = this.#rule;
    switch (frequency) {
      case "DAILY":
        return day;
      case "WEEKLY":
        return Math.floor((day - FIRST_SUNDAY - weekStart) / 7);
      case "MONTHLY":
        return yearOf(day) * 12 + monthOf(day);
      case "YEARLY":
        return yearOf(day);
      default:
        return frequency satisfies never;
    }
  }

  #dayOf(unit: number): number {
    const { frequency, weekStart } = this.#rule;
    switch (frequency) {
      case "DAILY":
        return unit;
      case "WEEKLY":
        return unit * 7 + FIRST_SUNDAY + weekStart;
      case "MONTHLY":
        return dayNumber(Math.floor(unit / 12), unit - Math.floor(unit / 12) * 12);
      case "YEARLY":
        return dayNumber(unit, 0);
      default:
        return frequency satisfies never;
    }
  }
}

/** Which days a rule has. What it does not say it takes from its first start: a weekly one the weekday, a yearly one the date. */
function dayTest(rule: Rule, firstMs: number): (day: number) => boolean {
  const { frequency, months, weeks, yearDays, monthDays, days, weekStart } = rule;
  const first = Math.floor(firstMs / DAY_MS);
  const tests: ((day: number) => boolean)[] = [];
  const unsaid = [weeks, yearDays, monthDays, days].every((list) => list.length === 0);
  const inMonths = months.length === 0 && unsaid && frequency === "YEARLY" ? [monthOf(first) + 1] : months;
  if (inMonths.length > 0) tests.push((day) => inMonths.includes(monthOf(day) + 1));
  const inMonth = unsaid && (frequency === "MONTHLY" || frequency === "YEARLY") ? [dateOf(first)] : monthDays;
  if (inMonth.length > 0) tests.push((day) => counts(inMonth, dateOf(day), monthLength(day)));
  if (yearDays.length > 0) tests.push((day) => counts(yearDays, day - yearStart(day) + 1, yearStart(day, 1) - yearStart(day)));
  if (weeks.length > 0) tests.push((day) => weekCounts(weeks, day, weekStart));
  const weekdayUnsaid =
    days.length === 0 && ((frequency === "WEEKLY" && unsaid) || (weeks.length > 0 && monthDays.length + yearDays.length === 0));
  const onDays: readonly RuleDay[] = weekdayUnsaid ? [{ weekday: weekdayOf(first) }] : days;
  const byMonth = frequency === "MONTHLY" || months.length > 0;
  if (onDays.length > 0) tests.push((day) => onDays.some((on) => isDay(on, day, byMonth)));
  return (day) => tests.every((test) => test(day));
}

function isDay({ weekday, nth }: RuleDay, day: number, byMonth: boolean): boolean {
  if (weekdayOf(day) !== weekday) return false;
  if (nth === undefined) return true;
  const from = byMonth ? day - dateOf(day) + 1 : yearStart(day);
  const next = byMonth ? from + monthLength(day) : yearStart(day, 1);
  return nth > 0 ? Math.floor((day - from) / 7) + 1 === nth : -Math.floor((next - 1 - day) / 7) - 1 === nth;
}

/** Whether a list names the `position`-th of `length`, from the beginning or from the end. */
function counts(list: readonly number[], position: number, length: number): boolean {
  return list.includes(position) || list.includes(position - length - 1);
}

/** The first week of a year is the first of which four days lie in it; the days around New Year belong to the week they stand in. */
function weekCounts(weeks: readonly number[], day: number, weekStart: number): boolean {
  const middle = day - (((weekdayOf(day) - weekStart + 7) % 7) - 3);
  const [from, next] = [firstWeek(yearOf(middle), weekStart), firstWeek(yearOf(middle) + 1, weekStart)];
  return counts(weeks, Math.floor((day - from) / 7) + 1, (next - from) / 7);
}

function firstWeek(year: number, weekStart: number): number {
  const fourth = dayNumber(year, 0) + 3;
  return fourth - ((weekdayOf(fourth) - weekStart + 7) % 7);
}

function timesOfDay({ hours, minutes, seconds }: Rule, firstMs: number): readonly number[] {
  const first = new Date(firstMs);
  const times: number[] = [];
  for (const hour of hours.length > 0 ? hours : [first.getUTCHours()])
    for (const minute of minutes.length > 0 ? minutes : [first.getUTCMinutes()])
      for (const second of seconds.length > 0 ? seconds : [first.getUTCSeconds()]) times.push(((hour * 60 + minute) * 60 + second) * 1_000);
  return times;
}

/** Days are counted from 1 January 1970, a Thursday: the first Sunday is the fourth. */
const FIRST_SUNDAY = 3;

function dayNumber(year: number, month: number): number {
  // Date.UTC takes years below 100 for 19xx.
  return new Date(0).setUTCFullYear(year, month, 1) / DAY_MS;
}

function weekdayOf(day: number): number {
  return (((day - FIRST_SUNDAY) % 7) + 7) % 7;
}

function yearOf(day: number): number {
  return new Date(day * DAY_MS).getUTCFullYear();
}

function monthOf(day: number): number {
  return new Date(day * DAY_MS).getUTCMonth();
}

function dateOf(day: number): number {
  return new Date(day * DAY_MS).getUTCDate();
}

function monthLength(day: number): number {
  const month = yearOf(day) * 12 + monthOf(day);
  return dayNumber(Math.floor((month + 1) / 12), (month + 1) % 12) - dayNumber(yearOf(day), monthOf(day));
}

/** The first day of the year of `day`, or of the next one. */
function yearStart(day: number, later = 0): number {
  return dayNumber(yearOf(day) + later, 0);
}
