import { expect, test } from "vitest";
import { asksForUsual } from "../../../shared/core/plan/ordinary.ts";
import type { Plan, Reason } from "../../../shared/core/plan/plan.ts";
import { minute } from "./made.ts";

const USUAL: Reason = { type: "usual-load", loadRps: 300 };
const FINAL: Reason = { type: "occasion", occasionId: "final", name: "the final", medianRps: 900, phase: "arrival" };

const planOf = (...steps: readonly (readonly [at: number, reasons: readonly Reason[]])[]): Plan => ({
  targetId: "api",
  madeAtMs: minute(0),
  untilMs: minute(180),
  steps: steps.map(([at, reasons]) => ({ atMs: minute(at), floorUnits: 4, neededByMs: minute(at), reasons })),
  shorts: [],
});

test("the usual load, its tail and a floor that comes down in stages are an ordinary week", () => {
  const plan = planOf(
    [0, [USUAL, { type: "tail", medianRps: 300, tailRps: 340, unservedPerMillion: 10 }]],
    [
      5,
      [
        { type: "baseline", units: 4 },
        { type: "staged-release", towardsUnits: 4 },
      ],
    ],
  );
  expect(asksForUsual(plan, minute(0), minute(30))).toBe(true);
});

test("an occasion counts from the minute that its first step comes into sight, and while its last is in force", () => {
  const plan = planOf([0, [USUAL]], [40, [USUAL, FINAL]], [90, [USUAL]]);
  expect(asksForUsual(plan, minute(0), minute(40))).toBe(true);
  expect(asksForUsual(plan, minute(0), minute(41))).toBe(false);
  expect(asksForUsual(plan, minute(89), minute(95))).toBe(false);
  expect(asksForUsual(plan, minute(90), minute(120))).toBe(true);
});

test.each<Reason>([
  { type: "measured-load", loadRps: 900 },
  { type: "surprise", loadRps: 900 },
  { type: "unknown", why: "no load was measured lately" },
  { type: "override", overrideId: "o", units: 90, author: "ops", why: "a bulletin" },
  { type: "hold", overrideId: "o", untilMs: minute(60), author: "ops", why: "wait" },
  { type: "ceiling", units: 100, shortUnits: 3 },
])("$type is no ordinary reason", (reason) => {
  expect(asksForUsual(planOf([0, [USUAL, reason]]), minute(0), minute(10))).toBe(false);
});

test("nothing about a shortage is ordinary", () => {
  const short = { ...planOf([0, [USUAL]]), shorts: [{ fromMs: minute(20), toMs: minute(30), units: 3, limit: "ceiling" as const }] };
  expect(asksForUsual(short, minute(0), minute(20))).toBe(true);
  expect(asksForUsual(short, minute(0), minute(21))).toBe(false);
});
