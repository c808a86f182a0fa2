import fc from "fast-check";
import { expect, test } from "vitest";
import { isoOf, msOf } from "../../events/index.ts";

const FIRST_MS = Date.parse("0000-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");
const anyMs = fc.integer({ min: FIRST_MS, max: LAST_MS });

test("an instant survives the way into an event and back", () => {
  fc.assert(
    fc.property(anyMs, (ms) => {
      expect(msOf(isoOf(ms))).toBe(ms);
    }),
    { seed: 1, examples: [[FIRST_MS], [LAST_MS], [0], [-1]] },
  );
});

test("instants of events sort as text in the order of time", () => {
  fc.assert(
    fc.property(anyMs, anyMs, (a, b) => {
      expect(isoOf(a) < isoOf(b)).toBe(a < b);
    }),
    { seed: 1 },
  );
});

test("a fraction of a millisecond is dropped, so that no instant is later than what it was made from", () => {
  expect(isoOf(1.9)).toBe("1970-01-01T00:00:00.001Z");
  expect(isoOf(-0.1)).toBe("1969-12-31T23:59:59.999Z");
  expect(isoOf(LAST_MS + 0.5)).toBe("9999-12-31T23:59:59.999Z");
});

test("a number that is no time is refused, not written as an invalid date", () => {
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, FIRST_MS - 1, LAST_MS + 1]) {
    expect(() => isoOf(ms)).toThrow(`${ms} is no time an event can carry`);
  }
});

test("text in another form is refused, not guessed at", () => {
  for (const text of [
    "2025-12-31T17:00:00Z",
    "2025-12-31T17:00:00.000",
    "2025-12-31T18:00:00.000+01:00",
    "2025-12-31",
    "2025-02-29T00:00:00.000Z",
    "",
  ]) {
    expect(() => msOf(text)).toThrow(`"${text}" is not an instant in UTC with milliseconds, like "2025-12-31T17:00:00.000Z"`);
  }
});
