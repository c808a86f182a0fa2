import { describe, expect, test } from "vitest";
import { openMemoryEvening, type MemoryEvening } from "../../local/memory/evening.ts";
import { learnHistory, type History } from "../../local/memory/history.ts";
import { zoneOffsets } from "../../shared/config/zone.ts";
import { setOverride } from "../../shared/app/override.ts";
import { storedPlan } from "../../shared/app/plan.ts";
import { tick } from "../../shared/app/tick.ts";
import { loadPerViewerOf } from "../../shared/core/forecast/model.ts";
import { measure } from "../../shared/app/measure.ts";
import { readLearned } from "../../shared/app/model.ts";
import { stepAt } from "../../shared/core/plan/plan.ts";
import type { World } from "../../shared/core/simulate/world.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteOfWeek } from "../../shared/core/time.ts";
import { at, crowd, FINAL, platform, slot, target, type Platform } from "../app/made.ts";
import { settingOf } from "../local/small-evening.ts";
import { measuredPlatform, noted } from "./made.ts";

async function ticks(made: Platform, fromMs: number, untilMs: number, serves = true): Promise<void> {
  for (let atMs = fromMs; atMs < untilMs; atMs += MINUTE_MS) {
    made.goTo(atMs);
    await tick(made.context, atMs);
    if (serves) made.control.serve();
  }
}

const minimumOf = ({ control }: Platform): number => control.cloud("api").minimumUnits;
const by = { author: "newsroom", why: "to see" };

/** Load of a target whose viewers each bring 0.03 requests a second. */
function loadOf(viewers: (channelId: string, atMs: number) => number) {
  return (_: string, atMs: number): number => 300 + 0.03 * (viewers("one", atMs) - 1_000 + viewers("two", atMs) - 1_000);
}

describe("two big programmes that overlap", () => {
  const expecting = (title: string, channel: string, viewers: number) => ({
    occasion: title,
    title: title.toLowerCase(),
    channels: [channel],
    windowStartMs: at(18),
    windowEndMs: at(21),
    viewers,
  });
  const programmes = [
    slot("one", "Garden Hour", at(16), at(19)),
    FINAL,
    slot("two", "Old Songs", at(16), at(19, 30)),
    slot("two", "Song Night", at(19, 30), at(21, 30)),
  ];

  /** The floor planned for the time when both are on, just before the first of them. */
  async function floorWith(expectations: ReturnType<typeof expecting>[]): Promise<number> {
    const made = await measuredPlatform({ programmes, expectations });
    await ticks(made, at(18, 50), at(18, 51));
    const stored = await storedPlan(made.context, "api");
    return (stored && stepAt(stored.plan, at(19, 50))?.floorUnits) ?? Number.NaN;
  }

  test("have what both of them bring; two overrides have what the larger one asks for", async () => {
    const [match, song] = [expecting("Cup Final", "one", 200_000), expecting("Song Night", "two", 150_000)];
    const usual = await floorWith([]);
    const [one, other, both] = [await floorWith([match]), await floorWith([song]), await floorWith([match, song])];
    const sum = one + other - usual;
    expect(both).toBeGreaterThan(1.25 * Math.max(one, other));
    // Both do not surprise at once: their tails add up to less.
    expect(both).toBeGreaterThan(0.7 * sum);
    expect(both).toBeLessThanOrEqual(sum);
    const made = await measuredPlatform();
    for (const [id, floorUnits] of [
      ["a", 150],
      ["b", 90],
      ["c", 120],
    ] as const)
      await setOverride(made.context, { id, targetIds: ["api"], floorUnits, untilMs: at(18), ...by }, at(17));
    await ticks(made, at(17), at(17, 1));
    expect(minimumOf(made)).toBe(150);
  });
});

describe("a programme over midnight", () => {
  test("has its floor before it begins, holds it through midnight, and gives it back in the small hours", async () => {
    const show = slot("one", "New Year Show", at(23), at(25));
    const expectation = {
      occasion: "the new year show",
      title: "new year show",
      channels: ["one"],
      windowStartMs: at(22),
      windowEndMs: at(24),
      viewers: 200_000,
    };
    const made = await measuredPlatform({
      programmes: [slot("one", "Garden Hour", at(20), at(23)), show, slot("one", "Night Film", at(25), at(28))],
      expectations: [expectation],
    });
    made.measured.world.viewers = crowd(200_000, at(23), at(25));
    made.measured.world.loadRps = loadOf(crowd(200_000, at(23), at(25)));
    await ticks(made, at(22, 50), at(23));
    const before = minimumOf(made);
    expect(before).toBeGreaterThan(60);
    for (let atMs = at(23); atMs < at(25); atMs += MINUTE_MS) {
      await ticks(made, atMs, atMs + MINUTE_MS);
      expect(minimumOf(made)).toBeGreaterThanOrEqual(60);
    }
    await ticks(made, at(25), at(27));
    expect(minimumOf(made)).toBeLessThan(15);
  });
});

