import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharedFairly } from "../../../shared/core/simulate/launch.ts";
import { beginWorld, setMinimum, stepWorld, type WorldState } from "../../../shared/core/simulate/step.ts";
import type { WorldMinute } from "../../../shared/core/simulate/step.ts";
import type { Target } from "../../../shared/core/target.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { API, at, minuteAt, run, targetIn, worldWith } from "./evening.ts";

const QUIET = { occasions: [] };
const SLOW = { startUpMs: 60 * MINUTE_MS, startUpSpread: 0 };

function service(id: string, launchUnitsPerMinute: number): Target {
  return { ...API, id, launchUnitsPerMinute, ceilingUnits: 5_000 };
}

describe("a rate that several share", () => {
  test("is never exceeded, nobody gets more than it wants, and nothing is left while somebody wants more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 9 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.nat(),
        (wanted, budget, turn) => {
          const given = sharedFairly(wanted, budget, turn);
          const sum = (units: readonly number[]) => units.reduce((all, each) => all + each, 0);
          expect(given).toHaveLength(wanted.length);
          expect(sum(given)).toBe(Math.min(budget, sum(wanted)));
          for (const [index, units] of given.entries()) expect(units).toBeLessThanOrEqual(wanted[index] ?? 0);
          // Who gets less than it wants gets no less, but for one odd unit, than anybody else.
          const short = given.filter((units, index) => units < (wanted[index] ?? 0));
          for (const units of short) expect(units).toBeGreaterThanOrEqual(Math.max(...given) - 1);
        },
      ),
      { seed: 1 },
    );
  });

  test("gives its odd unit to each in turn", () => {
    const turns = [0, 1, 2].map((turn) => sharedFairly([5, 5, 5], 1, turn).indexOf(1));
    expect(new Set(turns).size).toBe(3);
  });
});

describe("the account", () => {
  const targets = ["a", "b", "c", "d"].map((id) => service(id, 450));
  const slow = Object.fromEntries(targets.map(({ id }) => [id, SLOW]));
  const raiseAll = (world: ReturnType<typeof worldWith>, ids: readonly string[]) => (state: WorldState) =>
    state.atMs === at(20) ? ids.reduce((next, id) => setMinimum(world, next, id, 4_000).state, state) : state;
  const startedIn = (minutes: readonly WorldMinute[], id: string, minute: number) =>
    targetIn(minuteAt(minutes, at(20, minute)), id).startingUnits -
    (minute === 0 ? 0 : targetIn(minuteAt(minutes, at(20, minute - 1)), id).startingUnits);

  test("starts 1,200 tasks a minute over all its services, however fast each of them is", () => {
    const world = worldWith({ targets, world: { ...QUIET, targets: slow } });
    const { minutes } = run(world, at(20), at(20, 5), raiseAll(world, ["a", "b", "c", "d"]));
    for (let minute = 0; minute < 5; minute++) {
      const started = targets.map(({ id }) => startedIn(minutes, id, minute));
      expect(started.reduce((a, b) => a + b)).toBe(1_200);
      expect(started).toEqual([300, 300, 300, 300]);
    }
    const two = run(world, at(20), at(20, 2), raiseAll(world, ["a", "b"])).minutes;
    expect(startedIn(two, "a", 1)).toBe(450);
  });

  test("may be granted another rate, and no service starts more than 500 a minute, whatever its owner hopes", () => {
    const hopeful = [service("a", 2_000), service("b", 40)];
    const world = worldWith({ targets: hopeful, world: { ...QUIET, targets: slow, accountLaunchUnitsPerMinute: 100_000 } });
    const { minutes } = run(world, at(20), at(20, 2), raiseAll(world, ["a", "b"]));
    expect(startedIn(minutes, "a", 0)).toBe(500);
    const tight = worldWith({ targets: hopeful, world: { ...QUIET, targets: slow, accountLaunchUnitsPerMinute: 100 } });
    const shared = run(tight, at(20), at(20, 2), raiseAll(tight, ["a", "b"])).minutes;
    expect([startedIn(shared, "a", 0), startedIn(shared, "b", 0)]).toEqual([60, 40]);
  });
});

