import { expect, test } from "vitest";
import type { AnyEvent } from "../../events/index.ts";
import type { Context } from "../../shared/app/context.ts";
import { readVerdicts } from "../../shared/app/operate.ts";
import { measureTick, tick } from "../../shared/app/tick.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, crowd, FINAL, platform, stored, target, type Platform } from "./made.ts";

async function tickAt(small: Platform, atMs: number): Promise<void> {
  small.goTo(atMs);
  await tick(small.context, atMs);
}

async function evening(twice: boolean): Promise<Platform> {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, at(21, 10));
  small.measured.world.loadRps = (_, atMs) => 300 + 0.03 * (small.measured.world.viewers("one", atMs) ?? 0);
  for (let atMs = at(18, 30); atMs < at(23); atMs += MINUTE_MS) {
    await tickAt(small, atMs);
    if (twice) await tickAt(small, atMs);
    small.control.serve();
  }
  return small;
}

test("a tick that runs twice changes nothing the second time, through a whole evening", async () => {
  const once = await evening(false);
  const twice = await evening(true);
  expect(await besidesPlans(twice)).toEqual(await besidesPlans(once));
  // A plan that is made again after its own release was carried out starts from the floor then in force, and may be told once more.
  const told = ({ bus }: Platform) => bus.events.filter(({ type }) => type !== "calltime.capacity.planned").map(withoutPlanVersion);
  expect(told(twice)).toEqual(told(once));
  expect(twice.control.calls).toEqual(once.control.calls);
  expect(twice.journal).toEqual(once.journal);
  expect(once.control.calls.length).toBeGreaterThan(5);
});

async function besidesPlans(small: Platform): Promise<unknown> {
  const { "plan/api": _, ...rest } = await stored(small);
  return rest;
}

function withoutPlanVersion(event: AnyEvent): unknown {
  return event.type === "calltime.warm-up.requested" ? { ...event, data: { ...event.data, planVersion: 0 } } : event;
}

test("a tick that is lost is made good by the next one", async () => {
  const small = await platform();
  await tickAt(small, at(18, 30));
  await tickAt(small, at(18, 59));
  expect(small.control.cloud("api").minimumUnits).toBeGreaterThan(60);
});

test("the journal says what was wanted, done and forecast, and why", async () => {
  const small = await platform();
  await tickAt(small, at(18, 58));
  const [entry] = small.journal;
  expect(entry).toMatchObject({ atMs: at(18, 58), targetId: "api", tick: { mode: "active", refused: false } });
  expect(entry?.tick.floorUnits).toBe(small.control.cloud("api").minimumUnits);
  expect(entry?.forecast?.forMs).toBe(at(19, 1));
  expect(entry?.sentences.some((sentence) => sentence.includes("the cup final"))).toBe(true);
});

test("a tick whose audience cannot be read still plans, warms, cues and assesses, and then says what failed", async () => {
  const small = await platform();
  await tickAt(small, at(18, 29));
  small.measured.world.broken.add("audience");
  await expect(tickAt(small, at(18, 58))).rejects.toThrow("metrics are throttled");
  expect(small.control.cloud("api").minimumUnits).toBeGreaterThan(60);
  expect(small.bus.of("calltime.programme.starting")).not.toEqual([]);
  expect(small.bus.of("calltime.readiness.assessed")).not.toEqual([]);
  expect(small.journal.at(-1)?.atMs).toBe(at(18, 58));
});

test("a tick that can read nothing new keeps setting floors from the plans in force, and names every failure", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  await tickAt(small, at(18, 30));
  const { read } = small.documents;
  small.documents.read = async (key) => {
    if (key === "air" || key === "model/learned") throw new Error(`${key} cannot be read`);
    return read(key);
  };
  const failure = await tickAt(small, at(18, 59)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AggregateError);
  expect(String(failure)).toContain("air cannot be read");
  expect(small.control.cloud("api").minimumUnits).toBeGreaterThan(60);
  expect(small.control.cloud("web").minimumUnits).toBeGreaterThan(60);
});

/** The same evening, with its minutes measured by themselves: each before or after the tick of that minute. */
async function eveningMeasuredApart(measured: "before" | "after"): Promise<Platform & { readonly highest: number }> {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, at(21, 10));
  small.measured.world.loadRps = (_, atMs) => 300 + 0.03 * (small.measured.world.viewers("one", atMs) ?? 0);
  const apart: Context = { ...small.context, settings: { ...small.context.settings, measuredApart: true } };
  let highest = 0;
  for (let atMs = at(18, 30); atMs < at(23); atMs += MINUTE_MS) {
    small.goTo(atMs);
    if (measured === "before") await measureTick(apart, atMs);
    await tick(apart, atMs);
    if (measured === "after") await measureTick(apart, atMs);
    small.control.serve();
    highest = Math.max(highest, small.control.cloud("api").minimumUnits);
  }
  return { ...small, highest };
}

test("minutes that are measured by themselves, before their tick, are the same minutes", async () => {
  const [whole, apart] = [await evening(false), await eveningMeasuredApart("before")];
  expect(await stored(apart)).toEqual(await stored(whole));
  expect(apart.control.calls).toEqual(whole.control.calls);
  expect(apart.journal).toEqual(whole.journal);
});

test("minutes that are measured by themselves, after their tick, still have the evening raised, held and released", async () => {
  const [whole, apart] = [await evening(false), await eveningMeasuredApart("after")];
  expect(apart.highest).toBeGreaterThan(60);
  // Of a smaller crowd than expected the floor comes down while it is there, as it does when the minute is one.
  const unitMinutes = ({ journal }: Platform) => journal.reduce((sum, { tick: { floorUnits } }) => sum + floorUnits, 0);
  expect(unitMinutes(apart) / unitMinutes(whole)).toBeLessThan(1.05);
  expect(unitMinutes(apart) / unitMinutes(whole)).toBeGreaterThan(0.95);
  expect(apart.control.cloud("api").minimumUnits).toBe(whole.control.cloud("api").minimumUnits);
  const given = async ({ context }: Platform) =>
    (await readVerdicts(context)).map(({ name, checkpoint, verdict }) => [name, checkpoint, verdict]);
  expect(await given(apart)).toEqual(await given(whole));
});

test("what fails while measuring is thrown when the rest of it is done", async () => {
  const small = await platform();
  await measureTick(small.context, at(18, 29));
  small.measured.world.broken.add("audience");
  await expect(measureTick(small.context, at(18, 58))).rejects.toThrow("metrics are throttled");
});
