import fc from "fast-check";
import { RRule } from "rrule";
import { describe, expect, test } from "vitest";
import { ruleStarts } from "../../shared/feeds/ical-recurrence.ts";
import { parseRule, type Rule } from "../../shared/feeds/ical-rule.ts";

const DAY_MS = 86_400_000;
const FIRST = Date.UTC(2026, 0, 15, 20, 15);
const EVERYTHING = { fromMs: -Infinity, toMs: Infinity, most: 10_000 };

function ruleOf(text: string): Rule {
  const rule = parseRule(text);
  if (typeof rule === "string") throw new Error(`${text}: ${rule}`);
  return rule;
}

function starts(text: string, firstMs = FIRST, asked = { ...EVERYTHING, toMs: Date.UTC(2028, 0, 1) }): readonly string[] {
  return ruleStarts(ruleOf(text), firstMs, Infinity, asked).startsMs.map((ms) => new Date(ms).toISOString().slice(0, 16));
}

describe("a recurrence rule", () => {
  // Each from RFC 5545, section 3.8.5.3, with the dates it gives there (wall times of New York).
  const ninePm = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day, 9);
  test.each([
    ["FREQ=DAILY;INTERVAL=10;COUNT=5", ninePm(1997, 9, 2), "1997-09-02 1997-09-12 1997-09-22 1997-10-02 1997-10-12"],
    [
      "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
      ninePm(1997, 9, 2),
      "1997-09-02 1997-09-04 1997-09-16 1997-09-18 1997-09-30 1997-10-02 1997-10-14 1997-10-16",
    ],
    ["FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", ninePm(1997, 8, 5), "1997-08-05 1997-08-10 1997-08-19 1997-08-24"],
    ["FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", ninePm(1997, 8, 5), "1997-08-05 1997-08-17 1997-08-19 1997-08-31"],
    ["FREQ=MONTHLY;COUNT=4;BYDAY=1FR", ninePm(1997, 9, 5), "1997-09-05 1997-10-03 1997-11-07 1997-12-05"],
    [
      "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU",
      ninePm(1997, 9, 7),
      "1997-09-07 1997-09-28 1997-11-02 1997-11-30 1998-01-04 1998-01-25",
    ],
    ["FREQ=MONTHLY;COUNT=4;BYDAY=-2MO", ninePm(1997, 9, 22), "1997-09-22 1997-10-20 1997-11-17 1997-12-22"],
    ["FREQ=MONTHLY;COUNT=5;BYMONTHDAY=-3", ninePm(1997, 9, 28), "1997-09-28 1997-10-29 1997-11-28 1997-12-29 1998-01-29"],
    ["FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1", ninePm(1997, 9, 30), "1997-09-30 1997-10-01 1997-10-31 1997-11-01"],
    ["FREQ=MONTHLY;INTERVAL=18;COUNT=4;BYMONTHDAY=10,11", ninePm(1997, 9, 10), "1997-09-10 1997-09-11 1999-03-10 1999-03-11"],
    ["FREQ=YEARLY;COUNT=4;BYMONTH=6,7", ninePm(1997, 6, 10), "1997-06-10 1997-07-10 1998-06-10 1998-07-10"],
    ["FREQ=YEARLY;INTERVAL=3;COUNT=5;BYYEARDAY=1,100,200", ninePm(1997, 1, 1), "1997-01-01 1997-04-10 1997-07-19 2000-01-01 2000-04-09"],
    ["FREQ=YEARLY;COUNT=3;BYDAY=20MO", ninePm(1997, 5, 19), "1997-05-19 1998-05-18 1999-05-17"],
    ["FREQ=YEARLY;COUNT=3;BYWEEKNO=20;BYDAY=MO", ninePm(1997, 5, 12), "1997-05-12 1998-05-11 1999-05-17"],
    ["FREQ=MONTHLY;COUNT=4;BYDAY=FR;BYMONTHDAY=13", ninePm(1998, 2, 13), "1998-02-13 1998-03-13 1998-11-13 1999-08-13"],
    [
      "FREQ=YEARLY;INTERVAL=4;COUNT=3;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
      ninePm(1996, 11, 5),
      "1996-11-05 2000-11-07 2004-11-02",
    ],
    ["FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", ninePm(1997, 9, 4), "1997-09-04 1997-10-07 1997-11-06"],
    ["FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", ninePm(1997, 9, 29), "1997-09-29 1997-10-30 1997-11-27"],
    ["FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", ninePm(2007, 1, 15), "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30"],
  ])("%s gives the dates of the standard", (text, firstMs, expected) => {
    expect(
      starts(text, firstMs, { ...EVERYTHING, toMs: Infinity })
        .map((start) => start.slice(0, 10))
        .join(" "),
    ).toBe(expected);
  });

  test("takes what it does not say from its first start", () => {
    expect(starts("FREQ=WEEKLY;COUNT=2")).toEqual(["2026-01-15T20:15", "2026-01-22T20:15"]);
    expect(starts("FREQ=YEARLY;COUNT=2")).toEqual(["2026-01-15T20:15", "2027-01-15T20:15"]);
    expect(starts("FREQ=YEARLY;BYWEEKNO=20;COUNT=2")).toEqual(["2026-01-15T20:15", "2026-05-14T20:15"]);
    expect(starts("FREQ=DAILY;BYHOUR=18,21;BYMINUTE=0,30;BYSECOND=0;COUNT=4")).toEqual([
      "2026-01-15T20:15",
      "2026-01-15T21:00",
      "2026-01-15T21:30",
      "2026-01-16T18:00",
    ]);
  });

  test("has its first start even where it would not come to it, and counts it", () => {
    expect(starts("FREQ=WEEKLY;BYDAY=MO;COUNT=2")).toEqual(["2026-01-15T20:15", "2026-01-19T20:15"]);
  });

  test("counts positions in a week from the beginning of the week, also in the first", () => {
    const sunday = Date.UTC(2019, 0, 6);
    const text = "FREQ=WEEKLY;WKST=MO;BYDAY=MO,SU;BYHOUR=0,1;BYSETPOS=3;COUNT=2";
    expect(starts(text, sunday)).toEqual(["2019-01-06T00:00", "2019-01-13T00:00"]);
  });

  test("that never comes true again is left after a bounded walk", () => {
    for (const text of ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]) {
      expect(starts(text)).toEqual(["2026-01-15T20:15"]);
      const endless = ruleStarts(ruleOf(text), FIRST, Infinity, EVERYTHING);
      expect(endless).toMatchObject({ ended: "too-far", startsMs: [FIRST] });
      expect(endless.daysWalked).toBeLessThan(201_000);
    }
  });

  test("that never ends is told of as far as is asked", () => {
    const all = ruleStarts(ruleOf("FREQ=DAILY"), FIRST, Infinity, EVERYTHING);
    expect([all.ended, all.startsMs.length]).toEqual(["too-many", 10_000]);
    expect(ruleStarts(ruleOf("FREQ=YEARLY"), FIRST, Infinity, EVERYTHING).ended).toBe("too-far");
    const farthest = ruleStarts(ruleOf("FREQ=YEARLY;INTERVAL=999999"), FIRST, Infinity, EVERYTHING);
    expect(farthest).toEqual({ startsMs: [FIRST], ended: "whole", daysWalked: 365 });
  });

  test("that began long ago is not walked from its beginning, unless it counts", () => {
    const asked = { ...EVERYTHING, fromMs: FIRST, toMs: FIRST + 7 * DAY_MS };
    const old = Date.UTC(1926, 0, 15, 20, 15);
    expect(ruleStarts(ruleOf("FREQ=DAILY"), old, Infinity, asked)).toMatchObject({ daysWalked: 8, startsMs: { length: 7 } });
    expect(ruleStarts(ruleOf("FREQ=DAILY;COUNT=36524"), old, Infinity, asked).startsMs).toEqual([]);
    expect(ruleStarts(ruleOf("FREQ=DAILY;COUNT=36527"), old, Infinity, asked).startsMs).toEqual([FIRST, FIRST + DAY_MS]);
  });

  test("has its end among its starts", () => {
    expect(ruleStarts(ruleOf("FREQ=DAILY"), FIRST, FIRST + DAY_MS, EVERYTHING).startsMs).toEqual([FIRST, FIRST + DAY_MS]);
  });

  test.each([
    ["FREQ=HOURLY", "a schedule repeats DAILY, WEEKLY, MONTHLY, YEARLY, not HOURLY"],
    ["COUNT=2", "a schedule repeats DAILY, WEEKLY, MONTHLY, YEARLY, not without FREQ"],
    ["FREQ=DAILY;INTERVAL=0", "INTERVAL is no whole number above 0"],
    ["FREQ=DAILY;COUNT=-1", "COUNT is no whole number above 0"],
    ["FREQ=DAILY;UNTIL=soon", "UNTIL is no date or time"],
    ["FREQ=DAILY;UNTIL=20260101;COUNT=2", "COUNT and UNTIL stand together"],
    ["FREQ=DAILY;WKST=XX", "WKST is no day of the week"],
    ["FREQ=MONTHLY;BYDAY=0MO", "BYDAY is no list of days"],
    ["FREQ=MONTHLY;BYDAY=54MO", "BYDAY is no list of days"],
    ["FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY is no list of numbers from 1 to 31"],
    ["FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY is no list of numbers from 1 to 31"],
    ["FREQ=MONTHLY;BYMONTH=-1", "BYMONTH is no list of numbers from 1 to 12"],
    ["FREQ=DAILY;BYHOUR=x", "BYHOUR is no list of numbers from 0 to 23"],
    ["FREQ=WEEKLY;BYDAY=1MO", "BYDAY counts days, which FREQ=WEEKLY has no use for"],
    ["FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "BYDAY counts days, which BYWEEKNO has no use for"],
    ["FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO stands with FREQ=MONTHLY"],
    ["FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY stands with FREQ=MONTHLY"],
    ["FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY stands with FREQ=WEEKLY"],
    ["FREQ=DAILY;BYSETPOS=1", "BYSETPOS stands alone"],
    ["FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9", "it starts more than 96 times a day"],
    ["FREQ=DAILY;RSCALE=CHINESE", "RSCALE is not known"],
    ["FREQ=DAILY;FREQ=DAILY", "FREQ is said twice"],
    ["FREQ=DAILY;COUNT", "COUNT is no part of a rule"],
    ["FREQ=DAILY;COUNT=1=2", "COUNT=1=2 is no part of a rule"],
  ])("%s is not read: %s", (text, reason) => {
    expect(parseRule(text)).toBe(reason);
  });
});

