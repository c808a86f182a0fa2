import { expect, test } from "vitest";
import { contextOf } from "../../shared/app/context.ts";
import { measure } from "../../shared/app/measure.ts";
import { nearFrom, storedNear, type StoredNear } from "../../shared/app/near-document.ts";
import type { Json } from "../../shared/app/ports.ts";
import { makePlans, TICK_HORIZON_MS, type Planned } from "../../shared/app/plan.ts";
import { lookNear, nearAt } from "../../shared/core/forecast/near.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { stepAt } from "../../shared/core/plan/plan.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, FINAL, platform, type Platform } from "./made.ts";

/** A busy service that wanders a little, so that there is something to learn. */
async function busy(): Promise<Platform> {
  const small = await platform();
  small.measured.world.loadRps = (_, atMs) => 3_000 + 200 * Math.sin(atMs / HOUR_MS) + 30 * Math.sin(atMs / 70_000);
  small.goTo(at(12, 10));
  await measure(small.context, at(12, 10));
  return small;
}

async function planned({ context }: Pick<Platform, "context">, now: number): Promise<Planned> {
  const [made] = await makePlans(context, await situationAt(context, now), TICK_HORIZON_MS);
  if (made === undefined) throw new RangeError("nothing was planned");
  return made;
}

function nearCount({ forecast }: Planned): number {
  return forecast.minutes.filter((minute) => minute.kind === "known" && minute.isNear === true).length;
}

async function storedOf({ documents }: Pick<Platform, "documents">): Promise<StoredNear> {
  const document = await documents.read("model/near/api");
  if (document === undefined) throw new RangeError("nothing was stored");
  return document.value as unknown as StoredNear;
}

test("the minutes that a decision reaches are read from the newest ones, and the reasons say so", async () => {
  const small = await busy();
  small.goTo(at(12, 40));
  const made = await planned(small, at(12, 40));
  expect(nearCount(made)).toBeGreaterThanOrEqual(8);
  expect(stepAt(made.plan, at(12, 40))?.reasons.map(({ type }) => type)).toContain("near");
  const [newest] = made.forecast.minutes;
  expect(newest?.kind === "known" && newest.medianRps / (small.measured.world.loadRps("api", at(12, 40)) ?? 0)).toBeCloseTo(1, 1);
});

test("minute by minute, or at once after a restart: the newest minutes are read alike", async () => {
  const small = await busy();
  for (let now = at(12, 11); now < at(12, 50); now += MINUTE_MS) {
    small.goTo(now);
    await planned(small, now);
  }
  small.goTo(at(12, 50));
  const restarted = { context: contextOf(small.context.ports, small.context.settings) };
  const [went, again] = [await planned(small, at(12, 50)), await planned(restarted, at(12, 50))];
  expect(nearCount(went)).toBeGreaterThan(0);
  expect(again.forecast).toEqual(went.forecast);
});

test("a minute that is published late is learned from all the same", async () => {
  const small = await busy();
  const whole = small.measured.world.loadRps;
  small.measured.world.loadRps = (target, atMs) => (atMs === at(12, 30) ? undefined : whole(target, atMs));
  small.goTo(at(12, 40));
  await planned(small, at(12, 40));
  small.measured.world.loadRps = whole;
  small.goTo(at(12, 41));
  const restarted = { context: contextOf(small.context.ports, small.context.settings) };
  expect((await planned(small, at(12, 41))).forecast).toEqual((await planned(restarted, at(12, 41))).forecast);
});

