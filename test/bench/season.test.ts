import { expect, test } from "vitest";
import { calltime, sightingsOf, type Sightings } from "../../bench/season/calltime.ts";
import { planned } from "../../bench/season/planned.ts";
import { prototypeA, prototypeB } from "../../bench/season/prototypes.ts";
import { cheapest, PEERS, tried } from "../../bench/season/tune.ts";
import { firstUnits, partsOf, readSeason, TASK_RPS, type Season } from "../../bench/season/trace.ts";
import { staticPeak } from "../../shared/core/simulate/peers/fixed.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import { horizontalScaling } from "../../shared/core/simulate/peers/horizontal.ts";
import { outcomeOf, play, type Played, type Trace } from "../../shared/core/simulate/peers/policy.ts";
import { predictiveScaling } from "../../shared/core/simulate/peers/predictive-scaling.ts";
import { scheduleMultiplier } from "../../shared/core/simulate/peers/schedule-multiplier.ts";
import { targetTracking } from "../../shared/core/simulate/peers/target-tracking.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithData } from "../data-folder.ts";

const UNIT = { throughputRps: TASK_RPS, startUpMinutes: 6 };

function playedBy(sightings: Sightings, trace: Trace): Played {
  return play(calltime(UNIT, sightings, { safety: { kind: "fixed", spreads: 3 } }), trace, UNIT, firstUnits(trace, UNIT));
}

/** Every peer with a setting of its own, played. */
const PLAYED: Readonly<Record<string, (season: Season) => Played>> = {
  "target tracking": ({ trace }) => play(targetTracking(UNIT, 0.6), trace, UNIT, firstUnits(trace, UNIT)),
  "horizontal scaling": ({ trace }) => play(horizontalScaling(UNIT, 0.6), trace, UNIT, firstUnits(trace, UNIT)),
  "schedule multiplier": ({ trace, slots }) =>
    play(scheduleMultiplier(UNIT, slots, { factor: 2, target: 0.6 }), trace, UNIT, firstUnits(trace, UNIT)),
  "predictive scaling": ({ trace }) =>
    play(predictiveScaling(UNIT, { pattern: "daily", target: 0.6 }), trace, UNIT, firstUnits(trace, UNIT)),
  Calltime: ({ trace, slots }) => {
    const sightings = sightingsOf(trace, slots, TASK_RPS);
    return play(calltime(UNIT, sightings, { safety: { kind: "promised", unservedPerMillion: 30 } }), trace, UNIT, firstUnits(trace, UNIT));
  },
  "prototype A": ({ trace, slots }) => playedBy(prototypeA(trace, slots, TASK_RPS), trace),
  "prototype B": ({ trace, slots }) => playedBy(prototypeB(trace, slots, TASK_RPS), trace),
  "Calltime as it is wired": ({ trace, slots }) => play(planned(UNIT, slots, DEFAULT_PLAN_POLICY), trace, UNIT, firstUnits(trace, UNIT)),
};

/** The season from a day before its charge up to its second day, and from `atMs` on whatever comes to mind. */
function short({ trace, slots }: Season, scrambledFromMs = Number.POSITIVE_INFINITY): Season {
  const [fromMs, untilMs] = [trace.chargeMs - DAY_MS, trace.chargeMs + 2 * DAY_MS];
  const loadRps = trace.loadRps.slice((fromMs - trace.fromMs) / MINUTE_MS, (untilMs - trace.fromMs) / MINUTE_MS);
  for (let nth = 0; nth < loadRps.length; nth += 1) {
    if (fromMs + nth * MINUTE_MS >= scrambledFromMs) loadRps[nth] = ((nth * 7_919) % 97) * TASK_RPS;
  }
  return { trace: { ...trace, fromMs, loadRps }, slots };
}

describeWithData("the season", () => {
  test("static peak and target tracking come out as published, so the rule was read as it was meant", async () => {
    const { trace, slots } = await readSeason();
    const published = { 3: [1.65, 1.58, 1.54], 6: [1.92, 1.82, 1.71], 12: [2.3, 2.2, 2.12] };
    for (const [startUp, ratios] of Object.entries(published)) {
      const unit = { ...UNIT, startUpMinutes: Number(startUp) };
      expect(Math.abs(tried("", staticPeak(unit, trace), trace, unit).outcome.ratio - 7.4)).toBeLessThan(0.02);
      const trials = PEERS["AWS target tracking"]?.(trace, slots, unit) ?? [];
      for (const [nth, limit] of [10, 30, 100].entries()) {
        expect(Math.abs((cheapest(trials, limit)?.outcome.ratio ?? 0) - (ratios[nth] ?? 0))).toBeLessThan(0.02);
      }
    }
  });

  test.each(Object.keys(PLAYED))("no decision of %s changes when what lies after it does", async (name) => {
    const season = await readSeason();
    const scrambledFromMs = season.trace.chargeMs + 1.7 * DAY_MS;
    // The last decision that cannot know the first scrambled minute is in force three minutes after it.
    const same = (scrambledFromMs - season.trace.chargeMs) / MINUTE_MS + 4;
    const before = PLAYED[name]?.(short(season)).billedUnits;
    const after = PLAYED[name]?.(short(season, scrambledFromMs)).billedUnits;
    expect(after?.subarray(0, same)).toEqual(before?.subarray(0, same));
    expect(after?.subarray(same)).not.toEqual(before?.subarray(same));
  });

  test("its parts are all of it, each minute once", async () => {
    const season = short(await readSeason());
    const parts = new Map(partsOf(season).map(({ name, counts }) => [name, counts]));
    const played = PLAYED["target tracking"]?.(season);
    if (played === undefined) throw new Error("target tracking is played above");
    const hours = (name: string): number => outcomeOf(played, season.trace, UNIT, parts.get(name)).unitHours;
    const all = outcomeOf(played, season.trace, UNIT).unitHours;
    for (const [one, other] of [
      ["in-match", "outside"],
      ["weekday", "weekend"],
      ["first half", "last half"],
    ] as const) {
      expect(hours(one) + hours(other)).toBeCloseTo(all, 6);
      expect(hours(one)).toBeGreaterThan(0);
    }
  });
});

/** A trace is read as the rule has it. */
test("a policy begins with twice the largest count of the first hour", () => {
  const trace: Trace = { fromMs: 0, loadRps: new Float64Array(120).fill(TASK_RPS), chargeMs: 0 };
  trace.loadRps[59] = 3 * TASK_RPS;
  trace.loadRps[60] = 9 * TASK_RPS;
  expect(firstUnits(trace, UNIT)).toBe(6);
});