/** A random rule within what the standard allows. */
const listOf = (least: number, most: number, signed: boolean, maxLength = 4) =>
  fc
    .uniqueArray(
      fc.integer({ min: signed ? -most : least, max: most }).filter((n) => Math.abs(n) >= least),
      { maxLength },
    )
    .map((list) => list.toSorted((a, b) => a - b));
const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const randomRule = fc
  .record({
    FREQ: fc.constantFrom("DAILY", "WEEKLY", "MONTHLY", "YEARLY"),
    INTERVAL: fc.integer({ min: 1, max: 5 }),
    WKST: fc.constantFrom(...DAYS),
    BYMONTH: listOf(1, 12, false),
    BYWEEKNO: listOf(1, 53, true, 3),
    BYYEARDAY: listOf(1, 366, true),
    BYMONTHDAY: listOf(1, 31, true),
    BYDAY: fc.uniqueArray(fc.constantFrom(...DAYS), { maxLength: 4 }),
    nth: fc.constantFrom("", "", "1", "2", "-1", "5", "-5"),
    BYHOUR: listOf(0, 23, false, 2),
    BYMINUTE: listOf(0, 59, false, 2),
    BYSETPOS: fc.uniqueArray(fc.constantFrom(-1, 1, 2, 3, 4, 5, 6), { minLength: 1, maxLength: 2 }),
    some: fc.integer({ min: 0, max: 255 }),
    COUNT: fc.option(fc.integer({ min: 1, max: 40 })),
  })
  .map(({ nth, some, COUNT, ...parts }) => {
    const { FREQ } = parts;
    const has = (bit: number) => (some & (1 << bit)) !== 0;
    const yearly = FREQ === "YEARLY";
    const weeks = yearly && has(0) && has(1) ? parts.BYWEEKNO : [];
    const counted = (FREQ === "MONTHLY" || yearly) && weeks.length === 0;
    const lists: Record<string, readonly (string | number)[]> = {
      BYMONTH: has(2) ? parts.BYMONTH : [],
      BYWEEKNO: weeks,
      BYYEARDAY: yearly && has(3) && has(4) ? parts.BYYEARDAY : [],
      BYMONTHDAY: FREQ !== "WEEKLY" && has(4) && !has(5) ? parts.BYMONTHDAY : [],
      // A week's days are said: what a rule with BYWEEKNO alone means is one of the differences below.
      BYDAY:
        weeks.length > 0 && parts.BYDAY.length === 0
          ? ["MO"]
          : has(5) || weeks.length > 0
            ? parts.BYDAY.map((day) => `${counted ? nth : ""}${day}`)
            : [],
      BYHOUR: has(6) ? parts.BYHOUR : [],
      BYMINUTE: has(6) && has(7) ? parts.BYMINUTE : [],
    };
    if (FREQ !== "WEEKLY" && has(7) && Object.values(lists).some((list) => list.length > 0)) lists["BYSETPOS"] = parts.BYSETPOS;
    const words = [`FREQ=${FREQ}`, `INTERVAL=${parts.INTERVAL}`, `WKST=${parts.WKST}`];
    for (const [name, list] of Object.entries(lists)) if (list.length > 0) words.push(`${name}=${list.join(",")}`);
    return { text: words.join(";"), count: COUNT ?? undefined };
  });

