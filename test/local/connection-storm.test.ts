import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { TrueMinute } from "../../local/evening-world.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at } from "../app/made.ts";
import { dependent, eventsOf, runTo, smallEvening, type Changes } from "./small-evening.ts";

const refusedIn = (minutes: readonly TrueMinute[]): number =>
  minutes.reduce((sum, { targets }) => sum + (targets["db"]?.refusedConnections ?? 0), 0);
const unservedIn = (minutes: readonly TrueMinute[]): number =>
  minutes.reduce((sum, { targets }) => sum + 60 * (targets["api"]?.unservedRps ?? 0), 0);
const mostOf = (minutes: readonly TrueMinute[], id: string): number =>
  Math.max(...minutes.map(({ targets }) => targets[id]?.minimumUnits ?? 0));

/** The evening as Calltime warms it. */
async function inOrder(changes: Changes = {}): Promise<readonly TrueMinute[]> {
  const evening = await smallEvening(dependent(changes));
  const fromMs = evening.nowMs();
  await runTo(evening, at(19, 30));
  return evening.world.trueMinutes(fromMs, at(19, 30));
}

/** The same evening with the same floors, all asked for in the minute in which the slowest of them has to be. */
async function allAtOnce(floors: Readonly<Record<string, number>>, askedAtMs: number): Promise<readonly TrueMinute[]> {
  const { world } = await smallEvening(dependent());
  const fromMs = world.nowMs();
  while (world.nowMs() < at(19, 30)) {
    if (world.nowMs() === askedAtMs) for (const [id, units] of Object.entries(floors)) await world.capacity.setMinimum(id, units);
    await world.step();
  }
  return world.trueMinutes(fromMs, at(19, 30));
}

/** Two evenings side by side, every third minute before the final: units up, readers there, and a mark for every twenty connections refused. */
function picture(ordered: readonly TrueMinute[], atOnce: readonly TrueMinute[]): string {
  const half = (minutes: readonly TrueMinute[], atMs: number): string => {
    const { api, db } = minutes.find((minute) => minute.atMs === atMs)?.targets ?? {};
    const marks = "#".repeat(Math.ceil((db?.refusedConnections ?? 0) / 20));
    return `${String(api?.servingUnits).padStart(5)}${String(db?.servingUnits).padStart(9)}  ${marks.padEnd(24)}`;
  };
  const lines = [`         in order${" ".repeat(32)}all at once`, `       units  readers  refused${" ".repeat(19)}units  readers  refused`];
  for (let minute = -27; minute <= 0; minute += 3) {
    const atMs = at(19) + minute * MINUTE_MS;
    lines.push(`${String(minute).padStart(5)}  ${half(ordered, atMs)}   ${half(atOnce, atMs)}`.trimEnd());
  }
  return lines.join("\n");
}

test("warmed in order the database takes every connection; the same floors asked for all at once are a storm of refused ones", async () => {
  const ordered = await inOrder();
  const floors = { api: mostOf(ordered, "api"), db: mostOf(ordered, "db") };
  const firstRaiseMs = ordered.find(({ targets }) => (targets["db"]?.minimumUnits ?? 0) > 2)?.atMs ?? 0;
  const atOnce = await allAtOnce(floors, firstRaiseMs);
  expect(refusedIn(ordered)).toBe(0);
  expect(unservedIn(ordered)).toBe(0);
  expect(refusedIn(atOnce)).toBeGreaterThan(1000);
  expect(unservedIn(atOnce)).toBeGreaterThan(0);
  const page = readFileSync(new URL("../../docs/warming.md", import.meta.url), "utf8");
  const shown = /<!-- connection storm -->\n```\n([\s\S]*?)\n```/.exec(page)?.[1];
  expect(shown).toBe(picture(ordered, atOnce));
}, 60_000);

test("a programme that is known ten minutes before its start gets what the database has room for, and what waits is said", async () => {
  const evening = await smallEvening(dependent({ fromMs: at(18, 50) }));
  await runTo(evening, at(19, 30));
  const minutes = await evening.world.trueMinutes(at(18, 50), at(19, 30));
  // Neither on the way up, when readers take longer than units, nor on the way down, when units are still there.
  expect(refusedIn(minutes)).toBe(0);
  expect(minutes[1]?.targets["api"]?.minimumUnits).toBe(20);
  expect(mostOf(minutes, "api")).toBeGreaterThan(60);
  const waited = (await eventsOf(evening)).flatMap((event) =>
    event.type === "calltime.warm-up.failed" && event.data.code === "database-first" ? [event.data] : [],
  );
  expect(waited[0]).toMatchObject({
    targetId: "api",
    outcome: "deferred",
    reason: "db serves 2 units, with connections for 20 of api: the rest waits for it",
  });
  const [entry] = await evening.context.ports.journal.read("api", at(18, 55), at(18, 56));
  expect(entry?.tick).toMatchObject({ floorUnits: 20, limit: "connections", refused: false });
}, 60_000);
