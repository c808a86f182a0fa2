import { describe, expect, test } from "vitest";
import { makeEvening } from "../../../local/chaos/evening.ts";
import { EVENING_MINUTES, FAMILIES, familyOf } from "../../../local/chaos/family.ts";
import { faultsOf } from "../../../local/chaos/faults.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";

const SEEDS = Array.from({ length: 120 }, (_, seed) => seed);

describe("a chaos evening", () => {
  test("follows from its seed alone, and another seed makes another", () => {
    expect(makeEvening(7)).toEqual(makeEvening(7));
    expect(makeEvening(7).guide).not.toBe(makeEvening(7 + FAMILIES).guide);
  });

  test("shares place, date and audience with its family alone", () => {
    expect(familyOf(7)).toEqual(familyOf(7 + FAMILIES));
    const zones = new Set(SEEDS.map((seed) => familyOf(seed).zone));
    expect([...zones].sort()).toEqual(["America/New_York", "Australia/Lord_Howe", "Europe/Copenhagen"]);
  });

  test("is told of in the order in which it happens, within its time", () => {
    for (const seed of SEEDS) {
      const { happenings, family } = makeEvening(seed);
      const instants = happenings.map(({ atMs }) => atMs);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
      expect(instants.every((atMs) => atMs >= family.fromMs)).toBe(true);
    }
  });

  test("every kind of trouble comes up within a few dozen", () => {
    const evenings = SEEDS.map(makeEvening);
    const kinds = new Set(evenings.flatMap(({ happenings }) => happenings.map(({ kind }) => kind)));
    for (const kind of ["feed", "floor", "withdraw", "mode"] as const) expect(kinds).toContain(kind);
    expect(evenings.some(({ outages }) => outages.length > 0)).toBe(true);
    expect(evenings.some(({ crashes }) => crashes.length > 0)).toBe(true);
    expect(evenings.some(({ world }) => world.occasions.some(({ endsLateMinutes }) => endsLateMinutes >= 30))).toBe(true);
    expect(evenings.some(({ madeUpFromMs }) => madeUpFromMs !== undefined)).toBe(true);
    for (const what of ["deployments", "actions", "dips", "loginMinutes", "accountLaunchUnitsPerMinute"] as const)
      expect(evenings.some(({ world }) => world[what] !== undefined)).toBe(true);
    for (const what of ["unlisted", "calledOffAfterMinutes"] as const)
      expect(evenings.some(({ world }) => world.occasions.some((occasion) => occasion[what] !== undefined))).toBe(true);
    expect(new Set(evenings.flatMap(({ targets }) => targets.map(({ kind }) => kind))).size).toBe(4);
  });
});

describe("its faults", () => {
  test("are the same at every look, whatever was asked before", () => {
    const [one, other] = [faultsOf(familyOf(5), 5), faultsOf(familyOf(5), 5)];
    const { fromMs } = familyOf(5);
    const calls = Array.from({ length: 200 }, (_, nth) => [fromMs + (nth % EVENING_MINUTES) * MINUTE_MS, nth] as const);
    const fates = calls.map(([atMs, nth]) => one.call("edge", atMs, nth));
    expect(calls.toReversed().map(([atMs, nth]) => other.call("edge", atMs, nth))).toEqual(fates.toReversed());
  });

  test("leave some evenings alone, and on the others each fate is met", () => {
    const met = SEEDS.map((seed) => {
      const { call } = faultsOf(familyOf(seed), seed);
      const { fromMs } = familyOf(seed);
      return new Set(Array.from({ length: EVENING_MINUTES }, (_, nth) => call("player-api", fromMs + nth * MINUTE_MS, 1)));
    });
    expect(met.filter((fates) => fates.size === 1).length).toBeGreaterThan(SEEDS.length / 4);
    for (const fate of ["throttled", "refused", "lost-done", "lost"] as const) expect(met.some((fates) => fates.has(fate))).toBe(true);
  });
});
