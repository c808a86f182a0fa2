import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ForecastMinute } from "../../../shared/core/forecast/forecast.ts";
import { clientOf, lowersNothing, needsOf, neededUnits, type DemandInput } from "../../../shared/core/plan/demand.ts";
import type { FloorOverride, Override } from "../../../shared/core/plan/override.ts";
import type { Reason } from "../../../shared/core/plan/plan.ts";
import { planSteps } from "../../../shared/core/plan/steps.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { minute, needs, NOW, planned, POLICY, target, times } from "./made.ts";

type Known = Extract<ForecastMinute, { kind: "known" }>;

function known(n: number, medianRps: number, changes: Partial<Known> = {}): Known {
  return {
    kind: "known",
    atMs: minute(n),
    usualRps: medianRps,
    medianRps,
    interval: undefined,
    tailRps: medianRps,
    contributions: [],
    surpriseRps: 0,
    ...changes,
  };
}

const CALM: DemandInput["forecast"]["nowcast"] = {
  newestMs: NOW - MINUTE_MS,
  level: 1,
  amplitude: undefined,
  surprise: undefined,
  suddenFall: false,
  farBelow: false,
};

function input(minutes: readonly ForecastMinute[], changes: Partial<DemandInput> = {}): DemandInput {
  return {
    target: target(),
    forecast: { targetId: "player-api", minutes, nowcast: CALM },
    recent: [],
    occasions: [],
    overrides: [],
    policy: POLICY,
    now: NOW,
    database: undefined,
    clients: [],
    ...changes,
  };
}

function override(changes: Partial<FloorOverride> = {}): FloorOverride {
  return {
    id: "1",
    kind: "floor",
    targetIds: ["player-api"],
    floorUnits: 30,
    fromMs: NOW,
    untilMs: NOW + HOUR_MS,
    author: "ops",
    why: "rehearsal",
    ...changes,
  };
}

/** The one need of a demand for one minute. */
function only(demand: DemandInput) {
  const [first, ...more] = needsOf(demand);
  if (first === undefined || more.length > 0) throw new Error(`expected one need, got ${more.length + (first === undefined ? 0 : 1)}`);
  const needed = neededUnits(first);
  return { kind: first.kind, units: needed?.units, wanted: needed?.wantedUnits, limit: needed?.limit, reasons: needed?.reasons() ?? [] };
}

function types(reasons: readonly Reason[]): readonly string[] {
  return reasons.map(({ type }) => type);
}

