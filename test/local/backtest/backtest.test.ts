import { describe, expect, test } from "vitest";
import { backtest } from "../../../local/backtest/backtest.ts";
import { outcomeOf } from "../../../local/backtest/score.ts";
import { walkForward, type Walk } from "../../../local/backtest/walk.ts";
import { CalltimeError } from "../../../shared/core/error.ts";
import { loadShiftOf } from "../../../shared/core/forecast/load-shift.ts";
import { occasionsOf } from "../../../shared/core/schedule/occasion.ts";
import type { Schedule } from "../../../shared/core/schedule/programme.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { loadOf, MONDAY, SERVICE, SETTINGS, showsOn } from "./made.ts";

const DAYS = 12;
const SHOWS = showsOn([7, 8, 9, 10, 11]);
const FROM = MONDAY + 7 * DAY_MS + 12 * HOUR_MS;

/** Decisions from noon of the day of the first show until the end of that of the third. */
async function walked(changes: { readonly load?: ReturnType<typeof loadOf>; readonly schedule?: Schedule } = {}): Promise<Walk> {
  const { schedule = SHOWS, load = loadOf(DAYS, SHOWS) } = changes;
  return walkForward({ settings: SETTINGS, schedule, load, fromMs: FROM, toMs: FROM + 2 * DAY_MS + 12 * HOUR_MS });
}

async function failureOf(run: Promise<unknown>): Promise<CalltimeError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CalltimeError) return error;
  throw new Error("no CalltimeError was thrown", { cause: error });
}

describe("decisions walk forward", () => {
  test("a scrambled future changes no decision before it", async () => {
    const load = loadOf(DAYS, SHOWS);
    const cutMs = FROM + 31 * HOUR_MS + 20 * MINUTE_MS;
    const cut = (cutMs - load.fromMs) / MINUTE_MS;
    const scrambled = { ...load, rps: load.rps.map((rps, index) => (index < cut ? rps : ((index * 7919) % 500) + 1)) };
    const [plain, other] = [await walked({ load }), await walked({ load: scrambled })];
    // A minute can be read three minutes after it began, and what is decided then is in force a minute later.
    const alike = (cutMs - FROM) / MINUTE_MS + 4;
    expect(other.floor.slice(0, alike)).toEqual(plain.floor.slice(0, alike));
    expect(other.floor.slice(alike)).not.toEqual(plain.floor.slice(alike));
    expect(Math.max(...plain.floor)).toBeGreaterThan(SERVICE.baselineUnits);
  });

  test("a show that was seen before is ready before the next one begins, and what is not known lowers nothing", async () => {
    const load = loadOf(DAYS, SHOWS);
    const walk = await walked({ load });
    const { programmes, policies } = outcomeOf({ walk, load, promise: 10 });
    const third = programmes.find(({ startsAtMs }) => startsAtMs > FROM + 2 * DAY_MS);
    expect(third).toMatchObject({ name: "The Show", toldApart: true });
    expect(third?.actualPeakRps).toBe(242);
    expect(third?.predictedPeakRps).toBeGreaterThan(200);
    expect(third?.slackSeconds).toBeGreaterThanOrEqual(0);
    expect(third?.unservedRequests).toBe(0);
    const [oracle, peak] = policies;
    expect(oracle?.score).toMatchObject({ policy: "oracle", timesOracle: 1, unservedRequests: 0, wasteUnitHours: 0 });
    expect(peak?.score).toMatchObject({ policy: "static peak", unservedRequests: 0, unitHours: (25 * walk.floor.length) / 60 });
    for (const { score } of policies) expect(score.costUsd).toBeCloseTo(score.unitHours * 0.1, 9);
  });

  test("minutes that are not known are not scored, and a hole in them lets no floor down", async () => {
    const load = loadOf(DAYS, SHOWS);
    const holeFrom = (FROM + 31 * HOUR_MS + 30 * MINUTE_MS - load.fromMs) / MINUTE_MS;
    const holed = { ...load, rps: load.rps.map((rps, index) => (index >= holeFrom && index < holeFrom + 60 ? undefined : rps)) };
    const { floor } = await walked({ load: holed });
    const at = holeFrom - (FROM - load.fromMs) / MINUTE_MS;
    expect(floor[at + 59]).toBeGreaterThanOrEqual(floor[at + 10] ?? Infinity);
    expect(floor[at + 59]).toBeGreaterThan(SERVICE.baselineUnits);
  });
});

describe("input that does not fit", () => {
  const run = (more: Partial<Parameters<typeof backtest>[0]>) =>
    backtest({ settings: SETTINGS, schedule: SHOWS, load: loadOf(DAYS, SHOWS), ...more });

  test("a schedule and a load of different weeks are refused, with both ranges", async () => {
    const far = await failureOf(run({ schedule: showsOn([100, 101]) }));
    expect(far.code).toBe("load-schedule-apart");
    expect(far.message).toMatch(/the schedule runs from 2027-02-10T19:00Z to .*, the load from 2026-11-02T00:00Z to 2026-11-14T00:00Z/);
    expect((await failureOf(run({ schedule: { channels: [], programmes: [] } }))).code).toBe("load-schedule-apart");
  });

  test("a load that is shorter than a lead is refused", async () => {
    const short = await failureOf(run({ fromMs: FROM, toMs: FROM + 4 * MINUTE_MS }));
    expect(short.code).toBe("load-too-short");
    expect(short.message).toContain("a unit takes 5 min from asking to serving");
  });

  test("little to learn from is told of", async () => {
    const { notes, learnedMs } = await run({ fromMs: FROM, toMs: FROM + HOUR_MS });
    expect(learnedMs).toBe(FROM - MONDAY);
    expect(notes).toContainEqual(expect.objectContaining({ code: "load-little-history" }));
  });
});

describe("a load in another zone than its schedule", () => {
  const days = [7, 8, 9, 10, 11, 12, 13];
  const shows = showsOn(days);
  const shifted = (byMs: number, schedule = shows) => loadShiftOf(loadOf(15, shows, byMs), occasionsOf(schedule, []));

  test("is found by how many hours off it rises", () => {
    expect(shifted(HOUR_MS)).toEqual({ kind: "shifted", hours: 1, programmes: days.length, of: days.length });
    expect(shifted(-2 * HOUR_MS)).toEqual({ kind: "shifted", hours: -2, programmes: days.length, of: days.length });
  });

  test("is not suspected where it rises on time, a quarter of an hour late, or after too few programmes", () => {
    expect(shifted(0)).toEqual({ kind: "in-place", of: days.length });
    expect(shifted(15 * MINUTE_MS)).toEqual({ kind: "in-place", of: days.length });
    expect(shifted(HOUR_MS, showsOn([7, 8, 9]))).toMatchObject({
      kind: "unknown",
      reason: expect.stringContaining("it lists 3 programmes") as string,
    });
  });

  test("is said among the notes", async () => {
    const { notes } = await backtest({
      settings: SETTINGS,
      schedule: shows,
      load: loadOf(15, shows, HOUR_MS),
      fromMs: MONDAY + 8 * DAY_MS,
      toMs: MONDAY + 8 * DAY_MS + HOUR_MS,
    });
    expect(notes.find(({ code }) => code === "load-zone-suspected")?.what).toMatch(
      /^the load rises 1 hour after the schedule says, in 7 of 7 programmes/,
    );
  });
});
