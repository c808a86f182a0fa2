import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describe as describeTarget, setMinimum, stepWorld, beginWorld } from "../../../shared/core/simulate/step.ts";
import type { WorldState } from "../../../shared/core/simulate/step.ts";
import type { PreparedWorld } from "../../../shared/core/simulate/prepare.ts";
import type { Target } from "../../../shared/core/target.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { API, at, CUP_FINAL, minuteAt, run, targetIn, worldWith } from "./evening.ts";

/** Sets `units` once, at `whenMs`. */
function floorAt(world: PreparedWorld, whenMs: number, units: number, targetId = "player-api"): (state: WorldState) => WorldState {
  return (state) => (state.atMs === whenMs ? setMinimum(world, state, targetId, units).state : state);
}
const QUIET = { occasions: [] };
const EXACT = { "player-api": { startUpMs: 95_000, startUpSpread: 0 } };

describe("raising a minimum", () => {
  test("starts units in the same minute, and they serve after their start-up", () => {
    const world = worldWith({ world: { ...QUIET, targets: EXACT } });
    const minutes = run(world, at(20), at(20, 10), floorAt(world, at(20, 3), 50)).minutes;
    const before = targetIn(minuteAt(minutes, at(20, 2)), "player-api").servingUnits;
    expect(targetIn(minuteAt(minutes, at(20, 3)), "player-api")).toMatchObject({
      minimumUnits: 50,
      desiredUnits: 50,
      servingUnits: before,
      startingUnits: 50 - before,
    });
    expect(targetIn(minuteAt(minutes, at(20, 4)), "player-api").servingUnits).toBe(before);
    // 95 s after the first launch at 20:03:00 is 20:04:35; the last is launched before 20:04 and serves before 20:06.
    expect(targetIn(minuteAt(minutes, at(20, 5)), "player-api").servingUnits).toBeGreaterThan(before);
    expect(targetIn(minuteAt(minutes, at(20, 6)), "player-api")).toMatchObject({ servingUnits: 50, startingUnits: 0 });
  });

  test("launches no more units a minute than the target's rate", () => {
    const world = worldWith({ world: { ...QUIET, targets: { "player-api": { startUpMs: 30 * MINUTE_MS } } } });
    const minutes = run(world, at(20), at(20, 8), floorAt(world, at(20, 1), 200)).minutes;
    let before = 0;
    for (const minute of minutes) {
      const { startingUnits } = targetIn(minute, "player-api");
      expect(startingUnits - before).toBeLessThanOrEqual(API.launchUnitsPerMinute);
      before = startingUnits;
    }
    expect(targetIn(minuteAt(minutes, at(20, 3)), "player-api").startingUnits).toBe(3 * API.launchUnitsPerMinute);
  });

  test("keeps a rate that is no whole number on average", () => {
    const slow: Target = { ...API, launchUnitsPerMinute: 2.5 };
    const world = worldWith({ targets: [slow], world: { ...QUIET, targets: { "player-api": { startUpMs: 60 * MINUTE_MS } } } });
    const { minutes } = run(world, at(20), at(20, 20), floorAt(world, at(20), 200));
    expect(targetIn(minuteAt(minutes, at(20, 19)), "player-api").startingUnits).toBe(50);
  });

  test("takes each unit its own time, around the median the world states", () => {
    const world = worldWith({ world: { ...QUIET, targets: { "player-api": { startUpMs: 20 * MINUTE_MS, startUpSpread: 0.25 } } } });
    const wide = worldWith({ targets: [{ ...API, launchUnitsPerMinute: 1_000 }], world: world.setting.world });
    const minutes = run(wide, at(19), at(20), floorAt(wide, at(19), 290)).minutes;
    const starting = (minute: number) => targetIn(minuteAt(minutes, at(19, minute)), "player-api").startingUnits;
    const all = starting(0);
    expect(starting(8)).toBe(all);
    expect(starting(21) / all).toBeGreaterThan(0.35);
    expect(starting(21) / all).toBeLessThan(0.65);
    expect(starting(45) / all).toBeLessThan(0.01);
  });

  test("takes a unit launched later its own time too", () => {
    const oneByOne = { ...API, launchUnitsPerMinute: 1 };
    const targets = { "player-api": { startUpMs: 10 * MINUTE_MS, startUpSpread: 0.4 } };
    const world = worldWith({ targets: [oneByOne], world: { ...QUIET, targets } });
    const minutes = run(world, at(20), at(20, 50), floorAt(world, at(20), 50)).minutes;
    const serving = minutes.map((minute) => targetIn(minute, "player-api").servingUnits);
    const joined = serving.map((units, minute) => units - (serving[minute - 1] ?? units));
    expect(Math.max(...joined)).toBeGreaterThan(1);
  });

  test("to what already serves starts nothing, and a second time changes nothing", () => {
    const world = worldWith({ world: QUIET });
    const begun = beginWorld(world, at(20));
    const once = setMinimum(world, begun, "player-api", 12).state;
    expect(once).toEqual(begun);
    const raised = setMinimum(world, begun, "player-api", 80).state;
    expect(setMinimum(world, raised, "player-api", 80).state).toEqual(raised);
  });
});

