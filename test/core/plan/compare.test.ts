import { expect, test } from "vitest";
import { comparePlans, type ComparedPlan } from "../../../shared/core/plan/compare.ts";
import { HOUR_MS } from "../../../shared/core/time.ts";

const WITHIN = { fromMs: 0, toMs: 10 * HOUR_MS };
const plan = (steps: readonly (readonly [hour: number, units: number])[], more: Partial<ComparedPlan> = {}): ComparedPlan => ({
  targetId: "api",
  steps: steps.map(([hour, floorUnits]) => ({ atMs: hour * HOUR_MS, floorUnits })),
  shorts: [],
  costUsdPerUnitHour: 0.5,
  ...more,
});

test("two plans that ask for the same differ nowhere, however their steps are cut", () => {
  const [same] = comparePlans(
    [
      plan([
        [0, 4],
        [2, 9],
        [5, 9],
        [6, 4],
      ]),
    ],
    [
      plan([
        [-1, 4],
        [2, 9],
        [6, 4],
        [12, 80],
      ]),
    ],
    WITHIN,
  );
  expect(same?.differences).toEqual([]);
  // 2 hours of 4, 4 of 9, 4 of 4.
  const sum = { peakUnits: 9, peakAtMs: 2 * HOUR_MS, unitHours: 60, usd: 30, shortUnits: 0 };
  expect([same?.before, same?.after]).toEqual([sum, sum]);
});

test("a stretch in which they differ is one, with the floors where they differ most", () => {
  const [changed] = comparePlans(
    [
      plan([
        [0, 4],
        [2, 9],
        [6, 4],
      ]),
    ],
    [
      plan([
        [0, 4],
        [1, 6],
        [3, 20],
        [7, 4],
      ]),
    ],
    WITHIN,
  );
  expect(changed?.differences).toEqual([{ fromMs: HOUR_MS, toMs: 7 * HOUR_MS, beforeUnits: 4, afterUnits: 20 }]);
});

test("stretches with the same floors between them are several", () => {
  const [changed] = comparePlans(
    [plan([[0, 4]])],
    [
      plan([
        [0, 4],
        [1, 5],
        [2, 4],
        [3, 2],
        [4, 4],
      ]),
    ],
    WITHIN,
  );
  expect(changed?.differences.map(({ fromMs, afterUnits }) => [fromMs / HOUR_MS, afterUnits])).toEqual([
    [1, 5],
    [3, 2],
  ]);
});

test("a target that is new has no floor before, one that goes none after, and a price that nobody said is not known", () => {
  const gone = plan([[0, 3]], { targetId: "gone", costUsdPerUnitHour: undefined });
  const [added, taken] = comparePlans([gone], [plan([[0, 4]])], WITHIN);
  expect([added?.targetId, added?.before, added?.after?.usd]).toEqual(["api", undefined, 20]);
  expect(added?.differences).toEqual([{ ...WITHIN, beforeUnits: undefined, afterUnits: 4 }]);
  expect([taken?.targetId, taken?.before?.usd, taken?.before?.unitHours, taken?.after]).toEqual(["gone", undefined, 30, undefined]);
});

test("a shortage counts within the hours compared, by its worst minute", () => {
  const shorts = [
    { fromMs: 11 * HOUR_MS, toMs: 12 * HOUR_MS, units: 90 },
    { fromMs: 1, toMs: 2, units: 7 },
    { fromMs: 3, toMs: 4, units: 5 },
  ];
  const [one] = comparePlans([plan([[0, 4]])], [plan([[0, 4]], { shorts })], WITHIN);
  expect([one?.before?.shortUnits, one?.after?.shortUnits]).toEqual([0, 7]);
});
