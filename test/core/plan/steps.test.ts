import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leadMs } from "../../../shared/core/plan/capacity.ts";
import { neededUnits, type Need } from "../../../shared/core/plan/demand.ts";
import { stepAt, type Plan } from "../../../shared/core/plan/plan.ts";
import type { StepsInput } from "../../../shared/core/plan/steps.ts";
import { planSteps } from "../../../shared/core/plan/steps.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { anyInput, minute, need, needs, NOW, planned, target, times } from "./made.ts";

const SEEDED = { seed: 1, numRuns: 300 };

/** The floor at each minute of the plan. */
function floors(plan: Plan): readonly number[] {
  const all: number[] = [];
  for (let atMs = plan.madeAtMs; atMs < plan.untilMs; atMs += MINUTE_MS) all.push(stepAt(plan, atMs)?.floorUnits ?? Number.NaN);
  return all;
}

/** When each floor is asked for, in minutes after 23:00. */
function asked(plan: Plan): readonly (readonly [number, number])[] {
  return plan.steps.map((step) => [(step.atMs - NOW) / MINUTE_MS, step.floorUnits] as const);
}

describe("asking in time", () => {
  test("a need is asked for its start-up and its launches ahead", () => {
    // 44 units, 40 more than the baseline: 3 minutes to start and 2 to launch them all.
    const plan = planned({ needs: needs([...times(30, 4), ...times(30, 44)]) });
    expect(asked(plan)).toEqual([
      [0, 4],
      [25, 44],
    ]);
    expect(plan.steps[1]?.neededByMs).toBe(minute(30));
  });

  test("a lead that ends within a minute is asked for at that minute's start", () => {
    const plan = planned({ needs: needs([...times(30, 4), ...times(30, 44)]), startUpMs: 95_000 });
    expect(asked(plan)[1]).toEqual([26, 44]);
  });

  test("a lead longer than the notice asks at once", () => {
    const plan = planned({ needs: needs([...times(2, 4), ...times(58, 44)]) });
    expect(asked(plan)).toEqual([[0, 44]]);
    expect(plan.steps[0]?.neededByMs).toBe(minute(2));
  });

  test("the lead counts from the baseline, since what is up now may have been released by then", () => {
    expect(asked(planned({ needs: needs([...times(30, 24), ...times(30, 44)]), floorInForce: 24 }))[1]).toEqual([25, 44]);
  });

  test("a larger need further ahead is not hidden by a smaller one before it", () => {
    const plan = planned({ needs: needs([...times(30, 4), ...times(10, 14), ...times(20, 94)]) });
    expect(asked(plan)).toEqual([
      [0, 4],
      [26, 14],
      [32, 94],
    ]);
  });

  test("every known need is asked for at least a lead ahead, or at once (against brute force)", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const plan = planSteps(input);
        for (let atMs = input.now; atMs < input.untilMs; atMs += MINUTE_MS) {
          const least = leastFloor(input, atMs);
          expect(stepAt(plan, atMs)?.floorUnits).toBeGreaterThanOrEqual(least);
        }
      }),
      SEEDED,
    );
  });
});

/** The largest need whose lead has begun at `atMs` and whose hold is not over, found by looking at each. */
function leastFloor({ needs: all, target: of, startUpMs, policy }: StepsInput, atMs: number): number {
  let least = of.baselineUnits;
  for (const one of all) {
    const units = neededUnits(one)?.units ?? 0;
    const begins = one.atMs - leadMs(of, startUpMs, units - of.baselineUnits);
    const ends = one.atMs + (1 + policy.holdMinutes) * MINUTE_MS;
    // A tick comes once a minute: a lead that begins before the next one must be asked for now.
    if (begins < atMs + MINUTE_MS && atMs < ends) least = Math.max(least, units);
  }
  return least;
}

