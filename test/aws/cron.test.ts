import { describe, expect, test } from "vitest";
import { cronOf, rateOf, zonedInstant } from "../../shared/aws/cron.ts";

const COPENHAGEN = "Europe/Copenhagen";
const ms = (iso: string): number => Date.parse(iso);
const iso = (atMs: number | undefined): string | undefined => (atMs === undefined ? undefined : new Date(atMs).toISOString().slice(0, 16));

/** The first instants at which a schedule fires after an instant. */
function firing(schedule: string, after: string, times: number, zone = "UTC"): readonly (string | undefined)[] {
  const next = cronOf(schedule, zone);
  const fired: (string | undefined)[] = [];
  let atMs: number | undefined = ms(after);
  for (let nth = 0; nth < times && atMs !== undefined; nth += 1) {
    atMs = next?.(atMs);
    fired.push(iso(atMs));
  }
  return fired;
}

describe("cron", () => {
  test.each([
    ["cron(15 10 * * ? *)", "2026-06-13T10:15Z", ["2026-06-14T10:15", "2026-06-15T10:15"]],
    ["cron(0/20 18-19 * * ? *)", "2026-06-13T18:30Z", ["2026-06-13T18:40", "2026-06-13T19:00", "2026-06-13T19:20"]],
    ["cron(0 18 ? * MON-FRI *)", "2026-06-12T18:00Z", ["2026-06-15T18:00", "2026-06-16T18:00"]],
    ["cron(0 18 ? * 7,1 *)", "2026-06-12T18:00Z", ["2026-06-13T18:00", "2026-06-14T18:00", "2026-06-20T18:00"]],
    ["cron(0 8 1 * ? *)", "2026-06-13T00:00Z", ["2026-07-01T08:00", "2026-08-01T08:00"]],
    ["cron(0 8 L * ? *)", "2026-02-01T00:00Z", ["2026-02-28T08:00", "2026-03-31T08:00"]],
    ["cron(0 8 15W * ? *)", "2026-02-01T00:00Z", ["2026-02-16T08:00", "2026-03-16T08:00", "2026-04-15T08:00"]],
    ["cron(0 8 1W * ? *)", "2026-08-01T09:00Z", ["2026-08-03T08:00", "2026-09-01T08:00"]],
    ["cron(0 8 LW * ? *)", "2026-05-01T00:00Z", ["2026-05-29T08:00", "2026-06-30T08:00"]],
    ["cron(0 8 ? * 6L *)", "2026-06-01T00:00Z", ["2026-06-26T08:00", "2026-07-31T08:00"]],
    ["cron(0 8 ? * 6#3 *)", "2026-06-01T00:00Z", ["2026-06-19T08:00", "2026-07-17T08:00"]],
    ["cron(0 8 ? JAN,jul MON 2026-2027)", "2026-07-27T09:00Z", ["2027-01-04T08:00"]],
    ["cron(0 0 29 2 ? *)", "2026-06-01T00:00Z", ["2028-02-29T00:00"]],
  ])("%s after %s", (schedule, after, expected) => {
    expect(firing(schedule, after, expected.length)).toEqual(expected);
  });

  test("is by the clocks of its zone, through their changes", () => {
    expect(firing("cron(30 20 * * ? *)", "2026-03-27T12:00Z", 3, COPENHAGEN)).toEqual([
      "2026-03-27T19:30",
      "2026-03-28T19:30",
      "2026-03-29T18:30",
    ]);
    expect(firing("cron(30 0 * * ? *)", "2026-06-13T12:00Z", 1, "America/New_York")).toEqual(["2026-06-14T04:30"]);
  });

  test("that is over, or never was, fires never again", () => {
    expect(firing("cron(0 8 * * ? 2025)", "2026-01-01T00:00Z", 1)).toEqual([undefined]);
    expect(firing("cron(0 8 30 2 ? *)", "2026-01-01T00:00Z", 1)).toEqual([undefined]);
  });

  test.each([
    "cron(0 8 * * ?)",
    "cron(60 8 * * ? *)",
    "cron(a 8 * * ? *)",
    "cron(0 5-3 * * ? *)",
    "cron(0/0 8 * * ? *)",
    "at(2026-06-13T18:00)",
    "",
  ])("%j is none", (schedule) => {
    expect(cronOf(schedule, "UTC")).toBeUndefined();
  });

  test("in a zone that nobody knows is none", () => {
    expect(cronOf("cron(0 8 * * ? *)", "Mars/Olympus")).toBeUndefined();
  });
});

describe("rate", () => {
  test("counts from its start", () => {
    const next = rateOf("rate(90 minutes)", ms("2026-06-13T10:00Z"));
    expect(iso(next?.(ms("2026-06-13T09:00Z")))).toBe("2026-06-13T10:00");
    expect(iso(next?.(ms("2026-06-13T10:00Z")))).toBe("2026-06-13T11:30");
    expect(iso(next?.(ms("2026-06-13T12:00Z")))).toBe("2026-06-13T13:00");
  });

  test.each(["rate(1 day)", "rate(2 days)", "rate(1 hour)"])("%s is one", (schedule) => expect(rateOf(schedule, 0)).toBeDefined());
  test.each(["rate(0 minutes)", "rate(5 weeks)", "rate(soon)"])("%s is none", (schedule) => expect(rateOf(schedule, 0)).toBeUndefined());
});

describe("an instant without a zone", () => {
  test.each([
    ["2026-06-13T20:00:00", COPENHAGEN, "2026-06-13T18:00"],
    ["2026-12-13T20:00", COPENHAGEN, "2026-12-13T19:00"],
    ["2026-06-13T20:00:00", "UTC", "2026-06-13T20:00"],
    // Clocks show this twice; the first is meant.
    ["2026-10-25T02:30:00", COPENHAGEN, "2026-10-25T00:30"],
    // They do not show this at all: as it would have been without the change.
    ["2026-03-29T02:30:00", COPENHAGEN, "2026-03-29T01:30"],
  ])("%s in %s is %s", (written, zone, expected) => {
    expect(iso(zonedInstant(written, zone))).toBe(expected);
  });

  test("that is none, or in no zone, is unknown", () => {
    expect(zonedInstant("tomorrow", "UTC")).toBeUndefined();
    expect(zonedInstant("2026-06-13T20:00:00", "Mars/Olympus")).toBeUndefined();
  });
});
