import { describe, expect, test } from "vitest";
import type { AudienceFlow } from "../../../shared/core/simulate/audience.ts";
import { beginCloud, stepCloud } from "../../../shared/core/simulate/cloud.ts";
import type { TargetMinute } from "../../../shared/core/simulate/cloud.ts";
import type { PreparedTarget } from "../../../shared/core/simulate/prepare.ts";
import { POLICIES } from "../../../shared/core/simulate/target-kinds.ts";
import type { TargetKind } from "../../../shared/core/target.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { API, at } from "./evening.ts";

/** A target of one request a second per viewer, 100 of them a unit at its target utilisation, whose units take 30 s to start. */
function targetOf(kind: TargetKind): PreparedTarget {
  return {
    target: { ...API, kind, throughputRps: 125, targetUtilisation: 0.8, baselineUnits: 2, ceilingUnits: 40 },
    truth: { requestsPerArrival: 0, requestsPerViewerMinute: 60, requestsPerDeparture: 0, startUpMs: 30_000, startUpSpread: 0 },
    policy: POLICIES[kind],
    seed: 1,
  };
}

/** What a target does when as many viewers as `viewers` says watch in each minute; before the first it was in balance with that many. */
function shown(kind: TargetKind, viewers: readonly number[]): readonly TargetMinute[] {
  const prepared = targetOf(kind);
  let state = beginCloud(prepared, viewers[0] ?? 0);
  return viewers.map((watching, minute) => {
    const flow: AudienceFlow = { atMs: at(20) + minute * MINUTE_MS, viewers: { one: watching }, arrivals: 0, departures: 0 };
    const step = stepCloud(prepared, state, flow);
    state = step.state;
    return step.minute;
  });
}

function minutesOf(...stretches: readonly (readonly [minutes: number, viewers: number])[]): number[] {
  return stretches.flatMap(([minutes, viewers]) => Array.from({ length: minutes }, () => viewers));
}

/** The first minute in which as many units are desired as `is` accepts. */
function firstMinute(minutes: readonly TargetMinute[], is: (desiredUnits: number) => boolean): number {
  return minutes.findIndex(({ desiredUnits }) => is(desiredUnits));
}

describe("scale-out", () => {
  // The load triples at minute 10 and stays.
  const tripled = minutesOf([10, 950], [20, 2_950]);

  test("of tasks comes when the third minute's metric can be read: four minutes after the rise", () => {
    const minutes = shown("ecs-service", tripled);
    expect(firstMinute(minutes, (units) => units > 10)).toBe(14);
    expect(minutes[14]?.desiredUnits).toBeGreaterThanOrEqual(29);
    expect(minutes[14]?.desiredUnits).toBeLessThanOrEqual(31);
  });

  test("of readers comes after five minutes and the metric's delay, of edges with the next minute", () => {
    expect(firstMinute(shown("aurora-readers", tripled), (units) => units > 10)).toBe(16);
    expect(firstMinute(shown("cdn-edge", tripled), (units) => units > 10)).toBe(11);
  });

  test("does not come for two minutes above the target, nor beyond the maximum", () => {
    expect(firstMinute(shown("ecs-service", minutesOf([10, 950], [2, 2_950], [10, 950])), (units) => units > 10)).toBe(-1);
    expect(shown("ecs-service", minutesOf([5, 950], [30, 50_000])).at(-1)?.desiredUnits).toBe(40);
  });

  test("of readers is not followed by another within its cooldown", () => {
    const minutes = shown("aurora-readers", minutesOf([10, 950], [7, 1_950], [20, 3_450]));
    const second = firstMinute(minutes, (units) => units > 21);
    expect(firstMinute(minutes, (units) => units > 10)).toBe(16);
    expect(second).toBeGreaterThanOrEqual(21);
    expect(second).toBeLessThan(25);
  });
});

describe("scale-in", () => {
  test("of tasks comes after fifteen minutes well below the target, down to what is needed, never below the minimum", () => {
    const minutes = shown("ecs-service", minutesOf([10, 2_950], [40, 950]));
    // Minute 24 is the fifteenth quiet one, and is read at 26.
    expect(firstMinute(minutes, (units) => units < 30)).toBe(26);
    expect(minutes[26]?.desiredUnits).toBeGreaterThanOrEqual(9);
    expect(minutes[26]?.desiredUnits).toBeLessThanOrEqual(10);
    expect(shown("ecs-service", minutesOf([10, 2_950], [60, 1])).at(-1)?.desiredUnits).toBe(2);
  });

  test("starts again from nothing after one busy minute, and never comes for a load at 95 % of the target", () => {
    const minutes = shown("ecs-service", minutesOf([10, 2_950], [10, 950], [1, 2_950], [14, 950]));
    expect(firstMinute(minutes, (units) => units < 30)).toBe(-1);
    expect(firstMinute(shown("ecs-service", minutesOf([10, 2_950], [60, 2_850])), (units) => units < 30)).toBe(-1);
  });

  test("is not followed by another within its cooldown", () => {
    const falling = Array.from({ length: 50 }, (_, minute) => 2_950 * 0.93 ** minute);
    const desired = shown("ecs-service", falling).map(({ desiredUnits }) => desiredUnits);
    const steps = desired.flatMap((units, minute) => (units < (desired[minute - 1] ?? units) ? [minute] : []));
    expect(steps.length).toBeGreaterThan(1);
    for (const [index, minute] of steps.slice(1).entries()) expect(minute - (steps[index] ?? 0)).toBeGreaterThanOrEqual(5);
  });

  test("leaves an edge all that any of the last twenty minutes needed, and not what an earlier one did", () => {
    const minutes = shown("cdn-edge", minutesOf([10, 2_950], [15, 950], [1, 1_950], [40, 450]));
    const desired = (minute: number) => minutes[minute]?.desiredUnits ?? 0;
    expect(desired(29)).toBeGreaterThanOrEqual(29);
    // Minute 9 was the last to need 30, minute 25 the last to need 20.
    expect(desired(30)).toBeGreaterThanOrEqual(19);
    expect(desired(30)).toBeLessThanOrEqual(21);
    expect(desired(45)).toBeGreaterThanOrEqual(19);
    expect(desired(46)).toBeLessThanOrEqual(6);
  });
});
