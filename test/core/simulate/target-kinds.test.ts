import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AudienceFlow } from "../../../shared/core/simulate/audience.ts";
import { beginCloud, stepCloud, withMinimum, type CloudState, type TargetMinute } from "../../../shared/core/simulate/cloud.ts";
import type { PreparedTarget } from "../../../shared/core/simulate/prepare.ts";
import { beginWorld, setMinimum, stepWorld } from "../../../shared/core/simulate/step.ts";
import { POLICIES, trueTarget } from "../../../shared/core/simulate/target-kinds.ts";
import type { TrueTarget } from "../../../shared/core/simulate/world.ts";
import { TARGET_KINDS, type TargetKind } from "../../../shared/core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { API, at, minuteAt, run, targetIn, worldWith } from "./evening.ts";

const QUIET = { usualPeakViewers: 60_000, occasions: [], targets: {}, refusals: [] };

/** A target of one request a second per viewer, 100 of them a unit at its target utilisation. */
function targetOf(kind: TargetKind, truth: Partial<TrueTarget> = {}): PreparedTarget {
  const target = { ...API, kind, throughputRps: 125, targetUtilisation: 0.8, baselineUnits: 2, ceilingUnits: 400 };
  const costs = { requestsPerArrival: 0, requestsPerViewerMinute: 60, requestsPerDeparture: 0 };
  return { target, truth: { ...trueTarget(QUIET, target), ...costs, ...truth }, policy: POLICIES[kind], seed: 1 };
}

function flowOf(atMs: number, viewers: number): AudienceFlow {
  return { atMs, viewers: { one: viewers }, arrivals: 0, departures: 0 };
}

/** What a target does from 20:00 on; a minimum is set at the start of some minutes. */
function played(
  prepared: PreparedTarget,
  viewers: readonly number[],
  minimums: Readonly<Record<number, number>> = {},
): readonly TargetMinute[] {
  let state: CloudState = beginCloud(prepared, viewers[0] ?? 0);
  return viewers.map((watching, minute) => {
    const atMs = at(20, minute);
    const minimum = minimums[minute];
    if (minimum !== undefined) state = withMinimum(prepared, state, minimum, atMs);
    const step = stepCloud(prepared, state, flowOf(atMs, watching));
    state = step.state;
    return step.minute;
  });
}

function minutesOf(...stretches: readonly (readonly [minutes: number, viewers: number])[]): number[] {
  return stretches.flatMap(([minutes, viewers]) => Array.from({ length: minutes }, () => viewers));
}

