import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setOverride, listOverrides, withdrawOverride, type AskedOverride } from "../../shared/app/override.ts";
import { previewOverride } from "../../shared/app/override-preview.ts";
import { readOccasions } from "../../shared/app/operate.ts";
import { storedPlan } from "../../shared/app/plan.ts";
import { tick } from "../../shared/app/tick.ts";
import { stepAt } from "../../shared/core/plan/plan.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, crowd, platform, target, type Platform } from "./made.ts";

const by = { author: "newsroom", why: "to see" };

async function ticks(made: Platform, fromMs: number, untilMs: number): Promise<void> {
  for (let atMs = fromMs; atMs < untilMs; atMs += MINUTE_MS) {
    made.goTo(atMs);
    made.control.serve();
    await tick(made.context, atMs);
  }
}

const final = async (made: Platform, now: number) => {
  made.goTo(now);
  const { above } = await readOccasions(made.context, now);
  return above.find(({ occasion }) => occasion.name === "the cup final");
};

async function floorAt({ context }: Platform, atMs: number): Promise<number> {
  const stored = await storedPlan(context, "api");
  return (stored && stepAt(stored.plan, atMs)?.floorUnits) ?? Number.NaN;
}

describe("an occasion that a person corrects", () => {
  test("delayed by half an hour, its floor comes half an hour later", async () => {
    const made = await platform();
    const occasionId = (await final(made, at(17)))?.occasion.id;
    await setOverride(made.context, { kind: "delay", occasionId, byMinutes: 30, untilMs: at(22), ...by }, at(17));
    await ticks(made, at(17), at(17, 2));
    expect((await final(made, at(17, 2)))?.occasion.startsAtMs).toBe(at(19, 30));
    expect(await floorAt(made, at(19, 5))).toBeLessThan(20);
    expect(await floorAt(made, at(19, 30))).toBeGreaterThan(50);
  });

  test("of three quarters of an hour of overrun nothing is released before it is over", async () => {
    const made = await platform();
    made.measured.world.viewers = crowd(200_000, at(19), at(21, 40));
    made.measured.world.loadRps = (_, atMs) => 300 + 0.03 * Math.max(0, crowd(200_000, at(19), at(21, 40))("one", atMs) - 1_000);
    await ticks(made, at(18, 30), at(20, 50));
    const occasionId = (await final(made, at(20, 50)))?.occasion.id;
    await setOverride(made.context, { kind: "overrun", occasionId, byMinutes: 45, untilMs: at(23), ...by }, at(20, 50));
    const held = made.control.cloud("api").minimumUnits;
    await ticks(made, at(20, 50), at(21, 40));
    expect(made.control.cloud("api").minimumUnits).toBeGreaterThan(0.8 * held);
    expect((await final(made, at(21, 40)))?.air.kind).toBe("on-air");
  });

  test("cancelled before it starts it asks for nothing, and what a floor holds stays", async () => {
    const made = await platform();
    const occasionId = (await final(made, at(17)))?.occasion.id;
    await setOverride(made.context, { kind: "floor", targetIds: ["api"], floorUnits: 30, untilMs: at(21), ...by }, at(17));
    await setOverride(made.context, { kind: "cancel", occasionId, untilMs: at(22), ...by }, at(17));
    await ticks(made, at(17), at(17, 2));
    expect(await final(made, at(17, 2))).toBeUndefined();
    expect(await floorAt(made, at(19, 5))).toBe(30);
  });

  test("told of a larger audience it asks for more, told after the start it is followed all the same", async () => {
    const untold = await platform({ expectations: [] });
    await ticks(untold, at(18, 50), at(19, 2));
    expect(await floorAt(untold, at(19, 2))).toBeLessThan(20);
    await setOverride(
      untold.context,
      { kind: "expected-audience", occasionId: "Cup Final", viewers: 200_000, untilMs: at(22), ...by },
      at(19, 2),
    );
    await ticks(untold, at(19, 2), at(19, 4));
    expect(await floorAt(untold, at(19, 4))).toBeGreaterThan(50);
  });
});

describe("targets that a person corrects", () => {
  test("held, nothing is lowered until the lease is over", async () => {
    const made = await platform();
    await setOverride(made.context, { targetIds: ["api"], floorUnits: 80, untilMs: at(17, 10), ...by }, at(17));
    await setOverride(made.context, { kind: "hold", targetIds: ["api"], untilMs: at(17, 40), ...by }, at(17));
    await ticks(made, at(17), at(17, 40));
    expect(made.control.cloud("api").minimumUnits).toBe(80);
    await ticks(made, at(17, 40), at(18, 20));
    expect(made.control.cloud("api").minimumUnits).toBeLessThan(80);
  });

  test("named by a tag, those that carry it are meant, and a tag that nobody carries is an error", async () => {
    const targets = [target("api", { tags: ["evening"] }), target("web", { tags: ["evening", "web"] }), target("db")];
    const { context } = await platform({ targets });
    const { override } = await setOverride(context, { kind: "hold", tags: ["evening"], untilMs: at(18), ...by }, at(17));
    expect(override).toMatchObject({ targetIds: ["api", "web"] });
    await expect(setOverride(context, { kind: "hold", tags: ["night"], untilMs: at(18), ...by }, at(17))).rejects.toMatchObject({
      code: "tag-unknown",
      message: "night: no target carries this tag; the tags are evening, web",
    });
  });

  test.each<[string, Partial<AskedOverride>]>([
    ["override-factor-invalid", { kind: "factor", targetIds: ["api"], factor: -1 }],
    ["override-factor-invalid", { kind: "factor", targetIds: ["api"] }],
    ["override-minutes-invalid", { kind: "delay", occasionId: "Cup Final", byMinutes: 0 }],
    ["override-viewers-invalid", { kind: "expected-audience", occasionId: "Cup Final", viewers: 5, interval: [6, 9] }],
    ["occasion-unknown", { kind: "cancel", occasionId: "nothing" }],
    ["occasion-unknown", { kind: "cancel" }],
    ["target-unknown", { kind: "hold" }],
  ])("%s is said of what cannot be meant", async (code, asked) => {
    const { context } = await platform();
    await expect(setOverride(context, { ...asked, untilMs: at(18), ...by }, at(17))).rejects.toMatchObject({ code });
    expect(await listOverrides(context, at(17))).toEqual([]);
  });
});

