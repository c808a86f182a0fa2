import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginAudience, stepAudience, totalViewers } from "../../../shared/core/simulate/audience.ts";
import { beginCloud, stepCloud } from "../../../shared/core/simulate/cloud.ts";
import { prepareWorld } from "../../../shared/core/simulate/prepare.ts";
import { beginWorld, historyMinute, setMinimum, stepWorld } from "../../../shared/core/simulate/step.ts";
import type { WorldState } from "../../../shared/core/simulate/step.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { at, CUP_FINAL, minuteAt, run, SCHEDULE, targetIn, worldWith } from "./evening.ts";

function throughJson(state: WorldState): WorldState {
  return JSON.parse(JSON.stringify(state)) as WorldState;
}

describe("a world of a seed", () => {
  test("is the same every time, and another one under another seed", () => {
    const once = run(worldWith(), at(18, 30), at(19, 30)).minutes;
    expect(run(worldWith(), at(18, 30), at(19, 30)).minutes).toEqual(once);
    expect(run(worldWith({ seed: 2 }), at(18, 30), at(19, 30)).minutes).not.toEqual(once);
  });

  test("goes on after any minute as if it had not been stopped, from its JSON and a setting worked out anew", () => {
    const floors = new Map([
      [at(18, 40), 90],
      [at(20, 30), 200],
      [at(21, 25), 12],
    ]);
    const between = (world: ReturnType<typeof worldWith>) => (state: WorldState) => {
      const units = floors.get(state.atMs);
      return units === undefined ? state : setMinimum(world, state, "player-api", units).state;
    };
    const world = worldWith();
    const whole = run(world, at(18, 30), at(22), between(world));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 210 }), (minutes) => {
        const stopMs = at(18, 30 + minutes);
        const before = run(world, at(18, 30), stopMs, between(world));
        const anew = worldWith();
        const after = run(anew, stopMs, at(22), between(anew), throughJson(before.state));
        expect([...before.minutes, ...after.minutes]).toEqual(whole.minutes);
        expect(after.state).toEqual(whole.state);
      }),
      { seed: 1, numRuns: 12 },
    );
  });

  test("does not depend on the order in which the feed lists its channels and programmes", () => {
    const setting = worldWith().setting;
    const reversed = prepareWorld({
      ...setting,
      schedule: { channels: SCHEDULE.channels.toReversed(), programmes: SCHEDULE.programmes.toReversed() },
    });
    expect(run(reversed, at(18, 30), at(19, 30)).minutes).toEqual(run(worldWith(), at(18, 30), at(19, 30)).minutes);
  });

  test("refuses a state of another setting", () => {
    const state = beginWorld(worldWith(), at(18));
    expect(() => stepWorld(worldWith({ world: { occasions: [] } }), state)).toThrow(/6 channels and 1 occasions, its setting 6 and 0/);
    const begun = beginWorld(worldWith({ targets: [] }), at(18));
    expect(() => stepWorld(worldWith(), begun)).toThrow(/no target player-api/);
  });
});

describe("the audience", () => {
  test("and the load it brings are the same whatever floors are set", () => {
    const world = worldWith();
    const alone = run(world, at(18, 30), at(20)).minutes;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 320 }), { minLength: 1, maxLength: 20 }), (floors) => {
        const minutes = run(world, at(18, 30), at(20), (state) => {
          const floor = floors[(state.atMs / MINUTE_MS) % 20];
          return floor === undefined ? state : setMinimum(world, state, "player-api", floor).state;
        }).minutes;
        expect(minutes.map(({ viewers, arrivals, departures }) => ({ viewers, arrivals, departures }))).toEqual(
          alone.map(({ viewers, arrivals, departures }) => ({ viewers, arrivals, departures })),
        );
        expect(minutes.map((minute) => targetIn(minute, "player-api").loadRps)).toEqual(
          alone.map((minute) => targetIn(minute, "player-api").loadRps),
        );
      }),
      { seed: 1, numRuns: 8 },
    );
  });

  test("can be stepped alone and shown to a cloud afterwards, with the same result", () => {
    const world = worldWith();
    const [api] = world.targets;
    if (api === undefined) throw new RangeError("the evening has no target");
    const together = run(world, at(18, 30), at(19, 30)).minutes;
    let audience = beginAudience(world, at(18, 30));
    let cloud = beginCloud(api, targetIn(historyMinute(world, at(18, 29)), "player-api").loadRps);
    for (const minute of together) {
      const heard = stepAudience(world, audience);
      const seen = stepCloud(api, cloud, heard.flow);
      audience = heard.state;
      cloud = seen.state;
      expect(seen.minute).toEqual(targetIn(minute, "player-api"));
    }
  });
});

