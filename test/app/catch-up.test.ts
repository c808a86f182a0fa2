import fc from "fast-check";
import { expect, test } from "vitest";
import { measure } from "../../shared/app/measure.ts";
import { readAirLog } from "../../shared/app/situation.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, crowd, EVENING, FINAL, platform, stored, type Platform } from "./made.ts";

const minutesOf = (fromMs: number, toMs: number): readonly number[] =>
  Array.from({ length: (toMs - fromMs) / MINUTE_MS }, (_, index) => fromMs + index * MINUTE_MS);

const [FROM_MS, TO_MS] = [at(18, 30), at(23)];

/** What was followed and learned of the final's evening, in which Calltime was away in [awayFromMs, awayToMs); it ran over by twenty minutes. */
async function evening(awayFromMs: number, awayToMs: number, happening: (small: Platform, atMs: number) => unknown = () => undefined) {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, FINAL.endsAtMs + 20 * MINUTE_MS);
  small.measured.world.loadRps = (_, atMs) => (atMs >= at(18, 50) && atMs < at(21, 40) ? 6_000 : 300);
  for (const atMs of minutesOf(FROM_MS, TO_MS)) {
    small.goTo(atMs);
    await happening(small, atMs);
    if (atMs < awayFromMs || atMs >= awayToMs) await measure(small.context, atMs);
  }
  return stored(small);
}

const uninterrupted = evening(0, 0);

test("a pause of up to two hours, wherever it lies, changes nothing of what was followed and learned", async () => {
  const whole = await uninterrupted;
  const pause = fc.tuple(fc.integer({ min: 1, max: 269 }), fc.integer({ min: 1, max: 120 }));
  await fc.assert(
    fc.asyncProperty(pause, async ([afterMinutes, minutes]) => {
      const awayFromMs = FROM_MS + afterMinutes * MINUTE_MS;
      // The last minute is there in either.
      const awayToMs = Math.min(awayFromMs + minutes * MINUTE_MS, TO_MS - MINUTE_MS);
      expect(await evening(awayFromMs, awayToMs)).toEqual(whole);
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
});

test("a programme that began and was dropped by its feed while Calltime was away is held, as it would have been", async () => {
  const dropped = EVENING.filter(({ id }) => id !== FINAL.id);
  const drops = (small: Platform, atMs: number) => (atMs === at(19, 20) ? small.air(dropped) : undefined);
  const [away, there] = await Promise.all([evening(at(18, 55), at(19, 40), drops), evening(0, 0, drops)]);
  expect(Object.keys((there["air"] as { air: object }).air)).not.toEqual([]);
  expect(away).toEqual(there);
});

test("a minute in which the audience could not be read is taken up by the next one", async () => {
  const fails = (small: Platform, atMs: number) =>
    atMs === at(19, 1) || atMs === at(21, 43) ? small.measured.world.broken.add("audience") : small.measured.world.broken.clear();
  expect(await evening(0, 0, fails)).toEqual(await uninterrupted);
});

test("the audience of all the minutes that were missed is read once", async () => {
  const small = await platform();
  small.measured.world.viewers = crowd(200_000, FINAL.startsAtMs, FINAL.endsAtMs);
  for (const atMs of minutesOf(at(18, 50), at(19, 10))) {
    small.goTo(atMs);
    await measure(small.context, atMs);
  }
  small.measured.reads.length = 0;
  small.goTo(at(20, 10));
  expect(await measure(small.context, at(20, 10))).toEqual([]);
  // Once for the sixty that were missed, once for the present one, and the hour's usual viewers.
  expect(small.measured.reads.filter(({ of }) => of === "audience").length).toBeLessThanOrEqual(4);
  expect((await readAirLog(small.context)).throughMs).toBe(at(20, 10));
});

test("an audience that nobody can read for hours does not keep the load of targets from being learned", async () => {
  const small = await platform();
  await measure(small.context, at(17));
  small.measured.world.broken.add("audience");
  const learnedHours = () => small.bus.of("calltime.load.measured").map(({ data }) => data.to.slice(11, 16));
  for (const atMs of minutesOf(at(17, 1), at(21))) {
    small.goTo(atMs);
    expect(await measure(small.context, atMs)).not.toEqual([]);
  }
  expect((await readAirLog(small.context)).throughMs).toBe(at(17));
  expect(learnedHours()).toContain("20:00");
  small.measured.world.broken.clear();
  small.goTo(at(21));
  expect(await measure(small.context, at(21))).toEqual([]);
  expect((await readAirLog(small.context)).throughMs).toBe(at(17) + 4 * HOUR_MS);
});