describe("holding and releasing", () => {
  test("a floor is held for ten minutes after the last minute that needed it, then comes down a quarter every five", () => {
    const plan = planned({ needs: needs([...times(11, 40), ...times(49, 4)]), floorInForce: 40 });
    // Needed until 23:11, held until 23:21; the next release is due at 23:25.
    expect(asked(plan)).toEqual([
      [0, 40],
      [25, 30],
      [30, 23],
      [35, 18],
      [40, 14],
      [45, 11],
      [50, 9],
      [55, 7],
    ]);
  });

  test("a floor that is needed again within its hold does not move", () => {
    expect(asked(planned({ needs: needs([...times(10, 40), ...times(10, 4), ...times(40, 40)]), floorInForce: 40 }))).toEqual([[0, 40]]);
  });

  test("two programmes that touch at midnight keep one floor, the larger one while both ask", () => {
    const plan = planned({
      needs: needs([...times(60, 40), ...times(60, 60)]),
      floorInForce: 40,
      untilMs: minute(120),
    });
    expect(asked(plan)).toEqual([
      [0, 40],
      [54, 60],
    ]);
  });

  test("what a minute before now needed is held as well", () => {
    const plan = planned({ needs: [need(-4, 40), ...needs(times(60, 4))], floorInForce: 40 });
    expect(asked(plan)[1]).toEqual([10, 30]);
  });

  test("a release that the tick before computed goes on between its minutes", () => {
    const now = minute(1);
    const changes = { now, needs: needs(times(59, 4), 1), floorInForce: 40 };
    expect(asked(planned(changes)).slice(0, 2)).toEqual([
      [1, 40],
      [5, 30],
    ]);
    expect(asked(planned({ ...changes, releaseUnderWay: true })).slice(0, 2)).toEqual([
      [1, 30],
      [5, 23],
    ]);
  });

  test("the last units go one by one rather than never", () => {
    const plan = planned({ target: target({ baselineUnits: 1 }), needs: needs(times(60, 1)), floorInForce: 3 });
    expect(asked(plan)).toEqual([
      [0, 2],
      [5, 1],
    ]);
  });

  test("floors come down at the stated minutes only, and by the stated share at most", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const plan = planSteps(input);
        const all = floors(plan);
        let before = Math.min(input.target.ceilingUnits, Math.max(input.target.baselineUnits, input.floorInForce ?? 0));
        for (const [index, floor] of all.entries()) {
          const atMs = input.now + index * MINUTE_MS;
          if (floor < before) {
            const due = (atMs / MINUTE_MS) % input.policy.releaseEveryMinutes === 0;
            expect(due || (index === 0 && input.releaseUnderWay)).toBe(true);
            expect(before - floor).toBeLessThanOrEqual(Math.max(1, input.policy.releaseShare * before));
          }
          before = floor;
        }
      }),
      SEEDED,
    );
  });

  test("in the end a floor comes down to what is needed", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const calm = { ...input, needs: needs(times(600, 4)), untilMs: input.now + 600 * MINUTE_MS, lowersNothing: undefined };
        expect(floors(planSteps({ ...calm, policy: { ...input.policy, releaseShare: 0.25, releaseEveryMinutes: 5 } })).at(-1)).toBe(4);
      }),
      { seed: 1, numRuns: 20 },
    );
  });
});

describe("not knowing", () => {
  test("a minute whose load is unknown lowers nothing, and says why", () => {
    const plan = planned({ needs: needs(times(60, "unknown" as const)), floorInForce: 40 });
    expect(asked(plan)).toEqual([[0, 40]]);
    expect(plan.steps[0]?.reasons).toEqual([{ type: "unknown", why: "nobody measured it" }]);
  });

  test("what a person asks for in an unknown minute raises, but lowers nothing", () => {
    const byHand = { units: 20, wantedUnits: 20, limit: undefined, reasons: () => [] };
    const all: readonly Need[] = times(60, 0).map((_, n) => ({ kind: "unknown", atMs: minute(n), why: "no history", asked: byHand }));
    expect(floors(planned({ needs: all, floorInForce: 4 }))).toEqual(times(60, 20));
    expect(floors(planned({ needs: all, floorInForce: 40 }))).toEqual(times(60, 40));
  });

  test("while something forbids it nothing is lowered, though more is still asked for", () => {
    const plan = planned({ needs: needs([...times(30, 4), ...times(30, 60)]), floorInForce: 40, lowersNothing: "the load fell suddenly" });
    expect(asked(plan)).toEqual([
      [0, 40],
      [24, 60],
    ]);
    expect(plan.steps[0]?.reasons).toEqual([{ type: "unknown", why: "the load fell suddenly" }]);
  });

  test("a floor goes down only in a minute whose load is known", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const plan = planSteps(input);
        for (const one of input.needs) {
          const [before, after] = [stepAt(plan, one.atMs - MINUTE_MS), stepAt(plan, one.atMs)];
          if (before === undefined || after === undefined) continue;
          if (one.kind === "unknown" || input.lowersNothing !== undefined) {
            expect(after.floorUnits).toBeGreaterThanOrEqual(before.floorUnits);
          }
        }
      }),
      SEEDED,
    );
  });
});

