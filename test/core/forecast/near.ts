import type { GrowthInput } from "../../../shared/core/forecast/growth.ts";
import { firstGrowth, learnGrowth, type Growth } from "../../../shared/core/forecast/growth.ts";
import type { Timing } from "../../../shared/core/forecast/shape.ts";
import type { LoadMinute } from "../../../shared/core/measurement.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

/** Monday. */
export const FROM_MS = Date.parse("2026-06-01T00:00:00Z");
const UNIT_RPS = 25;

/** Standard normal numbers that come again with the seed (Lehmer's generator, Box and Muller's pairs). */
export function seededNormals(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Two hours from eight in the evening, on each of so many days. */
export function evenings(days: number): readonly Timing[] {
  return Array.from({ length: days }, (_, day) => {
    const startsAtMs = FROM_MS + day * DAY_MS + 20 * HOUR_MS;
    return { startsAtMs, endsAtMs: startsAtMs + 2 * HOUR_MS };
  });
}

/** 500 requests a second, and twice as many from ten minutes after eight until ten; the crowd comes within ten minutes, and goes within thirty. */
export function loadAt(atMs: number): number {
  const minute = (((atMs - FROM_MS) % DAY_MS) - 20 * HOUR_MS) / MINUTE_MS;
  const arrived = Math.min(1, Math.max(0, minute / 10));
  const left = Math.min(1, Math.max(0, (minute - 120) / 30));
  return 500 * (1 + arrived * (1 - left));
}

/** The minutes of [fromMs, toMs) as `load` has them; undefined is unknown. */
export function minutesOf(fromMs: number, toMs: number, load: (atMs: number) => number | undefined): readonly LoadMinute[] {
  return Array.from({ length: (toMs - fromMs) / MINUTE_MS }, (_, nth): LoadMinute => {
    const atMs = fromMs + nth * MINUTE_MS;
    const loadRps = load(atMs);
    if (loadRps === undefined) return { kind: "unknown", atMs, reason: "a gap" };
    return { kind: "known", atMs, loadRps, unservedRps: undefined, servingUnits: undefined };
  });
}

/** The input at the newest of these minutes. */
export function inputAt(minutes: readonly LoadMinute[], nth: number, timings: readonly Timing[]): GrowthInput {
  return { measured: minutes.slice(Math.max(0, nth - 23), nth + 1), timings, zone: [], throughputRps: UNIT_RPS };
}

/** What is learned from minutes one by one. */
export function learned(
  minutes: readonly LoadMinute[],
  timings: readonly Timing[],
  ahead: number,
  from: Growth = firstGrowth(ahead),
): Growth {
  let growth = from;
  for (let nth = 0; nth < minutes.length; nth += 1) growth = learnGrowth(growth, inputAt(minutes, nth, timings));
  return growth;
}