describe("a night on which clocks change", () => {
  const nights = [
    { zone: "Europe/Copenhagen", changesAtMs: Date.UTC(2026, 2, 29, 1), byMinutes: 60 },
    { zone: "Europe/Copenhagen", changesAtMs: Date.UTC(2026, 9, 25, 1), byMinutes: -60 },
    { zone: "America/New_York", changesAtMs: Date.UTC(2026, 10, 1, 6), byMinutes: -60 },
    { zone: "Australia/Lord_Howe", changesAtMs: Date.UTC(2026, 3, 4, 15), byMinutes: -30 },
  ] as const;

  test.each(nights)(
    "in $zone ($byMinutes min): a match through it is held for as long as it lasts, by the clock on the wall or not",
    async ({ zone, changesAtMs }) => {
      const [startsAtMs, endsAtMs] = [changesAtMs - HOUR_MS, changesAtMs + HOUR_MS];
      const made = await platform({
        zone: zoneOffsets(zone, changesAtMs - 16 * DAY_MS, changesAtMs + 2 * DAY_MS),
        programmes: [
          slot("one", "Before", startsAtMs - 3 * HOUR_MS, startsAtMs),
          slot("one", "Night Match", startsAtMs, endsAtMs),
          slot("one", "After", endsAtMs, endsAtMs + 5 * HOUR_MS),
        ],
        expectations: [
          {
            occasion: "the match",
            title: "night match",
            channels: ["one"],
            windowStartMs: startsAtMs - HOUR_MS,
            windowEndMs: endsAtMs,
            viewers: 200_000,
          },
        ],
      });
      made.measured.world.viewers = crowd(200_000, startsAtMs, endsAtMs);
      made.measured.world.loadRps = loadOf(crowd(200_000, startsAtMs, endsAtMs));
      await ticks(made, startsAtMs - 10 * MINUTE_MS, startsAtMs);
      for (let atMs = startsAtMs; atMs < endsAtMs; atMs += MINUTE_MS) {
        await ticks(made, atMs, atMs + MINUTE_MS);
        expect(minimumOf(made)).toBeGreaterThanOrEqual(60);
      }
      await ticks(made, endsAtMs, endsAtMs + 90 * MINUTE_MS);
      expect(minimumOf(made)).toBeLessThan(15);
      const starting = made.bus.of("calltime.programme.starting").map(({ data }) => data.startsAt);
      expect(new Set(starting)).toEqual(new Set([new Date(startsAtMs).toISOString()]));
    },
  );

  test.each(nights)(
    "in $zone ($byMinutes min): the peak that comes at seven in the morning, local time, is met at seven in the morning",
    async ({ zone, changesAtMs }) => {
      const offsets = zoneOffsets(zone, changesAtMs - 16 * DAY_MS, changesAtMs + 2 * DAY_MS);
      const localMinute = (atMs: number): number => minuteOfWeek(offsets, atMs) % 1_440;
      const isPeak = (atMs: number): boolean => localMinute(atMs) >= 7 * 60 && localMinute(atMs) < 9 * 60;
      const made = await platform({
        zone: offsets,
        programmes: [slot("one", "All Night", changesAtMs - HOUR_MS, changesAtMs + 12 * HOUR_MS)],
        expectations: [],
      });
      made.measured.world.loadRps = (_, atMs) => (isPeak(atMs) ? 3_000 : 300);
      let peakMs = changesAtMs;
      while (!isPeak(peakMs)) peakMs += MINUTE_MS;
      await ticks(made, peakMs - 45 * MINUTE_MS, peakMs - 44 * MINUTE_MS);
      expect(minimumOf(made)).toBeLessThan(15);
      await ticks(made, peakMs - 12 * MINUTE_MS, peakMs);
      expect(minimumOf(made)).toBeGreaterThanOrEqual(Math.floor(3_000 / 100));
    },
  );
});

