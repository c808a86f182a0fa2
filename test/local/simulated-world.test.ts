import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../local/database.ts";
import { simulatedBookings } from "../../local/simulated-bookings.ts";
import { simulatedCapacity } from "../../local/simulated-capacity.ts";
import { simulatedLoads } from "../../local/simulated-loads.ts";
import { simulatedWorld } from "../../local/simulated-world.ts";
import { historyMinute } from "../../shared/core/simulate/step.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { EVENING_MS, runningWorld, smallWorld } from "../laws/simulated.ts";

test("a tick that is undone leaves the world, its minimums and its minutes as they were", async () => {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  const world = await simulatedWorld(database, smallWorld(), EVENING_MS);
  const before = await world.describe("web");
  const tick = database.transaction(async () => {
    await world.setMinimum("web", 9);
    await world.step();
    throw new Error("undone");
  });
  await expect(tick).rejects.toThrow("undone");
  expect(world.nowMs()).toBe(EVENING_MS);
  expect(await world.describe("web")).toEqual(before);
  expect(await world.targetMinutes(EVENING_MS, EVENING_MS + MINUTE_MS)).toEqual([]);
  await world.step();
});

test("a run resumed from its store goes on as the uninterrupted one does", async () => {
  const straight = await runningWorld(20);
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  for (let part = 0; part < 4; part += 1) {
    const world = await simulatedWorld(database, smallWorld(), EVENING_MS);
    for (let minute = 0; minute < 5; minute += 1) await world.step();
  }
  const resumed = await simulatedWorld(database, smallWorld(), EVENING_MS);
  expect(resumed.nowMs()).toBe(EVENING_MS + 20 * MINUTE_MS);
  const all = [EVENING_MS - 5 * MINUTE_MS, EVENING_MS + 20 * MINUTE_MS] as const;
  expect(await resumed.targetMinutes(...all)).toEqual(await straight.targetMinutes(...all));
  expect(await resumed.audienceMinutes(...all)).toEqual(await straight.audienceMinutes(...all));
  expect(await resumed.targetMinutes(...all)).toHaveLength(25);
});

test("a store of another start or seed is refused", async () => {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  const world = smallWorld();
  await (await simulatedWorld(database, world, EVENING_MS)).step();
  await expect(simulatedWorld(database, world, EVENING_MS + MINUTE_MS)).rejects.toMatchObject({ code: "run-mismatch" });
  await expect(simulatedWorld(database, { ...world, setting: { ...world.setting, seed: 8 } }, EVENING_MS)).rejects.toMatchObject({
    code: "run-mismatch",
  });
});

test("the metrics of a minute can be read one minute after its end, not before", async () => {
  const world = await runningWorld(0);
  const loads = simulatedLoads(world);
  const kinds: string[] = [];
  for (let minute = 0; minute < 4; minute += 1) {
    const [entry] = await loads.load("web", EVENING_MS, EVENING_MS + MINUTE_MS);
    kinds.push(entry?.kind ?? "none");
    await world.step();
  }
  expect(kinds).toEqual(["unknown", "unknown", "known", "known"]);
});

test("a longer delay is a setting", async () => {
  const loads = simulatedLoads(await runningWorld(5), { readableAfterMs: 5 * MINUTE_MS });
  const entries = await loads.load("web", EVENING_MS, EVENING_MS + 5 * MINUTE_MS);
  expect(entries.map(({ kind }) => kind)).toEqual(["known", "unknown", "unknown", "unknown", "unknown"]);
});

test("the last minutes before the run take their time too", async () => {
  const loads = simulatedLoads(await runningWorld(0));
  const entries = await loads.load("web", EVENING_MS - 3 * MINUTE_MS, EVENING_MS);
  expect(entries.map(({ kind }) => kind)).toEqual(["known", "known", "unknown"]);
});

test("before the run there are eight weeks of the world's history, and what lies before them is unknown", async () => {
  const prepared = smallWorld();
  const loads = simulatedLoads(await runningWorld(0, prepared));
  const edgeMs = EVENING_MS - 56 * DAY_MS;
  const entries = await loads.load("web", edgeMs - MINUTE_MS, edgeMs + MINUTE_MS);
  expect(entries.map(({ kind }) => kind)).toEqual(["unknown", "known"]);
  expect(entries[1]).toMatchObject({ loadRps: historyMinute(prepared, edgeMs).targets["web"]?.loadRps });
  const viewers = await loads.audience(edgeMs - MINUTE_MS, edgeMs + MINUTE_MS);
  expect(viewers.map(({ kind }) => kind)).toEqual(["unknown", "known"]);
  expect(viewers[1]).toMatchObject({ viewers: historyMinute(prepared, edgeMs).viewers });
});

