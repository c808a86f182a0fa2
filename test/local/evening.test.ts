import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEvening } from "../../local/evening.ts";
import { reportOf } from "../../local/report.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at } from "../app/made.ts";
import { eventsOf, LINES, runTo, settingOf, smallEvening } from "./small-evening.ts";

function freshDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "calltime-evening-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("the same seed gives the same events and the same report", async () => {
  const [one, other] = [await smallEvening(), await smallEvening()];
  for (const evening of [one, other]) await runTo(evening, at(19, 20));
  expect(await eventsOf(other)).toEqual(await eventsOf(one));
  expect(await reportOf(other)).toEqual(await reportOf(one));
});

test("another seed gives another evening", async () => {
  const [one, other] = [await smallEvening(), await smallEvening({ seed: 2 })];
  for (const evening of [one, other]) await runTo(evening, at(18, 20));
  expect(await reportOf(other)).not.toEqual(await reportOf(one));
});

test("stopped after some ticks and opened again, it goes on as if it had never stopped", async () => {
  const straight = await smallEvening();
  await runTo(straight, at(19, 20));
  const place = { kind: "directory" as const, path: freshDirectory() };
  const resumed: boolean[] = [];
  for (const untilMs of [at(18, 17), at(18, 53), at(19, 3)]) {
    const evening = await openEvening(settingOf({ place }));
    resumed.push(evening.resumed);
    await runTo(evening, untilMs);
    await evening.close();
  }
  const last = await smallEvening({ place });
  expect([...resumed, last.resumed]).toEqual([false, true, true, true]);
  expect(last.nowMs()).toBe(at(19, 3));
  await runTo(last, at(19, 20));
  expect(await eventsOf(last)).toEqual(await eventsOf(straight));
  expect(await reportOf(last)).toEqual(await reportOf(straight));
});

test("a tick that fails is undone whole, world included, and can be run again", async () => {
  const evening = await smallEvening();
  await runTo(evening, at(18, 5));
  const before = await eventsOf(evening);
  const { append } = evening.context.ports.journal;
  evening.context.ports.journal.append = () => Promise.reject(new Error("the disk is full"));
  await expect(evening.step()).rejects.toThrow("the disk is full");
  expect(evening.nowMs()).toBe(at(18, 5));
  expect(await eventsOf(evening)).toEqual(before);
  evening.context.ports.journal.append = append;
  await evening.step();
  const straight = await smallEvening();
  await runTo(straight, at(18, 6));
  expect(await eventsOf(evening)).toEqual(await eventsOf(straight));
});

test("a store of another start or seed is refused by name", async () => {
  const place = { kind: "directory" as const, path: freshDirectory() };
  const evening = await openEvening(settingOf({ place }));
  await evening.step();
  await evening.close();
  for (const change of [{ seed: 2 }, { fromMs: at(18, 30) }]) {
    await expect(openEvening(settingOf({ place, ...change }))).rejects.toMatchObject({
      code: "run-mismatch",
      message: expect.stringContaining("2026-06-13T18:00Z with seed 1") as string,
    });
  }
  const again = await openEvening(settingOf({ place, fromMs: undefined }));
  expect(again.nowMs()).toBe(at(18, 1));
  await again.close();
});

test("a feed that is quarantined at the start is refused, and leaves the store as new", async () => {
  const place = { kind: "directory" as const, path: freshDirectory() };
  await expect(openEvening(settingOf({ place, fromMs: at(48) }))).rejects.toMatchObject({ code: "feed-quarantined" });
  await expect(openEvening(settingOf({ place, lines: [] }))).rejects.toMatchObject({ code: "feed-quarantined" });
  const evening = await openEvening(settingOf({ place }));
  expect(evening.resumed).toBe(false);
  await evening.close();
});

test("without a start of its own it begins at the first full hour of the feed", async () => {
  const lines = LINES.map((line) => line.replaceAll('start="20260613170000', 'start="20260613163000'));
  const evening = await smallEvening({ fromMs: undefined, lines });
  expect(evening.fromMs).toBe(at(17));
  expect(evening.feedReport).toMatchObject({ outcome: "published", generation: 1 });
});

test("a change of the guide is planned for at once, not only by the next tick", async () => {
  const evening = await smallEvening();
  await evening.step();
  const plans = (await eventsOf(evening)).filter(({ type }) => type === "calltime.capacity.planned");
  expect(plans[0]?.at).toBe(new Date(at(18)).toISOString());
  expect(evening.nowMs()).toBe(at(18) + MINUTE_MS);
});
