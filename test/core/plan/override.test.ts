import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calledOffBy, factorAt, holdAt, occasionsWith, type Override } from "../../../shared/core/plan/override.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

const NOW = Date.UTC(2026, 5, 13, 18);
const lease = (id: string, fromMs = NOW - HOUR_MS, untilMs = NOW + HOUR_MS) => ({ id, fromMs, untilMs, author: "ops", why: "to see" });

function occasion(id: string): Occasion {
  const programme = {
    id: `p-${id}`,
    channelId: "one",
    title: id,
    categories: [],
    live: false,
    startsAtMs: NOW,
    endsAtMs: NOW + 2 * HOUR_MS,
  };
  return {
    id,
    name: id,
    programmes: [programme],
    channelIds: ["one"],
    startsAtMs: NOW,
    endsAtMs: NOW + 2 * HOUR_MS,
    seriesKey: id,
    category: undefined,
    programmeClass: "other",
  };
}

const FINAL = occasion("final");
const nobody = (): boolean => false;

const anyOverride: fc.Arbitrary<Override> = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 4 }),
    fromMs: fc.integer({ min: -90, max: 60 }).map((minutes) => NOW + minutes * MINUTE_MS),
    minutes: fc.integer({ min: 1, max: 120 }),
    effect: fc.oneof(
      fc.record({
        kind: fc.constantFrom("overrun" as const, "delay" as const),
        occasionId: fc.constantFrom("final", "p-final"),
        byMinutes: fc.integer({ min: 1, max: 90 }),
      }),
      fc.record({ kind: fc.constant("cancel" as const), occasionId: fc.constantFrom("final", "other") }),
      fc.record({
        kind: fc.constant("expected-audience" as const),
        occasionId: fc.constant("final"),
        viewers: fc.integer({ min: 0, max: 1e6 }),
      }),
      fc.record({
        kind: fc.constant("factor" as const),
        targetIds: fc.constant(["api"]),
        factor: fc.double({ min: 0, max: 3, noNaN: true }),
      }),
      fc.record({ kind: fc.constant("hold" as const), targetIds: fc.constant(["api"]) }),
    ),
  })
  .map(({ id, fromMs, minutes, effect }) => ({ ...lease(id, fromMs, fromMs + minutes * MINUTE_MS), ...effect }));

