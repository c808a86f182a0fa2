import fc from "fast-check";
import { expect, test } from "vitest";
import { instantText, lengthText } from "../../shared/core/instant-text.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";

test("an instant reads as the platform's own Date writes it, to the minute", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) }), (atMs) => {
      expect(instantText(atMs)).toBe(`${new Date(atMs).toISOString().slice(0, 16)}Z`);
    }),
    { seed: 20251026, numRuns: 2_000 },
  );
});

test("leap days and turns of the year read right", () => {
  for (const day of ["2024-02-29", "2000-02-29", "1900-03-01", "2025-12-31", "2026-01-01", "1970-01-01", "1969-12-31"]) {
    expect(instantText(Date.parse(`${day}T23:59:59.999Z`))).toBe(`${day}T23:59Z`);
  }
});

test("a length is told in its two largest units", () => {
  expect([30_000, MINUTE_MS, 90 * MINUTE_MS, HOUR_MS, 50 * HOUR_MS, DAY_MS + 5 * MINUTE_MS].map(lengthText)).toEqual([
    "30 s",
    "1 min",
    "1 h 30 min",
    "1 h",
    "2 d 2 h",
    "1 d 5 min",
  ]);
});
