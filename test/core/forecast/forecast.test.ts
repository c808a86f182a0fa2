import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Air } from "../../../shared/core/forecast/air.ts";
import type { Aired } from "../../../shared/core/forecast/forecast.ts";
import { learnSeries } from "../../../shared/core/forecast/audience.ts";
import { DEFAULT_IMPACT_THRESHOLD, impactOf } from "../../../shared/core/forecast/impact.ts";
import { firstLearned, type Model, type TargetUsual } from "../../../shared/core/forecast/model.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import type { ZoneOffsets } from "../../../shared/core/time.ts";
import { AHEAD, expected, forecastOf, knownMinutes, loads, modelOf, occasion, ON_AIR, pastEight, target, times } from "./made.ts";

const ahead = (each: Occasion): { occasion: Occasion; air: Air } => ({ occasion: each, air: AHEAD });
const onAir = (each: Occasion): { occasion: Occasion; air: Air } => ({ occasion: each, air: ON_AIR });
// A hundred thousand viewers bring 1,000 requests a second.
const derby = expected(100_000);
const other = expected(100_000, { id: "o-other", channelId: "two" });

/** The known minute at `minute` past eight of a forecast made at `nowMinute`. */
function at(minute: number, nowMinute: number, input: Omit<Parameters<typeof knownMinutes>[0], "now">) {
  const found = knownMinutes({ ...input, now: pastEight(nowMinute) }).find(({ atMs }) => atMs === pastEight(minute));
  if (found === undefined) throw new Error(`minute ${minute} is not known`);
  return found;
}

describe("a minute ahead", () => {
  test("without an occasion carries the usual load, its tail a spread above it", () => {
    const minute = at(10, 0, { model: modelOf(1_000) });
    expect(minute.medianRps).toBeCloseTo(1_000, -1);
    expect(minute.tailRps).toBeGreaterThan(1_150);
    expect(minute.tailRps).toBeLessThan(1_350);
    expect(minute.contributions).toEqual([]);
  });

  test("on the plateau carries the usual load and what the occasion adds", () => {
    const minute = at(60, 0, { model: modelOf(1_000), occasions: [ahead(derby)] });
    expect(minute.usualRps).toBeCloseTo(1_000);
    expect(minute.contributions[0]?.medianRps).toBeCloseTo(1_000, -2);
    expect(minute.medianRps).toBeCloseTo(2_000, -2);
  });

  test("is unknown where neither the week nor an occasion is known, and says so", () => {
    const { minutes } = forecastOf({ model: modelOf(undefined), occasions: [ahead(occasion())], now: pastEight(0) });
    expect(minutes.every(({ kind }) => kind === "unknown")).toBe(true);
  });

  test("with an occasion but no known week says that the usual part of it is unknown", () => {
    expect(at(60, 0, { model: modelOf(undefined), occasions: [ahead(derby)] }).usualRps).toBeUndefined();
  });

  test("takes no notice of an occasion below the threshold, nor of one whose audience nobody knows", () => {
    const calm = knownMinutes({ model: modelOf(1_000), now: pastEight(0) });
    const occasions = [ahead(expected(500, { id: "o-small" })), ahead(occasion({ id: "o-unknown" }))];
    expect(knownMinutes({ model: modelOf(1_000), now: pastEight(0), occasions })).toEqual(calm);
  });
});

