import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { totalViewers } from "../../../shared/core/simulate/audience.ts";
import { prepareWorld } from "../../../shared/core/simulate/prepare.ts";
import { beginWorld } from "../../../shared/core/simulate/step.ts";
import type { WorldMinute } from "../../../shared/core/simulate/step.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { API, at, CUP_FINAL, highest, minuteAt, run, SCHEDULE, targetIn, worldWith } from "./evening.ts";

function onCupChannels(minute: WorldMinute): number {
  return (minute.viewers["one"] ?? 0) + (minute.viewers["two"] ?? 0);
}
function apiLoad(minute: WorldMinute): number {
  return targetIn(minute, "player-api").loadRps;
}
/** Minutes of the sample evening, the final ending `endsLateMinutes` after the guide's 21:00. */
function evening(change: { seed?: number; startsLateMinutes?: number; endsLateMinutes?: number } = {}): readonly WorldMinute[] {
  const { seed = 1, ...late } = change;
  return run(worldWith({ seed, world: { occasions: [{ ...CUP_FINAL, ...late }] } }), at(18, 30), at(22)).minutes;
}

describe("sessions", () => {
  test("are conserved: those at the end of a minute are those before it, plus arrivals, less departures", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 3_000_000 }),
        fc.integer({ min: -30, max: 60 }),
        (seed, viewers, endsLateMinutes) => {
          const world = worldWith({ seed, world: { occasions: [{ ...CUP_FINAL, viewers, endsLateMinutes }] } });
          const begun = beginWorld(world, at(18, 45));
          let before = begun.audience.ordinary.reduce((sum, sessions) => sum + sessions, 0);
          for (const minute of run(world, at(18, 45), at(21, 45)).minutes) {
            const after = totalViewers(minute);
            expect(after).toBe(before + minute.arrivals - minute.departures);
            before = after;
            for (const sessions of Object.values(minute.viewers)) {
              expect(Number.isInteger(sessions)).toBe(true);
              expect(sessions).toBeGreaterThanOrEqual(0);
            }
            expect(minute.arrivals).toBeGreaterThanOrEqual(0);
            expect(minute.departures).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { seed: 1, numRuns: 25 },
    );
  });

  test("of every channel of the guide are told in every minute, also of one that is only in its programmes", () => {
    const [first, ...others] = SCHEDULE.channels;
    const setting = worldWith().setting;
    const world = prepareWorld({ ...setting, schedule: { ...SCHEDULE, channels: others } });
    for (const minute of run(world, at(18, 30), at(18, 40)).minutes) expect(Object.keys(minute.viewers)).toContain(first?.id);
  });

  test("come and go on a quiet evening too, about one in forty a minute", () => {
    const minutes = run(worldWith({ world: { occasions: [] } }), at(18), at(21)).minutes;
    const viewers = minutes.reduce((sum, minute) => sum + totalViewers(minute), 0);
    for (const churn of [
      minutes.reduce((sum, { arrivals }) => sum + arrivals, 0),
      minutes.reduce((sum, { departures }) => sum + departures, 0),
    ]) {
      expect(churn / viewers).toBeGreaterThan(1 / 45);
      expect(churn / viewers).toBeLessThan(1 / 25);
    }
  });
});

