import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SimulatedAction } from "../../../shared/core/simulate/cloud.ts";
import type { PreparedWorld } from "../../../shared/core/simulate/prepare.ts";
import {
  beginWorld,
  describe as describeTarget,
  putScheduledAction,
  removeScheduledAction,
  scheduledActions,
  setMinimum,
  type WorldState,
} from "../../../shared/core/simulate/step.ts";
import { DAY_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { API, at, minuteAt, run, targetIn, worldWith } from "./evening.ts";

const QUIET = { occasions: [] };

function put(world: PreparedWorld, state: WorldState, action: SimulatedAction): WorldState {
  const asked = putScheduledAction(world, state, "player-api", action);
  expect(asked.outcome).toEqual({ kind: "accepted" });
  return asked.state;
}

/** A world at 20:00 with these actions on player-api. */
function withActions(world: PreparedWorld, actions: readonly SimulatedAction[]): WorldState {
  return actions.reduce((state, action) => put(world, state, action), beginWorld(world, at(20)));
}

describe("a scheduled action", () => {
  test("sets the minimum at its instant, up or down, and is gone", () => {
    const world = worldWith({ world: QUIET });
    const begun = withActions(world, [
      { name: "up", atMs: at(20, 3), minimumUnits: 60 },
      { name: "down", atMs: at(20, 6), minimumUnits: 5 },
    ]);
    const { minutes, state } = run(world, at(20), at(20, 8), undefined, begun);
    const minimums = minutes.map((minute) => targetIn(minute, "player-api").minimumUnits);
    expect(minimums).toEqual([12, 12, 12, 60, 60, 60, 5, 5]);
    expect(targetIn(minuteAt(minutes, at(20, 3)), "player-api")).toMatchObject({
      desiredUnits: 60,
      fired: [{ name: "up", fromUnits: 12, toUnits: 60, failed: false }],
    });
    // It lowers the minimum; it removes nothing.
    expect(targetIn(minuteAt(minutes, at(20, 6)), "player-api").desiredUnits).toBe(60);
    expect(scheduledActions(world, state, "player-api")).toEqual([]);
  });

  test("leaves the bound that it does not name", () => {
    const world = worldWith({ world: QUIET });
    const begun = withActions(world, [
      { name: "max", atMs: at(20, 1), maximumUnits: 80 },
      { name: "min", atMs: at(20, 2), minimumUnits: 70 },
    ]);
    const { state } = run(world, at(20), at(20, 3), undefined, begun);
    expect(describeTarget(world, state, "player-api")).toMatchObject({ minimumUnits: 70, maximumUnits: 80 });
    expect(setMinimum(world, state, "player-api", 81).outcome).toMatchObject({ kind: "refused", code: "ValidationException" });
  });

  test("that would leave the minimum above the maximum fails when it fires, and changes nothing", () => {
    const world = worldWith({ world: QUIET });
    const begun = withActions(world, [
      { name: "a", atMs: at(20, 1), maximumUnits: 11 },
      { name: "b", atMs: at(20, 2), minimumUnits: API.ceilingUnits + 1 },
    ]);
    const { minutes } = run(world, at(20), at(20, 3), undefined, begun);
    const fired = minutes.flatMap((minute) => targetIn(minute, "player-api").fired ?? []);
    expect(fired).toEqual([
      { name: "a", fromUnits: 12, toUnits: 12, failed: true },
      { name: "b", fromUnits: 12, toUnits: 12, failed: true },
    ]);
    expect(targetIn(minuteAt(minutes, at(20, 2)), "player-api").minimumUnits).toBe(12);
  });

  test("of every day fires each day at its time, and stays", () => {
    const actions = [{ targetId: "player-api", name: "evening", atMs: at(20, 2) - 3 * DAY_MS, everyDay: true, minimumUnits: 30 }];
    const world = worldWith({ world: { ...QUIET, actions } });
    const begun = beginWorld(world, at(20));
    expect(scheduledActions(world, begun, "player-api")).toEqual([{ name: "evening", atMs: at(20, 2), minimumUnits: 30, recurring: true }]);
    const { minutes, state } = run(world, at(20), at(20, 4), undefined, begun);
    expect(targetIn(minuteAt(minutes, at(20, 2)), "player-api").minimumUnits).toBe(30);
    expect(scheduledActions(world, state, "player-api")?.map(({ atMs }) => atMs)).toEqual([at(20, 2) + DAY_MS]);
  });

  test("of the customer's, once, that lies before the world begins has had its day", () => {
    const action = { targetId: "player-api", name: "once", everyDay: false, minimumUnits: 30 };
    const world = worldWith({ world: { ...QUIET, actions: [{ ...action, atMs: at(19, 59) }] } });
    expect(scheduledActions(world, beginWorld(world, at(20)), "player-api")).toEqual([]);
  });

  test("in the past, of no bound, of bounds the wrong way round or the 201st is refused; another of the same name is replaced", () => {
    const world = worldWith({ world: QUIET });
    const full = withActions(
      world,
      Array.from({ length: 200 }, (_, nth) => ({ name: `a${nth}`, atMs: at(21) + nth * MINUTE_MS, minimumUnits: 20 })),
    );
    const refusedWith = (action: SimulatedAction) => {
      const asked = putScheduledAction(world, full, "player-api", action);
      expect(asked.state).toBe(full);
      return asked.outcome.kind === "refused" ? asked.outcome.code : asked.outcome.kind;
    };
    expect(refusedWith({ name: "a201", atMs: at(22), minimumUnits: 20 })).toBe("LimitExceededException");
    expect(refusedWith({ name: "a1", atMs: at(19, 59), minimumUnits: 20 })).toBe("ValidationException");
    expect(refusedWith({ name: "a1", atMs: at(22) })).toBe("ValidationException");
    expect(refusedWith({ name: "a1", atMs: at(22), minimumUnits: 30, maximumUnits: 20 })).toBe("ValidationException");
    expect(refusedWith({ name: "a1", atMs: at(22), minimumUnits: 2.5 })).toBe("ValidationException");
    const replaced = put(world, full, { name: "a1", atMs: at(23, 30), minimumUnits: 44 });
    expect(scheduledActions(world, replaced, "player-api")).toHaveLength(200);
    expect(scheduledActions(world, replaced, "player-api")?.filter(({ name }) => name === "a1")).toEqual([
      { name: "a1", atMs: at(23, 30), minimumUnits: 44 },
    ]);
    const fewer = removeScheduledAction(world, replaced, "player-api", "a1");
    expect(scheduledActions(world, fewer.state, "player-api")).toHaveLength(199);
    expect(removeScheduledAction(world, fewer.state, "player-api", "a1")).toEqual({ state: fewer.state, outcome: { kind: "accepted" } });
  });

  test("is not for edges", () => {
    const world = worldWith({ world: QUIET });
    const begun = beginWorld(world, at(20));
    expect(scheduledActions(world, begun, "edge")).toBeUndefined();
    expect(putScheduledAction(world, begun, "edge", { name: "a", atMs: at(21), minimumUnits: 3 }).outcome).toMatchObject({
      kind: "refused",
    });
    expect(scheduledActions(world, begun, "catalogue-db")).toEqual([]);
  });

  test("leaves, with calls in between, whatever was set last within the bounds of that moment", () => {
    const bound = fc.option(fc.integer({ min: 0, max: 320 }), { nil: undefined });
    const act = fc.record({ minute: fc.integer({ min: 0, max: 29 }), minimum: bound, maximum: bound });
    const call = fc.record({ minute: fc.integer({ min: 0, max: 29 }), units: fc.integer({ min: 0, max: 320 }) });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 8 }), fc.array(call, { maxLength: 8 }), (acts, calls) => {
        const world = worldWith({ world: QUIET });
        let state = beginWorld(world, at(20));
        const taken: { minute: number; minimum: number | undefined; maximum: number | undefined }[] = [];
        for (const [nth, { minute, minimum, maximum }] of acts.entries()) {
          const asked = putScheduledAction(world, state, "player-api", {
            name: `a${nth}`,
            atMs: at(20, minute),
            ...(minimum !== undefined && { minimumUnits: minimum }),
            ...(maximum !== undefined && { maximumUnits: maximum }),
          });
          state = asked.state;
          if (asked.outcome.kind === "accepted") taken.push({ minute, minimum, maximum });
        }
        // A model of its own: at each minute first the calls, in order, then the actions, in order of their names.
        let [minimum, maximum] = [API.baselineUnits, API.ceilingUnits];
        const minutes = run(
          world,
          at(20),
          at(20, 30),
          (before) =>
            calls
              .filter(({ minute }) => at(20, minute) === before.atMs)
              .reduce((next, { units }) => setMinimum(world, next, "player-api", units).state, before),
          state,
        ).minutes;
        for (const [minute, told] of minutes.entries()) {
          for (const { units } of calls.filter((each) => each.minute === minute)) if (units <= maximum) minimum = units;
          for (const due of taken.filter((each) => each.minute === minute)) {
            const [low, high] = [due.minimum ?? minimum, due.maximum ?? maximum];
            if (low <= high) [minimum, maximum] = [low, high];
          }
          const { minimumUnits, desiredUnits } = targetIn(told, "player-api");
          expect([minute, minimumUnits]).toEqual([minute, minimum]);
          expect(desiredUnits).toBeGreaterThanOrEqual(minimum);
          expect(desiredUnits).toBeLessThanOrEqual(maximum);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