test("what was learned hours ago is not gone on from, and another start-up is learned anew", async () => {
  const small = await busy();
  small.goTo(at(15, 30));
  expect(nearCount(await planned(small, at(15, 30)))).toBe(0);
  const [api] = small.context.settings.targets;
  if (api === undefined) throw new RangeError("no target");
  const slower = { ...small.context.settings, targets: [{ ...api, startUpMs: 9 * MINUTE_MS }] };
  const context = contextOf(small.context.ports, slower);
  small.goTo(at(13, 10));
  expect(nearCount(await planned({ context }, at(13, 10)))).toBe(0);
  await measure(context, at(13, 10));
  expect((await storedOf(small)).minutesAhead).toBe(19);
  expect(nearCount(await planned({ context }, at(13, 10)))).toBeGreaterThan(0);
});

test("a crowd that is about to come is the guide's to tell", async () => {
  const small = await busy();
  for (let now = at(12, 11); now <= at(18, 50); now += MINUTE_MS) {
    small.goTo(now);
    if (now % HOUR_MS === 10 * MINUTE_MS || now > at(18, 40)) await measure(small.context, now);
  }
  const made = await planned(small, at(18, 50));
  const nearUntilMs = Math.max(
    ...made.forecast.minutes.flatMap((minute) => (minute.kind === "known" && minute.isNear === true ? [minute.atMs] : [0])),
  );
  expect(nearUntilMs).toBeLessThan(FINAL.startsAtMs - 14 * MINUTE_MS);
  expect(made.forecast.minutes.find(({ atMs }) => atMs === at(18, 53))).not.toHaveProperty("isNear");
});

test("a document gives back what it was made from, to seven digits", async () => {
  const small = await busy();
  const stored = await storedOf(small);
  const near = nearFrom(stored);
  expect(storedNear(near, stored.throughMs)).toEqual(stored);
  expect(near.growth.made.length).toBeGreaterThan(0);
  expect(JSON.stringify(stored).length).toBeLessThan(60_000);
});

test("while nothing is published since the stored hours, they are not learned again", async () => {
  const small = await busy();
  const whole = small.measured.world.loadRps;
  small.goTo(at(13, 10));
  await measure(small.context, at(13, 10));
  small.measured.world.loadRps = (target, atMs) => (atMs >= at(13) ? undefined : whole(target, atMs));
  const measured = await small.context.ports.loads.load("api", at(12, 30), at(13));
  const look = { measured, timings: [], zone: [], throughputRps: 100 };
  const seen = lookNear(nearFrom(await storedOf(small)), look, small.context.settings.policy.unservedPerMillion);
  const { medianRps } = (seen && nearAt(seen, at(13, 10))) ?? {};
  const [first] = (await planned(small, at(13, 10))).forecast.minutes;
  expect(first).toMatchObject({ atMs: at(13, 10), isNear: true, medianRps });
});

test("a part of the week that was never measured has no usual load, whatever the newest minutes say", async () => {
  const small = await busy();
  const { documents } = small;
  const usual = await documents.read("model/usual/api");
  await documents.remove("model/usual/api", usual?.version ?? 0);
  small.goTo(at(12, 40));
  const made = await planned(small, at(12, 40));
  expect(nearCount(made)).toBeGreaterThan(0);
  expect(made.forecast.minutes[0]).toMatchObject({ isNear: true, usualRps: undefined });
  expect(made.needs.find(({ atMs }) => atMs === at(12, 40))).toMatchObject({ kind: "known" });
  const reasons = stepAt(made.plan, at(12, 40))?.reasons.map(({ type }) => type) ?? [];
  expect(reasons).not.toContain("usual-load");
});

test("a document that another version wrote is learned anew, and nothing else waits for it", async () => {
  const small = await busy();
  const document = await small.documents.read("model/near/api");
  const other = { ...(await storedOf(small)), numbers: "AAAAAAAA" };
  await small.documents.write("model/near/api", other as unknown as Json, document?.version ?? 0);
  small.goTo(at(12, 40));
  expect(nearCount(await planned(small, at(12, 40)))).toBe(0);
  small.goTo(at(13, 10));
  await measure(small.context, at(13, 10));
  expect(nearCount(await planned(small, at(13, 10)))).toBeGreaterThan(0);
});