describe("the crowd of an occasion", () => {
  test("stands at the viewers the world states, over its channels together, from the first third until the real end", () => {
    for (const seed of [1, 2, 3]) {
      const minutes = evening({ seed });
      for (let minute = 50; minute <= 131; minute += 9) {
        const there = onCupChannels(minuteAt(minutes, at(19, minute)));
        expect(there / CUP_FINAL.viewers).toBeGreaterThan(0.9);
        expect(there / CUP_FINAL.viewers).toBeLessThan(1.06);
      }
    }
  });

  test("comes from ten minutes before, mostly in the first minutes, and has all come only after a while", () => {
    const minutes = evening();
    const quiet = onCupChannels(minuteAt(minutes, at(18, 48)));
    expect(onCupChannels(minuteAt(minutes, at(18, 49))) - quiet).toBeLessThan(0.01 * CUP_FINAL.viewers);
    expect(onCupChannels(minuteAt(minutes, at(18, 58)))).toBeGreaterThan(quiet + 0.04 * CUP_FINAL.viewers);
    expect(onCupChannels(minuteAt(minutes, at(18, 59)))).toBeLessThan(0.35 * CUP_FINAL.viewers);
    const busiest = highest(minutes, at(18, 30), at(20), ({ arrivals }) => arrivals);
    expect(busiest.atMs).toBeGreaterThanOrEqual(at(19));
    expect(busiest.atMs).toBeLessThan(at(19, 4));
    expect(onCupChannels(minuteAt(minutes, at(19, 8)))).toBeLessThan(0.92 * CUP_FINAL.viewers);
  });

  test("brings its highest load when it comes and again when it goes, 1.2 to 1.8 times what it brings in between", () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const minutes = evening({ seed });
      const plateau = apiLoad(minuteAt(minutes, at(20, 30)));
      const start = highest(minutes, at(18, 30), at(20), apiLoad);
      const end = highest(minutes, at(20), at(22), apiLoad);
      expect(start.atMs).toBeGreaterThanOrEqual(at(19));
      expect(start.atMs).toBeLessThan(at(19, 5));
      expect(end.atMs).toBeGreaterThanOrEqual(at(21, 12));
      expect(end.atMs).toBeLessThan(at(21, 17));
      for (const peak of [start, end]) {
        expect(apiLoad(peak) / plateau).toBeGreaterThan(1.2);
        expect(apiLoad(peak) / plateau).toBeLessThan(1.8);
      }
    }
  });

  test("comes and goes a little on the plateau too: people pause and are soon back", () => {
    const quiet = run(worldWith({ world: { occasions: [] } }), at(18, 30), at(20, 40)).minutes;
    const [crowded, empty] = [minuteAt(evening(), at(20, 30)), minuteAt(quiet, at(20, 30))];
    for (const side of ["arrivals", "departures"] as const) {
      expect((crowded[side] - empty[side]) / CUP_FINAL.viewers).toBeGreaterThan(0.003);
      expect((crowded[side] - empty[side]) / CUP_FINAL.viewers).toBeLessThan(0.012);
    }
  });

  test("leaves when the occasion really ends, not when the guide says", () => {
    for (const endsLateMinutes of [0, 12, 35]) {
      const minutes = evening({ endsLateMinutes });
      const plateau = onCupChannels(minuteAt(minutes, at(20, 30)));
      expect(onCupChannels(minuteAt(minutes, at(20, 59 + endsLateMinutes)))).toBeGreaterThan(0.95 * plateau);
      const left = onCupChannels(minuteAt(minutes, at(21, 9 + endsLateMinutes)));
      expect(left).toBeLessThan(0.4 * plateau);
      expect(left).toBeGreaterThan(0.1 * plateau);
    }
  });

  test("comes when the occasion really starts, not when the guide says", () => {
    const minutes = evening({ startsLateMinutes: 15 });
    expect(onCupChannels(minuteAt(minutes, at(19, 4)))).toBeLessThan(0.15 * CUP_FINAL.viewers);
    const busiest = highest(minutes, at(18, 30), at(20), ({ arrivals }) => arrivals);
    expect(busiest.atMs).toBeGreaterThanOrEqual(at(19, 15));
    expect(busiest.atMs).toBeLessThan(at(19, 19));
  });

  test("goes home for the most part; 20 to 35 % of it arrives at another programme", () => {
    const quiet = run(worldWith({ world: { occasions: [] } }), at(18, 30), at(22)).minutes;
    const minutes = evening();
    let more = 0;
    for (let minute = 72; minute < 100; minute++) {
      more += minuteAt(minutes, at(20, minute)).arrivals - minuteAt(quiet, at(20, minute)).arrivals;
    }
    const crowd = onCupChannels(minuteAt(minutes, at(21, 11))) - onCupChannels(minuteAt(quiet, at(21, 11)));
    expect(more / crowd).toBeGreaterThan(0.18);
    expect(more / crowd).toBeLessThan(0.37);
  });

  test("has gone within the hour", () => {
    const world = worldWith();
    const { state } = run(world, at(18, 30), at(22, 30));
    for (const { watching, away } of state.audience.crowds.flat()) {
      expect(watching).toBeLessThan(100);
      expect(away).toBe(0);
    }
  });

  test("keeps to the times the world states where it states them", () => {
    const occasion = { ...CUP_FINAL, startsAtMs: at(19, 20), endsAtMs: at(20, 10), endsLateMinutes: 5 };
    const world = worldWith({ world: { occasions: [occasion] } });
    expect(world.occasions[0]).toMatchObject({ startsAtMs: at(19, 20), endsAtMs: at(20, 15) });
  });

  test("stays away when the guide has no slot of the occasion, which is named", () => {
    const world = worldWith({ world: { occasions: [{ ...CUP_FINAL, title: "ice hockey" }] } });
    expect(world.unplaced).toEqual(["the cup final"]);
    expect(run(world, at(19), at(19, 30)).minutes).toEqual(run(worldWith({ world: { occasions: [] } }), at(19), at(19, 30)).minutes);
  });

  test("of two occasions at once adds up, and neither changes how the other's people come", () => {
    const other = {
      ...CUP_FINAL,
      occasion: "the late film",
      title: "the",
      channels: ["three"],
      windowStartMs: at(15),
      windowEndMs: at(23),
    };
    const film = { ...other, startsAtMs: at(19), endsAtMs: at(21), endsLateMinutes: 0, viewers: 100_000 };
    const both = run(worldWith({ world: { occasions: [CUP_FINAL, film] } }), at(18, 30), at(21)).minutes;
    const one = evening();
    for (let minute = 0; minute < 150; minute += 10) {
      expect(onCupChannels(minuteAt(both, at(18, 30 + minute)))).toBe(onCupChannels(minuteAt(one, at(18, 30 + minute))));
    }
    const three = minuteAt(both, at(20, 30)).viewers["three"] ?? 0;
    expect(three).toBeGreaterThan(90_000);
    expect(three).toBeLessThan(110_000);
  });
});

