import type { FeedItem, FeedProgramme } from "../core/schedule/programme.ts";
import { collapsed, excerpt, rejected } from "./feed-items.ts";
import { valueOf, type Component } from "./ical-components.ts";
import type { Property } from "./ical-lines.ts";
import { parseCalendarLength, parseCalendarTime, plainText, textsOf, type CalendarLength, type CalendarTime } from "./ical-values.ts";
import { instantOf, type WallInstant, type ZoneTime } from "./zone-time.ts";

/** The most dates that are listed one by one in an event. */
const MOST_LISTED = 10_000;

/** A time of a calendar with the zone that it is in. */
export type ZonedTime = { readonly wallMs: number; readonly zone: ZoneTime };

/** How long an event is: as a clock counts, or as the calendar does, so that P1D ends at the same time of day. */
export type EventLength =
  | { readonly kind: "exact"; readonly ms: number }
  | { readonly kind: "nominal"; readonly length: CalendarLength }
  | undefined;

/** A VEVENT as far as one showing of it goes. */
export type CalendarEvent = {
  readonly uid: string;
  readonly details: Pick<FeedProgramme, "title" | "subTitle" | "description" | "categories">;
  readonly start: ZonedTime;
  readonly startAt: WallInstant;
  readonly endAt: WallInstant | undefined;
  readonly length: EventLength;
  readonly line: number;
};

/** Which zone a property is in; undefined when there is no such zone. */
export type ZoneOf = (property: Property) => ZoneTime | undefined;

const UTC: ZoneTime = { name: "UTC", offsetMinutesAt: () => 0 };
const RIGHT_TIME = "20260613T180000Z, or a local time with TZID, would be right";

/** The event of a component, or why it cannot be used. */
export function eventOf(component: Component, zoneOf: ZoneOf): CalendarEvent | FeedItem {
  const { line } = component;
  const title = collapsed(plainText(valueOf(component, "SUMMARY") ?? ""));
  const what = excerpt(title);
  const start = propertyOf(component, "DTSTART");
  if (start === undefined) return rejected(line, "start-missing", `the event ${what} has no start; DTSTART:${RIGHT_TIME}`);
  const time = parseCalendarTime(start.value);
  if (time === undefined)
    return rejected(start.line, "start-unreadable", `DTSTART ${excerpt(start.value)} of ${what} is no time; ${RIGHT_TIME}`);
  if (time.kind === "date") {
    const day = new Date(time.midnightMs).toISOString().slice(0, 10);
    return rejected(start.line, "all-day", `the event ${what} says a day (${day}) and no time of day; DTSTART:${RIGHT_TIME}`);
  }
  const zoned = zonedTime(time, start, zoneOf);
  if (zoned === undefined) return unknownZone(start, what);
  const startAt = instantOf(zoned.wallMs, zoned.zone);
  const end = endOf(component, zoned, startAt, what, zoneOf);
  if ("kind" in end) return end;
  if (title === "") return rejected(line, "title-missing", `the event at ${start.value} has no title; SUMMARY would be right`);
  // Where a match is played tells it from another of the same name.
  const [subTitle, description] = ["LOCATION", "DESCRIPTION"].map((name) => collapsed(plainText(valueOf(component, name) ?? "")));
  const categories = component.properties.filter(({ name }) => name === "CATEGORIES").flatMap(({ value }) => textsOf(value).map(collapsed));
  return {
    uid: valueOf(component, "UID") ?? "",
    details: {
      title,
      ...(subTitle !== "" && subTitle !== undefined && { subTitle }),
      ...(description !== "" && description !== undefined && { description }),
      categories: categories.filter((category) => category !== ""),
    },
    start: zoned,
    startAt,
    ...end,
    line,
  };
}

/** The end of a showing that starts at `startAt`, which is shown as `startWallMs`. */
export function endAfter(length: EventLength, startWallMs: number, startAt: WallInstant, zone: ZoneTime): WallInstant | undefined {
  switch (length?.kind) {
    case undefined:
      return undefined;
    case "exact":
      return { atMs: startAt.atMs + length.ms, how: "plain" };
    case "nominal": {
      const { days, ms } = length.length;
      if (days === 0) return { atMs: startAt.atMs + ms, how: "plain" };
      const then = instantOf(startWallMs + days * DAY_MS, zone);
      return { ...then, atMs: then.atMs + ms };
    }
    default:
      return length satisfies never;
  }
}

const DAY_MS = 86_400_000;