describe("a lead that is longer than the notice", () => {
  test("is asked for in the minute it is known, all of it, and said to be late to whoever is on call", async () => {
    const made = await measuredPlatform({
      targets: [target("api", { kind: "aurora-readers", startUpMs: 15 * MINUTE_MS, launchUnitsPerMinute: 15 })],
      expectations: [],
    });
    await ticks(made, at(18, 50), at(18, 52), false);
    expect(minimumOf(made)).toBeLessThan(10);
    await setOverride(
      made.context,
      { kind: "expected-audience", occasionId: "Cup Final", viewers: 200_000, untilMs: at(22), ...by },
      at(18, 52),
    );
    await ticks(made, at(18, 52), at(18, 53), false);
    expect(minimumOf(made)).toBeGreaterThanOrEqual(60);
    await ticks(made, at(18, 53), at(19), false);
    const given = made.bus.of("calltime.readiness.assessed").map(({ data }) => ({ verdict: data.verdict, pages: data.pages }));
    expect(given).toContainEqual({ verdict: "late", pages: true });
  });
});

describe("an outage in the middle of a match", () => {
  test.each([
    ["in mid-match", at(19, 50)],
    ["after the guide's end, in the overrun", at(21, 8)],
  ])("%s, in which viewers and load all but vanish: everything is held, since they come back at once", async (_, fromMs) => {
    const made = await measuredPlatform();
    const viewers = (channelId: string, atMs: number): number =>
      channelId === "one" && atMs >= fromMs && atMs < fromMs + 20 * MINUTE_MS ? 4_000 : crowd(200_000, at(19), at(21, 40))(channelId, atMs);
    made.measured.world.viewers = viewers;
    made.measured.world.loadRps = loadOf(viewers);
    await ticks(made, at(18, 50), fromMs);
    const calls = noted(made);
    const held = minimumOf(made);
    expect(held).toBeGreaterThanOrEqual(60);
    await ticks(made, fromMs, fromMs + 35 * MINUTE_MS);
    expect(calls.filter(({ fromUnits, units }) => units < fromUnits && units < 60)).toEqual([]);
    expect(minimumOf(made)).toBeGreaterThanOrEqual(60);
    const told = made.bus.of("calltime.release.withheld").map(({ data }) => data);
    expect(told).toMatchObject([{ targetId: "api", code: "sudden-fall", pages: true, occasions: [{ name: "the cup final" }] }]);
    expect(told[0]?.floorUnits).toBeGreaterThanOrEqual(60);
  });

  test("that comes twice pages twice, and on a target that is only observed nobody", async () => {
    const made = await measuredPlatform({ targets: [target("api"), target("trial", { mode: "observe" })] });
    const isOut = (atMs: number): boolean => [at(19, 30), at(20, 20)].some((fromMs) => atMs >= fromMs && atMs < fromMs + 10 * MINUTE_MS);
    const viewers = (channelId: string, atMs: number): number =>
      channelId === "one" && isOut(atMs) ? 4_000 : crowd(200_000, at(19), at(21))(channelId, atMs);
    made.measured.world.viewers = viewers;
    made.measured.world.loadRps = loadOf(viewers);
    await ticks(made, at(18, 50), at(20, 40));
    const told = made.bus.of("calltime.release.withheld").map(({ data: { targetId, pages } }) => [targetId, pages]);
    expect(told).toEqual([
      ["api", true],
      ["trial", false],
      ["api", true],
      ["trial", false],
    ]);
  });
});

describe("a match that goes on for hours beyond the guide's end", () => {
  test.each([
    ["whose crowd is seen to be there", false],
    ["of which nobody knows anything any more", true],
  ])("%s keeps its floor beyond the hard cap too, which releases only what fresh load does without", async (_, dark) => {
    const made = await measuredPlatform({
      programmes: [slot("one", "Cup Final", at(19), at(19, 20)), slot("one", "Late News", at(19, 20), at(24))],
    });
    const there = crowd(200_000, at(19), at(21, 45));
    const isDark = (atMs: number): boolean => dark && atMs >= at(21);
    made.measured.world.viewers = (channelId, atMs) => (isDark(atMs) ? undefined : there(channelId, atMs));
    made.measured.world.loadRps = (__, atMs) => (isDark(atMs) ? undefined : 300 + 0.03 * (there("one", atMs) - 1_000));
    await ticks(made, at(18, 55), at(19, 5));
    for (let atMs = at(19, 5); atMs < at(21, 45); atMs += MINUTE_MS) {
      await ticks(made, atMs, atMs + MINUTE_MS);
      expect(minimumOf(made)).toBeGreaterThanOrEqual(60);
    }
    const told = made.bus.of("calltime.release.withheld").map(({ at: when, data: { code, pages } }) => [when.slice(11, 16), code, pages]);
    expect(told).toEqual(dark ? [["21:20", "end-unseen", true]] : []);
  });
});

