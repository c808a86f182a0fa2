import { expect, test } from "vitest";
import { readFloor } from "../../shared/app/floor.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, target } from "../app/made.ts";
import { eventsOf, runTo, smallEvening } from "./small-evening.ts";

/** A load balancer before the service: 20 requests a second a capacity unit, two hours to fill at worst. */
const FRONT = target("front", {
  kind: "alb-lcu",
  throughputRps: 20,
  targetUtilisation: 0.8,
  baselineUnits: 20,
  ceilingUnits: 1500,
  loadPerViewerRps: 0.02,
  startUpMs: 2 * HOUR_MS,
  launchUnitsPerMinute: 1500,
});

test("over an evening a load balancer is reserved once, never changed while it fills, full before the final, and given back in the night", async () => {
  const evening = await smallEvening({
    fromMs: at(13),
    settings: { targets: [FRONT] },
    world: {
      targets: {
        front: {
          requestsPerViewerMinute: 1.2,
          requestsPerArrival: 6,
          requestsPerDeparture: 3,
          pendingMs: 70 * MINUTE_MS,
          pendingSpread: 0,
        },
      },
    },
  });
  await runTo(evening, at(27));
  const minutes = await evening.world.trueMinutes(at(13), at(27));
  const changes = minutes.flatMap(({ atMs, targets }, index) => {
    const [fromUnits, toUnits] = [minutes[index - 1]?.targets["front"]?.minimumUnits, targets["front"]?.minimumUnits];
    return fromUnits === undefined || toUnits === undefined || fromUnits === toUnits ? [] : [{ atMs, fromUnits, toUnits }];
  });
  // The final is at seven; two leads before the first of its audience it is asked for.
  expect(changes.length).toBe(2);
  const [raised, lowered] = changes;
  expect(raised?.atMs).toBeGreaterThan(at(14));
  expect(raised?.atMs).toBeLessThanOrEqual(at(15));
  expect(raised?.toUnits).toBeGreaterThan(100);
  expect(lowered).toMatchObject({ fromUnits: raised?.toUnits });
  expect(lowered?.atMs).toBeGreaterThanOrEqual(at(24));
  expect(lowered?.toUnits).toBeLessThanOrEqual((raised?.toUnits ?? 0) / 2);
  // Nothing was tried that the control plane would have refused.
  expect((await eventsOf(evening)).filter(({ type }) => type === "calltime.warm-up.failed")).toEqual([]);
  for (const { atMs, targets } of minutes) {
    const front = targets["front"];
    if (atMs >= at(19) && atMs < at(20)) expect(front?.servingUnits).toBeGreaterThanOrEqual(raised?.toUnits ?? Infinity);
    expect(front?.unservedRps).toBe(0);
  }
  const floor = (await readFloor(evening.context, "front"))?.value;
  expect(floor?.loweredMs).toEqual([lowered?.atMs]);
  expect((floor?.loweredMs?.[0] ?? 0) + DAY_MS).toBeGreaterThan(evening.nowMs());
}, 120_000);