const anyAsked: fc.Arbitrary<Partial<AskedOverride>> = fc.oneof(
  fc.record({ kind: fc.constant("floor" as const), targetIds: fc.constant(["api"]), floorUnits: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant("factor" as const), targetIds: fc.constant(["api"]), factor: fc.double({ min: 0, max: 3, noNaN: true }) }),
  fc.record({ kind: fc.constant("hold" as const), targetIds: fc.constant(["api"]) }),
  fc.record({
    kind: fc.constantFrom("delay" as const, "overrun" as const),
    occasionId: fc.constant("Cup Final"),
    byMinutes: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ kind: fc.constant("cancel" as const), occasionId: fc.constant("Cup Final") }),
  fc.record({
    kind: fc.constant("expected-audience" as const),
    occasionId: fc.constant("Cup Final"),
    viewers: fc.integer({ min: 1_000, max: 800_000 }),
  }),
);

describe("over the whole of an evening", () => {
  test("what a preview says is what the next tick brings", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyAsked, fc.integer({ min: 0, max: 130 }), async (asked, minutes) => {
        const made = await platform();
        const now = at(17) + minutes * MINUTE_MS;
        await ticks(made, now - 2 * MINUTE_MS, now);
        const { override } = await setOverride(made.context, { ...asked, untilMs: now + 60 * MINUTE_MS, ...by }, now);
        made.goTo(now);
        const [preview] = await previewOverride(made.context, override, now);
        await tick(made.context, now);
        expect(preview?.willBeUnits).toBe(made.journal.at(-1)?.tick.wantedUnits);
        expect(made.control.cloud("api").minimumUnits).toBeGreaterThanOrEqual(preview?.willBeUnits ?? Number.NaN);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  test(
    "of 200 at once that contradict each other one order explains what holds and what is set: the same one by one comes to the same",
    { timeout: 60_000 },
    async () => {
      const made = await platform();
      const ids = Array.from({ length: 14 }, (_, nth) => `order-${nth}`);
      const conflicting = fc.sample(anyAsked, { seed: 1, numRuns: 200 });
      const calls = conflicting.map((asked, nth): Call => {
        const id = ids[nth % ids.length] ?? "";
        // No two are the same, so that an acknowledgement is one of its own.
        return nth % 5 === 4
          ? { kind: "withdraw", id }
          : { kind: "set", asked: { ...asked, id, untilMs: at(22) + nth * MINUTE_MS, ...by } };
      });
      const settled = await Promise.allSettled(calls.map((call) => carryOut(made, call)));
      const refusals = settled.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : []));
      expect(refusals.filter((code) => !["override-exists", "override-unknown", "document-contested"].includes(code))).toEqual([]);
      const acknowledged = calls.filter((_, nth) => settled[nth]?.status === "fulfilled");
      const held = await listOverrides(made.context, at(17));
      expect(held.length).toBeGreaterThan(3);

      const alone = await platform();
      for (const call of inOneOrder(acknowledged, new Set(held.map(({ untilMs }) => untilMs)))) await carryOut(alone, call);
      expect(await listOverrides(alone.context, at(17))).toEqual(held);
      for (const each of [made, alone]) await ticks(each, at(17), at(19, 10));
      expect(alone.journal.map(({ tick: { floorUnits } }) => floorUnits)).toEqual(
        made.journal.map(({ tick: { floorUnits } }) => floorUnits),
      );
    },
  );
});

type Call = { readonly kind: "set"; readonly asked: AskedOverride } | { readonly kind: "withdraw"; readonly id: string };

async function carryOut({ context }: Platform, call: Call): Promise<void> {
  if (call.kind === "set") await setOverride(context, call.asked, at(17));
  else await withdrawOverride(context, call.id, by, at(17));
}

/** The calls of each id one after the other: what does not hold is set and withdrawn, and what holds comes last. */
function inOneOrder(calls: readonly Call[], holding: ReadonlySet<number>): readonly Call[] {
  const order: Call[] = [];
  for (const [id, ofIt] of Map.groupBy(calls, (call) => (call.kind === "set" ? call.asked.id : call.id))) {
    const sets = ofIt.filter((call) => call.kind === "set");
    const held = sets.filter(({ asked }) => holding.has(asked.untilMs));
    const gone = sets.filter((set) => !held.includes(set));
    expect(held.length).toBeLessThanOrEqual(1);
    // What does not hold was withdrawn; of two who withdraw one at once both are told that it is gone.
    expect(ofIt.length - sets.length).toBeGreaterThanOrEqual(gone.length);
    order.push(...gone.flatMap((set): readonly Call[] => [set, { kind: "withdraw", id: id ?? "" }]), ...held);
  }
  return order;
}