describe("somebody else at the controls in the middle of a match", () => {
  const big = (atMs: number): number => crowd(200_000, at(19), at(21))("one", atMs);

  async function inMatch(): Promise<Platform> {
    const made = await measuredPlatform();
    made.measured.world.viewers = (channelId, atMs) => (channelId === "one" ? big(atMs) : 1_000);
    made.measured.world.loadRps = (_, atMs) => 300 + 0.03 * (big(atMs) - 1_000);
    await ticks(made, at(18, 50), at(19, 20));
    return made;
  }

  test("lowers the minimum three times in a quarter of an hour: it is back each time within a tick, and somebody is told once", async () => {
    const made = await inMatch();
    for (let atMs = at(19, 20); atMs < at(19, 35); atMs += MINUTE_MS) {
      if ([at(19, 21), at(19, 25), at(19, 29), at(19, 31)].includes(atMs)) made.control.cloud("api").minimumUnits = 4;
      await ticks(made, atMs, atMs + MINUTE_MS);
      expect(minimumOf(made)).toBeGreaterThanOrEqual(60);
    }
    const told = made.bus.of("calltime.warm-up.failed").map(({ at: when, data }) => [when.slice(11, 16), data.code]);
    expect(told).toEqual([["19:29", "contested"]]);
  });

  test("deploys and resets the count: the minimum is imposed again, and the count with it", async () => {
    const made = await inMatch();
    made.control.cloud("api").desiredUnits = 4;
    made.control.cloud("api").servingUnits = 4;
    await ticks(made, at(19, 20), at(19, 21));
    expect(made.control.cloud("api").desiredUnits).toBeGreaterThanOrEqual(60);
    expect(made.control.cloud("api").servingUnits).toBeGreaterThanOrEqual(60);
  });
});

let history: Promise<History> | undefined;

/** The small evening from 18:00 on, with a final at 19:00 for which 100,000 come; in a world of its own. */
async function worldEvening(changes: Partial<World>): Promise<MemoryEvening> {
  const { settings, world, seed, feed } = settingOf({ world: changes });
  const fromMs = at(18);
  history ??= learnHistory({ settings, channels: ["one", "two", "three"], world, seed, fromMs });
  return openMemoryEvening({ settings, world, seed, fromMs, feed, history: await history });
}

async function playTo(evening: MemoryEvening, untilMs: number): Promise<void> {
  while (evening.world.nowMs() < untilMs) await evening.step();
}

async function serviceOf(evening: MemoryEvening) {
  const [state] = await evening.world.capacity.describe(["api"]);
  if (state?.kind !== "known") throw new RangeError("api is not there");
  return state;
}

const failures = ({ bus }: MemoryEvening) =>
  bus.accepted.flatMap((event) => (event.type === "calltime.warm-up.failed" ? [event.data] : []));

describe("terraform apply in the middle of a match", () => {
  test("that takes the minimum back to the file's is undone with the next tick", async () => {
    const evening = await worldEvening({ outside: [{ targetId: "api", atMs: at(19, 20), minimumUnits: 4, maximumUnits: 400 }] });
    await playTo(evening, at(19, 20));
    const before = (await serviceOf(evening)).minimumUnits;
    expect(before).toBeGreaterThan(20);
    await playTo(evening, at(19, 23));
    expect((await serviceOf(evening)).minimumUnits).toBeGreaterThan(0.9 * before);
  });

  test("that takes the maximum down too leaves as much as there is room for, says what is missing, and goes on once there is room", async () => {
    const outside = [
      { targetId: "api", atMs: at(19, 20), minimumUnits: 4, maximumUnits: 16 },
      { targetId: "api", atMs: at(19, 40), maximumUnits: 400 },
    ];
    const evening = await worldEvening({ outside });
    await playTo(evening, at(19, 20));
    const before = (await serviceOf(evening)).minimumUnits;
    await playTo(evening, at(19, 24));
    expect(await serviceOf(evening)).toMatchObject({ minimumUnits: 16, maximumUnits: 16 });
    expect(failures(evening).at(-1)).toMatchObject({ outcome: "clamped", shortUnits: expect.any(Number) as number });
    await playTo(evening, at(19, 43));
    expect((await serviceOf(evening)).minimumUnits).toBeGreaterThan(0.8 * before);
  });
});

