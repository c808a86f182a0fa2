import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEvening, type Evening, type EveningElsewhere } from "../../local/evening.ts";
import { reportOf } from "../../local/report.ts";
import { serveApp } from "../../local/server.ts";
import { worldElsewhere, type WorldElsewhere } from "../../local/world-elsewhere.ts";
import { openWorldProcess } from "../../local/world-process.ts";
import { readFloor } from "../../shared/app/floor.ts";
import { setOverride } from "../../shared/app/override.ts";
import { at, target } from "../app/made.ts";
import { eventsOf, runTo, settingOf, smallEvening } from "./small-evening.ts";

/** The world of the small evening, served by this process. */
async function smallWorldElsewhere(): Promise<WorldElsewhere> {
  const opened = await openWorldProcess({ ...settingOf(), stepped: true });
  onTestFinished(() => opened.close());
  const server = await serveApp(opened.app, { port: 0 });
  onTestFinished(() => server.close());
  return worldElsewhere(server.url);
}

function elsewhere(world: WorldElsewhere, more: Partial<EveningElsewhere> = {}): EveningElsewhere {
  const { place, settings, feed } = settingOf();
  const onTickFailed = (error: unknown): never => {
    throw error;
  };
  return { place, settings, feed, elsewhere: world, onTickFailed, ...more };
}

async function opened(setting: EveningElsewhere): Promise<Evening> {
  const evening = await openEvening(setting);
  onTestFinished(() => evening.close());
  return evening;
}

function freshDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "calltime-elsewhere-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("an evening in a world elsewhere is the evening in a world of its own: same events, same report", { timeout: 60_000 }, async () => {
  const here = await smallEvening();
  const there = await opened(elsewhere(await smallWorldElsewhere()));
  for (const evening of [here, there]) await runTo(evening, at(19, 5));
  expect((await eventsOf(here)).length).toBeGreaterThan(20);
  expect(await eventsOf(there)).toEqual(await eventsOf(here));
  expect(await reportOf(there)).toEqual(await reportOf(here));
});

test("a raise is on record as ours before it is asked for: whoever is killed in the call finds it again", { timeout: 60_000 }, async () => {
  const world = await smallWorldElsewhere();
  const path = freshDirectory();
  let inCall: (units: number) => void;
  const called = new Promise<number>((done) => (inCall = done));
  const neverAnswers: WorldElsewhere = {
    ...world,
    capacity: {
      ...world.capacity,
      setMinimum: async (targetId, units) => {
        await world.capacity.setMinimum(targetId, units);
        inCall(units);
        return new Promise(() => undefined);
      },
    },
  };
  const evening = await openEvening(elsewhere(neverAnswers, { place: { kind: "directory", path } }));
  void runTo(evening, at(19));
  const units = await called;
  // What a kill at this instant leaves behind.
  const left = freshDirectory();
  cpSync(path, left, { recursive: true });
  const again = await opened(elsewhere(world, { place: { kind: "directory", path: left } }));
  expect((await readFloor(again.context, "api"))?.value).toMatchObject({ intendedUnits: units, unsettledUnits: 4, customerUnits: 4 });
  await again.step();
  await again.step();
  expect((await readFloor(again.context, "api"))?.value).toMatchObject({ customerUnits: 4 });
});

test("a tick that fails is told of, and the world's next minute has its own", { timeout: 60_000 }, async () => {
  const world = await smallWorldElsewhere();
  const failures: unknown[] = [];
  let broken = true;
  const loads: WorldElsewhere["loads"] = {
    ...world.loads,
    audience: (...range) => (broken ? Promise.reject(new Error("no metrics")) : world.loads.audience(...range)),
  };
  const evening = await opened(elsewhere({ ...world, loads }, { onTickFailed: (error) => void failures.push(error) }));
  await evening.step();
  broken = false;
  await evening.step();
  expect(failures).toHaveLength(1);
  expect(evening.nowMs()).toBe(at(18, 2));
  expect((await evening.context.ports.journal.read("api", at(18), at(19))).map(({ atMs }) => atMs)).toEqual([at(18), at(18, 1)]);
});

test("what a person asks for is asked of the world before the answer", { timeout: 60_000 }, async () => {
  const evening = await opened(elsewhere(await smallWorldElsewhere()));
  await evening.step();
  const asked = { kind: "floor" as const, targetIds: ["api"], floorUnits: 55, untilMs: at(19), author: "ops", why: "a test" };
  await evening.act(() => setOverride(evening.context, asked, evening.nowMs()));
  expect(await evening.world.capacity.describe(["api"])).toMatchObject([{ minimumUnits: 55 }]);
});

test("a world that lacks a target, and a run of another world, are refused", { timeout: 60_000 }, async () => {
  const world = await smallWorldElsewhere();
  const more = { ...settingOf().settings, targets: [target("api"), target("db")] };
  await expect(openEvening(elsewhere(world, { settings: more }))).rejects.toMatchObject({
    code: "world-mismatch",
    message: `${world.url}: the world there has no target db; it has api; start both with the same --targets`,
  });
  const place = { kind: "directory", path: freshDirectory() } as const;
  await (await openEvening(elsewhere(world, { place }))).close();
  await expect(openEvening(elsewhere({ ...world, id: "other" }, { place }))).rejects.toMatchObject({ code: "world-mismatch" });
  await expect(openEvening(settingOf({ place }))).rejects.toMatchObject({ code: "world-mismatch" });
  const own = { kind: "directory", path: freshDirectory() } as const;
  await (await openEvening(settingOf({ place: own }))).close();
  await expect(openEvening(elsewhere(world, { place: own }))).rejects.toMatchObject({ code: "world-mismatch" });
});

test("a world is kept, goes on where it was, and is refused with other files; its store is no run of Calltime", async () => {
  const place = { kind: "directory", path: freshDirectory() } as const;
  const setting = { ...settingOf(), place, stepped: true };
  const first = await openWorldProcess(setting);
  await first.app.step();
  await first.close();
  const again = await openWorldProcess(setting);
  expect([again.resumed, again.nowMs(), again.worldId]).toEqual([true, at(18, 1), first.worldId]);
  await again.close();
  const other = { ...setting, world: { ...setting.world, usualPeakViewers: 11_000 } };
  await expect(openWorldProcess(other)).rejects.toMatchObject({ code: "world-mismatch" });
  await expect(openWorldProcess({ ...setting, seed: 2 })).rejects.toMatchObject({ code: "run-mismatch" });
  await expect(openEvening(settingOf({ place }))).rejects.toMatchObject({ code: "run-mismatch" });
});
