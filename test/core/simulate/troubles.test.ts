import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  beginWorld,
  callDescribe,
  callPutScheduledAction,
  callRemoveScheduledAction,
  callScheduledActions,
  callSetMinimum,
  clockAt,
  setMinimum,
  stepWorld,
} from "../../../shared/core/simulate/step.ts";
import { callFate, metricDelayMs, troublesOf } from "../../../shared/core/simulate/troubles.ts";
import { TROUBLES, type Trouble, type TroubleKind, type World } from "../../../shared/core/simulate/world.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { at, minuteAt, run, targetIn, worldWith } from "./evening.ts";

function stretch(kind: TroubleKind, where?: string): Trouble {
  return { kind, where, fromMs: at(20), toMs: at(20, 5), lateMinutes: 4 };
}

function worldOf(change: Partial<World>) {
  return worldWith({ world: { occasions: [], ...change } });
}

describe("a call for a minimum", () => {
  test("meets what the world has laid out for it: it may be tried again, is refused, or is never heard of again", () => {
    const heard = (kind: TroubleKind) => {
      const world = worldOf({ troubles: [stretch(kind)] });
      const { state, outcome } = callSetMinimum(world, beginWorld(world, at(20)), "player-api", 50);
      const now = state.clouds["player-api"]?.minimumUnits;
      return { outcome, now, next: targetIn(stepWorld(world, state).minute, "player-api").minimumUnits };
    };
    expect(heard("throttled")).toMatchObject({ outcome: { kind: "deferred", code: "ThrottlingException" }, now: 12, next: 12 });
    expect(heard("conflicting")).toMatchObject({ outcome: { kind: "deferred", code: "ConcurrentUpdateException" }, now: 12, next: 12 });
    expect(heard("lost")).toEqual({ outcome: { kind: "lost", tookEffect: "no" }, now: 12, next: 12 });
    expect(heard("lost-done")).toEqual({ outcome: { kind: "lost", tookEffect: "yes" }, now: 50, next: 50 });
    expect(heard("slow")).toEqual({ outcome: { kind: "lost", tookEffect: "later" }, now: 12, next: 50 });
    expect(heard("dark")).toMatchObject({ outcome: { kind: "accepted" }, now: 50 });
  });

  test("that is slow takes effect after what was asked for meanwhile", () => {
    const world = worldOf({ troubles: [{ ...stretch("slow"), toMs: at(20, 1) }] });
    const slow = callSetMinimum(world, beginWorld(world, at(20)), "player-api", 50).state;
    const meanwhile = setMinimum(world, slow, "player-api", 70).state;
    const first = stepWorld(world, meanwhile);
    expect(targetIn(first.minute, "player-api")).toMatchObject({
      minimumUnits: 50,
      changes: [
        { what: "call", fromUnits: 12, toUnits: 70 },
        { what: "call", fromUnits: 70, toUnits: 50 },
      ],
    });
    expect(stepWorld(world, first.state).state.late).toBeUndefined();
  });

  test("of another target, and before and after the stretch, goes through", () => {
    const world = worldOf({ troubles: [stretch("lost", "player-api")] });
    const accepted = { kind: "accepted" };
    expect(callSetMinimum(world, beginWorld(world, at(20)), "edge", 9).outcome).toEqual(accepted);
    expect(callSetMinimum(world, beginWorld(world, at(19, 59)), "player-api", 50).outcome).toEqual(accepted);
    expect(callSetMinimum(world, beginWorld(world, at(20, 5)), "player-api", 50).outcome).toEqual(accepted);
    expect(callSetMinimum(world, beginWorld(world, at(20, 4)), "player-api", 50).outcome.kind).toBe("lost");
  });

  test("that the control plane itself refuses took no effect, lost or not", () => {
    const world = worldOf({ troubles: [stretch("lost-done")] });
    expect(callSetMinimum(world, beginWorld(world, at(20)), "player-api", 9_999).outcome).toEqual({ kind: "lost", tookEffect: "no" });
  });

  test("leaves a world in which nothing goes wrong as it is but for the minimum", () => {
    const world = worldOf({});
    const begun = beginWorld(world, at(20));
    expect(callSetMinimum(world, begun, "player-api", 12)).toEqual({ state: begun, outcome: { kind: "accepted" } });
    expect(Object.keys(callSetMinimum(world, begun, "player-api", 50).state)).toEqual(["atMs", "audience", "clouds"]);
  });

  test("of the same seed, target, minute and number has the same fate; the shares are those stated", () => {
    const troubleShares = { throttled: 0.2, conflicting: 0.1, refused: 0.05, lost: 0.1, "lost-done": 0.15, slow: 0.05 };
    const troubles = troublesOf({ usualPeakViewers: 1, occasions: [], targets: {}, refusals: [], troubleShares }, 7);
    if (troubles === undefined) throw new RangeError("there are troubles");
    const counts = new Map<string, number>();
    const calls = 20_000;
    for (let nth = 0; nth < calls; nth++) {
      const fate = callFate(troubles, "api", at(20) + (nth % 500) * MINUTE_MS, nth);
      expect(callFate(troubles, "api", at(20) + (nth % 500) * MINUTE_MS, nth)).toEqual(fate);
      const name = fate.kind === "lost" ? `lost ${fate.tookEffect}` : fate.kind === "served" ? "served" : fate.code;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const shares: Readonly<Record<string, number>> = {
      ThrottlingException: 0.2,
      ConcurrentUpdateException: 0.1,
      AccessDeniedException: 0.05,
      "lost no": 0.1,
      "lost yes": 0.15,
      "lost later": 0.05,
      served: 0.35,
    };
    // Four standard deviations of the largest share are 0.0135.
    for (const [name, share] of Object.entries(shares)) expect(Math.abs((counts.get(name) ?? 0) / calls - share)).toBeLessThan(0.0135);
  });
});

describe("scheduled actions", () => {
  const action = { name: "a", atMs: at(21), minimumUnits: 30 };

  test("are put and removed through the same troubles; a lost answer says nothing about what is booked", () => {
    const done = worldOf({ troubles: [stretch("lost-done")] });
    const put = callPutScheduledAction(done, beginWorld(done, at(20)), "player-api", action);
    expect(put.outcome).toEqual({ kind: "lost", tookEffect: "yes" });
    expect(callScheduledActions(done, put.state, "player-api")).toEqual({ kind: "known", actions: [action] });
    const removed = callRemoveScheduledAction(done, put.state, "player-api", "a");
    expect(removed.outcome).toEqual({ kind: "lost", tookEffect: "yes" });
    expect(callScheduledActions(done, removed.state, "player-api")).toEqual({ kind: "known", actions: [] });
    const lost = worldOf({ troubles: [stretch("lost")] });
    const not = callPutScheduledAction(lost, beginWorld(lost, at(20)), "player-api", action);
    expect(callScheduledActions(lost, not.state, "player-api")).toEqual({ kind: "known", actions: [] });
  });

  test("of a dark target, of an edge and of no target are told apart", () => {
    const world = worldOf({ troubles: [stretch("dark", "player-api")] });
    const begun = beginWorld(world, at(20));
    const kinds = ["player-api", "catalogue-db", "edge", "nobody", "__proto__"].map((id) => callScheduledActions(world, begun, id).kind);
    expect(kinds).toEqual(["unknown", "known", "unsupported", "unknown", "unknown"]);
  });
});

describe("a description", () => {
  test("of some targets may be missing while others are told: half a reply", () => {
    const world = worldOf({ troubles: [stretch("dark", "edge")] });
    const begun = beginWorld(world, at(20));
    expect(["player-api", "edge", "catalogue-db"].map((id) => callDescribe(world, begun, id).kind)).toEqual(["known", "unknown", "known"]);
  });

  test("stays missing for the rest of a minute, and is missing as often as stated", () => {
    const world = worldOf({ troubleShares: { dark: 0.25 } });
    let dark = 0;
    for (let minute = 0; minute < 2_000; minute++) {
      const state = { ...beginWorld(world, at(20)), atMs: at(20, minute) };
      const { kind } = callDescribe(world, state, "player-api");
      expect(callDescribe(world, { ...state, calls: 3 }, "player-api").kind).toBe(kind);
      if (kind === "unknown") dark += 1;
    }
    expect(dark / 2_000).toBeCloseTo(0.25, 1);
  });
});

describe("metrics", () => {
  test("are never published, or later, in the stretches that say so", () => {
    const troubles = troublesOf(
      worldOf({ troubles: [stretch("unpublished", "audience"), stretch("late", "player-api")] }).setting.world,
      1,
    );
    expect(metricDelayMs(troubles, "audience", at(20, 1))).toBe(Infinity);
    expect(metricDelayMs(troubles, "audience", at(20, 5))).toBe(0);
    expect(metricDelayMs(troubles, "player-api", at(20, 1))).toBe(4 * MINUTE_MS);
    expect(metricDelayMs(troubles, "edge", at(20, 1))).toBe(0);
    expect(metricDelayMs(undefined, "edge", at(20, 1))).toBe(0);
  });

  test("of a minute have the same delay whoever asks, none or one to three minutes", () => {
    const troubles = troublesOf(worldOf({ troubleShares: { late: 0.3, unpublished: 0.1 } }).setting.world, 1);
    const delays = Array.from({ length: 3_000 }, (_, minute) => metricDelayMs(troubles, "edge", at(20, minute)) / MINUTE_MS);
    expect(new Set(delays)).toEqual(new Set([0, 1, 2, 3, Infinity]));
    expect(delays.filter((delay) => delay === Infinity).length / 3_000).toBeCloseTo(0.1, 1);
    expect(delays.filter((delay) => delay > 0 && delay < 9).length / 3_000).toBeCloseTo(0.27, 1);
  });
});

test("Calltime's clock steps for a while, forwards or back, and steps add up", () => {
  const clockSteps = [
    { fromMs: at(20), toMs: at(20, 10), byMs: 90_000 },
    { fromMs: at(20, 5), toMs: at(20, 20), byMs: -300_000 },
  ];
  const world = worldOf({ clockSteps });
  expect([at(19, 59), at(20), at(20, 5), at(20, 10), at(20, 20)].map((atMs) => clockAt(world, atMs) - atMs)).toEqual([
    0, 90_000, -210_000, -300_000, 0,
  ]);
});

test("no trouble between Calltime and the targets changes who watches and what they ask for", () => {
  const calm = run(worldWith(), at(18, 50), at(19, 30)).minutes;
  fc.assert(
    fc.property(fc.constantFrom(...TROUBLES), fc.double({ min: 0, max: 0.9, noNaN: true }), (kind, share) => {
      const world = worldWith({
        world: { troubles: [{ ...stretch(kind), fromMs: at(19), toMs: at(19, 10) }], troubleShares: { [kind]: share } },
      });
      const { minutes } = run(world, at(18, 50), at(19, 30), (state) => callSetMinimum(world, state, "player-api", 100).state);
      for (const { atMs, viewers } of calm) {
        expect(minuteAt(minutes, atMs).viewers).toEqual(viewers);
        expect(targetIn(minuteAt(minutes, atMs), "player-api").loadRps).toBe(targetIn(minuteAt(calm, atMs), "player-api").loadRps);
      }
    }),
    { seed: 1, numRuns: 10 },
  );
});