describe("Aurora capacity units", () => {
  const minutesToServe = (from: number, to: number): number => {
    const prepared = targetOf("aurora-acu");
    const minutes = played(prepared, minutesOf([60, from * 100]), { 0: to });
    return minutes.findIndex(({ servingUnits }) => servingUnits >= to);
  };

  test("grow the faster the more there are", () => {
    expect(minutesToServe(2, 40)).toBeGreaterThan(minutesToServe(20, 40));
    // By 40 % a minute: 20, 28, 39, 40.
    expect(minutesToServe(20, 40)).toBe(3);
    // By one while 40 % is less than two, then by 40 %: 2 3 4 5 7 9 12 16 22 30 40.
    expect(minutesToServe(2, 40)).toBe(10);
  });

  test("never grow in a minute by more than their share of what is there, or the least step", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 5, maxLength: 40 }),
        fc.dictionary(fc.integer({ min: 0, max: 39 }).map(String), fc.integer({ min: 0, max: 400 })),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.integer({ min: 1, max: 5 }),
        (viewers, minimums, growthShare, leastGrowthUnits) => {
          const minutes = played(targetOf("aurora-acu", { growthShare, leastGrowthUnits }), viewers, minimums);
          for (const [nth, { servingUnits, desiredUnits, startingUnits }] of minutes.entries()) {
            const before = minutes[nth - 1]?.servingUnits ?? servingUnits;
            expect(servingUnits - before).toBeLessThanOrEqual(Math.max(leastGrowthUnits, Math.floor(before * growthShare)));
            expect(servingUnits).toBeLessThanOrEqual(400);
            expect(startingUnits).toBe(Math.max(0, desiredUnits - servingUnits));
          }
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  test("follow their load by themselves, and shrink a tenth at a time when it is gone", () => {
    const minutes = played(targetOf("aurora-acu"), minutesOf([5, 950], [20, 9_500], [40, 950]));
    expect(minutes[24]?.servingUnits).toBeGreaterThanOrEqual(94);
    const shrinking = minutes.slice(25).map(({ servingUnits }) => servingUnits);
    for (const [nth, units] of shrinking.slice(1).entries()) {
      expect((shrinking[nth] ?? 0) - units).toBeLessThanOrEqual(Math.max(1, Math.floor((shrinking[nth] ?? 0) * 0.1)));
    }
    expect(shrinking.at(-1)).toBeLessThan(20);
    expect(shrinking.at(-1)).toBeGreaterThanOrEqual(9);
  });

  test("take no other minimum while the cluster is not available again", () => {
    const world = worldWith({ targets: [{ ...API, kind: "aurora-acu" }], world: { occasions: [] } });
    const begun = beginWorld(world, at(20));
    const raised = setMinimum(world, begun, "player-api", 40);
    expect(raised.outcome).toEqual({ kind: "accepted" });
    const again = setMinimum(world, raised.state, "player-api", 60);
    expect(again).toEqual({
      state: raised.state,
      outcome: expect.objectContaining({ kind: "deferred", code: "InvalidDBClusterStateFault" }),
    });
    let state = raised.state;
    for (let minute = 0; minute < 5; minute++) state = stepWorld(world, state).state;
    expect(setMinimum(world, state, "player-api", 60).outcome).toEqual({ kind: "accepted" });
  });
});

describe("a reservation of LCUs", () => {
  const targets = [{ ...API, kind: "alb-lcu" as const }];
  const exact = (pendingMs: number) => ({ occasions: [], targets: { "player-api": { pendingMs, pendingSpread: 0 } } });

  test("is all there when it is provisioned, and nothing of it before; meanwhile it cannot be changed", () => {
    const world = worldWith({ targets, world: exact(12 * MINUTE_MS) });
    const asked = setMinimum(world, beginWorld(world, at(3)), "player-api", 200);
    const { minutes } = run(world, at(3), at(3, 20), undefined, asked.state);
    const serving = minutes.map((minute) => targetIn(minute, "player-api").servingUnits);
    expect(Math.max(...serving.slice(0, 12))).toBeLessThan(40);
    expect(serving[12]).toBe(200);
    expect(serving.at(-1)).toBe(200);
    expect(targetIn(minuteAt(minutes, at(3, 5)), "player-api")).toMatchObject({ minimumUnits: 200, desiredUnits: 200 });
    expect(setMinimum(world, asked.state, "player-api", 210).outcome).toMatchObject({
      kind: "deferred",
      code: "CapacityReservationPending",
    });
  });

  test("takes minutes to hours", () => {
    const world = worldWith({ targets, world: { occasions: [] } });
    const taken = Array.from({ length: 60 }, (_, hour) => {
      const fromMs = at(hour);
      const state = setMinimum(world, beginWorld(world, fromMs), "player-api", 200).state;
      return ((state.clouds["player-api"]?.busyUntilMs ?? 0) - fromMs) / MINUTE_MS;
    });
    expect(Math.min(...taken)).toBeLessThan(5);
    expect(Math.max(...taken)).toBeGreaterThan(60);
  });

  test("is lowered at most twice a UTC day, and raised as often as one likes", () => {
    const world = worldWith({ targets, world: exact(MINUTE_MS) });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 10, maxLength: 60 }), (asked) => {
        let state = beginWorld(world, at(20));
        const lowered = new Map<number, number>();
        for (const units of asked) {
          const before = state.clouds["player-api"]?.minimumUnits ?? 0;
          const day = Math.floor(state.atMs / DAY_MS);
          const { outcome, state: next } = setMinimum(world, state, "player-api", units);
          const already = lowered.get(day) ?? 0;
          if (units < before && already >= 2) {
            expect(outcome).toMatchObject({ kind: "deferred", code: "CapacityDecreaseRequestLimitExceeded" });
            expect(next).toBe(state);
          } else {
            expect(outcome).toEqual({ kind: "accepted" });
            if (units < before) lowered.set(day, already + 1);
          }
          state = next;
          for (let minute = 0; minute < 17; minute++) state = stepWorld(world, state).state;
        }
      }),
      { seed: 1, numRuns: 8 },
    );
  });

  test("apart from it a load balancer grows by itself, by no more than a twelfth in a minute or so", () => {
    const minutes = played(targetOf("alb-lcu"), minutesOf([5, 4_950], [60, 19_500]));
    const serving = minutes.map(({ servingUnits }) => servingUnits);
    for (const [nth, units] of serving.slice(1).entries())
      expect(units - (serving[nth] ?? 0)).toBeLessThanOrEqual(0.085 * (serving[nth] ?? 0) + 1);
    expect(serving.at(-1)).toBeGreaterThanOrEqual(193);
    expect(minutes[15]?.unservedRps).toBeGreaterThan(0);
  });
});

