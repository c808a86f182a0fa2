import { expect, test } from "vitest";
import { linesOfRehearsal } from "../../cli/rehearse.ts";
import { rehearse, type RehearsalSetting } from "../../local/rehearsal.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, target } from "../app/made.ts";
import { dependent, DEPENDENT_TARGETS, settingOf } from "./small-evening.ts";

const FRONT = target("front", {
  kind: "alb-lcu",
  throughputRps: 20,
  targetUtilisation: 0.8,
  baselineUnits: 20,
  ceilingUnits: 1500,
  startUpMs: HOUR_MS,
  launchUnitsPerMinute: 1500,
  costUsdPerUnitHour: 0.008,
});

/** The small evening with its database before it, and changes to its world. */
function setting(world: Parameters<typeof settingOf>[0] = {}, targets = DEPENDENT_TARGETS): RehearsalSetting {
  const { place: _, ...rest } = settingOf({ ...dependent(), ...world });
  return { ...rest, settings: { ...rest.settings, targets } };
}

test("an occasion is warmed to the size of its evening a day before it, in order, measured, and given back", async () => {
  const report = await rehearse(setting());
  expect(report).toMatchObject({
    name: "the cup final",
    fullAtMs: at(19) - DAY_MS,
    isReady: true,
    refusedConnections: 0,
    unservedRequests: 0,
  });
  const [api, db] = report.targets;
  expect([api?.targetId, db?.targetId]).toEqual(["api", "db"]);
  // As large as on the evening itself.
  expect([api?.fullUnits, db?.fullUnits]).toEqual([68, 7]);
  for (const each of report.targets) {
    expect(each.servingAtMs).toBeLessThanOrEqual(report.fullAtMs);
    expect(each.tookMs).toBeGreaterThan(0);
    expect(each.tookMs).toBeLessThanOrEqual(each.plannedMs + 2 * MINUTE_MS);
    expect(each.releasedAtMs).toBeGreaterThanOrEqual(report.fullAtMs + 15 * MINUTE_MS);
    expect(each.downAtMs).toBeGreaterThanOrEqual(each.releasedAtMs ?? Infinity);
  }
  // The database was asked first, and gone last.
  expect(db?.askedAtMs).toBeLessThan(api?.askedAtMs ?? 0);
  expect(db?.releasedAtMs).toBeGreaterThanOrEqual(api?.releasedAtMs ?? Infinity);
}, 60_000);

test("a reservation is rehearsed too: two leads ahead, and given back after its quiet hours", async () => {
  const { targets, isReady, fullAtMs } = await rehearse(setting({}, [FRONT]));
  expect(isReady).toBe(true);
  const [front] = targets;
  expect(front?.askedAtMs).toBeLessThanOrEqual(fullAtMs - 2 * HOUR_MS + 5 * MINUTE_MS);
  expect(front?.releasedAtMs).toBeGreaterThanOrEqual(fullAtMs + 4 * HOUR_MS);
  expect(front?.costUsd).toBeGreaterThan(0);
}, 60_000);

test("what takes longer than was planned, and what limits leave short, is not ready, and the report says by how much", async () => {
  const slow = settingOf(dependent()).world;
  const report = await rehearse({
    ...setting(),
    world: { ...slow, targets: { api: { ...slow.targets["api"], startUpMs: 12 * MINUTE_MS } } },
  });
  expect(report.isReady).toBe(false);
  const api = report.targets.find(({ targetId }) => targetId === "api");
  expect(api?.tookMs).toBeGreaterThan(api?.plannedMs ?? Infinity);
  expect(linesOfRehearsal(report).join("\n")).toMatch(
    /api: .* serving at \S+, \d+ min late: \d+ min, planned with 5 min;[^]*not all of it was there in time/u,
  );
  const low = await rehearse(setting({}, [target("api", { loadPerViewerRps: 0.02, ceilingUnits: 30 })]));
  expect(low).toMatchObject({ isReady: false, targets: [{ fullUnits: 30 }] });
  expect(linesOfRehearsal(low)[1]).toMatch(/→ 30, short by \d+ by its limits/u);
}, 60_000);

test("an occasion is named by a part of its name; one that nobody knows of is refused with those that there are", async () => {
  expect((await rehearse({ ...setting(), occasion: "Cup" })).name).toBe("the cup final");
  await expect(rehearse({ ...setting(), occasion: "Quiz" })).rejects.toMatchObject({
    code: "occasion-unknown",
    message: expect.stringContaining("right would be one of the cup final") as string,
  });
}, 60_000);