describe("lowering a minimum", () => {
  test("removes nothing by itself; the policy scales in when it has been quiet for a quarter of an hour", () => {
    const world = worldWith({ world: { ...QUIET, targets: EXACT } });
    const raised = run(world, at(20), at(20, 30), floorAt(world, at(20), 100)).state;
    const lowered = setMinimum(world, raised, "player-api", 12).state;
    expect(describeTarget(world, lowered, "player-api")).toMatchObject({ minimumUnits: 12, desiredUnits: 100, servingUnits: 100 });
    const patient = run(world, at(20), at(20, 5), floorAt(world, at(20), 100)).state;
    const early = setMinimum(world, patient, "player-api", 12).state;
    const minutes = run(world, at(20, 5), at(20, 40), undefined, early).minutes;
    expect(targetIn(minuteAt(minutes, at(20, 15)), "player-api").servingUnits).toBe(100);
    expect(targetIn(minuteAt(minutes, at(20, 30)), "player-api").servingUnits).toBeLessThan(40);
  });

  test("leaves everything up for ever where nothing scales in", () => {
    const world = worldWith({ targets: [{ ...API, scalesIn: "none" }], world: QUIET });
    const raised = run(world, at(20), at(20, 30), floorAt(world, at(20), 100)).state;
    const minutes = run(world, at(20, 30), at(26), undefined, setMinimum(world, raised, "player-api", 0).state).minutes;
    for (const minute of minutes) expect(targetIn(minute, "player-api").servingUnits).toBe(100);
  });
});

describe("a minimum is not taken", () => {
  const refusals = [
    { targetId: "player-api", fromMs: at(20), toMs: at(20, 5), kind: "deferred", code: "ThrottlingException" },
    { targetId: "edge", fromMs: at(20), toMs: at(20, 5), kind: "refused", code: "AccessDeniedException" },
  ] as const;

  test("while the control plane refuses, from the first instant of the window to just before its end", () => {
    const world = worldWith({ world: { ...QUIET, refusals } });
    let state = beginWorld(world, at(19, 59));
    for (let minute = -1; minute < 7; minute++) {
      const asked = setMinimum(world, state, "player-api", 40);
      if (minute >= 0 && minute < 5) {
        expect(asked.outcome).toMatchObject({ kind: "deferred", code: "ThrottlingException" });
        expect(asked.state).toBe(state);
      } else {
        expect(asked.outcome).toEqual({ kind: "accepted" });
      }
      state = stepWorld(world, state).state;
    }
  });

  test("of one target while another refuses", () => {
    const world = worldWith({ world: { ...QUIET, refusals } });
    const state = beginWorld(world, at(20, 2));
    expect(setMinimum(world, state, "edge", 4).outcome).toMatchObject({ kind: "refused", code: "AccessDeniedException" });
    expect(setMinimum(world, state, "catalogue-db", 4).outcome).toEqual({ kind: "accepted" });
  });

  test("above the maximum, below zero, in parts of a unit, or of a target that is not there", () => {
    const world = worldWith();
    const state = beginWorld(world, at(20));
    for (const units of [API.ceilingUnits + 1, -1, 2.5, Number.NaN]) {
      const asked = setMinimum(world, state, "player-api", units);
      expect(asked.outcome).toMatchObject({ kind: "refused", code: "ValidationException" });
      expect(asked.state).toBe(state);
    }
    expect(setMinimum(world, state, "player-api", API.ceilingUnits).outcome).toEqual({ kind: "accepted" });
    for (const id of ["nobody", "__proto__", "toString"]) {
      expect(setMinimum(world, state, id, 3).outcome).toMatchObject({ kind: "refused", code: "ObjectNotFoundException" });
      expect(describeTarget(world, state, id)).toMatchObject({ kind: "unknown", targetId: id });
    }
  });
});

