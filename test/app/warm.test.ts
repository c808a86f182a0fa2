import { describe, expect, test } from "vitest";
import { parseEvent } from "../../events/index.ts";
import { readFloor } from "../../shared/app/floor.ts";
import { readLearned } from "../../shared/app/model.ts";
import type { DocumentStore } from "../../shared/app/ports.ts";
import { warm } from "../../shared/app/warm.ts";
import type { Plan } from "../../shared/core/plan/plan.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, target, type Platform } from "./made.ts";

/** Has a target's plan ask for `floorUnits` from 17:00 on. */
async function ask({ documents }: Platform, targetId: string, floorUnits: number): Promise<void> {
  const steps = [{ atMs: at(17), floorUnits, neededByMs: at(17, 10), reasons: [{ type: "baseline" as const, units: 4 }] }];
  const plan: Plan = { targetId, madeAtMs: at(17), untilMs: at(17) + 6 * HOUR_MS, steps, shorts: [] };
  const before = await documents.read(`plan/${targetId}`);
  await documents.write(`plan/${targetId}`, { version: (before?.version ?? 0) + 1, plan }, before?.version ?? 0);
}

async function floorOf({ context }: Platform, targetId = "api") {
  return (await readFloor(context, targetId))?.value;
}

/** What became of the one target of a small platform at 17:00 and `minute` minutes. */
async function outcomeAt(small: Platform, minute: number) {
  small.goTo(at(17, minute));
  const [warmed] = await warm(small.context, at(17, minute));
  return warmed;
}

/** There was a tick at 17:00 and `minute` minutes, as its record shows. */
function ticked({ journal }: Platform, minute: number, targetId = "api"): void {
  const tick = { mode: "active", floorUnits: 40, wantedUnits: 40, limit: undefined, refused: false } as const;
  journal.push({ atMs: at(17, minute), targetId, tick, reasons: [], sentences: [], forecast: undefined });
}

test("a raise goes out at once, and says from what to what and why", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  expect((await outcomeAt(small, 0))?.outcome).toEqual({ kind: "set", units: 40, why: "raise" });
  expect(small.control.cloud("api").minimumUnits).toBe(40);
  expect(small.bus.of("calltime.warm-up.requested").map(({ data }) => data)).toEqual([
    {
      targetId: "api",
      floorUnits: 40,
      fromUnits: 4,
      neededAt: "2026-06-13T17:10:00.000Z",
      planVersion: 1,
      reasons: [{ code: "baseline", text: "never below your own minimum of 4" }],
    },
  ]);
});

test("only those named are looked at, where some are named", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  await ask(small, "api", 40);
  await ask(small, "web", 40);
  small.goTo(at(17));
  const warmed = await warm(small.context, at(17), undefined, new Set(["web", "gone"]));
  expect(warmed.map(({ targetId }) => targetId)).toEqual(["web"]);
  expect([small.control.cloud("api").minimumUnits, small.control.cloud("web").minimumUnits]).toEqual([4, 40]);
});

test("what is right is left, and nothing is called", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  expect((await outcomeAt(small, 1))?.outcome).toEqual({ kind: "left", why: "right" });
  expect(small.control.calls).toHaveLength(1);
});

test("what is meant is stored before the call is made", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  const seen: unknown[] = [];
  const { setMinimum } = small.control.capacity;
  small.control.capacity.setMinimum = async (targetId, units) => {
    seen.push(await floorOf(small, targetId));
    return setMinimum(targetId, units);
  };
  await outcomeAt(small, 0);
  expect(seen).toEqual([{ intendedUnits: 40, unsettledUnits: 4, customerUnits: 4, failures: 0 }]);
  expect(await floorOf(small)).toMatchObject({ intendedUnits: 40, customerUnits: 4, failures: 0 });
  expect(await floorOf(small)).not.toHaveProperty("unsettledUnits");
});

