import fc from "fast-check";
import { expect, test } from "vitest";
import { parseInstant } from "../../shared/config/instant.ts";

test.each([
  ["2026-06-13T18:00:00Z", Date.UTC(2026, 5, 13, 18)],
  ["2026-06-13T18:00Z", Date.UTC(2026, 5, 13, 18)],
  ["2026-06-13T20:00:00.25+02:00", Date.UTC(2026, 5, 13, 18, 0, 0, 250)],
  ["2026-06-13T13:30-04:30", Date.UTC(2026, 5, 13, 18)],
  ["2024-02-29T00:00Z", Date.UTC(2024, 1, 29)],
])("%s is an instant", (text, ms) => {
  expect(parseInstant(text)).toBe(ms);
});

test.each([
  ["2026-06-13T18:00:00", "no zone"],
  ["2026-06-13", "no time"],
  ["2026-06-13 18:00:00Z", "no T"],
  ["2026-02-30T18:00:00Z", "30 February"],
  ["2025-02-29T18:00:00Z", "29 February of a common year"],
  ["2026-13-01T18:00:00Z", "month 13"],
  ["2026-00-01T18:00:00Z", "month 0"],
  ["2026-06-13T24:00:00Z", "hour 24"],
  ["2026-06-13T18:60:00Z", "minute 60"],
  ["2026-06-13T18:00:00+15:00", "a zone no place has"],
  ["next Saturday", "words"],
])("%s is none: %s", (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test("reads back every instant that the language writes", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true }), (date) => {
      expect(parseInstant(date.toISOString())).toBe(date.getTime());
    }),
    { seed: 1, numRuns: 500 },
  );
});
