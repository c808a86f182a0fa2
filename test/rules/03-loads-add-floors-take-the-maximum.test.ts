import fc from "fast-check";
import { expect } from "vitest";
import { forecastLoad, type ForecastInput, type ForecastMinute } from "../../shared/core/forecast/forecast.ts";
import { needsOf, neededUnits, type DemandInput, type Need } from "../../shared/core/plan/demand.ts";
import type { Override } from "../../shared/core/plan/override.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { AHEAD, expected, modelOf, pastEight, target as forecastTarget } from "../core/forecast/made.ts";
import { minute, NOW, POLICY, target } from "../core/plan/made.ts";
import { rule } from "./made.ts";

type Needs = (input: DemandInput) => readonly Need[];

const lease = (nth: number) => ({ id: `o${nth}`, fromMs: NOW, untilMs: NOW + HOUR_MS, author: "ops", why: "to see" });
const targetIds = ["player-api"];
const anyOverride: fc.Arbitrary<Override> = fc.oneof(
  fc
    .record({ nth: fc.nat(99), floorUnits: fc.integer({ min: 1, max: 150 }) })
    .map(({ nth, floorUnits }): Override => ({ ...lease(nth), kind: "floor", targetIds, floorUnits })),
  fc
    .record({ nth: fc.nat(99), factor: fc.double({ min: 0, max: 2.5, noNaN: true }) })
    .map(({ nth, factor }): Override => ({ ...lease(nth), kind: "factor", targetIds, factor })),
);

function demand(loadRps: number, overrides: readonly Override[]): DemandInput {
  const known: ForecastMinute = {
    kind: "known",
    atMs: minute(0),
    usualRps: loadRps,
    medianRps: loadRps,
    interval: undefined,
    tailRps: loadRps,
    contributions: [],
    surpriseRps: 0,
  };
  const nowcast = { newestMs: NOW - MINUTE_MS, level: 1, amplitude: undefined, surprise: undefined, suddenFall: false, farBelow: false };
  return {
    target: target(),
    forecast: { targetId: "player-api", minutes: [known], nowcast },
    recent: [],
    occasions: [],
    overrides,
    policy: POLICY,
    now: NOW,
    database: undefined,
    clients: [],
  };
}

function changing(change: (overrides: readonly Override[]) => readonly Override[]): Needs {
  return (input) => needsOf({ ...input, overrides: change(input.overrides) });
}

const isFloor = (override: Override) => override.kind === "floor";

rule<Needs>("of all who ask the largest is heard, in any order, within baseline and ceiling, and what is missing is said", {
  holds: (needs) =>
    fc.property(
      fc.integer({ min: 0, max: 9_000 }),
      fc
        .uniqueArray(anyOverride, { maxLength: 5, selector: ({ id }) => id })
        .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      (loadRps, [overrides, shuffled]) => {
        const [need] = needs(demand(loadRps, overrides));
        const needed = need && neededUnits(need);
        const factors = overrides.flatMap((each) => (each.kind === "factor" ? [each.factor] : []));
        const floors = overrides.flatMap((each) => (each.kind === "floor" ? [each.floorUnits] : []));
        const byLoad = Math.ceil(Math.ceil(loadRps / 70) * (factors.length === 0 ? 1 : Math.max(...factors)) - 1e-9);
        const wantedUnits = Math.max(byLoad, 0, ...floors);
        const units = Math.min(100, Math.max(4, wantedUnits));
        const limit = wantedUnits > 100 ? "ceiling" : undefined;
        expect(needed).toMatchObject({ units, wantedUnits, limit });
        const [again] = needs(demand(loadRps, shuffled));
        expect(again && neededUnits(again)).toMatchObject({ units, wantedUnits, limit });
      },
    ),
  real: needsOf,
  planted: {
    "two floors add up": () =>
      changing((overrides) => {
        const floors = overrides.filter(isFloor);
        const [first] = floors;
        if (first === undefined) return overrides;
        const floorUnits = floors.reduce((sum, each) => sum + each.floorUnits, 0);
        return [...overrides.filter((each) => !isFloor(each)), { ...first, floorUnits }];
      }),
    "the last floor replaces the ones before it": () =>
      changing((overrides) => [...overrides.filter((each) => !isFloor(each)), ...overrides.filter(isFloor).slice(-1)]),
    "a factor below 1 takes from what an override holds": () =>
      changing((overrides) => {
        const factors = overrides.flatMap((each) => (each.kind === "factor" ? [each.factor] : []));
        const factor = factors.length === 0 ? 1 : Math.max(...factors);
        return overrides.map((each) => (isFloor(each) ? { ...each, floorUnits: Math.max(1, Math.round(each.floorUnits * factor)) } : each));
      }),
    "a shortage is clamped and not said": () => (input) =>
      needsOf(input).map((need) => (need.kind === "known" ? { ...need, wantedUnits: need.units, limit: undefined } : need)),
  },
  numRuns: 300,
});

type Forecasts = typeof forecastLoad;

rule<Forecasts>("occasions that overlap add up, while the platform's reach does not bound them", {
  holds: (forecasts) => {
    const model = modelOf(1_000);
    return fc.property(
      fc.array(fc.record({ viewers: fc.integer({ min: 40_000, max: 600_000 }), minute: fc.integer({ min: 0, max: 30 }) }), {
        minLength: 2,
        maxLength: 4,
      }),
      (several) => {
        const occasions = several.map(({ viewers, minute: startsAt }, nth) => ({
          occasion: expected(viewers, { id: `o-${nth}`, channelId: `c${nth}`, minute: startsAt }),
          air: AHEAD,
        }));
        const at60 = (given: ForecastInput["occasions"]): number => {
          const now = pastEight(-5);
          const { minutes } = forecasts({
            model,
            target: forecastTarget(),
            occasions: given,
            recent: [],
            zone: [],
            now,
            fromMs: pastEight(60),
            toMs: pastEight(61),
            threshold: DEFAULT_IMPACT_THRESHOLD,
            unservedPerMillion: 10,
          });
          const [one] = minutes;
          return one?.kind === "known" ? one.medianRps : Number.NaN;
        };
        const usual = at60([]);
        const alone = occasions.reduce((sum, each) => sum + at60([each]) - usual, 0);
        const together = at60(occasions) - usual;
        expect(together).toBeGreaterThan(0.95 * alone);
        expect(together).toBeLessThan(1.1 * alone);
      },
    );
  },
  real: forecastLoad,
  planted: {
    "of several occasions the largest alone counts": () => (input) => {
      const viewers = ({ occasion }: (typeof input.occasions)[number]): number => occasion.expectation?.viewers ?? 0;
      return forecastLoad({ ...input, occasions: input.occasions.toSorted((a, b) => viewers(b) - viewers(a)).slice(0, 1) });
    },
    "an occasion counts once for each that it overlaps": () => (input) =>
      forecastLoad({
        ...input,
        occasions:
          input.occasions.length < 2
            ? input.occasions
            : input.occasions.flatMap(({ occasion, ...rest }) => [
                { occasion, ...rest },
                { ...rest, occasion: { ...occasion, id: `${occasion.id}-again` } },
              ]),
      }),
  },
  numRuns: 20,
});