test.each(["deferred", "refused"] as const)("a call that is %s leaves the floor as it was, is told of, and is made again", async (kind) => {
  const small = await platform();
  await ask(small, "api", 40);
  const no = { kind, code: "Busy", reason: "come back later" };
  small.control.answer("api", no, no);
  const first = await outcomeAt(small, 0);
  expect(first?.outcome).toEqual({ kind: "failed", outcome: kind, code: "Busy", reason: "come back later", attempt: 1 });
  expect(first?.tick).toMatchObject({ floorUnits: 4, wantedUnits: 40, refused: true });
  expect(await floorOf(small)).toEqual({ intendedUnits: 4, customerUnits: 4, failures: 1 });
  await ask(small, "api", 41);
  expect((await outcomeAt(small, 1))?.outcome).toMatchObject({ kind: "failed", attempt: 2 });
  expect((await outcomeAt(small, 2))?.outcome).toEqual({ kind: "set", units: 41, why: "raise" });
  expect(await floorOf(small)).toMatchObject({ intendedUnits: 41, failures: 0 });
  const told = small.bus.of("calltime.warm-up.failed").map(({ data }) => [data.floorUnits, data.outcome, data.code, data.attempt]);
  expect(told).toEqual([
    [40, kind, "Busy", 1],
    [41, kind, "Busy", 2],
  ]);
});

test("a refusal does not forget the raise that is still starting", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  await ask(small, "api", 50);
  const no = { kind: "refused" as const, code: "No", reason: "no" };
  small.control.answer("api", no, no);
  await outcomeAt(small, 1);
  small.control.serve();
  await outcomeAt(small, 2);
  expect(small.bus.of("calltime.warm-up.completed").map(({ data }) => data.floorUnits)).toEqual([40]);
});

test("a call whose answer was lost, and that took effect, is found to have been accepted", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  small.control.answer("api", "lost");
  expect((await outcomeAt(small, 0))?.outcome).toEqual({ kind: "set", units: 40, why: "raise" });
  expect(small.bus.of("calltime.warm-up.failed")).toEqual([]);
});

test("a minimum that took effect while nobody could look is known as ours later", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  const { setMinimum } = small.control.capacity;
  small.control.capacity.setMinimum = async (targetId, units) => {
    small.control.answer("api", "lost");
    small.control.goDown(true);
    return setMinimum(targetId, units);
  };
  expect((await outcomeAt(small, 0))?.outcome).toMatchObject({ kind: "failed", outcome: "unanswered", code: "no-answer" });
  expect(await floorOf(small)).toMatchObject({ intendedUnits: 40, unsettledUnits: 4 });
  small.control.capacity.setMinimum = setMinimum;
  small.control.goDown(false);
  expect((await outcomeAt(small, 1))?.outcome).toEqual({ kind: "left", why: "right" });
  await ask(small, "api", 4);
  await outcomeAt(small, 2);
  expect((await outcomeAt(small, 3))?.outcome).toEqual({ kind: "set", units: 4, why: "release" });
});

test("a release that was lost on its way is made again: the higher minimum is still ours", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  await ask(small, "api", 4);
  await outcomeAt(small, 1);
  small.control.answer("api", "dropped");
  expect((await outcomeAt(small, 2))?.outcome).toMatchObject({ kind: "failed", outcome: "unanswered" });
  expect(await floorOf(small)).toMatchObject({ intendedUnits: 4, unsettledUnits: 40 });
  await outcomeAt(small, 3);
  expect((await outcomeAt(small, 4))?.outcome).toEqual({ kind: "set", units: 4, why: "release" });
  expect(small.control.cloud("api").minimumUnits).toBe(4);
});

test("a release waits for the tick after it to agree, and restores the customer's own minimum", async () => {
  const small = await platform({ targets: [target("api", { baselineUnits: 4 })] });
  small.control.cloud("api").minimumUnits = 6;
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  await ask(small, "api", 4);
  expect((await outcomeAt(small, 1))?.outcome).toEqual({ kind: "waiting", units: 6 });
  expect((await outcomeAt(small, 2))?.outcome).toEqual({ kind: "set", units: 6, why: "release" });
  expect((await outcomeAt(small, 3))?.outcome).toEqual({ kind: "left", why: "right" });
});

test("a target that cannot be described keeps what it has: unknown lowers nothing", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  for (const id of ["api", "web"]) await ask(small, id, 40);
  await warm(small.context, at(17));
  const before = await floorOf(small);
  for (const id of ["api", "web"]) await ask(small, id, 4);
  small.control.dark.add("api");
  for (const minute of [1, 2, 3]) {
    const [api] = await warm(small.context, at(17, minute));
    expect(api?.outcome).toEqual({ kind: "unknown", why: "api is dark" });
    expect(api?.tick).toMatchObject({ floorUnits: 40, refused: true });
  }
  expect(await floorOf(small)).toEqual(before);
  expect(small.control.cloud("api").minimumUnits).toBe(40);
  expect(small.control.cloud("web").minimumUnits).toBe(4);
});