describe("a raise that was refused", () => {
  test("is not forgotten when the load becomes unknown, or somebody asks that nothing be lowered; and is, once it is known not to be needed", () => {
    const refused = { floorInForce: 10, wantedLately: 40 };
    const floorOf = (changes: Partial<StepsInput>) => planned({ needs: needs(times(60, 4)), ...refused, ...changes }).steps[0]?.floorUnits;
    expect(floorOf({ needs: needs(times(60, "unknown")) })).toBe(40);
    expect(floorOf({ lowersNothing: "an outage" })).toBe(40);
    expect(floorOf({ heldAt: () => ({ type: "hold", overrideId: "1", untilMs: 0, author: "ops", why: "to see" }) })).toBe(40);
    expect(floorOf({})).toBeLessThanOrEqual(10);
  });
});

describe("the shape of a plan", () => {
  test("no floor lies below the baseline or above the ceiling, whatever was in force", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        for (const floor of floors(planSteps(input))) {
          expect(floor).toBeGreaterThanOrEqual(input.target.baselineUnits);
          expect(floor).toBeLessThanOrEqual(input.target.ceilingUnits);
        }
      }),
      SEEDED,
    );
  });

  test("the first step is in force when the plan is made, and steps are sorted and differ", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { steps } = planSteps(input);
        expect(steps[0]?.atMs).toBe(input.now);
        for (const [index, step] of steps.entries()) {
          const before = steps[index - 1];
          expect(step.neededByMs).toBeGreaterThanOrEqual(step.atMs);
          expect(step.reasons.length).toBeGreaterThan(0);
          if (before === undefined) continue;
          expect(step.atMs).toBeGreaterThan(before.atMs);
          expect(step.floorUnits).not.toBe(before.floorUnits);
        }
      }),
      SEEDED,
    );
  });

  test("a floor that is only held says so, one that is needed now or soon does not", () => {
    const reasonsAt = (n: number) =>
      planned({
        now: minute(n),
        untilMs: minute(n + 1),
        needs: needs([...times(11, 40), ...times(49, 4)]),
        floorInForce: 40,
      }).steps[0]?.reasons.map(({ type }) => type);
    expect(reasonsAt(5)).toEqual(["usual-load"]);
    expect(reasonsAt(10)).toEqual(["usual-load"]);
    expect(reasonsAt(12)).toEqual(["usual-load", "held"]);
    expect(reasonsAt(21)).toEqual(["usual-load", "staged-release"]);
  });

  test("shortages name their limit and their worst minute; only touching ones of one limit are one", () => {
    const short = (n: number, wantedUnits: number, limit: "ceiling" | "connections"): Need => ({
      kind: "known",
      atMs: minute(n),
      units: 100,
      wantedUnits,
      limit,
      reasons: () => [],
    });
    const { shorts } = planned({
      needs: [
        short(-1, 500, "ceiling"),
        need(0, 4),
        short(1, 110, "ceiling"),
        short(2, 130, "ceiling"),
        short(3, 120, "connections"),
        need(4, 4),
        short(5, 101, "connections"),
        need(6, 4),
        short(60, 500, "ceiling"),
      ],
    });
    expect(shorts).toEqual([
      { fromMs: minute(1), toMs: minute(3), units: 30, limit: "ceiling" },
      { fromMs: minute(3), toMs: minute(4), units: 20, limit: "connections" },
      { fromMs: minute(5), toMs: minute(6), units: 1, limit: "connections" },
    ]);
  });
});