describe("against rrule, a library made apart from this one", () => {
  const from = Date.UTC(2019, 0, 1);
  const to = Date.UTC(2030, 0, 1);
  // It goes on to the year 9999 looking for a rule's last starts, so that each rule is given an end, and counted here.
  const theirs = (text: string, firstMs: number, count = Infinity) => {
    const options = { ...RRule.parseString(text), dtstart: new Date(firstMs), until: new Date(to - 1) };
    const once = [...new Set(new RRule(options).all().map((date) => date.getTime()))].sort((a, b) => a - b);
    return once.slice(0, count).filter((ms) => ms >= from);
  };

  // Allowed differences: rrule leaves out a first start that its rule does not have, and takes BYWEEKNO alone for all seven days of the week,
  // where the standard takes the weekday of the first start. In the first week of a rule it counts BYSETPOS from the first start on, not from the
  // beginning of the week. A start that two positions name it gives twice, and starts of a day in the order of BYHOUR and BYMINUTE as written:
  // its starts are sorted and taken once here. A position further from the end than a period has starts it takes for the first: none is drawn.
  test("random rules start at the same times", { timeout: 120_000 }, () => {
    let compared = 0;
    fc.assert(
      fc.property(randomRule, fc.integer({ min: Date.UTC(2016, 0, 1), max: Date.UTC(2027, 0, 1) }), ({ text, count }, seed) => {
        // The second start is one that the rule has, and so both take it for the first.
        const drawn = Math.floor(seed / 60_000) * 60_000;
        const first = ruleStarts(ruleOf(text), drawn, Infinity, { fromMs: -Infinity, toMs: to, most: 2 }).startsMs[1];
        if (first === undefined) return;
        const whole = count === undefined ? text : `${text};COUNT=${count}`;
        const mine = ruleStarts(ruleOf(whole), first, Infinity, { fromMs: from, toMs: to, most: 100_000 }).startsMs;
        compared += mine.length;
        expect([whole, first, mine]).toEqual([whole, first, theirs(text, first, count)]);
      }),
      { seed: 20260613, numRuns: 1_000 },
    );
    expect(compared).toBeGreaterThan(20_000);
  });
});
