import { describe, expect, test } from "vitest";
import { setOverride } from "../../shared/app/override.ts";
import { storedPlan } from "../../shared/app/plan.ts";
import { tick } from "../../shared/app/tick.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform } from "./made.ts";

const SPARING = { ordinaryLoadMs: 5 * MINUTE_MS };

/** How old the last hour's load might be that the tick at an instant planned with. */
async function oldestAt(made: Awaited<ReturnType<typeof platform>>, atMs: number): Promise<readonly (number | undefined)[]> {
  made.goTo(atMs);
  const before = made.measured.reads.length;
  await tick(made.context, atMs);
  made.control.serve();
  return made.measured.reads
    .slice(before)
    .flatMap(({ of, fromMs, toMs, oldestMs }) => (of === "api" && toMs === atMs && fromMs <= atMs - HOUR_MS ? [oldestMs] : []));
}

async function passed(made: Awaited<ReturnType<typeof platform>>, fromMs: number, toMs: number): Promise<void> {
  for (let atMs = fromMs; atMs < toMs; atMs += MINUTE_MS) await oldestAt(made, atMs);
}

describe("where readings are billed", () => {
  test("the load of an ordinary hour may be five minutes old, that of one near an occasion may not", async () => {
    const small = await platform(SPARING);
    await passed(small, at(17), at(17, 10));
    expect(new Set(await oldestAt(small, at(17, 10)))).toEqual(new Set([5 * MINUTE_MS]));
    // The final is at 19:00; a lead before its crowd every minute counts.
    await passed(small, at(17, 11), at(18, 40));
    for (const near of [at(18, 50), at(18, 59), at(19), at(19, 30)]) expect(new Set(await oldestAt(small, near))).toEqual(new Set([0]));
  });

  test("nobody has to wait for what a person asked for, or for a surprise", async () => {
    const asked = await platform(SPARING);
    await passed(asked, at(17), at(17, 10));
    const override = { kind: "floor", targetIds: ["api"], floorUnits: 60, untilMs: at(18), author: "ops", why: "a bulletin" } as const;
    await setOverride(asked.context, override, asked.now());
    await oldestAt(asked, at(17, 10));
    expect(new Set(await oldestAt(asked, at(17, 11)))).toEqual(new Set([0]));

    const surprised = await platform(SPARING);
    await passed(surprised, at(17), at(17, 10));
    surprised.measured.world.loadRps = (_, atMs) => (atMs < at(17, 8) ? 300 : 9_000);
    await passed(surprised, at(17, 10), at(17, 14));
    expect(new Set(await oldestAt(surprised, at(17, 14)))).toEqual(new Set([0]));
  });

  test("what is to come down is looked at first: a floor that is above its plan has every minute read", async () => {
    const small = await platform(SPARING);
    await passed(small, at(17), at(17, 10));
    expect(new Set(await oldestAt(small, at(17, 10)))).toEqual(new Set([5 * MINUTE_MS]));
    const held = await small.documents.read("floor/api");
    await small.documents.write(
      "floor/api",
      { ...(held?.value as object), intendedUnits: 40, customerUnits: 4, failures: 0 },
      held?.version ?? 0,
    );
    expect(new Set(await oldestAt(small, at(17, 11)))).toEqual(new Set([0]));
  });

  test("a plan that says nothing new is written every five minutes", async () => {
    const small = await platform(SPARING);
    await passed(small, at(17), at(17, 20));
    const madeAt = async (atMs: number) => {
      await oldestAt(small, atMs);
      return (await storedPlan(small.context, "api"))?.plan.madeAtMs;
    };
    const made = [
      await madeAt(at(17, 20)),
      await madeAt(at(17, 21)),
      await madeAt(at(17, 22)),
      await madeAt(at(17, 23)),
      await madeAt(at(17, 24)),
    ];
    expect(new Set(made).size).toBeLessThanOrEqual(2);
  });
});

test("elsewhere every minute reads its own", async () => {
  const small = await platform();
  await passed(small, at(17), at(17, 10));
  expect(new Set(await oldestAt(small, at(17, 10)))).toEqual(new Set([undefined]));
});