describe("a reader that has joined", () => {
  const cold = { startUpMs: 9 * MINUTE_MS, startUpSpread: 0, joiningMs: 3 * MINUTE_MS, joiningThroughput: 0.5 };

  test("takes its share of the load before it is warm, and cannot serve all of it", () => {
    const minutes = played(targetOf("aurora-readers", cold), minutesOf([14, 950]), { 0: 20 });
    // The first of ten is launched on the minute and warm after nine; the others count from the minute after that.
    expect(minutes.map(({ joiningUnits = 0 }) => joiningUnits)).toEqual([0, 0, 0, 0, 0, 0, 1, 10, 10, 9, 0, 0, 0, 0]);
    expect(minutes[8]).toMatchObject({ servingUnits: 10, startingUnits: 10 });
    // A cold reader serves 62.5 requests a second: enough of 950 over 20 readers, not of 2,400 over 26.
    expect(minutes[8]?.unservedRps).toBe(0);
    const crowded = played(targetOf("aurora-readers", cold), minutesOf([6, 1_240], [8, 2_400]), { 0: 26 })[8];
    const { servingUnits = 0, joiningUnits = 0, loadRps = 0, unservedRps } = crowded ?? {};
    expect([servingUnits, joiningUnits]).toEqual([13, 13]);
    expect(unservedRps).toBeCloseTo(13 * (loadRps / 26 - 62.5), 6);
  });

  test("serves in full at the end of the start-up that the world states, as it would without joining", () => {
    const serving = (truth: Partial<TrueTarget>) =>
      played(targetOf("aurora-readers", truth), minutesOf([20, 950]), { 0: 20 }).map(({ servingUnits }) => servingUnits);
    expect(serving(cold)).toEqual(serving({ ...cold, joiningMs: 0 }));
  });

  test("and a task that is not healthy yet is none of those that serve, and takes nothing from them", () => {
    const truth = { startUpMs: 3 * MINUTE_MS, startUpSpread: 0, joiningMs: 2 * MINUTE_MS };
    const minutes = played(targetOf("ecs-service", truth), minutesOf([10, 950]), { 0: 20 });
    expect(minutes[2]).toMatchObject({ servingUnits: 10, startingUnits: 10, joiningUnits: 10, unservedRps: 0 });
  });
});

