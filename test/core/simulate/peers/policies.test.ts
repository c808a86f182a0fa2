import { describe, expect, test } from "vitest";
import { oracleWithStartUp, staticPeak } from "../../../../shared/core/simulate/peers/fixed.ts";
import { horizontalScaling } from "../../../../shared/core/simulate/peers/horizontal.ts";
import { outcomeOf, play, type ScalingPolicy, type Trace } from "../../../../shared/core/simulate/peers/policy.ts";
import { predictiveScaling } from "../../../../shared/core/simulate/peers/predictive-scaling.ts";
import { scheduleMultiplier } from "../../../../shared/core/simulate/peers/schedule-multiplier.ts";
import { targetTracking } from "../../../../shared/core/simulate/peers/target-tracking.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../../shared/core/time.ts";

const UNIT = { throughputRps: 10, startUpMinutes: 3 };
const FROM_MS = Date.parse("2026-06-01T00:00:00Z");

/** A trace of as many minutes of each load as said; what is before `chargedAt` minutes can only be learned from. */
function traceOf(chargedAt: number, ...stretches: readonly (readonly [minutes: number, loadRps: number])[]): Trace {
  const loadRps = Float64Array.from(stretches.flatMap(([minutes, load]) => Array.from({ length: minutes }, () => load)));
  return { fromMs: FROM_MS, loadRps, chargeMs: FROM_MS + chargedAt * MINUTE_MS };
}

function billed<State>(policy: ScalingPolicy<State>, trace: Trace, first: number): number[] {
  return [...play(policy, trace, UNIT, first).billedUnits];
}

/** Wants what a list says, minute by minute. */
function listed(units: readonly number[]): ScalingPolicy<number> {
  return { first: 0, decide: (nth) => ({ state: nth + 1, units: units[nth] ?? 0 }) };
}

describe("the rule", () => {
  test("what is asked for serves a start-up later, and what is given up goes at once, the youngest first", () => {
    const trace = traceOf(0, [10, 10]);
    const { servingUnits } = play(listed([2, 5, 5, 5, 5, 4, 5, 5, 5, 5]), trace, UNIT, 2);
    expect([...servingUnits]).toEqual([2, 2, 2, 2, 5, 4, 4, 4, 4, 5]);
  });

  test("starting units are billed, and what finds no unit is lost", () => {
    const trace = traceOf(0, [4, 10], [4, 30]);
    const played = play(listed([1, 1, 1, 3, 3, 3, 3, 3]), trace, UNIT, 1);
    const outcome = outcomeOf(played, trace, UNIT);
    expect(outcome.ratio).toBeCloseTo(18 / 16);
    // Two minutes of 30 requests a second find one unit.
    expect(outcome.unservedPerMillion).toBeCloseTo((40 / 160) * 1e6);
  });

  test("a decision knows the minute four before the one in which it comes into force", () => {
    const trace = traceOf(2, [2, 1], [8, 2]);
    const seen: (number | undefined)[] = [];
    const learned: number[] = [];
    const policy: ScalingPolicy<null> = {
      first: null,
      learn: (_, { atMs }) => {
        learned.push((atMs - FROM_MS) / MINUTE_MS);
        return null;
      },
      decide: (_, minute, { inForceMs }) => {
        seen.push(minute && (inForceMs - minute.atMs) / MINUTE_MS);
        return { state: null, units: 1 };
      },
    };
    play(policy, trace, UNIT, 1);
    expect(learned).toEqual([0, 1]);
    expect(seen).toEqual([undefined, undefined, undefined, undefined, 4, 4, 4, 4]);
  });

  test("the oracle that asks in time loses nothing, and one unit less at any minute would", () => {
    const trace = traceOf(0, [5, 10], [3, 40], [5, 20]);
    const units = billed(oracleWithStartUp(UNIT, trace), trace, 4);
    expect(units).toEqual([1, 1, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2]);
    const { unservedPerMillion } = outcomeOf(play(listed(units), trace, UNIT, 4), trace, UNIT);
    expect(unservedPerMillion).toBe(0);
    expect(billed(staticPeak(UNIT, trace), trace, 4)).toEqual(Array.from({ length: 13 }, () => 4));
  });
});

describe("target tracking", () => {
  test("goes out after three minutes above its target, to what the newest needs", () => {
    const units = billed(targetTracking(UNIT, 0.5), traceOf(0, [1, 10], [9, 20]), 2);
    // Minutes 1, 2 and 3 are above; the third is known to the decision in force from minute 7.
    expect(units).toEqual([2, 2, 2, 2, 2, 2, 2, 4, 4, 4]);
  });

  test("comes in after fifteen minutes below nine tenths of it, to what the largest of them needs", () => {
    const units = billed(targetTracking(UNIT, 0.5), traceOf(0, [1, 16], [24, 10]), 4);
    expect(units.slice(0, 19).every((each) => each === 4)).toBe(true);
    // Minute 0 is still among the fifteen at first: 16 takes four; then 10 takes two.
    expect(units.slice(19)).toEqual([2, 2, 2, 2, 2, 2]);
  });
});