test("a control plane that refuses or throttles is heard, and nothing has changed", async () => {
  const stretch = { fromMs: EVENING_MS, toMs: EVENING_MS + MINUTE_MS };
  const world = await runningWorld(
    0,
    smallWorld({
      refusals: [
        { targetId: "web", ...stretch, kind: "deferred", code: "ThrottlingException" },
        { targetId: "player", ...stretch, kind: "refused", code: "AccessDeniedException" },
      ],
    }),
  );
  const capacity = simulatedCapacity(world);
  const before = await capacity.describe(["web", "player"]);
  expect(await capacity.setMinimum("web", 5)).toMatchObject({ kind: "deferred", code: "ThrottlingException" });
  expect(await capacity.setMinimum("player", 5)).toMatchObject({ kind: "refused", code: "AccessDeniedException" });
  expect(await capacity.describe(["web", "player"])).toEqual(before);
  await world.step();
  expect(await capacity.setMinimum("web", 5)).toEqual({ kind: "accepted" });
});

test("a call whose answer is lost throws, whether it took effect or not, and a dark target is unknown among others", async () => {
  const stretch = { fromMs: EVENING_MS, toMs: EVENING_MS + MINUTE_MS, lateMinutes: 1 };
  const troubles = [
    { kind: "lost-done", where: "web", ...stretch },
    { kind: "lost", where: "player", ...stretch },
    { kind: "dark", where: "player", ...stretch },
  ] as const;
  const world = await runningWorld(0, smallWorld({ troubles }));
  const capacity = simulatedCapacity(world);
  await expect(capacity.setMinimum("web", 9)).rejects.toMatchObject({ code: "call-lost" });
  await expect(capacity.setMinimum("player", 9)).rejects.toMatchObject({ code: "call-lost" });
  expect((await capacity.describe(["web", "player"])).map(({ kind }) => kind)).toEqual(["known", "unknown"]);
  const bookings = simulatedBookings(world);
  await expect(bookings.put("web", { name: "a", atMs: EVENING_MS + HOUR_MS, minimumUnits: 5 })).rejects.toMatchObject({
    code: "call-lost",
  });
  expect(await bookings.list(["web", "player"])).toMatchObject([{ kind: "known", actions: [{ name: "a" }] }, { kind: "unknown" }]);
  await world.step();
  expect(await capacity.describe(["web", "player"])).toMatchObject([{ minimumUnits: 9 }, { minimumUnits: 2 }]);
});

test("metrics that are late or never published are unknown until then, or for ever", async () => {
  const where = { lateMinutes: 3 };
  const troubles = [
    { kind: "late", where: "web", fromMs: EVENING_MS, toMs: EVENING_MS + MINUTE_MS, ...where },
    { kind: "unpublished", where: "audience", fromMs: EVENING_MS, toMs: EVENING_MS + MINUTE_MS, ...where },
  ] as const;
  const world = await runningWorld(2, smallWorld({ troubles }));
  const loads = simulatedLoads(world);
  const toMs = EVENING_MS + 2 * MINUTE_MS;
  const kinds: string[] = [];
  for (let minute = 0; minute < 6; minute += 1) {
    const told = [...(await loads.load("web", EVENING_MS, toMs)), ...(await loads.audience(EVENING_MS, toMs))];
    kinds.push(told.map(({ kind }) => (kind === "known" ? "k" : "-")).join(""));
    await world.step();
  }
  expect(kinds).toEqual(["----", "-k-k", "-k-k", "kk-k", "kk-k", "kk-k"]);
  // A late minute that is asked for alone is as known as among others.
  expect((await loads.load("web", EVENING_MS, EVENING_MS + MINUTE_MS)).map(({ kind }) => kind)).toEqual(["known"]);
});

test("Calltime's clock is the world's, but for its steps", async () => {
  const clockSteps = [{ fromMs: EVENING_MS + MINUTE_MS, toMs: EVENING_MS + 2 * MINUTE_MS, byMs: -90_000 }];
  const world = await runningWorld(0, smallWorld({ clockSteps }));
  const ahead: number[] = [];
  for (let minute = 0; minute < 3; minute += 1) {
    ahead.push(world.clockMs() - world.nowMs());
    await world.step();
  }
  expect(ahead).toEqual([0, -90_000, 0]);
});