/** A showing as an item. */
export function showingOf(event: CalendarEvent, channelId: string, startAt: WallInstant, endAt: WallInstant | undefined): FeedItem {
  return {
    kind: "programme",
    programme: {
      channelId,
      ...event.details,
      live: false,
      startsAtMs: startAt.atMs,
      ...(endAt !== undefined && { endsAtMs: endAt.atMs }),
      line: event.line,
    },
  };
}

/** A date that an event lists: an instant, or a whole day; `endAt` of one that has a length of its own. */
export type ListedDate =
  | { readonly kind: "instant"; readonly at: WallInstant; readonly start: ZonedTime; readonly endAt?: WallInstant }
  | { readonly kind: "day"; readonly midnightMs: number };

/** The dates of all properties of that name (RDATE, EXDATE, RECURRENCE-ID), and what is told of those that are none. */
export function listedDates(
  component: Component,
  name: string,
  zoneOf: ZoneOf,
): { readonly dates: readonly ListedDate[]; readonly items: readonly FeedItem[] } {
  const dates: ListedDate[] = [];
  const items: FeedItem[] = [];
  for (const property of component.properties.filter((one) => one.name === name)) {
    for (const text of property.value.split(",", MOST_LISTED)) {
      const date = listedDate(text, property, zoneOf);
      if (date !== undefined) dates.push(date);
      else items.push(rejected(property.line, "date-unreadable", `${name} ${excerpt(text)} is no date of a known zone; ${RIGHT_TIME}`));
    }
  }
  return { dates, items };
}

function listedDate(text: string, property: Property, zoneOf: ZoneOf): ListedDate | undefined {
  const [first = "", second] = text.split("/");
  const time = parseCalendarTime(first);
  if (time === undefined) return undefined;
  if (time.kind === "date") return { kind: "day", midnightMs: time.midnightMs };
  const start = zonedTime(time, property, zoneOf);
  if (start === undefined) return undefined;
  const at = instantOf(start.wallMs, start.zone);
  if (second === undefined) return { kind: "instant", at, start };
  const length = parseCalendarLength(second);
  const until = parseCalendarTime(second);
  if (length === undefined && until?.kind !== "time") return undefined;
  const end = until?.kind === "time" ? zonedTime(until, property, zoneOf) : undefined;
  const endAt =
    end === undefined ? endAfter(length && { kind: "nominal", length }, start.wallMs, at, start.zone) : instantOf(end.wallMs, end.zone);
  return { kind: "instant", at, start, ...(endAt !== undefined && { endAt }) };
}

function endOf(
  component: Component,
  start: ZonedTime,
  startAt: WallInstant,
  what: string,
  zoneOf: ZoneOf,
): Pick<CalendarEvent, "endAt" | "length"> | FeedItem {
  const end = propertyOf(component, "DTEND");
  if (end !== undefined) {
    const time = parseCalendarTime(end.value);
    if (time?.kind !== "time")
      return rejected(end.line, "stop-unreadable", `DTEND ${excerpt(end.value)} of ${what} is no time; ${RIGHT_TIME}`);
    const zoned = zonedTime(time, end, zoneOf);
    if (zoned === undefined) return unknownZone(end, what);
    const endAt = instantOf(zoned.wallMs, zoned.zone);
    return { endAt, length: { kind: "exact", ms: endAt.atMs - startAt.atMs } };
  }
  const duration = propertyOf(component, "DURATION");
  if (duration === undefined) return { endAt: undefined, length: undefined };
  const length = parseCalendarLength(duration.value);
  if (length === undefined) {
    const reason = `DURATION ${excerpt(duration.value)} of ${what} is no length; PT1H45M would be right`;
    return rejected(duration.line, "duration-unreadable", reason);
  }
  return { endAt: endAfter({ kind: "nominal", length }, start.wallMs, startAt, start.zone), length: { kind: "nominal", length } };
}

function zonedTime(time: CalendarTime & { readonly kind: "time" }, property: Property, zoneOf: ZoneOf): ZonedTime | undefined {
  const zone = time.utc ? UTC : zoneOf(property);
  return zone && { wallMs: time.wallMs, zone };
}

function unknownZone(property: Property, what: string): FeedItem {
  const name = excerpt(property.parameters.get("TZID") ?? "");
  const reason = `${property.name} of ${what} is in the zone ${name}, which is neither defined here nor known; Europe/Copenhagen would be right`;
  return rejected(property.line, "zone-unknown", reason);
}

function propertyOf({ properties }: Component, wanted: string): Property | undefined {
  return properties.find(({ name }) => name === wanted);
}
