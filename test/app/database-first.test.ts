import { expect, test } from "vitest";
import { readFloor } from "../../shared/app/floor.ts";
import { warm } from "../../shared/app/warm.ts";
import type { Plan } from "../../shared/core/plan/plan.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { at, platform, target, type Platform } from "./made.ts";

/** Two services of ten connections a unit before a database of a hundred a reader. */
const TARGETS = [
  target("api", { connections: { database: "db", poolPerUnit: 10 } }),
  target("web", { connections: { database: "db", poolPerUnit: 10 } }),
  target("db", { kind: "aurora-readers", baselineUnits: 2, ceilingUnits: 15, maxConnectionsPerUnit: 100 }),
];

async function ask({ documents }: Platform, floors: Readonly<Record<string, number>>): Promise<void> {
  for (const [targetId, floorUnits] of Object.entries(floors)) {
    const steps = [{ atMs: at(17), floorUnits, neededByMs: at(17, 10), reasons: [{ type: "baseline" as const, units: 4 }] }];
    const plan: Plan = { targetId, madeAtMs: at(17), untilMs: at(17) + 6 * HOUR_MS, steps, shorts: [] };
    const before = await documents.read(`plan/${targetId}`);
    await documents.write(`plan/${targetId}`, { version: (before?.version ?? 0) + 1, plan }, before?.version ?? 0);
  }
}

/** What became of the targets in one minute, by their id. */
async function outcomesAt(small: Platform, minute: number) {
  small.goTo(at(17, minute));
  const warmed = await warm(small.context, at(17, minute));
  return Object.fromEntries(warmed.map((each) => [each.targetId, each]));
}

const minimums = ({ control }: Platform): readonly number[] => ["api", "web", "db"].map((id) => control.cloud(id).minimumUnits);

test("units come up as far as their database has connections beside its other clients, and the rest when it has more", async () => {
  const small = await platform({ targets: TARGETS });
  await ask(small, { api: 40, web: 4, db: 6 });
  const first = await outcomesAt(small, 0);
  // Two readers take two hundred; forty are web's own.
  expect(minimums(small)).toEqual([16, 4, 6]);
  expect(first["api"]).toMatchObject({
    outcome: { kind: "set", units: 16, limit: "connections" },
    tick: { limit: "connections", refused: false },
  });
  expect(
    small.bus.of("calltime.warm-up.failed").map(({ data }) => [data.targetId, data.outcome, data.code, data.floorUnits, data.shortUnits]),
  ).toEqual([["api", "deferred", "database-first", 40, 24]]);
  expect((await outcomesAt(small, 1))["api"]).toMatchObject({ outcome: { kind: "behind" }, tick: { limit: "connections" } });
  small.control.serve();
  await outcomesAt(small, 2);
  expect(minimums(small)).toEqual([40, 4, 6]);
});

test("in a deployment old and new units have their connections together", async () => {
  const small = await platform({ targets: TARGETS });
  Object.assign(small.control.cloud("api"), { deployingTimes: 2 });
  await ask(small, { api: 40, web: 4, db: 2 });
  await outcomesAt(small, 0);
  expect(minimums(small)).toEqual([8, 4, 2]);
});

test("where nobody can say what the database serves nobody is kept waiting", async () => {
  const small = await platform({ targets: TARGETS });
  small.control.dark.add("db");
  await ask(small, { api: 40 });
  await outcomesAt(small, 0);
  expect(small.control.cloud("api").minimumUnits).toBe(40);
});

test("a database is given back only as far as its clients need no connection of it, and not at all while nobody knows", async () => {
  const small = await platform({ targets: TARGETS });
  await ask(small, { api: 40, web: 4, db: 6 });
  for (const minute of [0, 1, 2]) {
    await outcomesAt(small, minute);
    small.control.serve();
  }
  await ask(small, { api: 4, web: 4, db: 2 });
  // Their floors are down after two minutes; their units are still there.
  for (const minute of [3, 4, 5, 6]) await outcomesAt(small, minute);
  expect(minimums(small)).toEqual([4, 4, 5]);
  small.control.opaque.add("api");
  for (const minute of [7, 8]) await outcomesAt(small, minute);
  expect(minimums(small)).toEqual([4, 4, 5]);
  small.control.opaque.delete("api");
  Object.assign(small.control.cloud("api"), { desiredUnits: 4, servingUnits: 4 });
  for (const minute of [9, 10]) await outcomesAt(small, minute);
  expect(minimums(small)).toEqual([4, 4, 2]);
});

test("nothing is asked of a reservation that is pending, and what it was lowered is remembered for a day", async () => {
  const small = await platform({ targets: [target("front", { kind: "alb-lcu", ceilingUnits: 900 })] });
  const front = small.control.cloud("front");
  await ask(small, { front: 300 });
  Object.assign(front, { pending: "a reservation of 4 is pending" });
  const [waiting] = Object.values(await outcomesAt(small, 0));
  expect(waiting).toMatchObject({ outcome: { kind: "failed", outcome: "deferred", code: "change-pending" }, tick: { refused: true } });
  expect(small.control.calls).toEqual([]);
  Object.assign(front, { pending: undefined });
  await outcomesAt(small, 1);
  expect(front.minimumUnits).toBe(300);
  await ask(small, { front: 100 });
  for (const minute of [2, 3]) await outcomesAt(small, minute);
  expect(front.minimumUnits).toBe(100);
  expect((await readFloor(small.context, "front"))?.value.loweredMs).toEqual([at(17, 3)]);
  await ask(small, { front: 400 });
  await outcomesAt(small, 4);
  expect((await readFloor(small.context, "front"))?.value.loweredMs).toEqual([at(17, 3)]);
});
