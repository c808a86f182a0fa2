import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { totalViewers } from "../../../shared/core/simulate/audience.ts";
import type { PreparedWorld } from "../../../shared/core/simulate/prepare.ts";
import { beginWorld, historyMinute, type WorldMinute } from "../../../shared/core/simulate/step.ts";
import type { TrueOccasion, World } from "../../../shared/core/simulate/world.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { at, CUP_FINAL, highest, minuteAt, run, targetIn, worldWith } from "./evening.ts";

function evening(world: Partial<World>, seed = 1): readonly WorldMinute[] {
  return run(worldWith({ seed, world }), at(18, 30), at(22)).minutes;
}

function onChannels({ viewers }: WorldMinute, ...ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + (viewers[id] ?? 0), 0);
}
function onCupChannels(minute: WorldMinute): number {
  return onChannels(minute, "one", "two");
}

/** Whoever watches at the end of a minute watched before it or came, and did not go; nobody is lost or made. */
function expectConserved(world: PreparedWorld, fromMs: number, toMs: number): void {
  let before = beginWorld(world, fromMs).audience.ordinary.reduce((sum, sessions) => sum + sessions, 0);
  for (const minute of run(world, fromMs, toMs).minutes) {
    const after = totalViewers(minute);
    expect(after).toBe(before + minute.arrivals - minute.departures);
    before = after;
    for (const count of [minute.arrivals, minute.departures, minute.logins ?? 0, ...Object.values(minute.viewers)]) {
      expect(Number.isInteger(count) && count >= 0).toBe(true);
    }
  }
}

describe("an occasion", () => {
  test("that is called off at its start sends home those who came, and nobody comes after it", () => {
    const minutes = evening({ occasions: [{ ...CUP_FINAL, calledOffAfterMinutes: 0 }] });
    const quiet = evening({ occasions: [] });
    const crowd = (atMs: number) => onCupChannels(minuteAt(minutes, atMs)) - onCupChannels(minuteAt(quiet, atMs));
    expect(crowd(at(18, 59))).toBeGreaterThan(0.1 * CUP_FINAL.viewers);
    expect(Math.max(...minutes.map(({ atMs }) => crowd(atMs)))).toBeLessThan(0.4 * CUP_FINAL.viewers);
    expect(crowd(at(19, 30))).toBeLessThan(0.02 * CUP_FINAL.viewers);
  });

  test("that is called off in the middle is over then, whatever the guide says", () => {
    const minutes = evening({ occasions: [{ ...CUP_FINAL, calledOffAfterMinutes: 40 }] });
    expect(onCupChannels(minuteAt(minutes, at(19, 38)))).toBeGreaterThan(0.85 * CUP_FINAL.viewers);
    expect(onCupChannels(minuteAt(minutes, at(20, 5)))).toBeLessThan(0.2 * CUP_FINAL.viewers);
  });

  test("that nobody cares for draws what its slot draws: no more than on a quiet evening", () => {
    expect(evening({ occasions: [{ ...CUP_FINAL, viewers: 0 }] }).map(({ viewers }) => viewers)).toEqual(
      evening({ occasions: [] }).map(({ viewers }) => viewers),
    );
  });

  test("that no guide names is where and when the world says, whatever is on there, even under a title of the guide", () => {
    const breaking: TrueOccasion = {
      occasion: "cup final",
      title: "cup final",
      channels: ["one", "five"],
      windowStartMs: at(19),
      windowEndMs: at(20, 30),
      startsAtMs: at(20),
      endsAtMs: at(20, 30),
      viewers: 250_000,
      startsLateMinutes: 0,
      endsLateMinutes: 0,
      unlisted: true,
    };
    const minutes = evening({ occasions: [breaking] });
    expect(onChannels(minuteAt(minutes, at(20, 20)), "one", "five")).toBeGreaterThan(220_000);
    expect(onChannels(minuteAt(minutes, at(19, 40)), "one", "five")).toBeLessThan(60_000);
    expect(minuteAt(minutes, at(20, 20)).viewers["five"]).toBeGreaterThan(50_000);
    // Named by the guide it would be on the channel of its slot alone.
    const listed = worldWith({ world: { occasions: [{ ...breaking, unlisted: false }] } });
    expect(listed.occasions[0]?.parts).toHaveLength(1);
  });
});