describe("load", () => {
  test("the expected load at the target utilisation and the tail at full use: the larger counts", () => {
    expect(only(input([known(0, 2_100, { tailRps: 2_500 })])).units).toBe(30);
    expect(only(input([known(0, 2_100, { tailRps: 3_300 })])).units).toBe(33);
  });

  test("an occasion adds the share lost with one zone, an ordinary minute does not", () => {
    const zoned = { target: target({ zones: 3 }) };
    const contributions = [{ occasionId: "final", medianRps: 2_000 }];
    expect(only(input([known(0, 2_100)], zoned)).units).toBe(30);
    const busy = only(input([known(0, 2_100, { contributions })], zoned));
    expect(busy.units).toBe(45);
    expect(busy.reasons).toContainEqual({ type: "zone-reserve", zones: 3, units: 45 });
  });

  test("the reserve for a zone and the tail do not add up", () => {
    const contributions = [{ occasionId: "final", medianRps: 2_000 }];
    const of = input([known(0, 2_100, { contributions, tailRps: 5_000 })], { target: target({ zones: 3 }) });
    expect(only(of).units).toBe(50);
    expect(types(only(of).reasons)).not.toContain("zone-reserve");
  });

  test("what a measured minute carried is needed too, and a gap in the metrics is no need of zero", () => {
    const recent = [
      { kind: "known", atMs: minute(-2), loadRps: 700, unservedRps: 0, servingUnits: 10 },
      { kind: "unknown", atMs: minute(-1), reason: "late" },
    ] as const;
    const all = needsOf(input([known(0, 350)], { recent }));
    expect(all.map((one) => [one.atMs, neededUnits(one)?.units])).toEqual([
      [minute(-2), 10],
      [minute(0), 5],
    ]);
    expect(all[0] && neededUnits(all[0])?.reasons()).toEqual([{ type: "measured-load", loadRps: 700 }]);
  });

  test("the reasons of a minute name what it is made of, and in which phase each occasion is", () => {
    const final: Occasion = {
      id: "final",
      name: "the cup final",
      programmes: [],
      channelIds: ["one"],
      startsAtMs: minute(-60),
      endsAtMs: minute(30),
      seriesKey: "cup final",
      category: undefined,
      programmeClass: "other",
    };
    const phaseAt = (n: number): string | undefined => {
      const contributions = [{ occasionId: "final", medianRps: 400 }];
      const one = only(input([known(n, 700, { contributions })], { occasions: [{ occasion: final, air: { kind: "on-air" } }] }));
      expect(types(one.reasons)).toEqual(["usual-load", "occasion", "tail"]);
      const found = one.reasons.find((reason) => reason.type === "occasion");
      return found?.type === "occasion" ? found.phase : undefined;
    };
    expect([-70, -46, -45, 24, 25, 34, 35].map(phaseAt)).toEqual(["arrival", "arrival", "on-air", "on-air", "end", "end", "decay"]);
  });

  test("what people said of an occasion is among the reasons of its minutes, and that it was called off in those it would have had", () => {
    const said = [{ change: { kind: "end", byMinutes: 30 }, author: "newsroom", why: "extra time" }] as const;
    const film: Occasion = {
      id: "film",
      name: "the film",
      programmes: [],
      channelIds: ["one"],
      startsAtMs: minute(20),
      endsAtMs: minute(40),
      said,
      seriesKey: "film",
      category: undefined,
      programmeClass: "other",
    };
    const saidIn = (n: number, changes: Partial<DemandInput>, contributions: Known["contributions"] = []) =>
      only(input([known(n, 700, { contributions })], changes)).reasons.filter(({ type }) => type === "said");
    const reason = { type: "said", occasionId: "film", name: "the film", said: said[0] };
    const occasions = [{ occasion: film, air: { kind: "ahead" as const } }];
    expect(saidIn(25, { occasions }, [{ occasionId: "film", medianRps: 400 }])).toEqual([reason]);
    expect(saidIn(25, { occasions })).toEqual([]);
    const calledOff = [4, 5, 25, 99, 100].map((n) => saidIn(n, { calledOff: [film] }).length);
    expect(calledOff).toEqual([0, 1, 1, 1, 0]);
  });
});

describe("limits", () => {
  test("no need lies below the baseline or above the ceiling, and what was cut off is said", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 2e4, noNaN: true }),
        fc.double({ min: 0, max: 2e4, noNaN: true }),
        fc.integer({ min: 1, max: 3 }),
        fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
        (medianRps, tailRps, zones, floorUnits) => {
          const overrides = floorUnits === undefined ? [] : [override({ floorUnits })];
          const database = target({ id: "db", ceilingUnits: 4, maxConnectionsPerUnit: 200 });
          const connections = { database: "db", poolPerUnit: 10 };
          const one = only(input([known(0, medianRps, { tailRps })], { target: target({ zones, connections }), overrides, database }));
          const [units, wanted] = [one.units ?? Number.NaN, one.wanted ?? Number.NaN];
          expect(units).toBeGreaterThanOrEqual(4);
          // 4 × 200 connections in pools of ten.
          expect(units).toBeLessThanOrEqual(80);
          expect(wanted > units).toBe(one.limit !== undefined);
          expect(types(one.reasons).some((type) => type === "ceiling" || type === "connection-budget")).toBe(one.limit !== undefined);
          expect(one.reasons.length).toBeGreaterThan(0);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  test("over its maximum a target gets its maximum and is short of the rest", () => {
    const one = only(input([known(0, 7_700)]));
    expect(one).toMatchObject({ units: 100, wanted: 110, limit: "ceiling" });
    expect(one.reasons).toContainEqual({ type: "ceiling", units: 100, shortUnits: 10 });
  });

  test("a client beyond its database's connections is capped and short; its plan is not refused", () => {
    const database = target({ id: "db", ceilingUnits: 2, maxConnectionsPerUnit: 100 });
    const client = target({ connections: { database: "db", poolPerUnit: 10 } });
    const one = only(input([known(0, 2_100)], { target: client, database }));
    expect(one).toMatchObject({ units: 20, wanted: 30, limit: "connections" });
    expect(one.reasons).toContainEqual({ type: "connection-budget", database: "db", units: 20 });
  });

  test("the customer's own minimum is kept even where the connections would not do, and nothing is short that is there", () => {
    const database = target({ id: "db", ceilingUnits: 1, maxConnectionsPerUnit: 20 });
    const client = target({ connections: { database: "db", poolPerUnit: 10 } });
    expect(only(input([known(0, 200)], { target: client, database }))).toMatchObject({ units: 4, wanted: 3, limit: undefined });
  });
});

