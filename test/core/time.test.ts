import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  minuteOf,
  minuteOfWeek,
  MINUTES_PER_WEEK,
  offsetMinutesAt,
  type ZoneOffsets,
} from "../../shared/core/time.ts";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** The wall clock of a zone, as the language itself knows it. */
function wallClock(timeZone: string): (atMs: number) => { readonly minuteOfWeek: number; readonly offsetMinutes: number } {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (atMs) => {
    const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const [hour, minute] = [Number(part["hour"]), Number(part["minute"])];
    const local = Date.UTC(Number(part["year"]), Number(part["month"]) - 1, Number(part["day"]), hour, minute);
    return {
      minuteOfWeek: WEEKDAYS.indexOf(part["weekday"] ?? "") * 1_440 + hour * 60 + minute,
      offsetMinutes: (local - minuteOf(atMs)) / MINUTE_MS,
    };
  };
}

/** The offsets of a zone in 2026, found by asking for every quarter of an hour. */
function offsetsOf(clock: ReturnType<typeof wallClock>, fromMs: number, toMs: number): ZoneOffsets {
  const zone: { fromMs: number; offsetMinutes: number }[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += 15 * MINUTE_MS) {
    const { offsetMinutes } = clock(atMs);
    if (zone.at(-1)?.offsetMinutes !== offsetMinutes) zone.push({ fromMs: atMs, offsetMinutes });
  }
  return zone;
}

describe.each([
  // The instant of each change in 2026, and the offsets before and after it.
  ["Europe/Copenhagen", Date.UTC(2026, 2, 29, 1), [60, 120], Date.UTC(2026, 9, 25, 1), [120, 60]],
  ["America/New_York", Date.UTC(2026, 2, 8, 7), [-300, -240], Date.UTC(2026, 10, 1, 6), [-240, -300]],
  // Half an hour only, and the other way round.
  ["Australia/Lord_Howe", Date.UTC(2026, 3, 4, 15), [660, 630], Date.UTC(2026, 9, 3, 15, 30), [630, 660]],
] as const)("in %s", (timeZone, firstMs, first, secondMs, second) => {
  const clock = wallClock(timeZone);
  const zone = [
    ...offsetsOf(clock, firstMs - DAY_MS, firstMs + DAY_MS),
    ...offsetsOf(clock, secondMs - DAY_MS, secondMs + DAY_MS).slice(1),
  ];

  test("the offsets change at the instants of the law", () => {
    expect(zone.slice(1)).toEqual([
      { fromMs: firstMs, offsetMinutes: first[1] },
      { fromMs: secondMs, offsetMinutes: second[1] },
    ]);
    expect([offsetMinutesAt(zone, firstMs - 1), offsetMinutesAt(zone, firstMs)]).toEqual(first);
    expect([offsetMinutesAt(zone, secondMs - 1), offsetMinutesAt(zone, secondMs)]).toEqual(second);
  });

  test("each minute of the nights in which the clock changes is the minute of the week that the wall clock shows", () => {
    for (const changeMs of [firstMs, secondMs]) {
      for (let atMs = changeMs - 4 * HOUR_MS; atMs < changeMs + 4 * HOUR_MS; atMs += MINUTE_MS) {
        expect(minuteOfWeek(zone, atMs)).toBe(clock(atMs).minuteOfWeek);
      }
    }
  });

  test("any instant between them is, too", () => {
    fc.assert(
      fc.property(fc.integer({ min: firstMs - DAY_MS, max: secondMs + DAY_MS }), (atMs) => {
        expect(minuteOfWeek(zone, atMs)).toBe(clock(atMs).minuteOfWeek);
      }),
      { seed: 1 },
    );
  });
});

describe("without a zone", () => {
  test("the week begins on Monday at 00:00 UTC, and its last minute is Sunday 23:59", () => {
    expect(minuteOfWeek([], Date.UTC(2026, 0, 5))).toBe(0);
    expect(minuteOfWeek([], Date.UTC(2026, 0, 5) - 1)).toBe(MINUTES_PER_WEEK - 1);
    expect(minuteOfWeek([], Date.UTC(2026, 0, 6, 1, 2, 59))).toBe(1_440 + 62);
  });

  test("instants before 1970 have a minute of the week as well", () => {
    expect(minuteOfWeek([], Date.UTC(1969, 11, 29))).toBe(0);
    expect(minuteOfWeek([], Date.UTC(1969, 11, 28, 23, 59))).toBe(MINUTES_PER_WEEK - 1);
  });
});

test("an instant before the first known offset takes the first one", () => {
  const zone = [
    { fromMs: 1_000, offsetMinutes: 60 },
    { fromMs: 2_000, offsetMinutes: 120 },
  ];
  expect([0, 999, 1_000, 1_999, 2_000, 1e15].map((atMs) => offsetMinutesAt(zone, atMs))).toEqual([60, 60, 60, 60, 120, 120]);
});

test("a minute begins at its own start, before and after 1970", () => {
  expect([0, 59_999, 60_000, -1].map(minuteOf)).toEqual([0, 0, 60_000, -60_000]);
});