describe("five nights with half of the capacity that they need", () => {
  const truth = 0.03;

  /** The estimate of a viewer's load after each of five nights; `counted` of what comes is in the metric, half of it is served. */
  async function learnedOver({
    counted,
    guess,
    followedBy,
  }: {
    counted: number;
    guess: number;
    followedBy: number;
  }): Promise<readonly number[]> {
    const nights = Array.from({ length: 5 }, (_, night) => 24 * night);
    const final = (night: number) => slot("one", "Cup Final", at(night + 19), at(night + 21));
    const news = (night: number) => slot("one", "Late News", at(night + 21), at(night + 22, 30));
    const programmes = nights.flatMap((night) => [
      { ...final(night), id: `final ${night}` },
      ...(followedBy > 0 ? [{ ...news(night), id: `news ${night}` }] : []),
    ]);
    const expecting = (title: string, night: number, viewers: number) => ({
      occasion: `${title} ${night}`,
      title,
      channels: ["one"],
      windowStartMs: at(night + 18),
      windowEndMs: at(night + 22),
      viewers,
    });
    const expectations = nights.flatMap((night) => [expecting("cup final", night, 200_000), expecting("late news", night, followedBy)]);
    const viewers = (channelId: string, atMs: number): number => {
      const night = 24 * Math.floor((atMs - at(12)) / DAY_MS);
      if (!nights.includes(night)) return 1_000;
      const after = followedBy > 0 && channelId === "one" && atMs >= at(night + 21) && atMs < at(night + 22, 30) ? followedBy : 0;
      return Math.max(1_000 + after, crowd(200_000, at(night + 19), at(night + 21, 3))(channelId, atMs));
    };
    const demand = (atMs: number): number => 300 + truth * (viewers("one", atMs) - 1_000);
    const made = await platform({ targets: [target("api", { loadPerViewerRps: guess })], programmes, expectations });
    made.measured.world.viewers = viewers;
    const estimate = async (): Promise<number> => {
      const one = (await made.context.guide(made.now())).occasions.find(({ name }) => name === "cup final 0");
      const learned = await readLearned(made.context);
      return Math.exp(loadPerViewerOf(learned, target("api", { loadPerViewerRps: guess }), one?.programmeClass ?? "other").logRps);
    };
    // Served is half of what comes while the match is on; the rest is turned away, and counted or not.
    const load = made.context.ports.loads.load;
    made.context.ports.loads.load = async (targetId, fromMs, toMs) =>
      (await load(targetId, fromMs, toMs)).map((each) => {
        if (each.kind === "unknown" || each.loadRps <= 300) return each;
        return { ...each, loadRps: Math.max(300, counted * each.loadRps), unservedRps: each.loadRps / 2 };
      });
    made.measured.world.loadRps = (__, atMs) => demand(atMs);
    const estimates: number[] = [];
    for (const night of nights) {
      for (let atMs = at(night + 18, 50); atMs < at(night + 22, 30); atMs += MINUTE_MS) {
        made.goTo(atMs);
        await measure(made.context, atMs);
      }
      estimates.push(await estimate());
    }
    return estimates;
  }

  test.each([
    ["counts what was turned away too, the model comes to the true demand from below", { counted: 1, guess: 0.01 }],
    ["counts what was served alone, the model is not taken down from the true demand", { counted: 0.5, guess: 0.03 }],
  ])("where the load %s", async (_, { counted, guess }) => {
    const estimates = await learnedOver({ counted, guess, followedBy: 0 });
    expect(estimates.every((each, nth) => each >= 0.999 * (estimates[nth - 1] ?? guess))).toBe(true);
    expect(estimates.at(-1)).toBeGreaterThan(0.8 * truth);
    expect(estimates.at(-1)).toBeLessThan(1.2 * truth);
  });

  test("followed at once by news that have a crowd of their own, the match teaches what its viewers bring all the same", async () => {
    const estimates = await learnedOver({ counted: 1, guess: 0.01, followedBy: 40_000 });
    expect(estimates.at(-1)).toBeGreaterThan(0.8 * truth);
  });
});