describe("many units launched at once", () => {
  test("start around the median that the world states, spread as it says, and none is lost", () => {
    const wide = [{ ...API, ceilingUnits: 5_000, launchUnitsPerMinute: 500 }];
    const world = worldWith({
      targets: wide,
      world: { ...QUIET, targets: { "player-api": { startUpMs: 20 * MINUTE_MS, startUpSpread: 0.25 } } },
    });
    const { minutes } = run(world, at(20), at(21), (state) =>
      state.atMs === at(20) ? setMinimum(world, state, "player-api", 500).state : state,
    );
    const first = targetIn(minuteAt(minutes, at(20)), "player-api");
    const starting = (minute: number) => targetIn(minuteAt(minutes, at(20, minute)), "player-api").startingUnits / first.startingUnits;
    expect(starting(12)).toBeGreaterThan(0.9);
    expect(starting(21)).toBeGreaterThan(0.35);
    expect(starting(21)).toBeLessThan(0.65);
    expect(starting(34)).toBeLessThan(0.07);
    for (const minute of minutes) {
      const { servingUnits, startingUnits, desiredUnits } = targetIn(minute, "player-api");
      expect(servingUnits + startingUnits).toBe(desiredUnits);
    }
    expect(targetIn(minuteAt(minutes, at(20, 59)), "player-api").servingUnits).toBe(500);
  });

  test("of which some never become healthy are all there when those were replaced, after a second start-up", () => {
    const targets = { "player-api": { startUpMs: 5 * MINUTE_MS, startUpSpread: 0, failedStartShare: 0.3 } };
    const world = worldWith({ targets: [{ ...API, launchUnitsPerMinute: 100 }], world: { ...QUIET, targets } });
    const { minutes } = run(world, at(20), at(20, 15), (state) =>
      state.atMs === at(20) ? setMinimum(world, state, "player-api", 112).state : state,
    );
    const started = targetIn(minuteAt(minutes, at(20)), "player-api").startingUnits;
    const late = targetIn(minuteAt(minutes, at(20, 8)), "player-api").startingUnits / started;
    expect(late).toBeGreaterThan(0.15);
    expect(late).toBeLessThan(0.45);
    expect(targetIn(minuteAt(minutes, at(20, 13)), "player-api").startingUnits).toBe(0);
  });
});

describe("a deployment", () => {
  const deployment = { targetId: "player-api", fromMs: at(20, 5), toMs: at(20, 15), countUnits: 20 };
  const exact = { "player-api": { startUpMs: MINUTE_MS, startUpSpread: 0 } };

  test("resets the count below the minimum, until a minimum is set again", () => {
    const world = worldWith({ world: { ...QUIET, targets: exact, deployments: [deployment] } });
    const raised = (state: WorldState) => (state.atMs === at(20) ? setMinimum(world, state, "player-api", 50).state : state);
    const alone = run(world, at(20), at(20, 12), raised).minutes;
    expect(targetIn(minuteAt(alone, at(20, 5)), "player-api")).toMatchObject({
      minimumUnits: 50,
      desiredUnits: 20,
      changes: [{ what: "deployment", fromUnits: 50, toUnits: 20 }],
    });
    expect(targetIn(minuteAt(alone, at(20, 11)), "player-api").desiredUnits).toBe(20);
    const mended = run(world, at(20), at(20, 12), (state) =>
      state.atMs === at(20, 8) ? setMinimum(world, state, "player-api", 50).state : raised(state),
    ).minutes;
    expect(targetIn(minuteAt(mended, at(20, 8)), "player-api").desiredUnits).toBe(50);
    expect(targetIn(minuteAt(mended, at(20, 11)), "player-api").servingUnits).toBe(50);
  });

  test("replaces every unit out of the same launch rate, so that a raise meanwhile takes twice as long", () => {
    const targets = [{ ...API, launchUnitsPerMinute: 10, baselineUnits: 100 }];
    const { countUnits: _, ...keepsCount } = deployment;
    const minutesUntilServing = (deployments: readonly (typeof keepsCount)[]) => {
      const world = worldWith({ targets, world: { ...QUIET, targets: exact, deployments } });
      const { minutes } = run(world, at(20), at(20, 50), (state) =>
        state.atMs === at(20, 5) ? setMinimum(world, state, "player-api", 150).state : state,
      );
      return minutes.findIndex((minute) => targetIn(minute, "player-api").servingUnits === 150) - 5;
    };
    expect(minutesUntilServing([])).toBe(6);
    expect(minutesUntilServing([keepsCount])).toBe(11);
  });

  test("keeps scale-in off while it runs, and tells how much of the old version is left", () => {
    const busy = { ...deployment, fromMs: at(20, 30), toMs: at(21, 10), countUnits: 100 };
    const lowered = (world: ReturnType<typeof worldWith>) => (state: WorldState) => {
      if (state.atMs === at(20)) return setMinimum(world, state, "player-api", 100).state;
      return state.atMs === at(20, 31) ? setMinimum(world, state, "player-api", 12).state : state;
    };
    const deployed = worldWith({ world: { ...QUIET, targets: exact, deployments: [busy] } });
    const { minutes } = run(deployed, at(20), at(21, 30), lowered(deployed));
    for (let minute = 30; minute < 70; minute++) {
      expect(targetIn(minuteAt(minutes, at(20, minute)), "player-api")).toMatchObject({ desiredUnits: 100, servingUnits: 100 });
    }
    const old = [30, 31, 32, 33].map((minute) => targetIn(minuteAt(minutes, at(20, minute)), "player-api").oldUnits);
    expect(old).toEqual([60, 20, 0, 0]);
    expect(targetIn(minuteAt(minutes, at(21, 29)), "player-api").desiredUnits).toBeLessThan(40);
    expect(targetIn(minuteAt(minutes, at(21, 29)), "player-api").oldUnits).toBeUndefined();
  });
});

