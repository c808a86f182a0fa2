import { describe, expect, test } from "vitest";
import { readFloor } from "../../shared/app/floor.ts";
import { warm } from "../../shared/app/warm.ts";
import type { ScheduledAction } from "../../shared/app/ports.ts";
import type { Plan } from "../../shared/core/plan/plan.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { at, platform, type Platform } from "./made.ts";

/** Has the plan ask for `floorUnits` from 17:00 on. */
async function ask({ documents }: Platform, floorUnits: number): Promise<void> {
  const steps = [{ atMs: at(17), floorUnits, neededByMs: at(17), reasons: [{ type: "baseline" as const, units: 4 }] }];
  const plan: Plan = { targetId: "api", madeAtMs: at(17), untilMs: at(17) + 24 * HOUR_MS, steps, shorts: [] };
  const before = await documents.read("plan/api");
  await documents.write("plan/api", { version: (before?.version ?? 0) + 1, plan }, before?.version ?? 0);
}

async function warmAt(made: Platform, atMs: number): Promise<void> {
  made.goTo(atMs);
  made.control.serve();
  await warm(made.context, atMs);
}

/** A floor of 40 that somebody lowers to `units` before each of these minutes. */
async function lowered(made: Platform, minutes: readonly number[], untilMinute: number, units = 10): Promise<void> {
  for (let minute = 1; minute <= untilMinute; minute += 1) {
    if (minutes.includes(minute)) made.control.cloud("api").minimumUnits = units;
    await warmAt(made, at(17, minute));
    expect(made.control.cloud("api").minimumUnits).toBe(40);
  }
}

async function holding(): Promise<Platform> {
  const made = await platform();
  await ask(made, 40);
  await warmAt(made, at(17));
  return made;
}

const toldAt = ({ bus }: Platform, code: string) =>
  bus.of("calltime.warm-up.failed").flatMap(({ at: when, data }) => (data.code === code ? [when.slice(11, 16)] : []));

