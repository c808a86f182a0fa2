import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { levelAt, nowcast, surpriseAt, type ExpectedMinute, type Nowcast } from "../../../shared/core/forecast/nowcast.ts";
import { loads, pastEight, times } from "./made.ts";

type Forecast = { readonly usual: number | undefined; readonly occasions: number; readonly turning?: number };

/** `measured` minute by minute from eight, against one forecast for all; the occasion began at eight where there is one. */
function correct(measured: readonly (number | undefined)[], { usual, occasions, turning = 0 }: Forecast, onAirSince = 0): Nowcast {
  const expected: ExpectedMinute[] = measured.map((_, i) => ({
    atMs: pastEight(i),
    usualRps: usual,
    occasionsRps: occasions,
    shapeSpread: 0.1,
    minutesOnAir: occasions > 0 && i >= onAirSince ? i - onAirSince : undefined,
    turningRps: turning,
  }));
  const expectedAt = (atMs: number) => expected.find((minute) => minute.atMs === atMs);
  return nowcast({ measured: loads(0, measured), expectedAt, usualSpread: 0.05, amplitudeSpread: 0.3 });
}

const ORDINARY: Forecast = { usual: 1_000, occasions: 0 };
const MATCH: Forecast = { usual: 1_000, occasions: 4_000 };

describe("nothing known", () => {
  test("corrects nothing, however many minutes are missing", () => {
    const unknown = correct(
      Array.from({ length: 30 }, () => undefined),
      MATCH,
    );
    expect(unknown).toEqual({
      newestMs: undefined,
      level: 1,
      amplitude: undefined,
      surprise: undefined,
      suddenFall: false,
      farBelow: false,
    });
    expect(levelAt(unknown, pastEight(40))).toBe(1);
    expect(surpriseAt(unknown, pastEight(40))).toBe(0);
  });
});

describe("today's level", () => {
  test("follows a busier evening at once, a quieter one by half, and neither beyond its bounds", () => {
    expect(correct(times(15, 1_150), ORDINARY).level).toBeCloseTo(1.15 ** 0.75, 6);
    expect(correct(times(15, 900), ORDINARY).level).toBeCloseTo(0.9 ** 0.375, 6);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 }), (measured) => {
        const { level } = correct(measured, ORDINARY);
        return level >= 0.85 ** 0.5 && level <= 1.2;
      }),
      { seed: 1 },
    );
  });

  test("says little of the load hours ahead", () => {
    const correction = correct(times(15, 1_150), ORDINARY);
    // To a tenth of a per cent: it lies on a grid.
    expect(Math.abs(levelAt(correction, pastEight(14)) - correction.level)).toBeLessThanOrEqual(0.001);
    expect(levelAt(correction, pastEight(14 + 60))).toBeCloseTo(Math.sqrt(correction.level));
    expect(levelAt(correction, pastEight(14 + 600))).toBeCloseTo(1, 3);
  });

  test("is not read from minutes that an occasion has raised", () => {
    expect(correct(times(15, 5_000), MATCH).level).toBe(1);
  });
});

describe("an occasion on air", () => {
  test("that turns out half as large again is planned so within ten minutes, and surer than before", () => {
    const { amplitude } = correct(times(12, 1_000 + 6_000), MATCH);
    expect(Math.exp(amplitude?.shift ?? 0)).toBeGreaterThan(1.4);
    expect(Math.exp(amplitude?.shift ?? 0)).toBeLessThan(1.5);
    expect(amplitude?.spread).toBeLessThan(0.1);
  });

  test("is not lowered in its first five minutes, but raised at once", () => {
    expect(correct(times(5, 3_500), MATCH).amplitude).toEqual({ shift: 0, spread: 0.3 });
    expect(correct(times(5, 9_000), MATCH).amplitude?.shift).toBeGreaterThan(0.4);
  });

  test("whose crowd is late is held for twenty minutes; one that is merely smaller is lowered", () => {
    expect(correct(times(19, 1_200), MATCH).amplitude?.shift).toBe(0);
    expect(correct(times(25, 1_200), MATCH).amplitude?.shift).toBeLessThan(Math.log(0.2));
    expect(correct(times(19, 4_000), MATCH).amplitude?.shift).toBeLessThan(Math.log(0.85));
  });
});