describe("terraform apply", () => {
  test("puts a minimum back to its own number in mid-match, and is told as an outside change", () => {
    const outside = [{ targetId: "player-api", atMs: at(20, 3), minimumUnits: 12 }];
    const world = worldWith({ world: { ...QUIET, outside } });
    const { minutes } = run(world, at(20), at(20, 5), (state) =>
      state.atMs === at(20) ? setMinimum(world, state, "player-api", 90).state : state,
    );
    expect(targetIn(minuteAt(minutes, at(20)), "player-api").changes).toEqual([{ what: "call", fromUnits: 12, toUnits: 90 }]);
    expect(targetIn(minuteAt(minutes, at(20, 3)), "player-api")).toMatchObject({
      minimumUnits: 12,
      desiredUnits: 90,
      changes: [{ what: "outside", fromUnits: 90, toUnits: 12 }],
    });
  });

  test("with a lower maximum takes capacity away at once; with one below the minimum it is refused", () => {
    const outside = [
      { targetId: "player-api", atMs: at(20, 3), minimumUnits: 35, maximumUnits: 35 },
      { targetId: "player-api", atMs: at(20, 5), maximumUnits: 11 },
    ];
    const world = worldWith({ world: { ...QUIET, outside } });
    const raised = run(world, at(19, 40), at(20), (state) =>
      state.atMs === at(19, 40) ? setMinimum(world, state, "player-api", 90).state : state,
    ).state;
    const { minutes } = run(world, at(20), at(20, 7), undefined, raised);
    expect(targetIn(minuteAt(minutes, at(20, 2)), "player-api").servingUnits).toBe(90);
    expect(targetIn(minuteAt(minutes, at(20, 3)), "player-api")).toMatchObject({ desiredUnits: 35, servingUnits: 35 });
    expect(targetIn(minuteAt(minutes, at(20, 6)), "player-api").desiredUnits).toBe(35);
  });
});

test("a world in which everything happens is the same from any minute's JSON", () => {
  const world = worldWith({
    targets: [API, { ...API, id: "acu", kind: "aurora-acu" }, { ...API, id: "lcu", kind: "alb-lcu" }],
    world: {
      loginMinutes: 3,
      dips: [{ fromMs: at(19, 20), toMs: at(19, 26), share: 0.1 }],
      outside: [{ targetId: "player-api", atMs: at(19, 10), minimumUnits: 3, maximumUnits: 200 }],
      deployments: [{ targetId: "player-api", fromMs: at(19, 15), toMs: at(19, 25), countUnits: 4 }],
      actions: [{ targetId: "player-api", name: "evening", atMs: at(19, 5), everyDay: true, minimumUnits: 44 }],
      troubleShares: { throttled: 0.2, lost: 0.1, slow: 0.2, unpublished: 0.1 },
    },
  });
  const between = (state: WorldState) =>
    ["player-api", "acu", "lcu"].reduce((next, id) => setMinimum(world, next, id, 20 + ((state.atMs / MINUTE_MS) % 7) * 10).state, state);
  const whole = run(world, at(18, 50), at(19, 50), between);
  let state = beginWorld(world, at(18, 50));
  for (const minute of whole.minutes) {
    const step = stepWorld(world, between(JSON.parse(JSON.stringify(state)) as WorldState));
    expect(step.minute).toEqual(minute);
    expect(JSON.parse(JSON.stringify(step.state))).toEqual(step.state);
    state = step.state;
  }
});