describe("overrides of occasions", () => {
  test("the longest overrun and the longest delay hold, and the largest audience", () => {
    const [changed] = occasionsWith(
      [FINAL],
      [
        { ...lease("1"), kind: "overrun", occasionId: "final", byMinutes: 20 },
        { ...lease("2"), kind: "overrun", occasionId: "p-final", byMinutes: 45 },
        { ...lease("3"), kind: "delay", occasionId: "final", byMinutes: 10 },
        { ...lease("4"), kind: "expected-audience", occasionId: "final", viewers: 300_000, interval: { lower: 200_000, upper: 500_000 } },
        { ...lease("5"), kind: "expected-audience", occasionId: "final", viewers: 100_000 },
      ],
      NOW,
      nobody,
    );
    expect(changed).toMatchObject({
      startsAtMs: NOW + 10 * MINUTE_MS,
      endsAtMs: NOW + 2 * HOUR_MS + 55 * MINUTE_MS,
      toldLater: true,
      expectation: { viewers: 300_000, interval: { lower: 200_000, upper: 500_000 }, channels: ["one"] },
    });
  });

  test("a delay and a correction that mean the same half hour do not add up: the earlier start and the later end hold", () => {
    const listed = { startsAtMs: NOW, endsAtMs: NOW + 2 * HOUR_MS };
    const moved: Occasion = { ...FINAL, startsAtMs: NOW + 30 * MINUTE_MS, endsAtMs: NOW + 150 * MINUTE_MS, listed };
    const delayed = (byMinutes: number, kind: "delay" | "overrun" = "delay") => {
      const [changed] = occasionsWith([moved], [{ ...lease("1"), kind, occasionId: "final", byMinutes }], NOW, nobody);
      return changed && [(changed.startsAtMs - NOW) / MINUTE_MS, (changed.endsAtMs - NOW) / MINUTE_MS];
    };
    expect(delayed(30)).toEqual([30, 150]);
    expect(delayed(45)).toEqual([30, 165]);
    expect(delayed(15)).toEqual([15, 150]);
    expect(delayed(20, "overrun")).toEqual([30, 150]);
    expect(delayed(60, "overrun")).toEqual([30, 180]);
  });

  test("what holds of several is said with who asked for it", () => {
    const overrides: readonly Override[] = [
      { ...lease("1"), kind: "overrun", occasionId: "final", byMinutes: 20 },
      { ...lease("2"), author: "newsroom", kind: "overrun", occasionId: "final", byMinutes: 45 },
      { ...lease("3"), kind: "expected-audience", occasionId: "final", viewers: 300_000 },
    ];
    expect(occasionsWith([FINAL], overrides, NOW, nobody)[0]?.said).toEqual([
      { change: { kind: "end", byMinutes: 45 }, author: "newsroom", why: "to see" },
      { change: { kind: "audience", viewers: 300_000 }, author: "ops", why: "to see" },
    ]);
    const cancel: Override = { ...lease("1"), kind: "cancel", occasionId: "p-final" };
    expect(calledOffBy([FINAL, occasion("other")], [cancel], NOW, nobody)).toEqual([
      { ...FINAL, said: [{ change: { kind: "cancelled" }, author: "ops", why: "to see" }] },
    ]);
    expect(calledOffBy([FINAL], [cancel], NOW, (id) => id === "final")).toEqual([]);
  });

  test("what is cancelled is left out, unless its crowd is there", () => {
    const cancel: Override = { ...lease("1"), kind: "cancel", occasionId: "final" };
    expect(occasionsWith([FINAL, occasion("other")], [cancel], NOW, nobody).map(({ id }) => id)).toEqual(["other"]);
    expect(occasionsWith([FINAL], [cancel], NOW, (id) => id === "final")).toEqual([FINAL]);
  });

  test("an override holds from its first instant to its last, excluded; without one an occasion stays the same object", () => {
    const overrun: Override = { ...lease("1", NOW, NOW + MINUTE_MS), kind: "overrun", occasionId: "final", byMinutes: 20 };
    const ends = (now: number) => occasionsWith([FINAL], [overrun], now, nobody)[0]?.endsAtMs;
    expect([NOW - 1, NOW, NOW + MINUTE_MS - 1, NOW + MINUTE_MS].map(ends)).toEqual([
      FINAL.endsAtMs,
      FINAL.endsAtMs + 20 * MINUTE_MS,
      FINAL.endsAtMs + 20 * MINUTE_MS,
      FINAL.endsAtMs,
    ]);
    expect(occasionsWith([FINAL], [overrun], NOW - 1, nobody)[0]).toBe(FINAL);
  });

  test("under the same overrides the occasions stay the same objects, and under others what those make of them", () => {
    const guide = [FINAL, occasion("other")];
    const delay: Override = { ...lease("1"), kind: "delay", occasionId: "final", byMinutes: 5 };
    const overrun: Override = { ...lease("2", NOW + MINUTE_MS), kind: "overrun", occasionId: "final", byMinutes: 20 };
    const first = occasionsWith(guide, [delay, overrun], NOW, nobody);
    expect(occasionsWith(guide, [delay, overrun], NOW + MINUTE_MS - 1, nobody)).toBe(first);
    const later = occasionsWith(guide, [delay, overrun], NOW + MINUTE_MS, nobody);
    expect(later[0]?.endsAtMs).toBe(FINAL.endsAtMs + 25 * MINUTE_MS);
    expect(occasionsWith(guide, [{ ...delay, byMinutes: 10 }, overrun], NOW, nobody)[0]?.startsAtMs).toBe(NOW + 10 * MINUTE_MS);
  });

  test("with a cancel the crowd is looked at each time", () => {
    const guide = [FINAL];
    const cancel: Override = { ...lease("1"), kind: "cancel", occasionId: "final" };
    expect(occasionsWith(guide, [cancel], NOW, nobody)).toEqual([]);
    expect(occasionsWith(guide, [cancel], NOW + MINUTE_MS, (id) => id === "final")).toHaveLength(1);
  });

  test("whatever people ask for, the order in which they asked makes no difference", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyOverride, { selector: ({ id }) => id, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (overrides, draws) => {
          const drawn = [...draws.take(overrides.length)];
          const other = overrides
            .map((one, index) => [one, drawn[index] ?? 0] as const)
            .toSorted(([, a], [, b]) => a - b)
            .map(([one]) => one);
          const state = (given: readonly Override[]) => [
            occasionsWith([FINAL], given, NOW, nobody),
            factorAt(given, "api", NOW),
            holdAt(given, "api", NOW),
          ];
          expect(state(other)).toEqual(state(overrides));
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