describe("of the guide and the newest minutes, where both know a crowd from earlier broadcasts alone,", () => {
  /** What is forecast for two minutes after eight at three before, where the newest minutes are surer of some little growth. */
  const forecastOfCrowd = (viewers: number) => {
    const audience = [viewers, viewers].reduce(
      (levels, each) => learnSeries(levels, derby, { viewers: each, censored: false }, []),
      firstLearned().audience,
    );
    const seen = { side: "inside" as const, medianRps: 1_400, spread: 0.02, seenMinutes: 400 };
    const near = {
      newestMs: pastEight(-3),
      newestRps: 1_000,
      minutes: times(5, 0).map((_, nth) => ({ ...seen, atMs: pastEight(nth - 2) })),
      // Of a load of 1,400, so many spreads above it are 1,500.
      spreads: { inside: 3.45, outside: 3.45 },
      throughputRps: 0,
    };
    const model = modelOf(1_000, { audience, reach: { viewers: 1_000_000, broadcasts: 2 } });
    return at(2, -3, { model, occasions: [ahead(occasion())], near });
  };

  test("the surer one is taken", () => {
    expect(forecastOfCrowd(50_000)).toMatchObject({ isNear: true, tailRps: expect.closeTo(1_500, 0) as number });
  });

  test("and the guide where it expects the load to multiply: what comes within minutes shows in none before", () => {
    const minute = forecastOfCrowd(500_000);
    expect(minute).not.toHaveProperty("isNear");
    expect(minute.medianRps).toBeGreaterThan(5_000);
  });
});

/** What was learned of the only target. */
function firstOf(model: Model): TargetUsual {
  const usual = model.targets[target().id];
  if (usual === undefined) throw new Error("the target is not in the model");
  return usual;
}

