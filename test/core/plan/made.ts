import fc from "fast-check";
import type { Need } from "../../../shared/core/plan/demand.ts";
import type { PlanPolicy } from "../../../shared/core/plan/plan.ts";
import { planSteps, type StepsInput } from "../../../shared/core/plan/steps.ts";
import type { Target } from "../../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

/** 31 December 2025, 23:00 UTC: an hour before midnight, on a minute at which floors may come down. */
export const NOW = Date.UTC(2025, 11, 31, 23);

/** So many minutes after 23:00. */
export function minute(n: number): number {
  return NOW + n * MINUTE_MS;
}

/** A service of 100 requests a second a task, 4 to 100 tasks, 3 minutes to start and 20 a minute. */
export function target(changes: Partial<Target> = {}): Target {
  return {
    id: "player-api",
    kind: "ecs-service",
    mode: "active",
    throughputRps: 100,
    targetUtilisation: 0.7,
    baselineUnits: 4,
    ceilingUnits: 100,
    loadPerViewerRps: 0.03,
    startUpMs: 3 * MINUTE_MS,
    launchUnitsPerMinute: 20,
    zones: 1,
    scalesIn: "target-tracking",
    ...changes,
  };
}

/** Holds for ten minutes, comes down by a quarter every five. */
export const POLICY: PlanPolicy = {
  holdMinutes: 10,
  releaseEveryMinutes: 5,
  releaseShare: 0.25,
  unservedPerMillion: 10,
  feedOnlyUsdPerHour: 100,
};

/** A minute that needs so many units, or whose load nobody knows. */
export function need(n: number, units: number | "unknown"): Need {
  if (units === "unknown") return { kind: "unknown", atMs: minute(n), why: "nobody measured it", asked: undefined };
  return {
    kind: "known",
    atMs: minute(n),
    units,
    wantedUnits: units,
    limit: undefined,
    reasons: () => [{ type: "usual-load", loadRps: units }],
  };
}

/** Needs of the minutes from `from` on, one each. */
export function needs(units: readonly (number | "unknown")[], from = 0): readonly Need[] {
  return units.map((value, index) => need(from + index, value));
}

/** `count` times the same. */
export function times<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value);
}

/** The plan of one hour, changed as the test needs it. */
export function planned(changes: Partial<StepsInput> = {}) {
  return planSteps({
    target: target(),
    needs: needs(times(60, 4)),
    policy: POLICY,
    now: NOW,
    untilMs: NOW + HOUR_MS,
    floorInForce: undefined,
    startUpMs: 3 * MINUTE_MS,
    releaseUnderWay: false,
    lowersNothing: undefined,
    ...changes,
  });
}

/** Any plan input: a baseline of 4, a ceiling of 100, needs that jump, some minutes unknown, some before now. */
export const anyInput: fc.Arbitrary<StepsInput> = fc
  .record({
    past: fc.integer({ min: 0, max: 12 }),
    stretches: fc.array(
      fc.record({
        units: fc.oneof(
          { weight: 5, arbitrary: fc.integer({ min: 4, max: 100 }) },
          { weight: 1, arbitrary: fc.constant("unknown" as const) },
        ),
        minutes: fc.integer({ min: 1, max: 25 }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    floorInForce: fc.option(fc.integer({ min: 1, max: 130 }), { nil: undefined }),
    startUpMs: fc.integer({ min: 0, max: 20 * MINUTE_MS }),
    launchUnitsPerMinute: fc.integer({ min: 1, max: 50 }),
    holdMinutes: fc.integer({ min: 0, max: 15 }),
    releaseEveryMinutes: fc.integer({ min: 1, max: 15 }),
    releaseShare: fc.constantFrom(0.01, 0.25, 0.5, 1),
    releaseUnderWay: fc.boolean(),
    startMinute: fc.integer({ min: 0, max: 14 }),
    lowersNothing: fc.option(fc.constant("an outage"), { nil: undefined, freq: 5 }),
  })
  .map(({ past, stretches, startMinute, launchUnitsPerMinute, holdMinutes, releaseEveryMinutes, releaseShare, ...rest }) => {
    const all = stretches.flatMap(({ units, minutes }) => times(minutes, units));
    const now = minute(startMinute);
    return {
      ...rest,
      target: target({ launchUnitsPerMinute }),
      needs: needs(all, startMinute - Math.min(past, all.length - 1)),
      policy: { ...POLICY, holdMinutes, releaseEveryMinutes, releaseShare },
      now,
      untilMs: now + 90 * MINUTE_MS,
    };
  });
