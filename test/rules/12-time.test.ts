import fc from "fast-check";
import { expect } from "vitest";
import { zoneOffsets } from "../../shared/config/zone.ts";
import { learnUsualLoad, emptyUsualLoad, usualAt } from "../../shared/core/forecast/usual-load.ts";
import { parseXmltvTime } from "../../shared/feeds/xmltv-time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteOfWeek, type ZoneOffsets } from "../../shared/core/time.ts";
import { rule } from "./made.ts";

const NIGHTS = [
  { zone: "Europe/Copenhagen", changesAtMs: Date.UTC(2026, 2, 29, 1) },
  { zone: "Europe/Copenhagen", changesAtMs: Date.UTC(2026, 9, 25, 1) },
  { zone: "America/New_York", changesAtMs: Date.UTC(2026, 10, 1, 6) },
  { zone: "America/New_York", changesAtMs: Date.UTC(2026, 2, 8, 7) },
  { zone: "Australia/Lord_Howe", changesAtMs: Date.UTC(2026, 3, 4, 15) },
  { zone: "Australia/Lord_Howe", changesAtMs: Date.UTC(2026, 9, 3, 15, 30) },
] as const;

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** The minute of the local week as the host's calendar has it: another way to the same. */
function byCalendar(zone: string, atMs: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(atMs);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  return WEEKDAYS.indexOf(part("weekday")) * 1_440 + Number(part("hour")) * 60 + Number(part("minute"));
}

const aroundChange = fc.record({
  night: fc.constantFrom(...NIGHTS),
  minutes: fc.oneof(fc.integer({ min: -180, max: 180 }), fc.integer({ min: -9 * 1_440, max: 9 * 1_440 })),
});

/** The local minute of the week of an instant, worked out with what is known of the zone from a day on. */
type LocalMinute = (zone: string, fromMs: number, atMs: number) => number;

const offsetsBetween = (zone: string, fromMs: number): ZoneOffsets => zoneOffsets(zone, fromMs - 16 * DAY_MS, fromMs + 16 * DAY_MS);

rule<LocalMinute>("the local minute of the week is the calendar's, through every change of clocks", {
  holds: (localMinute) =>
    fc.property(aroundChange, ({ night: { zone, changesAtMs }, minutes }) => {
      const atMs = changesAtMs + minutes * MINUTE_MS;
      expect(localMinute(zone, changesAtMs, atMs)).toBe(byCalendar(zone, atMs));
    }),
  real: (zone, fromMs, atMs) => minuteOfWeek(offsetsBetween(zone, fromMs), atMs),
  planted: {
    "the offset at the beginning holds for all of it": () => (zone, fromMs, atMs) =>
      minuteOfWeek(offsetsBetween(zone, fromMs).slice(0, 1), atMs),
    "clocks change by whole hours": () => (zone, fromMs, atMs) => {
      const whole = offsetsBetween(zone, fromMs).map((each) => ({ ...each, offsetMinutes: Math.floor(each.offsetMinutes / 60) * 60 }));
      return minuteOfWeek(whole, atMs);
    },
    "clocks change at midnight UTC": () => (zone, fromMs, atMs) => {
      const moved = offsetsBetween(zone, fromMs).map((each) => ({ ...each, fromMs: Math.floor(each.fromMs / DAY_MS) * DAY_MS }));
      return minuteOfWeek(moved, atMs);
    },
  },
  numRuns: 400,
});

/** What a usual week that was learned before a change of clocks says of an instant after it. */
type Usual = (zone: ZoneOffsets, fromMs: number, atMs: number) => number | undefined;

const hourOfDay = (zone: ZoneOffsets, atMs: number): number => Math.floor(minuteOfWeek(zone, atMs) / 60) % 24;
const carried = (zone: ZoneOffsets, atMs: number): number => 100 + 10 * hourOfDay(zone, atMs);

function learned(zone: ZoneOffsets, fromMs: number) {
  const minutes = Array.from({ length: 7 * 1_440 }, (_, nth) => fromMs - (7 * 1_440 - nth) * MINUTE_MS);
  return learnUsualLoad(
    emptyUsualLoad(60),
    minutes.map((atMs) => ({ atMs, value: carried(zone, atMs), weight: 1 })),
    zone,
  );
}

rule<Usual>("an audience lives by its own clock: what it usually does at nine it does at nine when clocks have changed", {
  holds: (usual) =>
    fc.property(fc.constantFrom(...NIGHTS), fc.integer({ min: 3, max: 100 }), ({ zone, changesAtMs }, hours) => {
      const offsets = offsetsBetween(zone, changesAtMs);
      const soonMs = changesAtMs + hours * HOUR_MS;
      // Half past, where one hour does not run into the next.
      const atMs = soonMs + (30 - (minuteOfWeek(offsets, soonMs) % 60)) * MINUTE_MS;
      // An hour is ten more than the one before it.
      expect(Math.abs((usual(offsets, changesAtMs, atMs) ?? Number.NaN) - carried(offsets, atMs))).toBeLessThan(4);
    }),
  real: (zone, fromMs, atMs) => usualAt(learned(zone, fromMs), atMs, zone),
  planted: {
    "a week ago is seven times 24 hours ago": () => (zone, fromMs, atMs) => usualAt(learned(zone, fromMs), atMs, zone.slice(0, 1)),
  },
  numRuns: 25,
});

type Parse = typeof parseXmltvTime;

const digits = (value: number, length: number): string => String(value).padStart(length, "0");

rule<Parse>("a time of a feed is one instant, by its own offset, and a time that no clock shows is none", {
  holds: (parse) =>
    fc.property(
      fc.integer({ min: Date.UTC(2024, 0, 1) / MINUTE_MS, max: Date.UTC(2032, 0, 1) / MINUTE_MS }),
      fc.integer({ min: -14 * 4, max: 14 * 4 }).map((quarters) => quarters * 15),
      fc.integer({ min: 24, max: 31 }),
      (utcMinute, offsetMinutes, noHour) => {
        const atMs = utcMinute * MINUTE_MS;
        const local = new Date(atMs + offsetMinutes * MINUTE_MS);
        const day = `${local.getUTCFullYear()}${digits(local.getUTCMonth() + 1, 2)}${digits(local.getUTCDate(), 2)}`;
        const time = `${digits(local.getUTCHours(), 2)}${digits(local.getUTCMinutes(), 2)}00`;
        const away = Math.abs(offsetMinutes);
        const zone = `${offsetMinutes < 0 ? "-" : "+"}${digits(Math.floor(away / 60), 2)}${digits(away % 60, 2)}`;
        expect(parse(`${day}${time} ${zone}`)).toBe(atMs);
        expect(parse(`${day}${noHour}3000 ${zone}`)).toBeUndefined();
      },
    ),
  real: parseXmltvTime,
  planted: {
    "the offset is left out": () => (text) => parseXmltvTime(text.slice(0, 14)),
    "an offset counts in whole hours": () => (text) => parseXmltvTime(text.replace(/\d\d$/, "00")),
    "half past twenty-four is taken for half past midnight of the same day": () => (text) =>
      parseXmltvTime(text.replace(/^(\d{8})(2[4-9]|3\d)/, (_, day: string, hour: string) => `${day}${digits(Number(hour) % 24, 2)}`)),
    "a time before UTC is read as one after it": () => (text) => {
      const atMs = parseXmltvTime(text);
      return atMs !== undefined && text.includes("-") ? atMs - 2 * HOUR_MS : atMs;
    },
  },
  numRuns: 300,
});