describe("any forecast", () => {
  const viewers = fc.integer({ min: 20_000, max: 2_000_000 });

  test("comes out the same when made again", () => {
    const input = {
      model: modelOf(1_000),
      occasions: [ahead(derby), ahead(other)],
      recent: loads(-30, times(30, 1_100)),
      now: pastEight(0),
    };
    expect(forecastOf(input)).toEqual(forecastOf(input));
  });

  test("does not depend on what was forecast before it for the same minutes", () => {
    const zone: ZoneOffsets = [];
    const warm = modelOf(1_000);
    const sparse = [0, 5, 10, 20, 40, 80].map(pastEight);
    // As the use cases hand them out: the same objects for as long as nothing is learned.
    const impacts = new Map(
      [derby, other].map((each) => {
        const impact = impactOf({ model: warm, target: target(), occasion: each, zone, threshold: DEFAULT_IMPACT_THRESHOLD });
        return [each.id, new Map([[target().id, impact]])];
      }),
    );
    const one = fc.record({
      now: fc.integer({ min: -5, max: 12 }),
      carried: fc.integer({ min: 500, max: 3_000 }),
      aired: fc.subarray([onAir(derby), ahead(other)]),
      // A crowd that has not been seen yet is waited for, minute after minute.
      seen: fc.boolean(),
      reach: fc.integer({ min: 0, max: 30 }),
      reachViewers: fc.constantFrom(0, 150_000),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 2, maxLength: 6 }), (several) => {
        for (const { now, carried, aired, seen, reach, reachViewers } of several) {
          const standing = aired.map(({ occasion: each, air }): Aired => ({ occasion: each, air: seen ? air : { kind: "on-air" } }));
          const made = (model: Model, occasions: readonly Aired[], within: ZoneOffsets) =>
            forecastOf({
              model: { ...model, learned: { ...model.learned, reach: { viewers: reachViewers, broadcasts: reachViewers > 0 ? 30 : 0 } } },
              occasions,
              recent: loads(now - 20, times(18, carried)),
              now: pastEight(now),
              fromMs: pastEight(0),
              zone: within,
              instants: { sparse, fineUntilMs: () => pastEight(reach) },
            });
          const remembered = standing.map((each): Aired => {
            const known = impacts.get(each.occasion.id);
            return known === undefined ? each : { ...each, impacts: known };
          });
          // Nothing was remembered under a zone that nobody has named before.
          const cold = made({ ...warm, targets: structuredClone(warm.targets) }, standing, [...zone]);
          expect(made(warm, remembered, zone)).toEqual(cold);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("is the same object for two weeks that say the same, and another one as soon as they differ", () => {
    const zone: ZoneOffsets = [];
    const [first, second] = [modelOf(1_000), structuredClone(modelOf(1_000))];
    const minuteOf = (model: Model) =>
      forecastOf({ model, now: pastEight(0), zone, instants: { sparse: [pastEight(30)], fineUntilMs: () => pastEight(0) } }).minutes[0];
    expect(minuteOf(second)).toBe(minuteOf(first));
    expect(minuteOf(modelOf(1_001))).not.toEqual(minuteOf(first));
    const usual = firstOf(second);
    const shifted = { ...second, targets: { [target().id]: { ...usual, residuals: { ...usual.residuals, total: 70 } } } };
    expect(minuteOf(shifted)).not.toEqual(minuteOf(first));
  });

  test("has its median within the interval and its tail not below the median", () => {
    fc.assert(
      fc.property(viewers, fc.integer({ min: 100, max: 100_000 }), fc.constantFrom(1, 10, 1_000), (count, usual, unservedPerMillion) => {
        const minutes = knownMinutes({
          model: modelOf(usual),
          occasions: [ahead(expected(count))],
          now: pastEight(-20),
          unservedPerMillion,
        });
        for (const { interval, medianRps, tailRps } of minutes) {
          const { lowerRps, upperRps } = interval ?? { lowerRps: Number.NaN, upperRps: Number.NaN };
          expect(lowerRps).toBeLessThanOrEqual(medianRps);
          expect(medianRps).toBeLessThanOrEqual(upperRps);
          expect(medianRps).toBeLessThanOrEqual(tailRps);
        }
      }),
      { seed: 1, numRuns: 10 },
    );
  });

  test("asks for no more where more may stay unserved", () => {
    const input = { model: modelOf(1_000), occasions: [ahead(derby)], now: pastEight(0) };
    const strict = knownMinutes({ ...input, unservedPerMillion: 10 });
    const lenient = knownMinutes({ ...input, unservedPerMillion: 5_000 });
    expect(strict.every(({ tailRps }, i) => tailRps > (lenient[i]?.tailRps ?? Infinity))).toBe(true);
  });
});

describe("occasions that overlap", () => {
  const both = { model: modelOf(1_000), occasions: [ahead(derby), ahead(other)] };

  test("add up while little is known of the platform's reach", () => {
    expect(at(60, 0, both).medianRps).toBeCloseTo(3_000, -3);
    expect(at(60, 0, both).contributions).toHaveLength(2);
  });

  test("have a tail below the sum of their tails: both do not surprise at once", () => {
    const alone = at(60, 0, { model: modelOf(1_000), occasions: [ahead(derby)] });
    const together = at(60, 0, both);
    expect(together.tailRps - together.medianRps).toBeLessThan(2 * (alone.tailRps - alone.medianRps));
  });

  test("share one audience once its reach is known: the sum stays within it, but never below the largest", () => {
    const reached = (reach: number) => at(60, 0, { ...both, model: modelOf(1_000, { reach: { viewers: reach, broadcasts: 20 } }) });
    // Twice the record of 60,000 viewers: 1,200 requests a second.
    expect(reached(60_000).interval?.upperRps).toBeLessThan((at(60, 0, both).interval?.upperRps ?? 0) - 500);
    expect(reached(60_000).medianRps).toBeCloseTo(2_200, -2);
    const alone = at(60, 0, { model: modelOf(1_000), occasions: [ahead(derby)] });
    expect(reached(1_000).medianRps).toBeGreaterThanOrEqual(alone.medianRps);
  });
});

describe("on air", () => {
  const model = modelOf(1_000);

  test("a game that turns out twice as large raises what is planned to its end", () => {
    const before = at(60, 30, { model, occasions: [onAir(derby)], recent: loads(0, times(30, 2_000)) });
    const after = at(60, 30, { model, occasions: [onAir(derby)], recent: loads(0, times(30, 3_000)) });
    expect(after.medianRps).toBeGreaterThan(before.medianRps + 800);
  });

  test("it may exceed the record of all other nights", () => {
    const learned = {
      ...firstLearned(),
      reach: { viewers: 60_000, broadcasts: 30 },
      audience: { "series/one/the derby": { count: 9, mean: Math.asinh(80), squares: 0 } },
    };
    const minute = at(60, 30, { model: { ...model, learned }, occasions: [onAir(occasion())], recent: loads(0, times(30, 4_000)) });
    expect(minute.medianRps).toBeGreaterThan(3_300);
  });

  test("load beyond an arrival is not extrapolated, nor is what a crowd asks for at the end; the same in mid-programme is", () => {
    const rising = [2_200, 2_700, 3_200];
    const grows = (fromMinute: number, before: number): boolean => {
      const now = fromMinute + rising.length;
      const recent = loads(fromMinute - 20, [...times(20, before), ...rising]);
      const minute = (ahead: number) => at(now + ahead, now, { model, occasions: [onAir(derby)], recent });
      expect(minute(1).surpriseRps, `beyond minute ${fromMinute}`).toBeGreaterThan(0);
      return minute(5).surpriseRps > minute(1).surpriseRps;
    };
    expect([grows(0, 1_000), grows(60, 2_000), grows(118, 2_000)]).toEqual([false, true, false]);
  });

  test("what the first minutes do not settle stays within the record", () => {
    const audience = { "series/one/the derby": { count: 2, mean: Math.asinh(80), squares: 1 } };
    const bounded = { ...model, learned: { ...firstLearned(), reach: { viewers: 60_000, broadcasts: 30 }, audience } };
    // Fewer than forecast in the first minutes lower nothing yet, and raise nothing either.
    const recent = loads(-20, [...times(20, 1_000), ...times(3, 1_500)]);
    const before = at(6, -1, { model: bounded, occasions: [ahead(occasion())] });
    const after = at(6, 3, { model: bounded, occasions: [onAir(occasion())], recent });
    expect(after.tailRps).toBeCloseTo(before.tailRps);
  });

  test("an overrun keeps the crowd at the end ahead", () => {
    const minute = at(165, 160, { model, occasions: [onAir(derby)], recent: loads(130, times(30, 2_000)) });
    expect(minute.contributions[0]?.medianRps).toBeGreaterThan(900);
  });

  test("an end that was seen lets the load fall from there", () => {
    const ended = { occasion: derby, air: { kind: "ended", endedAtMs: pastEight(100), by: "crowd" } as Air };
    expect(at(140, 105, { model, occasions: [ended] }).contributions[0]?.medianRps).toBeLessThan(100);
    expect(at(165, 105, { model, occasions: [ended] }).contributions).toEqual([]);
  });

  test("a late kick-off keeps the arrival ahead instead of letting it pass", () => {
    const recent = loads(-20, times(30, 1_000));
    const late = at(12, 10, { model, occasions: [{ occasion: derby, air: { kind: "on-air" } }], recent });
    expect(late.contributions[0]?.medianRps).toBeGreaterThan(1_200);
  });

  test("one programme that disappoints does not lower the next before it began", () => {
    const next = expected(100_000, { id: "o-next", minute: 70, lengthMinutes: 60, channelId: "two" });
    const recent = loads(0, times(60, 1_250));
    const alone = at(90, 60, { model, occasions: [ahead(next)] });
    const after = at(90, 60, { model, occasions: [onAir(derby), ahead(next)], recent });
    const of = (minute: typeof alone): number => minute.contributions.find(({ occasionId }) => occasionId === "o-next")?.medianRps ?? 0;
    expect(of(after)).toBe(of(alone));
    expect(after.contributions.find(({ occasionId }) => occasionId === "o-derby")?.medianRps).toBeLessThan(500);
  });

  test("an outage lowers nothing of what is ahead", () => {
    const through = at(60, 40, { model, occasions: [onAir(derby)], recent: loads(0, times(40, 2_000)) });
    const out = at(60, 40, { model, occasions: [onAir(derby)], recent: loads(0, [...times(25, 2_000), ...times(15, 50)]) });
    expect(out.medianRps).toBeGreaterThan(0.97 * through.medianRps);
  });

  test("a crowd that nobody announced is served by what was measured", () => {
    const grown = Array.from({ length: 6 }, (_, i) => 1_000 + 300 * i);
    const minute = at(3, 0, { model, recent: loads(-26, [...times(20, 1_000), ...grown]) });
    expect(minute.surpriseRps).toBeGreaterThan(2_000);
    expect(minute.medianRps).toBeGreaterThan(3_000);
  });
});
