import fc from "fast-check";
import { expect } from "vitest";
import { setOverride } from "../../shared/app/override.ts";
import type { Context } from "../../shared/app/context.ts";
import type * as LeaseModule from "../../shared/app/lease.ts";
import type * as PlanModule from "../../shared/app/plan.ts";
import type { Ports } from "../../shared/app/ports.ts";
import { tick } from "../../shared/app/tick.ts";
import { warm } from "../../shared/app/warm.ts";
import type * as FloorModule from "../../shared/core/warm/floor.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { platform, slowed, target } from "../app/made.ts";
import { ask, behind, calltimeWith, measuredPlatform, minute, noted, rule, type Calltime } from "./made.ts";

type Behind = (ports: Ports) => Ports;

rule<Behind>("of a batch that half succeeded the other half is offered again, until the bus has taken everything", {
  holds: (wrap) =>
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
      fc.array(fc.record({ at: fc.integer({ min: 0, max: 8 }), floorUnits: fc.integer({ min: 20, max: 90 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      async (refusals, overrides) => {
        const made = await measuredPlatform({ targets: [target("api"), target("web")] });
        const offered = new Set<string>();
        let nth = 0;
        made.bus.refuse(({ id }) => {
          offered.add(id);
          return refusals[(nth += 1) % refusals.length] === true;
        });
        const context = behind(made, wrap);
        for (let n = 0; n < 10; n += 1) {
          made.goTo(minute(n));
          for (const { at, floorUnits } of overrides) {
            const asked = { targetIds: ["api", "web"], floorUnits, untilMs: minute(n + 3), author: "ops", why: `to see ${n}` };
            if (at === n) await setOverride(context, asked, minute(n));
          }
          await tick(context, minute(n));
          made.control.serve();
        }
        made.bus.refuse(() => false);
        for (let n = 10; n < 12; n += 1) {
          made.goTo(minute(n));
          await tick(context, minute(n));
        }
        const taken = new Set(made.bus.events.map(({ id }) => id));
        expect([...offered].filter((id) => !taken.has(id))).toEqual([]);
      },
    ),
  real: (ports) => ports,
  planted: {
    "a batch that was answered was taken": () => (ports) => ({
      ...ports,
      bus: {
        ...ports.bus,
        publish: async (events) => {
          await ports.bus.publish(events);
          return events.map(() => ({ kind: "accepted" as const }));
        },
      },
    }),
    "of the outcomes only the failures are handed on, no more in order": () => (ports) => ({
      ...ports,
      bus: {
        ...ports.bus,
        publish: async (events) => {
          const outcomes = await ports.bus.publish(events);
          const failures = outcomes.filter(({ kind }) => kind === "failed");
          return [...outcomes.filter(({ kind }) => kind === "accepted"), ...failures].toReversed();
        },
      },
    }),
  },
  numRuns: 8,
});

/** What the plan asks for, minute by minute, and the minutes in which Calltime looks. */
const anyMinutes = fc.array(
  fc.record({
    wantedUnits: fc.integer({ min: 5, max: 60 }),
    runs: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
    twice: fc.boolean(),
  }),
  { minLength: 3, maxLength: 15 },
);

rule<Calltime>("a raise goes out at once, and a decrease only when the tick of the minute before computed it too", {
  holds: (calltime) =>
    fc.asyncProperty(anyMinutes, async (minutes) => {
      const made = await platform();
      const calls = noted(made);
      let before: number | undefined;
      for (const [n, { wantedUnits, runs, twice }] of minutes.entries()) {
        if (!runs) {
          before = undefined;
          continue;
        }
        made.goTo(minute(n));
        await ask(made, wantedUnits);
        const known = calls.length;
        for (let looks = 0; looks < (twice ? 2 : 1); looks += 1) await calltime.warm(made.context, minute(n));
        expect(made.control.cloud("api").minimumUnits).toBeGreaterThanOrEqual(wantedUnits);
        for (const { fromUnits, units } of calls.slice(known)) {
          if (units >= fromUnits) continue;
          expect(before).toBeLessThan(fromUnits);
          expect(units).toBeGreaterThanOrEqual(Math.max(wantedUnits, before ?? fromUnits));
        }
        before = wantedUnits;
      }
    }),
  real: { tick, warm },
  planted: {
    "a decrease goes out as soon as it is computed": () =>
      calltimeWith<typeof FloorModule>("../../shared/core/warm/floor.ts", ({ decideFloor }) => ({
        decideFloor: (input) => {
          const decision = decideFloor(input);
          const customerUnits = input.floor?.customerUnits ?? input.target.baselineUnits;
          return decision.kind === "wait" ? { kind: "set", units: decision.units, customerUnits, why: "release" } : decision;
        },
      })),
    "two looks in one minute, or before and after a gap, count as two ticks": () =>
      calltimeWith<typeof FloorModule>("../../shared/core/warm/floor.ts", ({ decideFloor }) => ({
        decideFloor: (input) => {
          const { floor, now } = input;
          return decideFloor(
            floor?.lower === undefined ? input : { ...input, floor: { ...floor, lower: { ...floor.lower, atMs: now - MINUTE_MS } } },
          );
        },
      })),
    "of two ticks the newer one's floor is taken": () =>
      calltimeWith<typeof FloorModule>("../../shared/core/warm/floor.ts", ({ decideFloor }) => ({
        decideFloor: (input) => {
          const { floor, wantedUnits = 0 } = input;
          return decideFloor(
            floor?.lower === undefined ? input : { ...input, floor: { ...floor, lower: { ...floor.lower, units: wantedUnits } } },
          );
        },
      })),
    "a raise waits for the next tick too": () =>
      calltimeWith<typeof FloorModule>("../../shared/core/warm/floor.ts", ({ decideFloor }) => ({
        decideFloor: (input) => {
          const decision = decideFloor(input);
          return decision.kind === "set" && decision.why === "raise" ? { kind: "leave", why: "right" } : decision;
        },
      })),
  },
  numRuns: 80,
});

rule<Calltime>("each target has one writer at a time, and the newest plan is in force in the end", {
  holds: (calltime) =>
    fc.asyncProperty(
      fc.scheduler(),
      fc.uniqueArray(fc.record({ floorUnits: fc.integer({ min: 5, max: 100 }), after: fc.nat(60) }), {
        minLength: 2,
        maxLength: 3,
        selector: ({ floorUnits }) => floorUnits,
      }),
      async (scheduler, plans) => {
        const made = await platform();
        const context = slowed(made, (what) => scheduler.schedule(Promise.resolve(), what));
        let underWay = 0;
        let most = 0;
        let newest = 0;
        const { setMinimum } = context.ports.capacity;
        context.ports.capacity.setMinimum = async (targetId, units) => {
          most = Math.max(most, (underWay += 1));
          const answer = await setMinimum(targetId, units);
          underWay -= 1;
          return answer;
        };
        const writer = async ({ floorUnits, after }: (typeof plans)[number]): Promise<void> => {
          for (let step = 0; step <= after; step += 1) await scheduler.schedule(Promise.resolve(), `before plan ${floorUnits}`);
          newest = floorUnits;
          await ask(made, floorUnits);
          await calltime.warm({ ...context }, minute(0));
        };
        await scheduler.waitFor(Promise.all(plans.map(writer)));
        expect(most).toBe(1);
        expect(made.control.cloud("api").minimumUnits).toBeGreaterThanOrEqual(newest);
      },
    ),
  real: { tick, warm },
  planted: {
    "the lease is granted to whoever asks": () =>
      calltimeWith<typeof LeaseModule>("../../shared/app/lease.ts", () => ({
        takeLease: async (_, targetId) => ({ targetId, fence: 1 }),
        holdLease: async () => undefined,
      })),
    "whoever gives the lease back does not look whether there is a newer plan": () =>
      calltimeWith<typeof PlanModule>("../../shared/app/plan.ts", ({ storedPlan }) => ({ storedPlan: onceAWriter(storedPlan) })),
  },
  numRuns: 300,
});

/** The plan as it was when the same caller read it first. */
function onceAWriter(storedPlan: (typeof PlanModule)["storedPlan"]): (typeof PlanModule)["storedPlan"] {
  const first = new WeakMap<Context, ReturnType<typeof storedPlan>>();
  return async (context, targetId) => {
    const known = first.get(context) ?? storedPlan(context, targetId);
    first.set(context, known);
    return known;
  };
}
