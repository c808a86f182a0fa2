import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { usdPerHour, withinCap, type FeedOnlyRaise } from "../../../shared/core/plan/cap.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { target } from "./made.ts";

const NOW = Date.UTC(2026, 5, 13, 18);

function raise(occasionId: string, more: Partial<FeedOnlyRaise> = {}): FeedOnlyRaise {
  const startsAtMs = more.startsAtMs ?? NOW;
  return {
    occasionId,
    viewers: 1_000,
    startsAtMs,
    fromMs: startsAtMs - 10 * MINUTE_MS,
    toMs: startsAtMs + HOUR_MS,
    usdPerHour: 10,
    isUp: false,
    ...more,
  };
}

const ids = (raises: readonly FeedOnlyRaise[]): readonly string[] => raises.map(({ occasionId }) => occasionId);

const anyRaise = fc
  .record({
    viewers: fc.constantFrom(100, 1_000, 50_000),
    startsAfter: fc.integer({ min: 0, max: 300 }),
    minutes: fc.integer({ min: 5, max: 180 }),
    usdPerHour: fc.integer({ min: 0, max: 60 }),
    isUp: fc.boolean(),
  })
  .map(({ startsAfter, minutes, ...more }) => {
    const startsAtMs = NOW + startsAfter * MINUTE_MS;
    return { ...more, startsAtMs, fromMs: startsAtMs - 10 * MINUTE_MS, toMs: startsAtMs + minutes * MINUTE_MS };
  });

const anyRaises = fc.array(anyRaise, { maxLength: 12 }).map((drawn) => drawn.map((more, nth) => raise(String(nth), more)));

/** What raises cost together at an instant, in an hour. */
const costAt = (raises: readonly FeedOnlyRaise[], atMs: number): number =>
  raises.filter(({ fromMs, toMs }) => fromMs <= atMs && toMs > atMs).reduce((sum, each) => sum + each.usdPerHour, 0);

describe("the spending cap", () => {
  test("lets the larger audience through first, then the earlier start, then the smaller id; what is up comes before all", () => {
    const raises = [
      raise("b"),
      raise("a"),
      raise("later", { startsAtMs: NOW + MINUTE_MS }),
      raise("crowd", { viewers: 9_000 }),
      raise("up", { viewers: 1, isUp: true }),
    ];
    expect(ids(withinCap(raises, 40).within)).toEqual(["up", "crowd", "a", "b"]);
    expect(ids(withinCap(raises, 40).over)).toEqual(["later"]);
    expect(ids(withinCap(raises, 50).over)).toEqual([]);
  });

  test("counts what is up at the same time alone, and lets a small one pass where a larger one does not", () => {
    const first = raise("first", { viewers: 9_000, usdPerHour: 30 });
    const after = raise("after", { startsAtMs: first.toMs + 10 * MINUTE_MS, usdPerHour: 30 });
    const beside = raise("beside", { usdPerHour: 11 });
    const small = raise("small", { viewers: 10, usdPerHour: 10 });
    const { within, over } = withinCap([first, after, beside, small], 40);
    expect(ids(within).toSorted()).toEqual(["after", "first", "small"]);
    expect(ids(over)).toEqual(["beside"]);
  });

  test("is never exceeded at any minute by what is not up yet, takes nothing down that is, and refuses only what would exceed it", () => {
    fc.assert(
      fc.property(anyRaises, fc.integer({ min: 0, max: 120 }), (raises, cap) => {
        const { within, over } = withinCap(raises, cap);
        expect([...ids(within), ...ids(over)].toSorted()).toEqual(ids(raises).toSorted());
        expect(over.every(({ isUp }) => !isUp)).toBe(true);
        const up = within.filter(({ isUp }) => isUp);
        for (let atMs = NOW - 10 * MINUTE_MS; atMs < NOW + 8 * HOUR_MS; atMs += MINUTE_MS) {
          expect(costAt(within, atMs)).toBeLessThanOrEqual(Math.max(cap, costAt(up, atMs)));
        }
        for (const refused of over) {
          const instants = [refused, ...within].map(({ fromMs }) => fromMs).filter((atMs) => atMs >= refused.fromMs && atMs < refused.toMs);
          expect(instants.some((atMs) => costAt([...within, refused], atMs) > cap)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("does not depend on the order in which raises are listed", () => {
    fc.assert(
      fc.property(anyRaises, fc.integer({ min: 0, max: 120 }), (raises, cap) => {
        expect(withinCap(raises.toReversed(), cap)).toEqual(withinCap(raises, cap));
      }),
      { seed: 1 },
    );
  });

  test("a unit without a price counts as a task does: neither as nothing nor as more than any cap", () => {
    const { costUsdPerUnitHour: _, ...unpriced } = target();
    expect(usdPerHour(unpriced, 1_000)).toBeCloseTo(100);
    expect(usdPerHour({ ...unpriced, costUsdPerUnitHour: 1.04 }, 10)).toBeCloseTo(10.4);
  });
});