describe("history", () => {
  test("joins the first minutes without a jump in viewers or load, at any hour without an occasion", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 * 24 * 60 }), fc.integer({ min: 1, max: 1_000 }), (minutes, seed) => {
        const world = worldWith({ seed, world: { occasions: [] } });
        const fromMs = at(0, minutes);
        const last = historyMinute(world, fromMs - MINUTE_MS);
        const [first] = run(world, fromMs, fromMs + MINUTE_MS).minutes;
        if (first === undefined) throw new RangeError("nothing was run");
        expect(Math.abs(totalViewers(first) / totalViewers(last) - 1)).toBeLessThan(0.06);
        expect(totalViewers(first)).toBe(totalViewers(last) + first.arrivals - first.departures);
        for (const id of Object.keys(last.targets)) {
          expect(targetIn(first, id).servingUnits).toBe(targetIn(last, id).servingUnits);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("carries the load of the evenings that follow it: a guide moves it, but not out of its range", () => {
    const world = worldWith({ world: { occasions: [] } });
    const loads = (minutes: readonly { readonly targets: Parameters<typeof targetIn>[0]["targets"] }[]) =>
      minutes.reduce((sum, minute) => sum + (minute.targets["player-api"]?.loadRps ?? 0), 0) / minutes.length;
    const lastWeek = Array.from({ length: 120 }, (_, minute) => historyMinute(world, at(19, minute) - 7 * DAY_MS));
    const tonight = run(world, at(16), at(21)).minutes.filter(({ atMs }) => atMs >= at(19));
    expect(loads(tonight) / loads(lastWeek)).toBeGreaterThan(0.75);
    expect(loads(tonight) / loads(lastWeek)).toBeLessThan(1.25);
  });

  test("knows no occasion, and is the same minute whoever asks for it and when", () => {
    const world = worldWith();
    const minute = historyMinute(world, at(20) + 59_999);
    expect(minute.atMs).toBe(at(20));
    expect(minute).toEqual(historyMinute(worldWith({ world: { occasions: [] } }), at(20)));
    expect(totalViewers(minute)).toBeLessThan(CUP_FINAL.viewers / 4);
  });

  test("has a full evening at half past seven, a twentieth or so at night, and its height is the one the world states", () => {
    const world = worldWith();
    const mean = (hour: number) =>
      Array.from({ length: 56 }, (_, day) => totalViewers(historyMinute(world, at(hour, 30) - day * DAY_MS))).reduce((a, b) => a + b) / 56;
    expect(mean(19) / 60_000).toBeGreaterThan(0.88);
    expect(mean(19) / 60_000).toBeLessThan(1.08);
    expect(mean(3) / mean(19)).toBeLessThan(0.1);
    expect(mean(3) / mean(19)).toBeGreaterThan(0.04);
    for (let hour = 0; hour < 24; hour++) expect(mean(hour)).toBeLessThanOrEqual(mean(19));
  });

  test("differs from day to day, but not from minute to minute", () => {
    const world = worldWith();
    const days = Array.from({ length: 28 }, (_, week) => totalViewers(historyMinute(world, at(19) - week * 7 * DAY_MS)));
    const mean = days.reduce((a, b) => a + b) / days.length;
    const spread = Math.sqrt(days.reduce((sum, day) => sum + (day / mean - 1) ** 2, 0) / days.length);
    expect(spread).toBeGreaterThan(0.06);
    expect(spread).toBeLessThan(0.15);
    for (let atMs = at(0); atMs < at(24); atMs += MINUTE_MS) {
      const [before, after] = [totalViewers(historyMinute(world, atMs)), totalViewers(historyMinute(world, atMs + MINUTE_MS))];
      expect(Math.abs(after / before - 1)).toBeLessThan(0.03);
    }
  });

  test("has arrivals and departures that explain its growth over an hour", () => {
    const world = worldWith();
    for (const hour of [17, 22]) {
      let grown = 0;
      for (let atMs = at(hour) + MINUTE_MS; atMs <= at(hour) + HOUR_MS; atMs += MINUTE_MS) {
        const minute = historyMinute(world, atMs);
        expect(minute.arrivals).toBeGreaterThan(0);
        expect(minute.departures).toBeGreaterThan(0);
        grown += minute.arrivals - minute.departures;
      }
      const seen = totalViewers(historyMinute(world, at(hour + 1))) - totalViewers(historyMinute(world, at(hour)));
      expect(Math.sign(grown)).toBe(Math.sign(seen));
      expect(Math.abs(grown - seen)).toBeLessThan(0.12 * 60_000);
    }
  });
});

test("an evening of 240 minutes leaves a state of a few kilobytes", () => {
  const { minutes, state } = run(worldWith(), at(18), at(22));
  expect(minuteAt(minutes, at(21, 59)).atMs).toBe(state.atMs - MINUTE_MS);
  expect(JSON.stringify(state).length).toBeLessThan(4_000);
});