describe("overrides", () => {
  test("of several the largest holds; they do not add up, neither with one another nor with the load", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 5 }), fc.integer({ min: 0, max: 7_000 }), (asked, load) => {
        const overrides = asked.map((floorUnits, index) => override({ id: `${index}`, floorUnits }));
        expect(only(input([known(0, load)], { overrides })).units).toBe(Math.max(4, Math.ceil(load / 70), ...asked));
      }),
      { seed: 1 },
    );
  });

  const factor = (id: string, value: number): Override => {
    const { floorUnits: _, ...lease } = override({ id });
    return { ...lease, kind: "factor", factor: value };
  };

  test("a factor changes what the load asks for, never what a floor holds; the larger of two is heard, in any order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 4 }),
        fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
        fc.integer({ min: 0, max: 5_000 }),
        (factors, floorUnits, load) => {
          const overrides = [
            ...factors.map((value, index) => factor(`f${index}`, value)),
            ...(floorUnits === undefined ? [] : [override({ id: "floor", floorUnits })]),
          ];
          const units = (given: readonly Override[]) => only(input([known(0, load)], { overrides: given })).units;
          const byLoad = Math.ceil(Math.ceil(load / 70) * Math.max(...factors) - 1e-9);
          expect(units(overrides)).toBe(Math.min(100, Math.max(4, byLoad, floorUnits ?? 0)));
          expect(units(overrides.toReversed())).toBe(units(overrides));
        },
      ),
      { seed: 1 },
    );
  });

  test("an override holds from its first instant to its last, excluded, and for its own targets", () => {
    const minutes = [-1, 0, 59, 60].map((n) => known(n, 70));
    const unitsWith = (one: FloorOverride) => needsOf(input(minutes, { overrides: [one] })).map((need) => neededUnits(need)?.units);
    expect(unitsWith(override())).toEqual([4, 30, 30, 4]);
    expect(unitsWith(override({ targetIds: ["edge"] }))).toEqual([4, 4, 4, 4]);
  });

  test("the one that sets the floor is named with its author, a smaller one is not", () => {
    const overrides = [override({ id: "big", floorUnits: 40 }), override({ id: "small", floorUnits: 20 })];
    expect(only(input([known(0, 700)], { overrides })).reasons.filter(({ type }) => type === "override")).toEqual([
      { type: "override", overrideId: "big", units: 40, author: "ops", why: "rehearsal" },
    ]);
  });

  test("where the load is unknown an override still asks, and the load stays unknown", () => {
    const unknown: ForecastMinute = { kind: "unknown", atMs: NOW, reason: "no history" };
    expect(only(input([unknown], { overrides: [override()] }))).toMatchObject({ kind: "unknown", units: 30 });
    expect(only(input([unknown]))).toMatchObject({ kind: "unknown", units: undefined });
  });
});