describe("horizontal scaling", () => {
  test("does nothing within a tenth of its target", () => {
    expect(billed(horizontalScaling(UNIT, 0.5), traceOf(0, [12, 21.5]), 4)).toEqual(Array.from({ length: 12 }, () => 4));
  });

  test("comes down only to the largest recommendation of five minutes", () => {
    const units = billed(horizontalScaling(UNIT, 0.5), traceOf(0, [3, 20], [10, 5]), 4);
    expect(units).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1]);
  });

  test("goes up by no more than double, or four, in fifteen seconds", () => {
    const units = billed(horizontalScaling(UNIT, 0.5), traceOf(0, [6, 500]), 1);
    // 1 → 5 → 10 → 20 → 40 in the first minute.
    expect(units).toEqual([1, 1, 1, 1, 40, 100]);
  });
});

describe("the schedule multiplier", () => {
  test("holds its floor from half an hour before a programme until half an hour after it", () => {
    const slot = { startsAtMs: FROM_MS + HOUR_MS, endsAtMs: FROM_MS + HOUR_MS + 10 * MINUTE_MS };
    const units = billed(scheduleMultiplier(UNIT, [slot], { factor: 3, target: 0.9 }), traceOf(0, [130, 9]), 1);
    expect(units.indexOf(3)).toBe(30);
    expect(units.slice(30, 100).every((each) => each === 3)).toBe(true);
    expect(units.at(-1)).toBe(1);
  });

  test("goes by the window that opened last, and falls back on one that is still open", () => {
    const at = (minute: number): number => FROM_MS + minute * MINUTE_MS;
    // Given in no order; windows reach half an hour to both sides.
    const slots = [
      { startsAtMs: at(100), endsAtMs: at(110) },
      { startsAtMs: at(60), endsAtMs: at(200) },
    ];
    const trace = traceOf(0, [50, 9], [60, 18], [130, 9]);
    const units = billed(scheduleMultiplier(UNIT, slots, { factor: 3, target: 0.99 }), trace, 1);
    expect([29, 30, 69, 70, 139, 140, 229, 230].map((minute) => units[minute])).toEqual([1, 3, 3, 6, 6, 3, 3, 1]);
  });

  test("opens its window when it first knows the load", () => {
    const slot = { startsAtMs: FROM_MS, endsAtMs: FROM_MS + HOUR_MS };
    const units = billed(scheduleMultiplier(UNIT, [slot], { factor: 3, target: 0.9 }), traceOf(0, [10, 9]), 1);
    expect(units).toEqual([1, 1, 1, 1, 3, 3, 3, 3, 3, 3]);
  });
});

describe("predictive scaling", () => {
  test("raises five minutes before the hour that was busy every day, and lowers nothing", () => {
    const day: readonly (readonly [number, number])[] = [
      [18 * 60, 4],
      [60, 40],
      [5 * 60, 4],
    ];
    const days = Array.from({ length: 4 }, () => day).flat();
    const trace = traceOf((3 * DAY_MS) / MINUTE_MS, ...days);
    const units = billed(predictiveScaling(UNIT, { pattern: "daily", target: 1 }), trace, 1);
    expect(units.indexOf(4)).toBe(18 * 60 - 5);
    expect(units[19 * 60]).toBe(4);
  });

  test("an hour that nobody measured moves no other", () => {
    const policy = predictiveScaling(UNIT, { pattern: "daily", target: 1 });
    const busyMs = FROM_MS + 12 * HOUR_MS;
    const nextMs = busyMs + DAY_MS;
    let state = policy.first;
    for (let atMs = FROM_MS; atMs < nextMs - HOUR_MS; atMs += MINUTE_MS) {
      const isMissing = atMs >= FROM_MS + 3 * HOUR_MS && atMs < FROM_MS + 8 * HOUR_MS;
      const loadRps = atMs >= busyMs && atMs < busyMs + HOUR_MS ? 40 : 4;
      if (!isMissing) state = policy.learn?.(state, { atMs, loadRps }) ?? state;
    }
    const unitsAt = (inForceMs: number): number => policy.decide(state, undefined, { inForceMs, desiredUnits: 1 }).units;
    expect([nextMs - 6 * MINUTE_MS, nextMs - 5 * MINUTE_MS, nextMs + HOUR_MS - MINUTE_MS, nextMs + HOUR_MS].map(unitsAt)).toEqual([
      1, 4, 4, 1,
    ]);
  });
});