describe("a sudden fall on air", () => {
  const outage = (minutes: number): readonly number[] => [...times(30, 5_000), ...times(minutes, 300)];

  test("lowers nothing, for as long as it lasts and is remembered", () => {
    for (let minutes = 3; minutes <= 25; minutes += 1) {
      const correction = correct(outage(minutes), MATCH);
      expect(correction.suddenFall).toBe(true);
      expect(correction.amplitude?.shift).toBeCloseTo(0, 2);
      expect(correction.level).toBe(1);
    }
  });

  test("is over when the load is back", () => {
    expect(correct([...outage(10), ...times(3, 5_000)], MATCH).suddenFall).toBe(false);
  });

  test("is not what follows a burst that was larger than forecast", () => {
    expect(correct([...times(10, 12_000), ...times(10, 5_000)], MATCH).suddenFall).toBe(false);
  });

  test("is not a crowd that leaves, half of it in four minutes", () => {
    const leaving = Array.from({ length: 12 }, (_, i) => 1_000 + 4_000 * 0.5 ** (i / 4));
    expect(correct([...times(30, 5_000), ...leaving], MATCH).suddenFall).toBe(false);
  });

  test("is told only with an occasion on air", () => {
    expect(correct([...times(30, 1_000), ...times(10, 100)], ORDINARY).suddenFall).toBe(false);
  });
});

test("two fifths of a crowd are a small crowd after five minutes; a quarter may be the early ones of a late kick-off", () => {
  const shiftAt = (share: number) => correct(times(12, 1_000 + share * 4_000), MATCH).amplitude?.shift;
  expect(shiftAt(0.4)).toBeLessThan(Math.log(0.5));
  expect(shiftAt(0.25)).toBe(0);
});

describe("load that nothing explains", () => {
  test("is a surprise, which grows on as it grew, holds and fades", () => {
    const correction = correct([...times(15, 1_000), 1_200, 1_400, 1_600, 1_800, 2_000], ORDINARY);
    const { surprise } = correction;
    expect(surprise?.rps).toBeCloseTo(900, -1);
    expect(surprise?.growthRpsPerMinute).toBeCloseTo(200, -1);
    const at = (ahead: number): number => surpriseAt(correction, pastEight(19 + ahead));
    expect(at(5)).toBeCloseTo((surprise?.rps ?? 0) + 5 * (surprise?.growthRpsPerMinute ?? 0));
    expect(at(20)).toBe(at(8));
    expect(at(35)).toBeCloseTo(at(20) / 2);
    expect(at(0)).toBe(0);
  });

  test("does not grow on while a crowd comes or leaves that may be up to three times as large as forecast; what is larger does", () => {
    const rising = [...times(15, 1_000), 1_200, 1_400, 1_600, 1_800, 2_000];
    const growthBeside = (turning: number) => correct(rising, { ...ORDINARY, turning }).surprise?.growthRpsPerMinute;
    expect(growthBeside(451)).toBe(0);
    expect(growthBeside(449)).toBeCloseTo(200, -1);
    expect(correct(rising, { ...ORDINARY, turning: 451 }).surprise?.rps).toBeCloseTo(900, -1);
  });

  test("grows by the minute, also across minutes that are missing", () => {
    const steady = Array.from({ length: 20 }, (_, i) => 1_000 + 100 * i);
    const gaps = steady.map((rps, i) => (i > 15 && i < 18 ? undefined : rps));
    expect(correct(steady, ORDINARY).surprise?.growthRpsPerMinute).toBeCloseTo(100);
    expect(correct(gaps, ORDINARY).surprise?.growthRpsPerMinute).toBeCloseTo(100);
  });

  test("is not told from noise within three spreads of the forecast", () => {
    expect(correct([...times(15, 1_000), 1_140, 1_140], ORDINARY).surprise).toBeUndefined();
  });

  test("is not read against a usual load that nobody knows", () => {
    expect(correct(times(20, 9_000), { usual: undefined, occasions: 0 }).surprise).toBeUndefined();
  });
});
