import { expect, test } from "vitest";
import { begun, deployed, guideOf, moved, NOW, type Deployment } from "../../bench/replan/setting.ts";
import { makePlans } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { DAY_MS, HOUR_MS } from "../../shared/core/time.ts";

const SIZE = { targets: 4, channels: 6, days: 1.4 };

test("the guide of the bench has no gap, no overlap and its matches", () => {
  const { programmes } = guideOf(SIZE);
  for (const [, slots] of Map.groupBy(programmes, ({ channelId }) => channelId)) {
    for (const [nth, { startsAtMs, endsAtMs }] of slots.entries()) {
      expect(endsAtMs).toBeGreaterThan(startsAtMs);
      if (nth > 0) expect(slots[nth - 1]?.endsAtMs).toBe(startsAtMs);
    }
  }
  const matches = programmes.filter(({ title }) => title === "The Match");
  // One was this morning's guide; none begins before its hour.
  expect(new Set(matches.map(({ startsAtMs }) => (startsAtMs - NOW) % DAY_MS))).toEqual(new Set([HOUR_MS]));
  expect(matches).toHaveLength(2 * 3);
});

test("after one programme moved the plans are those of a deployment that plans everything anew, and not the old ones", async () => {
  const start = await begun(SIZE);
  const guide = guideOf(SIZE);
  const match = guide.programmes.findIndex(({ title, startsAtMs }) => title === "The Match" && startsAtMs > NOW);
  const later = moved(guide, match);
  const plansOf = async ({ context }: Deployment) =>
    (await makePlans(context, await situationAt(context, NOW), DAY_MS)).map(({ plan }) => plan);
  const again = deployed(start);
  await again.publish(guide);
  const before = await plansOf(again);
  await again.publish(later);
  const after = await plansOf(again);
  const anew = deployed(start);
  await anew.publish(later);
  expect(after).toEqual(await plansOf(anew));
  expect(after).not.toEqual(before);
  expect(Math.max(...after.flatMap(({ steps }) => steps.map(({ floorUnits }) => floorUnits)))).toBeGreaterThan(30);
});
