import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calendarOf, DEFINITIONS, eventWith, zoneCalled } from "./calendars.ts";
import { itemsOf } from "./feed-bytes.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const PLACES = Object.keys(DEFINITIONS);

/** What a clock on the wall of a place shows at an instant, as if it were UTC: asked of Intl, which has no part in reading calendars by a definition. */
function shownAt(place: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: place, dateStyle: "short", timeStyle: "medium", hourCycle: "h23" });
  return (atMs) => Date.parse(`${format.format(atMs).replace(", ", "T")}Z`);
}

/** The standard's instant of a wall time, by looking at every quarter of an hour around it. */
function standardInstant(place: string, wallMs: number): { readonly atMs: number; readonly how: string } {
  const shown = shownAt(place);
  const showing: number[] = [];
  for (let atMs = wallMs - 15 * HOUR_MS; atMs <= wallMs + 15 * HOUR_MS; atMs += 15 * MINUTE_MS)
    if (shown(atMs) === wallMs) showing.push(atMs);
  const [first] = showing;
  if (first !== undefined) return { atMs: first, how: showing.length > 1 ? "time-repeated" : "plain" };
  // Never shown: counted on from the offset before the jump.
  const before = wallMs - 24 * HOUR_MS;
  return { atMs: wallMs - (shown(before) - before), how: "time-skipped" };
}

function written(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
}

/** The nights on which clocks change in 2026, as wall times of their midnight before. */
const NIGHTS: Readonly<Record<string, readonly (readonly [night: string, jumpsOver: number])[]>> = {
  "Europe/Copenhagen": [
    ["2026-03-28", 60],
    ["2026-10-24", -60],
  ],
  "America/New_York": [
    ["2026-03-07", 60],
    ["2026-10-31", -60],
  ],
  "Australia/Sydney": [
    ["2026-10-03", 60],
    ["2026-04-04", -60],
  ],
  "Australia/Lord_Howe": [
    ["2026-10-03", 30],
    ["2026-04-04", -30],
  ],
};

describe("on a night on which clocks change", () => {
  test.each(PLACES.flatMap((place) => (NIGHTS[place] ?? []).map((night) => [place, ...night] as const)))(
    "in %s, %s, every wall time is the instant that the standard says, by the place's own zone and by a definition",
    { timeout: 60_000 },
    async (place, night, jumpsOver) => {
      const walls = Array.from({ length: 32 }, (_, quarter) => Date.parse(`${night}T22:00:00Z`) + quarter * 15 * MINUTE_MS);
      const expected = walls.map((wallMs) => standardInstant(place, wallMs));
      // Half an hour on Lord Howe is two quarters; elsewhere four are skipped or repeated.
      expect(expected.filter(({ how }) => how === (jumpsOver > 0 ? "time-skipped" : "time-repeated"))).toHaveLength(
        Math.abs(jumpsOver) / 15,
      );
      for (const zone of [place, "Ours"]) {
        const events = walls.flatMap((wallMs) => eventWith(`DTSTART;TZID=${zone}:${written(wallMs)}`, "DURATION:PT10M"));
        const items = await itemsOf(calendarOf(...zoneCalled("Ours", place), ...events));
        expect(items.flatMap((item) => (item.kind === "programme" ? [item.programme.startsAtMs] : []))).toEqual(
          expected.map(({ atMs }) => atMs),
        );
        const notes = items.flatMap((item) => (item.kind === "repaired" ? [item.code] : []));
        expect(notes).toEqual(expected.flatMap(({ how }) => (how === "plain" ? [] : [how])));
      }
    },
  );

  test("a programme that repeats daily or weekly keeps its wall time, before it and after", async () => {
    const everyNight = PLACES.flatMap((place) => (NIGHTS[place] ?? []).map(([night]) => [place, night] as const));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...everyNight),
        fc.constantFrom("DAILY", "WEEKLY"),
        fc.integer({ min: 0, max: 95 }),
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        async ([place, night], frequency, quarter, daysBefore, defined) => {
          const stepMs = (frequency === "DAILY" ? 1 : 7) * 24 * HOUR_MS;
          const first = Date.parse(`${night}T00:00:00Z`) + quarter * 15 * MINUTE_MS - daysBefore * 24 * HOUR_MS;
          const event = eventWith(
            `DTSTART;TZID=${defined ? "Ours" : place}:${written(first)}`,
            "DURATION:PT1H",
            `RRULE:FREQ=${frequency};COUNT=12`,
          );
          const items = await itemsOf(calendarOf(...zoneCalled("Ours", place), ...event));
          const starts = items.flatMap((item) => (item.kind === "programme" ? [item.programme.startsAtMs] : []));
          expect(starts).toEqual(Array.from({ length: 12 }, (_, index) => standardInstant(place, first + index * stepMs).atMs));
        },
      ),
      { seed: 20260329, numRuns: 60 },
    );
  });
});

test.each(PLACES)("a definition of %s keeps the time of the place, hour by hour, over three years", { timeout: 60_000 }, async (place) => {
  const shown = shownAt(place);
  const from = Date.UTC(2025, 0, 1);
  const hours = Array.from({ length: 3 * 365 * 2 }, (_, index) => from + index * 12 * HOUR_MS);
  const feed = calendarOf(
    ...zoneCalled("Ours", place),
    ...hours.flatMap((atMs) => eventWith(`DTSTART;TZID=Ours:${written(shown(atMs))}`, "DURATION:PT1H")),
  );
  const items = await itemsOf(feed);
  expect(items.flatMap((item) => (item.kind === "programme" ? [item.programme.startsAtMs] : []))).toEqual(hours);
});

test("a definition is read back to its first rule, past rules that ended, and before all of them", async () => {
  const zone = [
    "BEGIN:VTIMEZONE",
    "TZID:Old",
    "BEGIN:STANDARD",
    "DTSTART:19450101T000000",
    "TZOFFSETFROM:+0030",
    "TZOFFSETTO:+0100",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:19800406T020000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=19840401T010000Z",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19800928T030000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=-1SU;UNTIL=19840930",
    "END:STANDARD",
    "BEGIN:STANDARD",
    "DTSTART:20100101T000000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+012345",
    "RDATE:20150101T000000",
    "END:STANDARD",
    "END:VTIMEZONE",
  ];
  const at = async (local: string) => {
    const [item] = (await itemsOf(calendarOf(...zone, ...eventWith(`DTSTART;TZID=Old:${local}`, "DURATION:PT1H")))).slice(1);
    return item?.kind === "programme" ? new Date(item.programme.startsAtMs).toISOString() : item;
  };
  expect(await at("19400701T120000")).toBe("1940-07-01T11:30:00.000Z");
  expect(await at("19700701T120000")).toBe("1970-07-01T11:00:00.000Z");
  expect(await at("19840701T120000")).toBe("1984-07-01T10:00:00.000Z");
  expect(await at("19850701T120000")).toBe("1985-07-01T11:00:00.000Z");
  expect(await at("20260701T120000")).toBe("2026-07-01T10:36:15.000Z");
});
