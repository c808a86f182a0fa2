import { expect, test } from "vitest";
import { learn } from "../../shared/app/model.ts";
import { makePlans, storedPlan, TICK_HORIZON_MS } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { tick } from "../../shared/app/tick.ts";
import { learnLead, type Learned } from "../../shared/core/forecast/model.ts";
import { largestFloor, stepAt } from "../../shared/core/plan/plan.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, EVENING, FINAL, plansAt, platform, stored, target, said } from "./made.ts";

const WITH_DATABASE = {
  targets: [
    target("db", {
      kind: "aurora-readers",
      throughputRps: 10_000,
      baselineUnits: 1,
      ceilingUnits: 40,
      loadPerViewerRps: 0.001,
      maxConnectionsPerUnit: 100,
    }),
    target("api", { connections: { database: "db", poolPerUnit: 10 } }),
  ],
};

test("the same stores give the same plan, whatever came before and however often it is asked", async () => {
  const one = await platform();
  const other = await platform();
  await tick(one.context, at(17));
  await tick(other.context, at(17));
  await plansAt(other, at(17));
  const made = async ({ context }: typeof one) => makePlans(context, await situationAt(context, at(17, 1)), TICK_HORIZON_MS);
  const plans = await made(one);
  expect(said(await made(one))).toEqual(said(plans));
  expect(said(await made(other))).toEqual(said(plans));
});

test("a measured lead is planned with from the fifth on; of a reservation only where it is longer than its owner says", async () => {
  const small = await platform({ targets: [target("api"), target("front", { kind: "alb-lcu", startUpMs: 60 * MINUTE_MS })] });
  const leads = async () =>
    (await makePlans(small.context, await situationAt(small.context, at(17)), TICK_HORIZON_MS)).map(({ startUpMs }) => startUpMs);
  const took = (minutes: number) =>
    ["api", "front"].map((id) => ({
      apply: (before: Learned) => learnLead(before, id, minutes * MINUTE_MS),
      cause: "lead" as const,
      what: id,
    }));
  for (let nth = 0; nth < 5; nth += 1) await learn(small.context, took(12), at(17));
  expect(await leads()).toEqual([12 * MINUTE_MS, 60 * MINUTE_MS]);
  await learn(small.context, took(95), at(17));
  expect(await leads()).toEqual([95 * MINUTE_MS, 95 * MINUTE_MS]);
});

test("what is asked for now does not depend on how closely the minutes beyond its reach were looked at", async () => {
  const small = await platform();
  await small.air(EVENING);
  for (const now of [at(17, 2), at(18, 40), at(18, 51), at(18, 57), at(19, 4), at(19, 33), at(20, 1), at(20, 48)]) {
    small.goTo(now);
    const situation = await situationAt(small.context, now);
    const [sparse] = await makePlans(small.context, situation, TICK_HORIZON_MS);
    const [every] = await makePlans(small.context, situation, TICK_HORIZON_MS, { everyMinute: true });
    if (sparse === undefined || every === undefined) throw new Error("nothing was planned");
    expect(sparse.forecast.minutes.length).toBeLessThan(every.forecast.minutes.length / 3);
    expect(sparse.plan.steps[0]).toEqual(every.plan.steps[0]);
    const reached = every.forecast.minutes.slice(0, 8);
    // Nobody looks at intervals in a tick.
    expect(sparse.forecast.minutes.slice(0, 8).map((minute) => ({ ...minute, interval: null }))).toEqual(
      reached.map((minute) => ({ ...minute, interval: null })),
    );
  }
});

test("a plan that is only asked for writes nothing", async () => {
  const small = await platform();
  await tick(small.context, at(17));
  const before = await stored(small);
  await makePlans(small.context, await situationAt(small.context, at(17, 30)), TICK_HORIZON_MS);
  expect(await stored(small)).toEqual(before);
});

