import { describe, expect, test } from "vitest";
import { FIRST_MARGINS, learnMargins, spreadsOf, tailOfNear, type Margins } from "../../../shared/core/forecast/margin.ts";
import { forecastNear } from "../../../bench/season/near-forecast.ts";

const PROMISE = 30;

/** The margins after so many days of 100 requests a second, of which in every minute this many a second were lost. */
function after(days: number, lostRps: number, from: Margins = FIRST_MARGINS): Margins {
  let margins = from;
  for (let minute = 0; minute < days * 1_440; minute += 1) {
    margins = learnMargins(margins, { side: "inside", loadRps: 100, askedRps: 100 - lostRps }, PROMISE);
  }
  return margins;
}

describe("margins", () => {
  test("come down on days without a loss, by a fiftieth of a spread a day, and only where those days were", () => {
    const margins = after(5, -10);
    expect(margins.inside).toBeCloseTo(-0.1, 6);
    expect(margins.outside).toBe(0);
  });

  test("stay where exactly what was promised is lost", () => {
    expect(after(5, (100 * PROMISE) / 1e6).inside).toBeCloseTo(0, 6);
  });

  test("go up when more is lost, and a single minute counts for a day at most", () => {
    const before = after(1, -10);
    const once = learnMargins(before, { side: "inside", loadRps: 100, askedRps: 0 }, PROMISE);
    expect(once.inside - before.inside).toBeCloseTo(0.02, 4);
    expect(after(2, (300 * PROMISE) / 1e6).inside).toBeGreaterThan(0.05);
  });

  test("never leave two and five spreads", () => {
    expect(spreadsOf(after(200, -10), PROMISE).inside).toBe(2);
    expect(spreadsOf(after(5, 50), PROMISE).inside).toBe(5);
  });

  test("a stricter promise asks for more, and keeps what was learned", () => {
    const margins = after(5, -10);
    expect(spreadsOf(margins, 10).inside).toBeGreaterThan(spreadsOf(margins, 30).inside);
    expect(spreadsOf(margins, 30).inside).toBeGreaterThan(spreadsOf(margins, 100).inside);
  });

  test("a minute without load changes nothing but the mean", () => {
    expect(learnMargins(FIRST_MARGINS, { side: "outside", loadRps: 0, askedRps: 0 }, PROMISE)).toEqual({ ...FIRST_MARGINS, meanRps: 0 });
  });
});

describe("a near forecast", () => {
  const near = { atMs: 60_000, side: "inside", medianRps: 1_000, spread: 0.1, seenMinutes: 400 } as const;

  test("has its tail so many spreads above the median, and at least a tenth of a unit for each", () => {
    expect(tailOfNear(near, 2, 25)).toBeCloseTo(1_000 * Math.exp(0.2) + 5, 9);
    expect(tailOfNear({ ...near, medianRps: 0 }, 2, 25)).toBe(5);
  });

  test("takes the margin of the side that each minute is on", () => {
    const outside = { ...near, atMs: 120_000, side: "outside" } as const;
    const spreads = { inside: 3, outside: 2 };
    const { minutes } = forecastNear({ targetId: "t", near: [near, outside], newestMs: 0, spreads, throughputRps: 25 });
    expect(minutes.map((minute) => (minute.kind === "known" ? minute.tailRps : undefined))).toEqual([
      tailOfNear(near, 3, 25),
      tailOfNear(outside, 2, 25),
    ]);
  });
});
