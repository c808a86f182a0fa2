import { expect, test } from "vitest";
import { occasionsKnown } from "../../shared/app/air-log.ts";
import { measure } from "../../shared/app/measure.ts";
import { learn, readLearned, readModel, viewersKeyOf, VIEWERS_KEYS } from "../../shared/app/model.ts";
import { setOverride } from "../../shared/app/override.ts";
import { readAirLog } from "../../shared/app/situation.ts";
import { tick } from "../../shared/app/tick.ts";
import { stretched, type AudienceLevels } from "../../shared/core/forecast/audience.ts";
import type { Learned } from "../../shared/core/forecast/model.ts";
import { usualAt } from "../../shared/core/forecast/usual-load.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, crowd, EVENING, FINAL, platform, slot, stored, target, type Platform } from "./made.ts";

async function measureAt(small: Platform, atMs: number): Promise<readonly unknown[]> {
  small.goTo(atMs);
  return measure(small.context, atMs);
}

async function measured(small: Platform, fromMs: number, toMs: number): Promise<void> {
  for (let atMs = fromMs; atMs < toMs; atMs += MINUTE_MS) await measureAt(small, atMs);
}

const usualRps = async ({ context }: Platform, atMs: number) => {
  const usual = (await readModel(context)).targets["api"];
  return usual === undefined ? undefined : usualAt(usual.load, atMs, []);
};

/** The id of the final's occasion. */
async function finalId({ context }: Platform): Promise<string> {
  const found = (await context.guide(at(17))).occasions.find(({ name }) => name === "the cup final" || name === "Cup Final");
  if (found === undefined) throw new RangeError("the guide has no final");
  return found.id;
}

test("a new deployment reads two weeks of history once, and each full hour after it once, with the minutes just before", async () => {
  const small = await platform();
  await measured(small, at(17, 10), at(19, 10));
  const reads = small.measured.reads.filter(({ of }) => of === "api").map(({ fromMs, toMs }) => [fromMs, toMs]);
  expect(reads).toEqual([
    [at(17) - 14 * DAY_MS, at(17)],
    [at(16, 42), at(18)],
    [at(17, 42), at(19)],
  ]);
  const told = small.bus
    .of("calltime.load.measured")
    .map(({ data }) => [data.to.slice(11, 16), data.knownMinutes, data.unknownMinutes, data.meanRps]);
  expect(told).toEqual([
    ["17:00", 14 * 24 * 60, 0, 300],
    ["18:00", 60, 0, 300],
    ["19:00", 60, 0, 300],
  ]);
});

test("an hour is learned once its metrics have settled", async () => {
  const small = await platform();
  await measured(small, at(17, 30), at(18, 5));
  const before = small.measured.reads.filter(({ of }) => of === "api").length;
  await measureAt(small, at(18, 5));
  expect(small.measured.reads.filter(({ of }) => of === "api").length).toBe(before + 1);
});

test("a gap stays unknown: it is counted, and is no load of zero", async () => {
  const small = await platform();
  small.measured.world.loadRps = (_, atMs) => (atMs >= at(16) && atMs < at(16, 30) ? undefined : 300);
  await measureAt(small, at(17, 10));
  expect(await usualRps(small, at(16, 10))).toBeCloseTo(300, 0);
  expect(small.bus.of("calltime.load.measured")[0]?.data).toMatchObject({ unknownMinutes: 30 });
});

test("a target of which nothing is known has no usual load, and no figures are made up", async () => {
  const small = await platform();
  small.measured.world.loadRps = () => undefined;
  await measureAt(small, at(17, 10));
  expect(await usualRps(small, at(18))).toBeUndefined();
  expect(small.bus.of("calltime.load.measured")[0]?.data).toMatchObject({
    knownMinutes: 0,
    meanRps: null,
    peakRps: null,
    unservedRequests: null,
  });
});

test("a source that fails for one target is read again, and the others are learned", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  small.measured.world.broken.add("api");
  const failures = await measureAt(small, at(17, 10));
  expect(failures).toEqual([new Error("metrics are throttled")]);
  expect(small.bus.of("calltime.load.measured").map(({ data }) => data.targetId)).toEqual(["web"]);
  small.measured.world.broken.clear();
  expect(await measureAt(small, at(17, 11))).toEqual([]);
  expect(small.bus.of("calltime.load.measured").map(({ data }) => data.targetId)).toEqual(["web", "api"]);
});