test("a control plane that does not answer at all leaves every target unknown, and nothing is tried", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  small.control.goDown(true);
  const warmed = await outcomeAt(small, 0);
  expect(warmed?.outcome).toEqual({ kind: "unknown", why: "the control plane did not answer: no route to the control plane" });
  expect(small.control.calls).toEqual([]);
});

test("a target that the control plane leaves out is unknown", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  for (const id of ["api", "web"]) await ask(small, id, 40);
  const { describe } = small.control.capacity;
  small.control.capacity.describe = async (ids) => (await describe(ids)).filter(({ targetId }) => targetId !== "web");
  const [api, web] = await warm(small.context, at(17));
  expect([api?.outcome.kind, web?.outcome.kind]).toEqual(["set", "unknown"]);
});

test("a slow target delays no other: all calls are under way together", async () => {
  const small = await platform({ targets: [target("slow"), target("api")] });
  for (const id of ["slow", "api"]) await ask(small, id, 40);
  const { setMinimum } = small.control.capacity;
  const done: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  small.control.capacity.setMinimum = async (targetId, units) => {
    if (targetId === "slow") await held;
    else setTimeout(release, 0);
    done.push(targetId);
    return setMinimum(targetId, units);
  };
  const warmed = await warm(small.context, at(17));
  expect(done).toEqual(["api", "slow"]);
  expect(warmed.map(({ outcome }) => outcome.kind)).toEqual(["set", "set"]);
});

test("a target whose own record cannot be written is told of as broken, and the others are warmed", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  for (const id of ["api", "web"]) await ask(small, id, 40);
  const { write } = small.documents;
  const failing: DocumentStore["write"] = async (key, value, expected) => (key === "floor/api" ? "conflict" : write(key, value, expected));
  small.documents.write = failing;
  const [api, web] = await warm(small.context, at(17));
  expect(api?.outcome).toMatchObject({ kind: "failed", outcome: "broken", code: "not-carried-out" });
  expect(web?.outcome).toEqual({ kind: "set", units: 40, why: "raise" });
  expect(small.control.calls).toEqual([{ targetId: "web", units: 40 }]);
  expect(small.bus.of("calltime.warm-up.failed").map(({ data }) => [data.targetId, data.floorUnits])).toEqual([["api", 40]]);
});

test("a raise is done when it serves, and its lead is learned once", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  await outcomeAt(small, 3);
  expect(small.bus.of("calltime.warm-up.completed")).toEqual([]);
  ticked(small, 3);
  small.control.serve();
  await outcomeAt(small, 4);
  await outcomeAt(small, 5);
  expect(small.bus.of("calltime.warm-up.completed").map(({ data }) => data)).toEqual([
    {
      targetId: "api",
      floorUnits: 40,
      servingUnits: 40,
      requestedAt: "2026-06-13T17:00:00.000Z",
      servedAt: "2026-06-13T17:04:00.000Z",
      tookMs: 4 * MINUTE_MS,
    },
  ]);
  // 36 units at 60 a minute take one of the four minutes to launch.
  expect((await readLearned(small.context)).leads).toEqual({ api: [3 * MINUTE_MS] });
  expect(small.bus.of("calltime.model.updated").map(({ data }) => [data.cause, data.modelVersion, data.previousVersion])).toEqual([
    ["lead", 2, 1],
  ]);
});

test("a raise that began to serve while nobody looked is done, and teaches no lead: the pause would count as its own", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  ticked(small, 0);
  small.control.serve();
  // Down for twenty minutes.
  await outcomeAt(small, 20);
  expect(small.bus.of("calltime.warm-up.completed")).toHaveLength(1);
  expect((await readLearned(small.context)).leads).toEqual({});
});

test("leads of two targets in one tick are both learned", async () => {
  const small = await platform({ targets: [target("api"), target("web")] });
  for (const id of ["api", "web"]) await ask(small, id, 40);
  await warm(small.context, at(17));
  small.control.serve();
  for (const id of ["api", "web"]) ticked(small, 3, id);
  await warm(small.context, at(17, 4));
  expect(Object.keys((await readLearned(small.context)).leads)).toEqual(["api", "web"]);
});

