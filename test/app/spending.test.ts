import { describe, expect, test } from "vitest";
import { assess } from "../../shared/app/assess.ts";
import type { Settings } from "../../shared/app/context.ts";
import { updateDocument } from "../../shared/app/documents.ts";
import { measure } from "../../shared/app/measure.ts";
import { explainAt, readVerdicts } from "../../shared/app/operate.ts";
import { setOverride } from "../../shared/app/override.ts";
import { plan, storedPlan } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { warm } from "../../shared/app/warm.ts";
import { stretched } from "../../shared/core/forecast/audience.ts";
import { firstLearned, type Learned } from "../../shared/core/forecast/model.ts";
import { DEFAULT_PLAN_POLICY, largestFloor } from "../../shared/core/plan/plan.ts";
import type { Programme } from "../../shared/core/schedule/programme.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, EVENING, plansAt, platform, slot, type Platform } from "./made.ts";

// What nobody expects, on a channel whose evenings have drawn a crowd; the quiz is on the other one.
const UNHEARD = slot("one", "Never Seen Before", at(19), at(21));
const GUIDE: readonly Programme[] = [...EVENING.filter(({ title }) => title !== "Cup Final" && title !== "Quiz"), UNHEARD];
const BESIDE = slot("two", "Nobody Knows This Either", at(20), at(21));

const level = (viewers: number) => ({ count: 20, mean: stretched(viewers), squares: 0.2 });

/** A platform that has seen broadcasts of both channels, none of what is on tonight; a unit costs a dollar an hour. */
async function seen(feedOnlyUsdPerHour: number, more: { readonly programmes?: readonly Programme[] } = {}): Promise<Platform> {
  const settings: Partial<Settings> = { expectations: [], policy: { ...DEFAULT_PLAN_POLICY, feedOnlyUsdPerHour } };
  const small = await platform({ programmes: GUIDE, ...settings, ...more });
  small.context.settings.targets.forEach((target) => Object.assign(target, { costUsdPerUnitHour: 1 }));
  small.goTo(at(17, 40));
  await measure(small.context, at(17, 40));
  await updateDocument<Learned>(small.documents, "model/learned", (before = firstLearned()) => ({
    ...before,
    reach: { viewers: 80_000, broadcasts: 30 },
    audience: { ...before.audience, all: level(1_000), "channel/one": level(60_000), "channel/two": level(30_000) },
  }));
  return small;
}

const largest = async ({ context }: Platform): Promise<number> => {
  const stored = await storedPlan(context, "api");
  if (stored === undefined) throw new Error("nothing was planned");
  return largestFloor(stored.plan, stored.plan.madeAtMs, stored.plan.untilMs) ?? 0;
};

/** What is left out of the plan at an instant. */
async function leftOut(small: Platform, atMs: number): Promise<readonly string[]> {
  const [made] = await plansAt(small, atMs);
  return made?.overCap.map(({ name }) => name) ?? [];
}

describe("what rests on the feed alone", () => {
  test("is planned for within the cap, and left out above it, with a reason and what it will be short by", async () => {
    const within = await seen(1_000);
    expect(await leftOut(within, at(17, 41))).toEqual([]);
    expect(await largest(within)).toBeGreaterThan(25);

    const over = await seen(5);
    expect(await leftOut(over, at(17, 41))).toContain("Never Seen Before");
    expect(await largest(over)).toBeLessThan(10);
    expect((await storedPlan(over.context, "api"))?.plan.shorts[0]).toMatchObject({ fromMs: at(18, 45), limit: "cap" });
    const why = await explainAt(over.context, "api", at(19, 30), at(17, 41));
    expect(why).toMatchObject({
      sentences: expect.arrayContaining([expect.stringMatching(/^Never Seen Before would take \d+ more/)]) as unknown,
    });
  });

  test("is short at its checkpoints when it is left out, and that pages", async () => {
    const small = await seen(5);
    for (let now = at(18, 20); now < at(19); now += MINUTE_MS) {
      small.goTo(now);
      const situation = await situationAt(small.context, now);
      const planned = await plan(small.context, situation);
      await assess(small.context, situation, { planned, warmed: await warm(small.context, now) });
    }
    const verdicts = await readVerdicts(small.context);
    expect(verdicts.map(({ name, checkpoint, verdict, pages }) => [name, checkpoint, verdict, pages])).toEqual(
      ["T-30", "T-10", "longest-lead", "T-2"].map((checkpoint) => ["Never Seen Before", checkpoint, "short", true]),
    );
    expect(verdicts[0]?.evidence[0]?.note).toMatch(/^the cap on what the feed alone may spend leaves it short by \d+/);
  });

  test("gives way to a person who expects it: the cap touches no override", async () => {
    const small = await seen(5);
    const now = at(17, 41);
    await plansAt(small, now);
    const before = await largest(small);
    const { occasions } = await situationAt(small.context, now);
    const occasionId = occasions.find(({ name }) => name === "Never Seen Before")?.id;
    const asked = { kind: "expected-audience", occasionId, viewers: 60_000, untilMs: at(23), author: "ops", why: "tickets sold" } as const;
    await setOverride(small.context, asked, now);
    expect(await leftOut(small, now)).not.toContain("Never Seen Before");
    expect(await largest(small)).toBeGreaterThan(before + 15);
  });

  test("is asked for once its crowd was seen: the cap touches no programme on air", async () => {
    const small = await seen(5);
    small.measured.world.viewers = (channelId, atMs) => (channelId === "one" && atMs >= at(18, 58) ? 61_000 : 1_000);
    small.measured.world.loadRps = (_, atMs) => (atMs >= at(18, 58) ? 2_100 : 300);
    for (let now = at(18, 40); now < at(19, 12); now += MINUTE_MS) {
      small.goTo(now);
      await measure(small.context, now);
      await plansAt(small, now);
    }
    expect(await leftOut(small, at(19, 12))).not.toContain("Never Seen Before");
    expect(await largest(small)).toBeGreaterThan(25);
  });

  test("stays once its units were asked for, whatever larger audience the feed lists later", async () => {
    const small = await seen(50, { programmes: [BESIDE] });
    expect(await leftOut(small, at(19, 44))).not.toContain(BESIDE.title);
    const before = await largest(small);
    expect(before).toBeGreaterThan(15);
    await small.air([BESIDE, { ...UNHEARD, startsAtMs: at(20), endsAtMs: at(22) }]);
    expect(await leftOut(small, at(19, 45))).toContain("Never Seen Before");
    expect(await leftOut(small, at(19, 45))).not.toContain(BESIDE.title);
    expect(await largest(small)).toBe(before);
    const why = await explainAt(small.context, "api", at(20, 10), at(19, 45));
    expect(why).toMatchObject({ sentences: expect.arrayContaining([expect.stringMatching(/^Never Seen Before would/)]) as unknown });
  });
});
