import { expect, test } from "vitest";
import { assess } from "../../shared/app/assess.ts";
import { readVerdicts } from "../../shared/app/operate.ts";
import { measure } from "../../shared/app/measure.ts";
import { plan } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { warm } from "../../shared/app/warm.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, EVENING, FINAL, platform, target, type Platform } from "./made.ts";

async function assessAt(small: Platform, atMs: number): Promise<void> {
  small.goTo(atMs);
  const situation = await situationAt(small.context, atMs);
  const planned = await plan(small.context, situation);
  await assess(small.context, situation, { planned, warmed: await warm(small.context, atMs) });
}

async function through(small: Platform, fromMs: number, toMs: number, serves = true): Promise<void> {
  for (let atMs = fromMs; atMs < toMs; atMs += MINUTE_MS) {
    await assessAt(small, atMs);
    if (serves) small.control.serve();
  }
}

const given = ({ bus }: Platform) =>
  bus.of("calltime.readiness.assessed").map(({ at: when, data }) => [when.slice(11, 16), data.checkpoint, data.verdict, data.pages]);

/** A platform whose targets have been measured for two weeks. */
async function measuredPlatform(): Promise<Platform> {
  const small = await platform();
  small.goTo(at(18, 10));
  await measure(small.context, at(18, 10));
  return small;
}

test("before its targets were ever measured an occasion is never ready: what it brings comes on top of nobody knows what", async () => {
  const small = await platform();
  await through(small, at(18, 20), at(19));
  expect(given(small).at(-1)).toEqual(["18:58", "T-2", "unknown", true]);
});

test("an occasion has one verdict at each checkpoint", async () => {
  const small = await measuredPlatform();
  await through(small, at(18, 20), at(19, 5));
  expect(given(small)).toEqual([
    ["18:30", "T-30", "planned", false],
    ["18:50", "T-10", "planned", false],
    [expect.stringMatching(/^18:5[0-7]$/), "longest-lead", "planned", false],
    ["18:58", "T-2", "ready", false],
  ]);
  expect((await readVerdicts(small.context)).map(({ checkpoint }) => checkpoint)).toEqual(["T-30", "T-10", "longest-lead", "T-2"]);
});

test("units that never come make it late, and late pages", async () => {
  const small = await platform();
  await through(small, at(18, 20), at(19), false);
  expect(given(small).at(-1)).toEqual(["18:58", "T-2", "late", true]);
});

test("a limit of the customer's own makes it short, and short pages", async () => {
  const small = await platform({ targets: [target("api", { ceilingUnits: 30 })] });
  await assessAt(small, at(18, 30));
  expect(given(small)).toEqual([["18:30", "T-30", "short", true]]);
});

test("a target that cannot be looked at makes it unknown, which pages at the last calls only", async () => {
  const small = await platform();
  small.control.dark.add("api");
  await assessAt(small, at(18, 30));
  await assessAt(small, at(18, 50));
  expect(given(small)).toEqual([
    ["18:30", "T-30", "unknown", false],
    ["18:50", "T-10", "unknown", true],
  ]);
});

test("without a plan or a look at its targets an occasion is unknown, never ready", async () => {
  const small = await platform();
  small.goTo(at(18, 58));
  await assess(small.context, await situationAt(small.context, at(18, 58)), { planned: [], warmed: [] });
  expect(given(small)).toEqual([["18:58", "T-2", "unknown", true]]);
  expect(small.bus.of("calltime.readiness.assessed")[0]?.data.evidence).toEqual([
    expect.objectContaining({ targetId: "api", neededUnits: null, servingUnits: null, floorUnits: null, readyBy: null }),
  ]);
});

test("a programme that moved is assessed again at the checkpoints of its new start", async () => {
  const small = await measuredPlatform();
  await assessAt(small, at(18, 30));
  await small.air([...EVENING.filter(({ id }) => id !== FINAL.id), { ...FINAL, startsAtMs: at(19, 30), endsAtMs: at(21) }]);
  await through(small, at(18, 31), at(19, 2));
  expect(given(small)).toEqual([
    ["18:30", "T-30", "planned", false],
    ["19:00", "T-30", "planned", false],
  ]);
});

test("once it is on air there is no verdict any more", async () => {
  const small = await platform();
  await assessAt(small, at(19));
  expect(given(small)).toEqual([]);
});

test("a verdict that the bus refused is kept all the same, and not given twice", async () => {
  const small = await platform();
  small.bus.goDown(true);
  await assessAt(small, at(18, 30));
  small.bus.goDown(false);
  await assessAt(small, at(18, 31));
  expect(await readVerdicts(small.context)).toHaveLength(1);
  expect(given(small)).toEqual([]);
});

test("verdicts are kept for a day", async () => {
  const small = await platform();
  await assessAt(small, at(18, 30));
  const tomorrow = { ...FINAL, id: "again", title: "Cup Final, the Replay", startsAtMs: at(24 + 19), endsAtMs: at(24 + 21) };
  const expectations = [
    { occasion: "the replay", title: "replay", channels: ["one"], windowStartMs: at(40), windowEndMs: at(48), viewers: 200_000 },
  ];
  const later = await platform({ expectations, programmes: [tomorrow] });
  const kept = await small.documents.read("verdicts");
  await later.documents.write("verdicts", kept?.value ?? {}, 0);
  await assessAt(later, at(24 + 18, 30));
  expect((await readVerdicts(later.context)).map(({ name }) => name)).toEqual(["the cup final", "the replay"]);
  await assessAt(later, at(24 + 18, 50));
  await later.air([{ ...tomorrow, startsAtMs: at(24 + 19, 30) }]);
  await assessAt(later, at(24 + 19, 20));
  expect((await readVerdicts(later.context)).map(({ name }) => name)).not.toContain("the cup final");
});
