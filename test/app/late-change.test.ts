import { expect, test } from "vitest";
import { correctProgramme } from "../../shared/app/corrections.ts";
import { lateChanges } from "../../shared/app/late-change.ts";
import { measure } from "../../shared/app/measure.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, FINAL, platform, slot, stored, target } from "./made.ts";

const BY = { author: "newsroom", why: "the other match is off" };

async function learned(more: Parameters<typeof platform>[0] = {}) {
  const small = await platform(more);
  await measure(small.context, at(17));
  return small;
}

test("with the notice of its lead nothing is late", async () => {
  const small = await learned();
  expect(await lateChanges(small.context, [FINAL.id], at(17))).toEqual([]);
  expect(await lateChanges(small.context, [], at(17))).toEqual([]);
});

test("a programme that is brought forward to four minutes from now is answered with what can be had, and what cannot", async () => {
  const small = await learned();
  const now = at(17, 30);
  await correctProgramme(small.context, { programmeId: FINAL.id, startsAtMs: now + 4 * MINUTE_MS, ...BY }, now);
  const before = await stored(small);
  const [late] = await lateChanges(small.context, [FINAL.id], now);
  expect(late).toMatchObject({ name: "the cup final", startsAtMs: now + 4 * MINUTE_MS });
  const [api] = late?.targets ?? [];
  expect(api).toMatchObject({ targetId: "api", mode: "active", servingUnits: 4 });
  const { neededUnits = 0, neededByMs = 0, inTimeUnits = 0, shortfall } = api?.inTime ?? {};
  expect(neededUnits).toBeGreaterThan(20);
  expect(inTimeUnits).toBeLessThan(neededUnits);
  expect(neededByMs).toBeGreaterThan(now);
  expect(shortfall?.fromMs).toBeLessThan(now + 5 * MINUTE_MS);
  expect(shortfall?.untilMs).toBeLessThan(now + 15 * MINUTE_MS);
  // Once everything that it takes is asked for, less is late.
  Object.assign(small.control.cloud("api"), { desiredUnits: neededUnits, servingUnits: neededUnits });
  expect(await lateChanges(small.context, [FINAL.id], now)).toEqual([]);
  expect(await stored(small)).toEqual(before);
});

test("a programme nobody knows the audience of, one below the threshold and one that is over are not answered for", async () => {
  const small = await learned({ programmes: [slot("one", "Quiz", at(17, 34), at(18))], expectations: [] });
  const ids = (await small.context.guide(at(17, 30))).occasions.flatMap(({ programmes }) => programmes.map(({ id }) => id));
  expect(ids).toHaveLength(1);
  expect(await lateChanges(small.context, ids, at(17, 30))).toEqual([]);
});

test("where nobody can find out what serves, nobody says what is in time", async () => {
  const small = await learned({ targets: [target("api", { mode: "observe" })] });
  const now = at(17, 30);
  await correctProgramme(small.context, { programmeId: FINAL.id, startsAtMs: now + 4 * MINUTE_MS, ...BY }, now);
  small.control.dark.add("api");
  const [late] = await lateChanges(small.context, [FINAL.id], now);
  expect(late?.targets).toEqual([{ targetId: "api", mode: "observe", servingUnits: undefined, inTime: undefined }]);
});
