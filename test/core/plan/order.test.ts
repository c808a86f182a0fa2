import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NeededMinute } from "../../../shared/core/plan/in-time.ts";
import { warmOrder, type Needing, type OrderStep } from "../../../shared/core/plan/order.ts";
import type { Target } from "../../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { target } from "./made.ts";

const NOW = Date.UTC(2026, 5, 13, 18);
const at = (minute: number): number => NOW + minute * MINUTE_MS;

const API = target({ id: "api", launchUnitsPerMinute: 10, connections: { database: "db", poolPerUnit: 10 } });
const DB = target({
  id: "db",
  kind: "aurora-readers",
  baselineUnits: 2,
  ceilingUnits: 15,
  launchUnitsPerMinute: 15,
  maxConnectionsPerUnit: 100,
});

function needing(of: Target, startUpMinutes: number, servingUnits: number | undefined, units: (minute: number) => number): Needing {
  const minutes = Array.from({ length: 60 }, (_, minute): NeededMinute => ({
    atMs: at(minute),
    units: units(minute),
    medianRps: 100 * units(minute),
  }));
  return { target: of, startUpMs: startUpMinutes * MINUTE_MS, servingUnits, desiredUnits: servingUnits, minutes };
}

const stepOf = (steps: readonly OrderStep[], id: string): OrderStep | undefined => steps.find(({ targetId }) => targetId === id);
/** So many units from a minute on, four before. */
const from =
  (minute: number, units: number, before = 4) =>
  (each: number): number =>
    each >= minute ? units : before;

describe("the plan of an occasion", () => {
  test("goes from the load balancer to the content, each scheduled back from its own need by its own lead", () => {
    const balancer = target({ id: "front", kind: "alb-lcu", launchUnitsPerMinute: 1000 });
    const size = target({ id: "size", kind: "aurora-acu" });
    const edge = target({ id: "edge", kind: "cdn-edge", launchUnitsPerMinute: 100 });
    const steps = warmOrder(
      [
        needing(edge, 5, 4, from(40, 20)),
        needing(API, 3, 4, from(40, 24)),
        needing(DB, 15, 2, from(35, 4, 2)),
        needing(size, 4, 4, from(35, 24)),
        needing(balancer, 120, 4, from(40, 90)),
      ],
      NOW,
    );
    expect(steps.map(({ stage, targetId, askByMs, after }) => [stage, targetId, ((askByMs ?? NaN) - NOW) / MINUTE_MS, after])).toEqual([
      // A reservation two leads ahead: 2 × (120 + 1).
      ["load-balancer", "front", 40 - 242, undefined],
      ["database-size", "size", 35 - 5, undefined],
      ["readers", "db", 35 - 16, undefined],
      ["services", "api", 40 - 5, "db"],
      ["content", "edge", 40 - 6, undefined],
    ]);
    for (const { inTime, targetId } of steps) expect([targetId, inTime?.shortfall === undefined]).toEqual([targetId, targetId !== "front"]);
  });

  test("asks for nothing that has been asked for, and says nothing of what is in time where nobody knows what serves", () => {
    const asked = { ...needing(API, 3, 4, from(10, 24)), desiredUnits: 24 };
    expect(warmOrder([asked], NOW)).toMatchObject([{ targetId: "api", askByMs: undefined, inTime: { shortfall: undefined } }]);
    const dark = needing(API, 3, undefined, from(10, 24));
    expect(warmOrder([dark, needing(DB, 15, undefined, from(5, 4, 2))], NOW)).toMatchObject([
      { targetId: "db", inTime: undefined },
      { targetId: "api", servingUnits: undefined, askByMs: at(10 - 5), inTime: undefined },
    ]);
    expect(
      warmOrder(
        [needing(API, 3, 4, from(1, 4))].map((each) => ({ ...each, minutes: [] })),
        NOW,
      ),
    ).toEqual([]);
  });

  test("of units that are late only those count that the database will have room for", () => {
    // Two readers have room for twenty units, four of fifteen minutes for forty.
    const late = [needing(API, 3, 4, from(10, 40)), needing(DB, 15, 2, from(0, 4))];
    expect(stepOf(warmOrder(late, NOW), "api")?.inTime).toMatchObject({
      neededUnits: 40,
      inTimeUnits: 20,
      // The readers are there at 16, the units that need them three minutes later.
      shortfall: { fromMs: at(10), untilMs: at(19), units: 20, unservedRequests: 20 * 100 * 60 * 9 },
    });
    // Without the bound they would be there in seven minutes.
    const alone = { ...API, connections: undefined };
    const { connections: _, ...free } = alone;
    expect(warmOrder([{ ...needing(free, 3, 4, from(10, 40)) }], NOW)[0]?.inTime?.shortfall).toBeUndefined();
  });

  test("what it says can be had in time is what comes up minute by minute when all is asked for now (against playing it)", () => {
    fc.assert(
      fc.property(
        fc.record({
          serving: fc.integer({ min: 1, max: 30 }),
          readers: fc.integer({ min: 1, max: 10 }),
          readersAsked: fc.integer({ min: 0, max: 5 }),
          needed: fc.integer({ min: 1, max: 100 }),
          byMinute: fc.integer({ min: 0, max: 40 }),
          apiMinutes: fc.integer({ min: 1, max: 10 }),
          dbMinutes: fc.integer({ min: 1, max: 30 }),
          pool: fc.integer({ min: 1, max: 40 }),
        }),
        ({ serving, readers, readersAsked, needed, byMinute, apiMinutes, dbMinutes, pool }) => {
          const api = { ...API, connections: { database: "db", poolPerUnit: pool } };
          const db = { ...needing(DB, dbMinutes, readers, () => 15), desiredUnits: readers + readersAsked };
          const steps = warmOrder([needing(api, apiMinutes, serving, from(byMinute, needed, 0)), db], NOW);
          expect(stepOf(steps, "api")?.inTime?.inTimeUnits).toBe(Math.min(needed, played(byMinute)));

          /** Units up at a minute: each begins when there is a launch and room for it, and serves a start-up later. */
          function played(minute: number): number {
            let up = serving;
            for (let began = 0; began + apiMinutes <= minute; began += 1) {
              // Units that were launched in the minutes before; the first launch is over a minute after asking.
              const launched = serving + began * api.launchUnitsPerMinute;
              const dbLaunched = began < dbMinutes ? readers : Math.min(15, readers + readersAsked + (began - dbMinutes) * 15);
              const room = Math.floor((Math.max(readers, dbLaunched) * 100) / pool);
              up = Math.max(up, Math.min(launched, room, api.ceilingUnits));
            }
            return up;
          }
        },
      ),
      { seed: 1, numRuns: 400 },
    );
  });
});

test("the lead of a reservation that is far from filled is hours, and is counted twice", () => {
  const balancer = target({ id: "front", kind: "alb-lcu", launchUnitsPerMinute: 1000, baselineUnits: 0 });
  const [step] = warmOrder([needing(balancer, 60, 0, from(59, 90, 0))], NOW);
  expect(step).toMatchObject({ leadMs: HOUR_MS + MINUTE_MS, askByMs: at(59) - 2 * (HOUR_MS + MINUTE_MS) });
});