describe("a minimum that somebody takes away", () => {
  test("is put back in the same minute, and two times are no quarrel", async () => {
    const made = await holding();
    await lowered(made, [1, 8], 12);
    expect(toldAt(made, "contested")).toEqual([]);
  });

  test("three times in a quarter of an hour is contested: that is told once, however often it goes on, and again a quarter of an hour later", async () => {
    const made = await holding();
    await lowered(
      made,
      Array.from({ length: 25 }, (_, nth) => nth + 1),
      25,
    );
    expect(toldAt(made, "contested")).toEqual(["17:03", "17:18"]);
  });

  test("three times in more than a quarter of an hour is not contested", async () => {
    const made = await holding();
    await lowered(made, [1, 9, 17, 25], 30);
    expect(toldAt(made, "contested")).toEqual([]);
  });

  test("a put-back that is refused in the minute in which it is contested has an event of its own", async () => {
    const made = await holding();
    await lowered(made, [1, 2], 2);
    made.control.cloud("api").minimumUnits = 10;
    made.control.answer("api", { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" });
    await warmAt(made, at(17, 3));
    const told = made.bus.of("calltime.warm-up.failed").filter(({ at: when }) => when.slice(11, 16) === "17:03");
    expect(told.map(({ data }) => data.code).sort()).toEqual(["ThrottlingException", "contested"]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
  });
});

describe("a scheduled action of the customer's own", () => {
  const theirs = (name: string, minute: number, minimumUnits?: number): ScheduledAction => ({
    name,
    atMs: at(17, minute),
    recurring: false,
    ...(minimumUnits !== undefined && { minimumUnits }),
  });

  /** Lets theirs happen that are due, as the minute before `minute` ends. */
  function fireUntil({ booking, control }: Platform, minute: number): void {
    const actions = booking.actions.get("api") ?? [];
    for (const { atMs, minimumUnits } of actions)
      if (atMs < at(17, minute) && minimumUnits !== undefined) control.cloud("api").minimumUnits = minimumUnits;
    booking.actions.set(
      "api",
      actions.filter(({ atMs }) => atMs >= at(17, minute)),
    );
  }

  async function through(made: Platform, fromMinute: number, toMinute: number): Promise<void> {
    for (let minute = fromMinute; minute <= toMinute; minute += 1) {
      fireUntil(made, minute);
      await warmAt(made, at(17, minute));
    }
  }

  test("that lowers the minimum is expected: the floor is put back, and it is no quarrel", async () => {
    const made = await platform();
    made.booking.actions.set("api", [theirs("a", 2, 6), theirs("b", 4, 6), theirs("c", 6, 6), theirs("d", 8, 6)]);
    await ask(made, 40);
    await through(made, 0, 12);
    expect(made.control.cloud("api").minimumUnits).toBe(40);
    expect(toldAt(made, "contested")).toEqual([]);
    expect((await readFloor(made.context, "api"))?.value).not.toHaveProperty("putBackMs");
  });

  test("says what the customer's own minimum is from then on: a release comes down to it", async () => {
    const made = await platform();
    made.booking.actions.set("api", [theirs("evening", 2, 9)]);
    await ask(made, 40);
    await through(made, 0, 4);
    expect(made.control.cloud("api").minimumUnits).toBe(40);
    await ask(made, 4);
    await through(made, 5, 7);
    expect(made.control.cloud("api").minimumUnits).toBe(9);
  });

  test("is met once: whoever takes the minimum to the same number again is somebody else", async () => {
    const made = await platform();
    made.booking.actions.set("api", [theirs("evening", 1, 10)]);
    await ask(made, 40);
    await through(made, 0, 3);
    for (const minute of [4, 5, 6]) {
      made.control.cloud("api").minimumUnits = 10;
      await warmAt(made, at(17, minute));
    }
    expect(toldAt(made, "contested")).toEqual(["17:06"]);
  });

  test("is expected for as long as the put-back does not go through", async () => {
    const made = await platform();
    made.booking.actions.set("api", [theirs("evening", 1, 9)]);
    await ask(made, 40);
    await through(made, 0, 1);
    made.control.answer("api", { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" });
    await through(made, 2, 3);
    expect(made.control.cloud("api").minimumUnits).toBe(40);
    await ask(made, 4);
    await through(made, 4, 6);
    expect(made.control.cloud("api").minimumUnits).toBe(9);
  });

  test("is known as theirs also when it happened while Calltime was down", async () => {
    const made = await platform();
    made.booking.actions.set("api", [theirs("evening", 30, 9)]);
    await ask(made, 40);
    await through(made, 0, 2);
    await through(made, 150, 151);
    expect(made.control.cloud("api").minimumUnits).toBe(40);
    await ask(made, 4);
    await through(made, 152, 154);
    expect(made.control.cloud("api").minimumUnits).toBe(9);
  });

  test("that sets no minimum is nobody's lowering, and a customer's schedule alone is nothing to remember", async () => {
    const made = await platform();
    made.booking.actions.set("api", [theirs("most", 3), theirs("evening", 30, 5)]);
    await through(made, 0, 4);
    expect(await readFloor(made.context, "api")).toBeUndefined();
  });
});

test.each([{ kind: "refused", code: "AccessDeniedException", reason: "not authorised" } as const, "dropped" as const])(
  "a raise above what somebody else had set that comes to nothing does not make theirs ours (%j)",
  async (answer) => {
    const made = await holding();
    const cloud = made.control.cloud("api");
    cloud.minimumUnits = cloud.desiredUnits = 80;
    await ask(made, 100);
    made.control.answer("api", answer);
    await warmAt(made, at(17, 1));
    await ask(made, 4);
    for (const minute of [2, 3, 4, 5]) await warmAt(made, at(17, minute));
    expect(cloud.minimumUnits).toBe(80);
  },
);

test("a maximum that somebody takes below what is asked for cuts the floor down to it, which is said; nothing is called in vain", async () => {
  const made = await holding();
  made.control.cloud("api").maximumUnits = 50;
  await ask(made, 80);
  await warmAt(made, at(17, 1));
  expect(made.control.cloud("api").minimumUnits).toBe(50);
  const calls = made.control.calls.length;
  await warmAt(made, at(17, 2));
  expect(made.control.calls.length).toBe(calls);
  const told = made.bus.of("calltime.warm-up.failed").map(({ data }) => [data.floorUnits, data.outcome, data.code, data.shortUnits]);
  expect(told).toEqual([
    [80, "clamped", "above-maximum", 30],
    [80, "clamped", "above-maximum", 30],
  ]);
  made.control.cloud("api").maximumUnits = 400;
  await warmAt(made, at(17, 3));
  expect(made.control.cloud("api").minimumUnits).toBe(80);
});