describe("content with a time to live", () => {
  test("is forgotten after it, unless the same minimum or viewers ask for it again", () => {
    const prepared = targetOf("cdn-edge", { ttlMs: 45 * MINUTE_MS });
    const desired = (minutes: readonly TargetMinute[], minute: number) => minutes[minute]?.desiredUnits ?? 0;
    const alone = played(prepared, minutesOf([90, 250]), { 0: 30 });
    expect([desired(alone, 44), desired(alone, 45)]).toEqual([30, 3]);
    expect(alone[60]).toMatchObject({ minimumUnits: 30, servingUnits: 3 });
    const again = played(prepared, minutesOf([90, 250]), { 0: 30, 40: 30 });
    expect([desired(again, 84), desired(again, 85)]).toEqual([30, 3]);
    const watched = played(prepared, minutesOf([5, 250], [85, 2_950]), { 0: 30 });
    expect(desired(watched, 80)).toBeGreaterThanOrEqual(29);
  });

  test("of none stays warm as long as the minimum stands", () => {
    expect(played(targetOf("cdn-edge"), minutesOf([90, 250]), { 0: 30 }).at(-1)?.servingUnits).toBe(30);
  });
});

describe("target tracking", () => {
  test("takes no more in one scale-in than the share that is allowed", () => {
    const prepared = targetOf("ecs-service", { startUpSpread: 0, scaleInShare: 0.1 });
    const desired = played(prepared, minutesOf([10, 9_950], [90, 950])).map(({ desiredUnits }) => desiredUnits);
    const steps = desired.flatMap((units, minute) => (units < (desired[minute - 1] ?? units) ? [minute] : []));
    expect(steps.length).toBeGreaterThan(5);
    for (const minute of steps) expect(desired[minute]).toBeGreaterThanOrEqual(Math.ceil(0.9 * (desired[minute - 1] ?? 0)));
  });

  test("never scales in on missing data: the quiet minutes count anew after a gap", () => {
    const scaledInAt = (gap: boolean) => {
      const trouble = { kind: "unpublished", where: "player-api", fromMs: at(20, 20), toMs: at(20, 24), lateMinutes: 1 } as const;
      const prepared = { ...targetOf("ecs-service"), troubles: { seed: 1, shares: {}, stretches: gap ? [trouble] : [] } };
      const desired = played(prepared, minutesOf([10, 2_950], [60, 950])).map(({ desiredUnits }) => desiredUnits);
      return desired.findIndex((units) => units < 25);
    };
    // Fifteen quiet minutes from 10 on, read one later; with the gap from 24 on.
    expect(scaledInAt(false)).toBe(26);
    expect(scaledInAt(true)).toBe(40);
  });
});

describe("every kind of target", () => {
  test.each(TARGET_KINDS)("%s: an accepted minimum puts the count between the bounds, and nothing is ever beyond the maximum", (kind) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 10, maxLength: 60 }),
        fc.dictionary(fc.integer({ min: 0, max: 59 }).map(String), fc.integer({ min: 0, max: 400 })),
        (viewers, minimums) => {
          const prepared = targetOf(kind);
          const minutes = played(prepared, viewers, minimums);
          for (const [nth, minute] of minutes.entries()) {
            const set = minimums[nth];
            if (set !== undefined) expect(minute.minimumUnits).toBe(set);
            expect(minute.desiredUnits).toBeGreaterThanOrEqual(minute.minimumUnits);
            expect(minute.desiredUnits).toBeLessThanOrEqual(400);
            expect(minute.servingUnits).toBeLessThanOrEqual(400);
            expect(minute.servingUnits).toBeGreaterThanOrEqual(0);
            expect(Number.isInteger(minute.servingUnits)).toBe(true);
            expect(minute.unservedRps).toBeGreaterThanOrEqual(0);
            expect(minute.unservedRps).toBeLessThanOrEqual(minute.loadRps);
          }
        },
      ),
      { seed: 1, numRuns: 40 },
    );
  });

  test.each(TARGET_KINDS)("%s: serves a floor that was set hours before", (kind) => {
    const world = worldWith({ targets: [{ ...API, kind, ceilingUnits: 300 }], world: { occasions: [] } });
    const state = setMinimum(world, beginWorld(world, at(4)), "player-api", 150).state;
    const { minutes } = run(world, at(4), at(4) + 8 * HOUR_MS, undefined, state);
    expect(targetIn(minuteAt(minutes, at(4) + 8 * HOUR_MS - MINUTE_MS), "player-api").servingUnits).toBeGreaterThanOrEqual(150);
  });
});
