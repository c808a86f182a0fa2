import fc from "fast-check";
import { expect } from "vitest";
import { planted as plantOf } from "../../local/chaos/plants.ts";
import { readModel } from "../../shared/app/model.ts";
import { setOverride } from "../../shared/app/override.ts";
import type { LoadSource, Ports } from "../../shared/app/ports.ts";
import { tick } from "../../shared/app/tick.ts";
import { usualAt } from "../../shared/core/forecast/usual-load.ts";
import type * as DemandModule from "../../shared/core/plan/demand.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { behind, calltimeWith, measuredPlatform, minute, noted, rule, type Calltime } from "./made.ts";

type System = Pick<Calltime, "tick"> & { readonly ports: (ports: Ports) => Ports };

/** Metrics are readable two minutes later; after ten without any nobody knows what is going on. */
const FRESH_MINUTES = 12;

const anyStretch = fc.record({ from: fc.integer({ min: 0, max: 45 }), minutes: fc.integer({ min: 1, max: 40 }) });
const within = (stretches: readonly { readonly from: number; readonly minutes: number }[], atMs: number): boolean =>
  stretches.some(({ from, minutes }) => atMs >= minute(from) && atMs < minute(from + minutes));

rule<System>("a gap in metrics and a target that nobody sees lower nothing", {
  holds: (system) =>
    fc.asyncProperty(
      fc.array(anyStretch, { minLength: 1, maxLength: 2 }),
      fc.record({ from: fc.integer({ min: 1, max: 25 }), minutes: fc.integer({ min: 3, max: 20 }) }),
      fc.integer({ min: 30, max: 200 }),
      async (gaps, darkness, floorUnits) => {
        const made = await measuredPlatform();
        const calls = noted(made);
        const context = behind(made, system.ports);
        const isGap = (atMs: number): boolean => within(gaps, atMs);
        made.measured.world.loadRps = (_, atMs) => (isGap(atMs) ? undefined : 300);
        made.measured.world.viewers = (_, atMs) => (isGap(atMs) ? undefined : 1_000);
        const asked = { targetIds: ["api"], floorUnits, untilMs: minute(4), author: "ops", why: "a rehearsal" };
        await setOverride(context, asked, minute(0));
        for (let n = 0; n < 65; n += 1) {
          const now = minute(n);
          made.goTo(now);
          made.control.serve();
          if (within([darkness], now)) made.control.dark.add("api");
          else made.control.dark.delete("api");
          const before = calls.length;
          await system.tick(context, now);
          const lowering = calls.slice(before).filter(({ fromUnits, units }) => units < fromUnits);
          const lately = Array.from({ length: FRESH_MINUTES }, (_, ago) => now - ago * MINUTE_MS);
          if (lately.every((atMs) => isGap(atMs) || atMs + 2 * MINUTE_MS > now)) expect(lowering).toEqual([]);
          if (made.control.dark.has("api")) expect(calls.length).toBe(before);
        }
        const usual = (await readModel(context)).targets["api"];
        // What was not measured is no quiet hour.
        for (let n = 0; n < 60; n += 5) expect(usual && usualAt(usual.load, minute(n), [])).toBeGreaterThan(290);
      },
    ),
  real: { tick, ports: (ports) => ports },
  planted: {
    "a gap in the metrics is read as no load": () => ({ tick, ports: plantOf("gap-is-zero")?.ports ?? ((ports) => ports) }),
    "the newest known minute is repeated until the next one": () => ({
      tick,
      ports: (ports) => ({ ...ports, loads: repeated(ports.loads) }),
    }),
    "nothing keeps a floor up once its need is over": async () => ({
      ...(await calltimeWith<typeof DemandModule>("../../shared/core/plan/demand.ts", () => ({ lowersNothing: () => undefined }))),
      ports: (ports) => ports,
    }),
    "a target that nobody sees is taken to stand at its baseline": () => ({
      tick,
      ports: (ports) => ({ ...ports, capacity: { ...ports.capacity, describe: (ids) => seenAtBaseline(ports, ids) } }),
    }),
  },
  numRuns: 6,
});

function repeated(loads: LoadSource): LoadSource {
  return {
    ...loads,
    load: async (targetId, fromMs, toMs) => {
      let newest = 300;
      return (await loads.load(targetId, fromMs, toMs)).map((each) => {
        if (each.kind === "known") newest = each.loadRps;
        return each.kind === "known" ? each : { kind: "known", atMs: each.atMs, loadRps: newest, unservedRps: 0, servingUnits: 4 };
      });
    },
  };
}

async function seenAtBaseline({ capacity }: Ports, ids: readonly string[]) {
  return (await capacity.describe(ids)).map((state) => {
    if (state.kind === "known") return state;
    return { kind: "known" as const, targetId: state.targetId, minimumUnits: 4, maximumUnits: 400, desiredUnits: 4, servingUnits: 4 };
  });
}
