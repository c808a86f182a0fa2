import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { excerpt, rejected } from "./feed-items.ts";
import type { RepeatWindow } from "./feed-reader.ts";
import type { Component } from "./ical-components.ts";
import { endAfter, listedDates, type CalendarEvent, type ListedDate, type ZonedTime, type ZoneOf } from "./ical-event.ts";
import { ruleStarts } from "./ical-recurrence.ts";
import { parseRule, type Rule } from "./ical-rule.ts";
import { instantOf, type WallInstant, type ZoneTime } from "./zone-time.ts";

const DAY_MS = 86_400_000;
/** Showings of one event within what is asked for: one an hour, for a year and more. */
const MOST_SHOWINGS = 10_000;
/** Showings of all the events of a feed together, and the days that all its rules are walked. */
const MOST_SHOWINGS_OF_FEED = 500_000;
const MOST_DAYS_OF_FEED = 20_000_000;

/** One showing of an event that has several. */
export type Showing = { readonly at: WallInstant; readonly endAt: WallInstant | undefined };

/** What single events say of a series: which of its showings they stand for, and from when on it goes by other rules. */
export type Replaced = { readonly instantsMs: ReadonlySet<number>; readonly daysMs: ReadonlySet<number>; readonly fromMs: number };

/** What all series of one feed have taken so far; grows in place. */
export class SeriesBudget {
  #showings = 0;
  #days = 0;

  /** Throws CalltimeError `feed-too-large` when the feed repeats more than any schedule does. */
  take(showings: number, days: number, line: number): void {
    this.#showings += showings;
    this.#days += days;
    if (this.#showings <= MOST_SHOWINGS_OF_FEED && this.#days <= MOST_DAYS_OF_FEED) return;
    const what = `the events up to here repeat more than ${MOST_SHOWINGS_OF_FEED} times, or over more than ${MOST_DAYS_OF_FEED} days`;
    throw new CalltimeError("feed-too-large", `line ${line}: ${what}; rules with an UNTIL would be right`);
  }
}

/** The showings of an event with RRULE or RDATE that start within `window`, by start, without those in EXDATE or replaced; or why none can be told. */
export function showingsOf(
  event: CalendarEvent,
  component: Component,
  zoneOf: ZoneOf,
  { window, replaced, budget }: { readonly window: RepeatWindow; readonly replaced: Replaced | undefined; readonly budget: SeriesBudget },
): { readonly showings: readonly Showing[]; readonly items: readonly FeedItem[] } {
  const what = excerpt(event.details.title);
  const unreadable = (line: number, why: string) => ({
    showings: [],
    items: [rejected(line, "recurrence-unreadable", `the event ${what}: ${why}; a rule of RFC 5545, or RDATE, would be right`)],
  });
  const odd = component.properties.find(({ name }) => name === "EXRULE");
  if (odd !== undefined) return unreadable(odd.line, "EXRULE is no longer part of iCalendar");

  const rdates = listedDates(component, "RDATE", zoneOf);
  const exdates = listedDates(component, "EXDATE", zoneOf);
  const found = new Map<number, Showing>();
  const add = ({ wallMs, zone }: ZonedTime, at: WallInstant, endAt = endAfter(event.length, wallMs, at, zone)) => {
    if (at.atMs >= window.fromMs && at.atMs < window.toMs) found.set(at.atMs, { at, endAt });
  };
  add(event.start, event.startAt, event.endAt);
  for (const { value, line } of component.properties.filter(({ name }) => name === "RRULE")) {
    const rule = parseRule(value);
    if (typeof rule === "string") return unreadable(line, `RRULE: ${rule}`);
    const { startsMs, ended, daysWalked } = ruleStarts(rule, event.start.wallMs, lastWallMs(rule), {
      // A zone is at most a day from UTC.
      fromMs: window.fromMs - DAY_MS,
      toMs: window.toMs + DAY_MS,
      most: MOST_SHOWINGS,
    });
    budget.take(startsMs.length, daysWalked, line);
    if (ended !== "whole") return endless(what, line);
    for (const wallMs of startsMs) {
      const at = instantOf(wallMs, event.start.zone);
      if (isBeforeEnd(rule, at)) add({ wallMs, zone: event.start.zone }, at);
    }
  }
  for (const date of rdates.dates) {
    if (date.kind === "instant") add(date.start, date.at, date.endAt);
    else {
      const wallMs = date.midnightMs + timeOfDay(event.start.wallMs);
      add({ wallMs, zone: event.start.zone }, instantOf(wallMs, event.start.zone));
    }
  }
  if (found.size > MOST_SHOWINGS) return endless(what, event.line);
  const isLeftOut = leftOut(event.start.zone, exdates.dates, replaced);
  const showings = [...found.values()].filter(({ at }) => !isLeftOut(at.atMs)).sort((a, b) => a.at.atMs - b.at.atMs);
  return { showings, items: [...rdates.items, ...exdates.items] };
}

function endless(what: string, line: number): ReturnType<typeof showingsOf> {
  const reason = `the event ${what} repeats more than ${MOST_SHOWINGS} times, or over centuries; a rule with an UNTIL would be right`;
  return { showings: [], items: [rejected(line, "recurrence-endless", reason)] };
}

/** Where a rule has to be walked to: exact for local times and dates, a day too far for UTC, which `isBeforeEnd` mends. */
function lastWallMs({ until }: Rule): number {
  if (until === undefined) return Infinity;
  if (until.kind === "date") return until.midnightMs + DAY_MS - 1;
  return until.utc ? until.wallMs + DAY_MS : until.wallMs;
}

function isBeforeEnd({ until }: Rule, { atMs }: WallInstant): boolean {
  return until?.kind !== "time" || !until.utc || atMs <= until.wallMs;
}

function leftOut(zone: ZoneTime, dates: readonly ListedDate[], replaced: Replaced | undefined): (atMs: number) => boolean {
  const instants = new Set(dates.flatMap((date) => (date.kind === "instant" ? [date.at.atMs] : [])));
  const days = new Set(dates.flatMap((date) => (date.kind === "day" ? [date.midnightMs] : [])));
  return (atMs) => {
    const wallMs = atMs + zone.offsetMinutesAt(atMs) * 60_000;
    const midnightMs = wallMs - timeOfDay(wallMs);
    if (instants.has(atMs) || days.has(midnightMs)) return true;
    return replaced !== undefined && (replaced.instantsMs.has(atMs) || replaced.daysMs.has(midnightMs) || atMs >= replaced.fromMs);
  };
}

function timeOfDay(wallMs: number): number {
  return ((wallMs % DAY_MS) + DAY_MS) % DAY_MS;
}