test("units that the customer's own scaling had brought already teach no lead", async () => {
  const small = await platform();
  const cloud = small.control.cloud("api");
  cloud.desiredUnits = 60;
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  small.control.serve();
  await outcomeAt(small, 4);
  expect(small.bus.of("calltime.warm-up.completed")).toHaveLength(1);
  expect((await readLearned(small.context)).leads).toEqual({});
});

test("a raise that does not serve after twice its lead is told of once", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  for (let minute = 0; minute <= 15; minute += 1) await outcomeAt(small, minute);
  expect(small.bus.of("calltime.warm-up.failed").map(({ at: when, data }) => [when.slice(11, 16), data.outcome, data.shortUnits])).toEqual([
    ["17:09", "timed-out", 36],
  ]);
});

test("a target that is only observed is never written", async () => {
  const small = await platform({ targets: [target("api", { mode: "observe" })] });
  await ask(small, "api", 40);
  expect((await outcomeAt(small, 0))?.outcome).toEqual({ kind: "left", why: "not-active" });
  expect(small.control.calls).toEqual([]);
  expect(await floorOf(small)).toBeUndefined();
});

test("without a plan a target is left", async () => {
  expect((await outcomeAt(await platform(), 0))?.outcome).toEqual({ kind: "left", why: "nothing-wanted" });
});

test("what somebody else set higher stays, and ours is let go in memory alone", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  await outcomeAt(small, 0);
  small.control.cloud("api").minimumUnits = 70;
  await ask(small, "api", 4);
  await outcomeAt(small, 1);
  expect((await outcomeAt(small, 2))?.outcome).toEqual({ kind: "left", why: "let-go" });
  expect(small.control.cloud("api").minimumUnits).toBe(70);
  expect(small.control.calls).toHaveLength(1);
});

test("raises on top of each other do not hide that the first never came", async () => {
  const small = await platform();
  for (let minute = 0; minute <= 12; minute += 1) {
    await ask(small, "api", 40 + minute);
    await outcomeAt(small, minute);
  }
  expect(
    small.bus.of("calltime.warm-up.failed").map(({ at: when, data }) => [when.slice(11, 16), data.floorUnits, data.shortUnits]),
  ).toEqual([["17:09", 40, 36]]);
  small.control.cloud("api").servingUnits = 45;
  expect((await outcomeAt(small, 13))?.raise).toEqual({ units: 52, addedUnits: 1, atMs: at(17, 12), overdue: false });
});

describe("after a release", () => {
  async function released(more: Partial<Target> = {}): Promise<Platform> {
    const small = await platform({ targets: [target("api", { costUsdPerUnitHour: 0.5, ...more })] });
    await ask(small, "api", 40);
    await outcomeAt(small, 0);
    await ask(small, "api", 20);
    await outcomeAt(small, 1);
    await outcomeAt(small, 2);
    await ask(small, "api", 4);
    await outcomeAt(small, 3);
    expect((await outcomeAt(small, 4))?.outcome).toEqual({ kind: "set", units: 4, why: "release" });
    return small;
  }
  const told = ({ bus }: Platform) => bus.of("calltime.release.assessed").map(({ data }) => data);

  test("it is done when capacity is down, all its steps together", async () => {
    const small = await released();
    await outcomeAt(small, 5);
    expect(told(small)).toEqual([]);
    small.control.cloud("api").desiredUnits = 4;
    for (const minute of [6, 7]) await outcomeAt(small, minute);
    expect(told(small)).toMatchObject([{ outcome: "done", floorUnits: 4, fromUnits: 40, desiredUnits: 4, costUsdPerHour: 0 }]);
  });

  test("capacity that stays is still up, told once with what it costs; without a price nobody knows", async () => {
    for (const [more, cost] of [
      [{}, 13],
      [{ costUsdPerUnitHour: undefined }, null],
    ] as const) {
      const small = await released(more as Partial<Target>);
      small.control.cloud("api").desiredUnits = 30;
      for (let minute = 5; minute < 60; minute += 1) await outcomeAt(small, minute);
      expect(told(small)).toMatchObject([{ outcome: "still-up", desiredUnits: 30, floorUnits: 4, costUsdPerHour: cost }]);
      expect(small.bus.of("calltime.release.assessed")[0]?.at).toMatch(/T17:49/);
    }
  });

  test("a raise gives it up", async () => {
    const small = await released();
    await ask(small, "api", 30);
    for (let minute = 5; minute < 60; minute += 1) await outcomeAt(small, minute);
    expect(told(small)).toEqual([]);
    expect(await floorOf(small)).not.toHaveProperty("release");
  });
});