describe("viewers who have to log in", () => {
  const targets = { "player-api": { requestsPerArrival: 0, requestsPerViewerMinute: 0, requestsPerDeparture: 0, requestsPerLogin: 12 } };

  test("come to the home page one to three minutes before they watch, in a burst of its own", () => {
    const minutes = evening({ loginMinutes: 3 });
    const logins = highest(minutes, at(18, 45), at(19, 30), (minute) => minute.logins ?? 0);
    const arrivals = highest(minutes, at(18, 45), at(19, 30), (minute) => minute.arrivals);
    expect(arrivals.atMs - logins.atMs).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(arrivals.atMs - logins.atMs).toBeLessThanOrEqual(3 * MINUTE_MS);
    const later = (fromMs: number, toMs: number, of: (minute: WorldMinute) => number) =>
      minutes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).reduce((sum, minute) => sum + of(minute), 0);
    // By the plateau all but the last few minutes' logins have become viewers.
    const cameIn = later(at(18, 30), at(20), ({ logins: came = 0 }) => came);
    const watched = later(at(18, 30), at(20), ({ arrivals: came }) => came);
    expect(Math.abs(cameIn / watched - 1)).toBeLessThan(0.02);
  });

  test("are there for the start all the same, and as many as without", () => {
    const [direct, logging] = [evening({}), evening({ loginMinutes: 3 })];
    for (const minute of [40, 60, 90]) {
      expect(onCupChannels(minuteAt(logging, at(19, minute))) / onCupChannels(minuteAt(direct, at(19, minute)))).toBeCloseTo(1, 1);
    }
    const peak = (minutes: readonly WorldMinute[]) => highest(minutes, at(18, 45), at(19, 30), ({ arrivals }) => arrivals).atMs;
    expect(Math.abs(peak(direct) - peak(logging))).toBeLessThanOrEqual(2 * MINUTE_MS);
  });

  test("are what a login service carries: as many requests as each costs", () => {
    const minutes = evening({ loginMinutes: 2, targets });
    for (const minute of minutes) {
      const asked = ((minute.logins ?? 0) * 12) / 60;
      expect(Math.abs(targetIn(minute, "player-api").loadRps - asked)).toBeLessThanOrEqual(0.08 * asked);
    }
    expect(evening({ targets }).every((minute) => minute.logins === undefined && targetIn(minute, "player-api").loadRps === 0)).toBe(true);
    const usual = historyMinute(worldWith({ world: { loginMinutes: 2, targets } }), at(12));
    expect(usual.logins).toBe(usual.arrivals);
  });

  test("are neither lost nor made, in the crowd as in the minute", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 2_000_000 }),
        fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
        (seed, loginMinutes, viewers, calledOff) => {
          const occasion = { ...CUP_FINAL, viewers, ...(calledOff !== undefined && { calledOffAfterMinutes: calledOff }) };
          const world = worldWith({ seed, targets: [], world: { loginMinutes, occasions: [occasion] } });
          expectConserved(world, at(18, 45), at(20, 30));
          const people = world.occasions[0]?.parts.map((part) => part.people) ?? [];
          let state = beginWorld(world, at(18, 45));
          while (state.atMs < (world.occasions[0]?.endsAtMs ?? 0) && state.atMs < at(20)) {
            state = run(world, state.atMs, state.atMs + MINUTE_MS, undefined, state).state;
            if (state.atMs > (world.occasions[0]?.endsAtMs ?? 0)) break;
            const there = state.audience.crowds[0]?.map(({ watching, away, home = [] }) => home.reduce((a, b) => a + b, watching + away));
            expect(there).toEqual(people);
          }
        },
      ),
      { seed: 1, numRuns: 12 },
    );
  });
});

describe("a service that goes dark in mid-match", () => {
  const dips = [{ fromMs: at(19, 50), toMs: at(19, 56), share: 0.1 }];

  test("loses its viewers at once and has them back in a burst within minutes", () => {
    const [bright, dark] = [evening({}), evening({ dips })];
    const sight = (minute: number) => onCupChannels(minuteAt(dark, at(19, minute))) / onCupChannels(minuteAt(bright, at(19, minute)));
    expect([48, 49].map(sight)).toEqual([1, 1]);
    for (const minute of [50, 53, 55]) expect(sight(minute)).toBeCloseTo(0.1, 3);
    expect(sight(56)).toBeGreaterThan(0.6);
    expect(sight(59)).toBeGreaterThan(0.97);
    expect(sight(80)).toBe(1);
    const burst = highest(dark, at(19, 45), at(20, 30), ({ arrivals }) => arrivals);
    expect(burst.atMs).toBe(at(19, 56));
    expect(burst.arrivals).toBeGreaterThan(0.5 * CUP_FINAL.viewers);
    expect(minuteAt(dark, at(19, 50)).departures).toBeGreaterThan(0.8 * CUP_FINAL.viewers);
  });

  test("brings its load back above what it was before", () => {
    const minutes = evening({ dips });
    const load = (minute: number) => targetIn(minuteAt(minutes, at(19, minute)), "player-api").loadRps;
    expect(load(53)).toBeLessThan(0.3 * load(48));
    expect(load(56)).toBeGreaterThan(1.5 * load(48));
  });

  test("is the same as ever before and a quarter of an hour after, and counts everybody meanwhile", () => {
    const [bright, dark] = [evening({}), evening({ dips })];
    for (const minute of bright) {
      if (minute.atMs >= at(19, 50) && minute.atMs < at(20, 12)) continue;
      expect(minuteAt(dark, minute.atMs)).toMatchObject({
        viewers: minute.viewers,
        arrivals: minute.arrivals,
        departures: minute.departures,
      });
    }
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(
          fc.record({
            from: fc.integer({ min: -5, max: 110 }),
            for: fc.integer({ min: 1, max: 30 }),
            share: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
          { maxLength: 3 },
        ),
        fc.integer({ min: 0, max: 3 }),
        (seed, stretches, loginMinutes) => {
          const many = stretches.map((each) => ({
            fromMs: at(18, 45 + each.from),
            toMs: at(18, 45 + each.from + each.for),
            share: each.share,
          }));
          // A dip that began before the first minute has turned people away whom the beginning still counts.
          const dipsOfAll = many.filter(({ fromMs }) => fromMs >= at(18, 45));
          expectConserved(worldWith({ seed, targets: [], world: { dips: dipsOfAll, loginMinutes } }), at(18, 45), at(20, 45));
        },
      ),
      { seed: 1, numRuns: 25 },
    );
  });
});