test("what was learned in a tick that was undone is not known any more", async () => {
  const { context, documents } = await platform();
  const before = await readModel(context);
  await measure(context, at(17));
  expect(await readModel(context)).not.toEqual(before);
  for (const { key, version } of await documents.list("model/")) await documents.remove(key, version);
  expect(await readModel(context)).toEqual(before);
});

test("usual viewers are learned channel by channel, over several documents", async () => {
  const small = await platform();
  small.measured.world.viewers = (channelId) => (channelId === "one" ? 5_000 : 700);
  await measureAt(small, at(17, 10));
  const { viewers } = await readModel(small.context);
  expect(Object.keys(viewers).sort()).toEqual(["one", "two"]);
  expect(viewers["one"] && usualAt(viewers["one"], at(18), [])).toBeCloseTo(5_000, -1);
  expect(Object.keys(await stored(small)).filter((key) => key.startsWith("model/viewers/"))).toEqual(VIEWERS_KEYS);
  const spread = new Set(Array.from({ length: 200 }, (_, index) => viewersKeyOf(`channel ${index}.uk`)));
  expect(spread.size).toBe(VIEWERS_KEYS.length);
});

test("a channel that is not reported for an hour keeps what was learned of it", async () => {
  const small = await platform();
  await measureAt(small, at(17, 10));
  const before = (await readModel(small.context)).viewers["two"];
  small.measured.world.viewers = (channelId) => (channelId === "two" ? undefined : 1_000);
  await measureAt(small, at(18, 10));
  expect((await readModel(small.context)).viewers["two"]).toEqual(before);
});

test("the evening of an occasion is no part of the usual week", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, FINAL.endsAtMs);
  small.measured.world.loadRps = (_, atMs) => (atMs >= at(18, 50) && atMs < at(21, 20) ? 6_000 : 300);
  await measured(small, at(18), at(23, 10));
  expect(await usualRps(small, at(20))).toBeCloseTo(300, 0);
});

test("an occasion is followed: it starts, overruns, ends when its crowd leaves, and is learned from once", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, at(21, 20));
  await measured(small, at(18, 50), at(21, 15));
  const id = await finalId(small);
  expect((await readAirLog(small.context)).air[id]).toEqual({ kind: "on-air", startedAtMs: at(19) });
  await measured(small, at(21, 15), at(23));
  const log = await readAirLog(small.context);
  expect(log.air[id]).toMatchObject({ kind: "ended", by: "crowd" });
  expect(log.outcomes[id]).toMatchObject({ name: "the cup final", measuredViewers: 200_000 });
  expect(log.tally).toEqual({ above: 1, below: expect.any(Number) as number, "unknown-audience": expect.any(Number) as number });
  const lessons = small.bus.of("calltime.model.updated").filter(({ data }) => data.occasionId === id);
  expect(lessons.map(({ data }) => data.cause)).toEqual(["occasion"]);
  expect(lessons[0]?.data.what).toMatch(/^the cup final drew 200,000 viewers above usual; \d{3},\d{3} were expected$/);
  const version = (await readLearned(small.context)).version;
  await measured(small, at(23), at(23, 30));
  expect(small.bus.of("calltime.model.updated").filter(({ data }) => data.occasionId === id)).toHaveLength(1);
  expect((await readLearned(small.context)).version).toBeLessThanOrEqual(version + 1);
});

test("an override that expires after an occasion ended changes nothing of what is learned from it", async () => {
  const lesson = async (untilMs: number) => {
    const small = await platform();
    const there = crowd(100_000, FINAL.startsAtMs, at(21, 20));
    // It grows all the time, so that its middle depends on where it ended.
    small.measured.world.viewers = (channelId, atMs) =>
      there(channelId, atMs) * (channelId === "one" ? 1 + (atMs - at(19)) / HOUR_MS / 4 : 1);
    await measured(small, at(18, 50), at(20, 30));
    const occasionId = await finalId(small);
    await setOverride(
      small.context,
      { kind: "overrun", occasionId, byMinutes: 20, untilMs, author: "desk", why: "extra time" },
      at(20, 30),
    );
    await measured(small, at(20, 30), at(23));
    expect((await readAirLog(small.context)).air[await finalId(small)]).toMatchObject({ kind: "ended", by: "crowd" });
    return readLearned(small.context);
  };
  expect(await lesson(at(22))).toEqual(await lesson(at(23, 30)));
});