test("a target that does not answer delays no other: those that do are raised meanwhile", async () => {
  const both = await platform({ targets: [target("stuck"), target("api")] });
  await ask(both, "api", 40);
  await ask(both, "stuck", 40);
  let answer = (): void => {};
  both.control.waits.set("stuck", new Promise<void>((resolve) => (answer = resolve)));
  const tick = warm(both.context, at(17));
  await expect.poll(() => both.control.cloud("api").minimumUnits).toBe(40);
  expect(both.control.calls).toEqual([{ targetId: "api", units: 40 }]);
  answer();
  expect((await tick).map(({ outcome }) => outcome.kind)).toEqual(["set", "set"]);
});

test("of a target that says only its minimum, that is held; nothing is told of what serves, and no release is called done", async () => {
  const small = await platform();
  small.control.opaque.add("api");
  await ask(small, "api", 40);
  expect((await outcomeAt(small, 0))?.outcome).toEqual({ kind: "set", units: 40, why: "raise" });
  expect((await outcomeAt(small, 1))?.outcome).toEqual({ kind: "left", why: "right" });
  expect((await outcomeAt(small, 30))?.raise).toMatchObject({ units: 40, addedUnits: 36, overdue: false });
  await ask(small, "api", 4);
  await outcomeAt(small, 31);
  expect((await outcomeAt(small, 32))?.outcome).toEqual({ kind: "set", units: 4, why: "release" });
  await outcomeAt(small, 90);
  for (const type of ["calltime.warm-up.completed", "calltime.warm-up.failed", "calltime.release.assessed"] as const)
    expect(small.bus.of(type)).toEqual([]);
});

test("a minimum of half a capacity unit is raised from and restored exactly, and every event of it is valid", async () => {
  const acu = await platform({ targets: [target("db", { kind: "aurora-acu", baselineUnits: 1, ceilingUnits: 64 })] });
  Object.assign(acu.control.cloud("db"), { minimumUnits: 0.5, desiredUnits: 0.5, servingUnits: 0.5 });
  await ask(acu, "db", 8);
  expect((await outcomeAt(acu, 0))?.outcome).toEqual({ kind: "set", units: 8, why: "raise" });
  acu.control.serve();
  await outcomeAt(acu, 1);
  await ask(acu, "db", 1);
  await outcomeAt(acu, 2);
  expect((await outcomeAt(acu, 3))?.outcome).toEqual({ kind: "set", units: 0.5, why: "release" });
  acu.control.cloud("db").desiredUnits = 0.5;
  await outcomeAt(acu, 4);
  expect(acu.bus.events.map((event) => parseEvent(event).type)).toEqual([
    "calltime.warm-up.requested",
    "calltime.warm-up.completed",
    "calltime.release.assessed",
  ]);
  expect(acu.bus.of("calltime.warm-up.requested")[0]?.data).toMatchObject({ fromUnits: 0.5, floorUnits: 8 });
});

test("a raise that is due on a target that cannot be described is told of each time; with nothing due nothing is told", async () => {
  const small = await platform();
  await ask(small, "api", 40);
  small.control.dark.add("api");
  for (const minute of [0, 1]) expect((await outcomeAt(small, minute))?.outcome).toEqual({ kind: "unknown", why: "api is dark" });
  expect(small.control.calls).toEqual([]);
  expect(small.bus.of("calltime.warm-up.failed").map(({ data }) => data)).toEqual(
    [0, 1].map(() => ({
      targetId: "api",
      floorUnits: 40,
      outcome: "deferred",
      code: "not-described",
      reason: "api is dark",
      attempt: 1,
      shortUnits: null,
    })),
  );
  small.control.dark.delete("api");
  await outcomeAt(small, 2);
  small.control.dark.add("api");
  await outcomeAt(small, 3);
  expect(small.bus.of("calltime.warm-up.failed")).toHaveLength(2);
});