describe("connections", () => {
  const database = target({ id: "db", baselineUnits: 1, ceilingUnits: 10, maxConnectionsPerUnit: 100, startUpMs: 15 * MINUTE_MS });
  const client = (id: string) => target({ id, connections: { database: "db", poolPerUnit: 10 } });

  test("a database holds the connections of all its clients together, and says whose they are", () => {
    const clients = ["player-api", "search"].map((id) => ({ target: client(id), unitsAt: (atMs: number) => (atMs === NOW ? 25 : 0) }));
    const one = only(input([known(0, 70)], { target: database, clients }));
    expect(one.units).toBe(5);
    expect(one.reasons).toContainEqual({
      type: "connections",
      clients: [
        { targetId: "player-api", units: 25 },
        { targetId: "search", units: 25 },
      ],
      units: 5,
    });
  });

  test("the database is asked for early enough to serve when its client's units start, not only when the crowd comes", () => {
    const wanted = needs([...times(40, 4), ...times(20, 60)]);
    const plan = planned({ target: client("player-api"), needs: wanted });
    const raise = plan.steps.find((step) => step.floorUnits === 60);
    expect(raise?.atMs).toBe(minute(34));
    const behind = input(
      times(60, 0).map((_, n) => known(n, 0)),
      { target: database, clients: [clientOf(client("player-api"), plan, wanted)] },
    );
    const databasePlan = planSteps({
      target: database,
      needs: needsOf(behind),
      policy: POLICY,
      now: NOW,
      untilMs: minute(60),
      floorInForce: undefined,
      startUpMs: database.startUpMs,
      releaseUnderWay: false,
      lowersNothing: undefined,
    });
    // 6 units for 600 connections: 15 minutes to start, one to launch.
    const step = databasePlan.steps.find(({ floorUnits }) => floorUnits === 6);
    expect(step?.atMs).toBe(minute(34 - 16));
    expect(step?.neededByMs).toBe(minute(34));
  });

  test("where only an occasion's load is known it asks for at least so much, and lowers nothing: the usual load is not zero", () => {
    const minutes = times(60, 0).map((_, n) =>
      known(n, 700, { usualRps: undefined, contributions: [{ occasionId: "o", medianRps: 700 }] }),
    );
    const wanted = needsOf(input(minutes));
    expect(wanted[0]).toMatchObject({ kind: "unknown", asked: { units: 10 } });
    const floors = (floorInForce: number) => planned({ needs: wanted, floorInForce }).steps.map(({ floorUnits }) => floorUnits);
    expect(floors(4)).toEqual([10]);
    expect(floors(40)).toEqual([40]);
  });

  test("a client whose load is unknown keeps its floor, and with it its connections", () => {
    const wanted = needs(times(60, "unknown" as const));
    const plan = planned({ target: client("player-api"), needs: wanted, floorInForce: 60 });
    expect(clientOf(client("player-api"), plan, wanted).unitsAt(minute(30))).toBe(60);
  });

  test("a client has the same units in a minute, whichever minutes were asked for before", () => {
    const wanted = needs([...times(40, 4), ...times(20, 60)]);
    const { unitsAt } = clientOf(client("player-api"), planned({ needs: wanted }), wanted);
    const minutes = times(62, 0).map((_, n) => minute(n - 1));
    const inOrder = minutes.map(unitsAt);
    expect(inOrder.slice(0, 2)).toEqual([0, 4]);
    expect(inOrder.slice(-2)).toEqual([60, 0]);
    expect(minutes.toReversed().map(unitsAt)).toEqual(inOrder.toReversed());
  });

  test("beyond the end of a client's plan its needs count", () => {
    const wanted = needs(times(90, 50));
    expect(clientOf(client("player-api"), planned({ needs: wanted }), wanted).unitsAt(minute(80))).toBe(50);
  });
});

describe("when nothing may be lowered", () => {
  const forecast = (changes: Partial<typeof CALM>) => ({ targetId: "player-api", minutes: [], nowcast: { ...CALM, ...changes } });

  test("a sudden fall with a programme on air is an outage until shown otherwise", () => {
    expect(lowersNothing(forecast({ suddenFall: true }), NOW)).toContain("an outage until shown otherwise");
  });

  test("without any load for ten minutes nothing shows that less will do; metrics a few minutes old do", () => {
    expect(lowersNothing(forecast({ newestMs: undefined }), NOW)).toContain("no load was measured lately");
    expect(lowersNothing(forecast({ newestMs: minute(-11) }), NOW)).toContain("no load was measured lately");
    expect(lowersNothing(forecast({ newestMs: minute(-3) }), NOW)).toBeUndefined();
  });
});