test("the floor of an expected occasion is asked for before it starts", async () => {
  const [made] = await plansAt(await platform(), at(18));
  const before = made && stepAt(made.plan, FINAL.startsAtMs - 30 * MINUTE_MS)?.floorUnits;
  const during = made && stepAt(made.plan, FINAL.startsAtMs)?.floorUnits;
  expect(before).toBeLessThan(10);
  expect(during).toBeGreaterThan(60);
});

test("a database holds the connections of its services, which are planned first", async () => {
  const plans = await plansAt(await platform(WITH_DATABASE), at(18));
  expect(plans.map(({ target: { id } }) => id)).toEqual(["db", "api"]);
  const peak = (id: string): number => {
    const made = plans.find((candidate) => candidate.target.id === id);
    return (made && largestFloor(made.plan, at(18), at(20))) ?? 0;
  };
  expect(peak("api")).toBeGreaterThan(50);
  expect(peak("db")).toBeGreaterThanOrEqual(Math.ceil((peak("api") * 10) / 100));
});

test("a plan starts from the floor in force, not from the baseline", async () => {
  const small = await platform();
  await small.documents.write("floor/api", { intendedUnits: 90, customerUnits: 4, failures: 0 }, 0);
  const [made] = await plansAt(small, at(17, 1));
  expect(made?.plan.steps[0]?.floorUnits).toBe(90);
});

test("of two minimums that may be in force, the plan starts from the higher", async () => {
  const small = await platform();
  await small.documents.write("floor/api", { intendedUnits: 30, unsettledUnits: 90, customerUnits: 4, failures: 0 }, 0);
  const [made] = await plansAt(small, at(17, 1));
  expect(made?.plan.steps[0]?.floorUnits).toBe(90);
});

test("a plan that says nothing new is neither a version nor an event", async () => {
  const small = await platform({ programmes: [], expectations: [] });
  await plansAt(small, at(17));
  const version = (await storedPlan(small.context, "api"))?.version;
  for (let minute = 1; minute <= 5; minute += 1) await plansAt(small, at(17, minute));
  expect(await storedPlan(small.context, "api")).toMatchObject({ version, plan: { madeAtMs: at(17, 5) } });
  expect(small.bus.of("calltime.capacity.planned")).toHaveLength(1);
});

test("a step that comes over the horizon is told of", async () => {
  const small = await platform();
  await tick(small.context, at(15));
  small.bus.events.length = 0;
  let told = false;
  for (let minute = 30; minute <= 70 && !told; minute += 1) {
    await plansAt(small, at(15, minute));
    told = small.bus.of("calltime.capacity.planned").some(({ data }) => data.steps.some(({ floorUnits }) => floorUnits > 60));
  }
  expect(told).toBe(true);
});

test("a shortage that appears is told of although no floor changes", async () => {
  const small = await platform({ targets: [target("api", { ceilingUnits: 50 })] });
  await small.documents.write(
    "override/all",
    { id: "all", targetIds: ["api"], floorUnits: 50, fromMs: at(16), untilMs: at(23), author: "Ann", why: "the final" },
    0,
  );
  await small.air(EVENING.filter(({ id }) => id !== FINAL.id));
  await plansAt(small, at(18));
  await small.air(EVENING);
  await plansAt(small, at(18));
  const told = small.bus.of("calltime.capacity.planned").map(({ data }) => data.short.map(({ limit }) => limit));
  expect(told).toEqual([[], ["ceiling"]]);
});

test("a target whose metrics fail is planned from what is known, and the others as ever", async () => {
  const targets = [target("api"), target("web")];
  const whole = await plansAt(await platform({ targets }), at(18));
  const broken = await platform({ targets });
  broken.measured.world.broken.add("api");
  const plans = await plansAt(broken, at(18));
  expect(said(plans.slice(1))).toEqual(said(whole.slice(1)));
  expect(plans[0] && stepAt(plans[0].plan, FINAL.startsAtMs)?.floorUnits).toBeGreaterThan(60);
});
