import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  connectionsOf,
  leadMs,
  unitsForConnections,
  unitsForLoad,
  unitsForTail,
  unitsWithinConnections,
  withZoneReserve,
} from "../../../shared/core/plan/capacity.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { target } from "./made.ts";

const SEEDED = { seed: 1, numRuns: 500 };
const anyLoad = fc.double({ min: 0, max: 1e6, noNaN: true });

describe("units from load", () => {
  test("the expected load is carried at the target utilisation, the tail at full use", () => {
    expect(unitsForLoad(target(), 700)).toBe(10);
    expect(unitsForLoad(target(), 701)).toBe(11);
    expect(unitsForTail(target(), 700)).toBe(7);
    expect(unitsForTail(target(), 701)).toBe(8);
  });

  test("no load needs no unit", () => {
    expect(unitsForLoad(target(), 0)).toBe(0);
    expect(unitsForTail(target(), 0)).toBe(0);
  });

  test("a load that fills its units exactly costs no further one, though 2600 × 0.7 is less than 1820 in binary", () => {
    expect(2_600 * 0.7).toBeLessThan(1_820);
    expect(unitsForLoad(target({ throughputRps: 2_600 }), 1_820)).toBe(1);
  });

  test("as many units as it says carry the load, and one less does not", () => {
    fc.assert(
      fc.property(anyLoad, fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0.1, max: 1, noNaN: true }), (load, rps, share) => {
        const of = target({ throughputRps: rps, targetUtilisation: share });
        const units = unitsForLoad(of, load);
        // A billionth of a unit is lost in rounding.
        expect((units + 1e-8) * rps * share).toBeGreaterThanOrEqual(load);
        if (units > 0) expect((units - 1) * rps * share).toBeLessThan(load);
      }),
      SEEDED,
    );
  });
});

describe("zones", () => {
  test("whichever zone is lost, the units left carry what was asked for, and one unit less would not do", () => {
    /** Units left when the fullest of evenly filled zones is lost. */
    const left = (units: number, zones: number) => units - Math.ceil(units / zones);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 2, max: 6 }), (units, zones) => {
        const reserved = withZoneReserve(target({ zones }), units);
        expect(left(reserved, zones)).toBeGreaterThanOrEqual(units);
        expect(left(reserved - 1, zones)).toBeLessThan(units);
      }),
      SEEDED,
    );
  });

  test("after losing a zone the expected load still fits at the target utilisation", () => {
    const of = target({ zones: 3 });
    const reserved = withZoneReserve(of, unitsForLoad(of, 2_000));
    expect(reserved).toBe(44);
    expect((reserved - Math.ceil(reserved / 3)) * of.throughputRps * of.targetUtilisation).toBeGreaterThanOrEqual(2_000);
  });

  test("one zone has no reserve to give", () => {
    expect(withZoneReserve(target({ zones: 1 }), 7)).toBe(7);
  });
});

describe("leads", () => {
  test("the lead is the start-up and a minute for each batch that can be launched", () => {
    const of = target({ launchUnitsPerMinute: 20 });
    expect(leadMs(of, 3 * MINUTE_MS, 0)).toBe(3 * MINUTE_MS);
    expect(leadMs(of, 3 * MINUTE_MS, 20)).toBe(4 * MINUTE_MS);
    expect(leadMs(of, 3 * MINUTE_MS, 21)).toBe(5 * MINUTE_MS);
  });

  test("fewer units than there are need no launch", () => {
    expect(leadMs(target(), 3 * MINUTE_MS, -45)).toBe(3 * MINUTE_MS);
  });
});

describe("connections", () => {
  const database = target({ id: "catalogue-db", ceilingUnits: 5, maxConnectionsPerUnit: 1_000 });
  const client = target({ connections: { database: "catalogue-db", poolPerUnit: 10 } });

  test("each unit of a client may fill its pool", () => {
    expect(connectionsOf(client, 101, database)).toBe(1_010);
    expect(unitsForConnections(database, 1_000)).toBe(1);
    expect(unitsForConnections(database, 1_001)).toBe(2);
  });

  test("the whole database has connections for so many units of a client and no more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5_000 }), (poolPerUnit, maxConnectionsPerUnit) => {
        const one = target({ connections: { database: "catalogue-db", poolPerUnit } });
        const its = { ...database, maxConnectionsPerUnit };
        const most = unitsWithinConnections(one, its) ?? Number.NaN;
        expect(unitsForConnections(its, connectionsOf(one, most, its))).toBeLessThanOrEqual(its.ceilingUnits);
        expect(unitsForConnections(its, connectionsOf(one, most + 1, its))).toBeGreaterThan(its.ceilingUnits);
      }),
      SEEDED,
    );
  });

  test("a target that opens none, or a database that does not say how many it takes, bounds nothing", () => {
    const { maxConnectionsPerUnit: _, ...silent } = database;
    expect(connectionsOf(target(), 50, database)).toBe(0);
    expect(unitsWithinConnections(target(), database)).toBeUndefined();
    expect(unitsWithinConnections(client, silent)).toBeUndefined();
    expect(unitsForConnections(silent, 5_000)).toBe(0);
    expect(unitsWithinConnections(client, { ...database, id: "another" })).toBeUndefined();
  });
});