test("what is read of the audience is what is new, and a broadcast whole only when it ends", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, FINAL.endsAtMs);
  await measured(small, at(18, 50), at(20, 50));
  const longest = small.measured.reads
    .filter(({ of, toMs }) => of === "audience" && toMs > at(19, 10))
    .map(({ fromMs, toMs }) => toMs - fromMs);
  // The first read of an hour's viewers apart, no read is longer than the newest half hour.
  expect(longest.filter((ms) => ms !== HOUR_MS).every((ms) => ms <= 31 * MINUTE_MS)).toBe(true);
});

test("what was on air before Calltime looked is held to its real end, and teaches nothing", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, FINAL.endsAtMs);
  await measured(small, at(20), at(22, 50));
  const id = await finalId(small);
  const log = await readAirLog(small.context);
  expect(log.air[id]).toMatchObject({ kind: "ended", by: "crowd" });
  expect(log.tally.above).toBe(0);
  expect(small.bus.of("calltime.model.updated").filter(({ data }) => data.occasionId === id)).toEqual([]);
});

test("a crowd that nobody had thought of is revealed, and told with what it came to", async () => {
  const small = await platform({ expectations: [] });
  small.measured.world.viewers = crowd(90_000, FINAL.startsAtMs, FINAL.endsAtMs);
  await measured(small, at(18, 50), at(23));
  const log = await readAirLog(small.context);
  const id = await finalId(small);
  expect(log.revealed[id]).toEqual({
    impact: "unknown-audience",
    name: "Cup Final",
    startsAtMs: at(19),
    endsAtMs: at(21),
    viewers: 90_000,
  });
  const told = small.bus.of("calltime.model.updated").find(({ data }) => data.occasionId === id);
  expect(told?.data.what).toBe("Cup Final drew 90,000 viewers above usual; nothing was known of it");
});

test("a crowd that only passed through is not the programme's own", async () => {
  const small = await platform({ expectations: [] });
  small.measured.world.viewers = (channelId, atMs) => (channelId === "one" && atMs >= at(20) && atMs < at(20, 5) ? 90_000 : 1_000);
  await measured(small, at(18, 50), at(20, 10));
  const id = await finalId(small);
  expect((await readAirLog(small.context)).revealed[id]).toMatchObject({ viewers: 89_000 });
  await measured(small, at(20, 10), at(23, 50));
  expect((await readAirLog(small.context)).revealed[id]).toBeUndefined();
});

test("an audience with gaps is not learned from", async () => {
  const small = await platform();
  const whole = crowd(200_000, FINAL.startsAtMs, FINAL.endsAtMs);
  small.measured.world.viewers = (channelId, atMs) => (atMs >= at(19, 20) && atMs < at(20, 30) ? undefined : whole(channelId, atMs));
  await measured(small, at(18, 50), at(23, 30));
  const id = await finalId(small);
  expect(small.bus.of("calltime.model.updated").filter(({ data }) => data.occasionId === id)).toEqual([]);
  expect((await readAirLog(small.context)).outcomes[id]).toBeUndefined();
});

test("an occasion that the guide drops while it is on air is followed to its real end", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, at(21, 20));
  await measured(small, at(18, 50), at(19, 30));
  const id = await finalId(small);
  await small.air(EVENING.filter(({ endsAtMs }) => endsAtMs > at(21)));
  await measured(small, at(19, 30), at(21, 15));
  expect((await readAirLog(small.context)).air[id]).toEqual({ kind: "on-air", startedAtMs: at(19) });
  await measured(small, at(21, 15), at(22, 30));
  const log = await readAirLog(small.context);
  expect(log.air[id]).toMatchObject({ kind: "ended", by: "crowd" });
  expect(log.outcomes[id]).toMatchObject({ measuredViewers: 200_000 });
});

test("a programme that the guide lists again under another occasion is that one, not two", async () => {
  const small = await platform();
  await measured(small, at(18, 50), at(19, 10));
  const renamed = { ...FINAL, title: "Big Match Tonight" };
  await small.air(EVENING.map((programme) => (programme.id === FINAL.id ? renamed : programme)));
  await tick(small.context, at(19, 10));
  const known = occasionsKnown(await small.context.guide(at(19, 10)), await readAirLog(small.context), [], at(19, 10));
  expect(known.filter(({ startsAtMs }) => startsAtMs === FINAL.startsAtMs).map(({ name }) => name)).toEqual(["Big Match Tonight"]);
});

