import fc from "fast-check";
import { expect, test } from "vitest";
import { coverageOf, lengthOf, overlapsOf, unionOf, type Stretch } from "../../../shared/core/schedule/coverage.ts";
import { isFiller } from "../../../shared/core/schedule/title.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { anyListed, EIGHT_PM, listed } from "./programmes.ts";

const minutesIn = (stretches: readonly Stretch[]) =>
  stretches.map(({ fromMs, toMs }) => [(fromMs - EIGHT_PM) / MINUTE_MS, (toMs - EIGHT_PM) / MINUTE_MS]);

test("a channel is covered from its first start to its last end, less its gaps", () => {
  const [one] = coverageOf([
    listed({ minute: 0, lengthMinutes: 30 }),
    listed({ minute: 30, lengthMinutes: 30 }),
    listed({ minute: 90, lengthMinutes: 60, title: "Kanalpause" }),
    listed({ minute: 120, lengthMinutes: 15 }),
  ]);
  expect(one).toMatchObject({ channelId: "one", programmes: 4, gapMs: 30 * MINUTE_MS, fillerMs: 45 * MINUTE_MS });
  expect(minutesIn(one?.gaps ?? [])).toEqual([[60, 90]]);
  expect(minutesIn(one === undefined ? [] : [one])).toEqual([[0, 150]]);
});

test("a short programme inside a long one opens no gap", () => {
  const programmes = [listed({ minute: 0, lengthMinutes: 120 }), listed({ minute: 10, lengthMinutes: 10 }), listed({ minute: 120 })];
  expect(coverageOf(programmes)[0]?.gaps).toEqual([]);
  expect(minutesIn(overlapsOf(programmes))).toEqual([[10, 20]]);
});

test("gaps, fillers and overlaps are what counting every half minute finds", () => {
  const STEP_MS = MINUTE_MS / 2;
  fc.assert(
    fc.property(fc.array(anyListed, { minLength: 1, maxLength: 12 }), (programmes) => {
      const onOne = programmes.map((programme) => ({ ...programme, channelId: "one" }));
      const [one] = coverageOf(onOne);
      let gapMs = 0;
      let fillerMs = 0;
      let overlapMs = 0;
      for (let atMs = one?.fromMs ?? 0; atMs < (one?.toMs ?? 0); atMs += STEP_MS) {
        const on = onOne.filter(({ startsAtMs, endsAtMs }) => startsAtMs <= atMs && atMs < endsAtMs);
        if (on.length === 0) gapMs += STEP_MS;
        else if (on.every(isFiller)) fillerMs += STEP_MS;
        if (on.length > 1) overlapMs += STEP_MS;
      }
      expect([one?.gapMs, one?.fillerMs, lengthOf(overlapsOf(onOne))]).toEqual([gapMs, fillerMs, overlapMs]);
      expect(lengthOf(unionOf(onOne)) + gapMs).toBe((one?.toMs ?? 0) - (one?.fromMs ?? 0));
    }),
    { seed: 20251231, numRuns: 300 },
  );
});