describe("the customer's own autoscaling", () => {
  test("follows a crowd only minutes after it came, and leaves requests unserved until it has caught up", () => {
    const minutes = run(worldWith(), at(18, 30), at(19, 40)).minutes;
    const unserved = minutes.filter((minute) => targetIn(minute, "player-api").unservedRps > 0).map(({ atMs }) => atMs);
    expect(unserved.length).toBeGreaterThan(4);
    expect(Math.max(...unserved)).toBeLessThan(at(19, 15));
    const settled = targetIn(minuteAt(minutes, at(19, 39)), "player-api");
    expect(settled.loadRps / (settled.servingUnits * API.throughputRps)).toBeLessThan(API.targetUtilisation * 1.05);
  });

  test("is spared all of that by a floor that stands in time", () => {
    const world = worldWith();
    const minutes = run(world, at(18, 30), at(21, 30), floorAt(world, at(18, 40), 220)).minutes;
    for (const minute of minutes) expect(targetIn(minute, "player-api").unservedRps).toBe(0);
  });

  test("never goes below the minimum nor above the maximum, and launches no faster with a floor than without", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 2_000_000 }),
        fc.array(fc.record({ minute: fc.integer({ min: 0, max: 119 }), units: fc.integer({ min: 0, max: 310 }) }), { maxLength: 6 }),
        (seed, viewers, floors) => {
          const world = worldWith({ seed, world: { occasions: [{ ...CUP_FINAL, viewers }] } });
          let minimum = API.baselineUnits;
          let up = Infinity;
          const between = (state: WorldState) =>
            floors
              .filter(({ minute }) => at(18, 30 + minute) === state.atMs)
              .reduce((changed, { units }) => {
                const asked = setMinimum(world, changed, "player-api", units);
                if (asked.outcome.kind === "accepted") minimum = units;
                return asked.state;
              }, state);
          let state = beginWorld(world, at(18, 30));
          while (state.atMs < at(20, 30)) {
            const step = stepWorld(world, between(state));
            const target = targetIn(step.minute, "player-api");
            expect(target.minimumUnits).toBe(minimum);
            expect(target.desiredUnits).toBeGreaterThanOrEqual(minimum);
            expect(target.desiredUnits).toBeLessThanOrEqual(API.ceilingUnits);
            expect(target.servingUnits + target.startingUnits).toBeLessThanOrEqual(target.desiredUnits);
            expect(target.servingUnits).toBeGreaterThanOrEqual(0);
            expect(target.servingUnits + target.startingUnits - up).toBeLessThanOrEqual(API.launchUnitsPerMinute);
            expect(target.unservedRps).toBeCloseTo(Math.max(0, target.loadRps - target.servingUnits * API.throughputRps), 6);
            up = target.servingUnits + target.startingUnits;
            expect(JSON.parse(JSON.stringify(step.state))).toEqual(step.state);
            state = step.state;
          }
        },
      ),
      { seed: 1, numRuns: 25 },
    );
  });

  test("asks for more readers later than for more tasks, and edges fill soonest of all", () => {
    const minutes = run(worldWith({ world: { occasions: [{ ...CUP_FINAL, viewers: 3_000_000 }] } }), at(18, 30), at(20)).minutes;
    const firstRise = (id: string) =>
      minutes.findIndex(
        (minute, index) => index > 0 && targetIn(minute, id).desiredUnits > targetIn(minutes[index - 1] ?? minute, id).desiredUnits,
      );
    expect(firstRise("edge")).toBeLessThan(firstRise("catalogue-db"));
    expect(firstRise("player-api")).toBeLessThan(firstRise("catalogue-db"));
    const recovered = (id: string) => minutes.findLastIndex((minute) => targetIn(minute, id).unservedRps > 0);
    expect(recovered("edge")).toBeLessThan(recovered("catalogue-db"));
  });

  test("is in balance with the usual load at the beginning, and stays so on a quiet evening", () => {
    const minutes = run(worldWith({ world: QUIET }), at(18), at(22)).minutes;
    for (const minute of minutes) for (const target of Object.values(minute.targets)) expect(target.unservedRps).toBe(0);
  });
});

describe("an edge", () => {
  test("above its floor keeps its content for twenty minutes without need, and then forgets", () => {
    const world = worldWith({ world: QUIET });
    const minutes = run(world, at(20), at(20, 40), (state) =>
      floorAt(world, at(20, 3), 2, "edge")(floorAt(world, at(20), 9, "edge")(state)),
    ).minutes;
    expect(targetIn(minuteAt(minutes, at(20, 4)), "edge").servingUnits).toBe(9);
    expect(targetIn(minuteAt(minutes, at(20, 19)), "edge").servingUnits).toBe(9);
    expect(targetIn(minuteAt(minutes, at(20, 20)), "edge").servingUnits).toBe(2);
  });
});

describe("a target that the world does not name", () => {
  test("costs and starts as its kind does; one that it names in part keeps the rest", () => {
    const world = worldWith({ world: { targets: { edge: { requestsPerArrival: 77 } } } });
    const [api, , edge] = world.targets;
    expect(api?.truth).toMatchObject({ requestsPerArrival: 9, startUpMs: 95_000 });
    expect(edge?.truth).toMatchObject({ requestsPerArrival: 77, requestsPerDeparture: 12 });
  });

  test("carries arrivals, viewers and departures each at its cost, within a few per cent of noise", () => {
    const costs = { requestsPerArrival: 6, requestsPerViewerMinute: 1.5, requestsPerDeparture: 30 };
    const minutes = run(worldWith({ world: { targets: { "player-api": costs } } }), at(18, 30), at(21, 30)).minutes;
    for (const minute of minutes) {
      const viewers = Object.values(minute.viewers).reduce((sum, sessions) => sum + sessions, 0);
      const asked = (minute.arrivals * 6 + viewers * 1.5 + minute.departures * 30) / 60;
      expect(Math.abs(targetIn(minute, "player-api").loadRps / asked - 1)).toBeLessThan(0.05);
    }
  });
});