test("what is over is forgotten after a day, and the log stays small through a long week", async () => {
  const small = await platform({ expectations: [] });
  const daily = Array.from({ length: 60 }, (_, hour) => slot("one", `Show ${hour}`, at(18 + hour), at(19 + hour)));
  await small.air(daily);
  small.measured.world.viewers = (channelId, atMs) => (channelId === "one" && atMs > at(18) ? 80_000 : 1_000);
  for (let atMs = at(18); atMs < at(18 + 40); atMs += 5 * MINUTE_MS) await measureAt(small, atMs);
  const log = await readAirLog(small.context);
  expect(Object.keys(log.judged).length).toBeLessThan(30);
  expect(Object.keys(log.learned).length).toBeLessThan(8);
  expect(Object.keys(log.occasions).sort()).toEqual(Object.keys(log.air).sort());
});

test("of a great many groups the ones that have not learned for longest are forgotten", async () => {
  const small = await platform();
  const level: AudienceLevels[string] = { count: 1, mean: 1, squares: 0 };
  const groups = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`series/${from + n}`, level]));
  const lesson = (audience: AudienceLevels) => ({
    apply: <L extends { readonly audience: object }>(before: L) => ({ ...before, audience: { ...before.audience, ...audience } }),
    cause: "occasion" as const,
    what: undefined,
  });
  await learn(small.context, [lesson(groups(0, 3_000))], at(17));
  await learn(small.context, [lesson({ "series/0": { ...level, count: 2 } })], at(17));
  await learn(small.context, [lesson(groups(3_000, 1_500))], at(17));
  const kept = Object.keys((await readLearned(small.context)).audience);
  expect(kept).toHaveLength(4_000);
  expect(kept).toContain("series/0");
  expect(kept).not.toContain("series/1");
  expect(kept).toContain("series/4499");
});

test("after a pause that an occasion began in, the hour of its crowd is not learned as a usual one", async () => {
  const small = await platform();
  const { world } = small.measured;
  world.viewers = crowd(200_000, at(19), at(21));
  world.loadRps = (_, atMs) => (atMs >= at(19) && atMs < at(21) ? 6_300 : 300);
  const usual = async () => (await readModel(small.context)).targets["api"]?.load.weekMeans ?? [Number.NaN];
  for (let atMs = at(18, 30); atMs < at(18, 55); atMs += MINUTE_MS) {
    small.goTo(atMs);
    await tick(small.context, atMs);
  }
  small.goTo(at(20, 10));
  await tick(small.context, at(20, 10));
  expect(Math.max(...(await usual()))).toBeLessThan(400);
});

test("a broadcast whose load cannot be read when it is due is learned from as soon as it can", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, at(19), at(21));
  small.measured.world.loadRps = (_, atMs) => 300 + 0.05 * Math.max(0, crowd(200_000, at(19), at(21))("one", atMs) - 1_000);
  const perViewer = async () => (await readLearned(small.context)).loadPerViewer["api"]?.["any"]?.count;
  for (let atMs = at(18, 30); atMs < at(21, 55); atMs += MINUTE_MS) {
    const due = atMs >= at(21, 35);
    if (due && atMs < at(21, 52)) small.measured.world.broken.add("api");
    else small.measured.world.broken.delete("api");
    small.goTo(atMs);
    await tick(small.context, atMs).catch(() => undefined);
    if (due && atMs < at(21, 52)) expect(await perViewer()).toBeUndefined();
  }
  expect(await perViewer()).toBe(1);
});

test("how a settled programme does tonight is noted at its end, once, for what its channel shows next", async () => {
  const small = await platform();
  const usual = { count: 10, mean: stretched(6_000), squares: 0.1 };
  const lesson = (learned: Learned): Learned => ({ ...learned, audience: { "series/two/old songs": usual, "series/two/quiz": usual } });
  await learn(small.context, [{ apply: lesson, cause: "occasion", what: undefined }], at(17));
  small.measured.world.viewers = (channelId, atMs) => (channelId === "two" && atMs >= at(17) && atMs < at(20) ? 8_000 : 1_000);
  const evening = async () => (await readLearned(small.context)).audience["evening/two"];
  const versions: number[] = [];
  await measureAt(small, at(15, 55));
  for (let atMs = at(19, 30); atMs < at(20, 5); atMs += MINUTE_MS) {
    await measureAt(small, atMs);
    expect((await evening()) === undefined).toBe(atMs < at(20));
    versions.push((await readLearned(small.context)).version);
  }
  expect(new Set(versions).size).toBe(2);
  expect(await evening()).toMatchObject({ atMs: at(20) });
  expect((await evening())?.mean).toBeGreaterThan(0.5);
});