describe("an ordinary programme", () => {
  const withTitle = (title: string) => {
    const programmes = SCHEDULE.programmes.map((programme) => (programme.channelId === "three" ? { ...programme, title } : programme));
    const setting = worldWith({ targets: [API], world: { occasions: [] } }).setting;
    const minutes = run(prepareWorld({ ...setting, schedule: { ...SCHEDULE, programmes } }), at(16), at(19)).minutes;
    return minutes.at(-1)?.viewers["three"] ?? 0;
  };

  test("draws somewhat more or less than its slot, and the same each time it is on", () => {
    const drawn = FILM_NAMES.map(withTitle);
    expect(new Set(drawn).size).toBeGreaterThan(FILM_NAMES.length / 2);
    expect(Math.max(...drawn) / Math.min(...drawn)).toBeLessThan(5);
    expect(withTitle("Film 3")).toBe(drawn[3]);
  });

  test("that is a filler draws less than a third of a programme's audience, on the whole", () => {
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const usual = mean(FILM_NAMES.map(withTitle));
    expect(withTitle("Kanalpause") / usual).toBeLessThan(0.6);
    expect(withTitle("Kanalpause")).toBeGreaterThan(0);
  });

  test("changes its channel's audience over minutes, not at a stroke", () => {
    const minutes = run(worldWith({ world: { occasions: [] } }), at(16), at(22)).minutes;
    for (const [index, minute] of minutes.slice(1).entries()) {
      const before = minutes[index];
      for (const id of Object.keys(minute.viewers)) {
        const [was, is] = [before?.viewers[id] ?? 0, minute.viewers[id] ?? 0];
        expect(Math.abs(is - was)).toBeLessThan(0.15 * was + 40);
      }
      expect(minute.atMs).toBe((before?.atMs ?? 0) + MINUTE_MS);
    }
  });
});

const FILM_NAMES = Array.from({ length: 12 }, (_, film) => `Film ${film}`);
