import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { minuteOfWeek, MINUTE_MS, MINUTES_PER_DAY } from "../../shared/core/time.ts";
import type { Trace, Unit } from "../../shared/core/simulate/peers/policy.ts";
import type { Slot } from "../../shared/core/simulate/peers/schedule-multiplier.ts";

/** One task serves 1,500 requests a minute. */
export const TASK_RPS = 1_500 / 60;

/** The minutes that are scored begin here; those before it may be learned from. */
const CHARGE_MS = Date.parse("1998-06-10T00:00:00Z");
const MATCH_MS = 115 * MINUTE_MS;
const FOLDER = resolve(import.meta.dirname, "../..", process.env["CALLTIME_DATA"] ?? "../shared/data");

/** The France 98 site's load, and the slots of its group matches: games that begin together are one. */
export type Season = { readonly trace: Trace; readonly slots: readonly Slot[] };

/** Reads the season from the data folder. Throws what reading a file throws. */
export async function readSeason(): Promise<Season> {
  const [packed, matches] = await Promise.all([
    readFile(join(FOLDER, "wc98/requests_per_minute.csv.gz")),
    readFile(join(FOLDER, "wc98/matches.csv"), "utf8"),
  ]);
  const rows = gunzipSync(packed).toString("utf8").trim().split("\n").slice(1);
  const loadRps = Float64Array.from(rows, (row) => Number(row.split(",")[2]) / 60);
  const fromMs = Number(rows[0]?.split(",")[1]) * 1_000;
  const starts = matches.trim().split("\n").slice(1);
  const startsAtMs = [...new Set(starts.map((row) => Date.parse(row.split(",")[1] ?? "")))].sort((a, b) => a - b);
  return {
    trace: { fromMs, loadRps, chargeMs: CHARGE_MS },
    slots: startsAtMs.map((startMs) => ({ startsAtMs: startMs, endsAtMs: startMs + MATCH_MS })),
  };
}

/** Twice the oracle's largest count of the first hour: what every policy begins with. */
export function firstUnits({ fromMs, loadRps, chargeMs }: Trace, unit: Unit): number {
  const at = (chargeMs - fromMs) / MINUTE_MS;
  return 2 * Math.max(1, Math.ceil(Math.max(...loadRps.subarray(at, at + 60)) / unit.throughputRps));
}

/** Parts of the season that are told apart. */
export type Part = { readonly name: string; readonly counts: (atMs: number) => boolean };

const ARRIVAL_MS = 15 * MINUTE_MS;
const DECAY_MS = 60 * MINUTE_MS;
const SATURDAY = 5;

/** In-match and outside, weekday and weekend, the windows around kick-offs and whistles, and the two halves of the season. */
export function partsOf({ slots }: Season): readonly Part[] {
  const within = (before: number, after: (slot: Slot) => number) => (atMs: number) =>
    slots.some((slot) => atMs >= slot.startsAtMs + before * MINUTE_MS && atMs < after(slot));
  const inMatch = within(-ARRIVAL_MS / MINUTE_MS, ({ endsAtMs }) => endsAtMs + DECAY_MS);
  const isWeekend = (atMs: number): boolean => Math.floor(minuteOfWeek([], atMs) / MINUTES_PER_DAY) >= SATURDAY;
  const halfMs = halfOf(slots);
  return [
    { name: "in-match", counts: inMatch },
    { name: "outside", counts: (atMs) => !inMatch(atMs) },
    { name: "weekday", counts: (atMs) => !isWeekend(atMs) },
    { name: "weekend", counts: isWeekend },
    { name: "kick-off", counts: within(-10, ({ startsAtMs }) => startsAtMs + 20 * MINUTE_MS) },
    { name: "whistle", counts: within(100, ({ endsAtMs }) => endsAtMs + 20 * MINUTE_MS) },
    { name: "first half", counts: (atMs) => atMs < halfMs },
    { name: "last half", counts: (atMs) => atMs >= halfMs },
  ];
}

/** Midnight before the second half of the slots begins. */
function halfOf(slots: readonly Slot[]): number {
  const middle = slots[Math.floor(slots.length / 2)]?.startsAtMs ?? CHARGE_MS;
  return Math.floor(middle / (MINUTES_PER_DAY * MINUTE_MS)) * MINUTES_PER_DAY * MINUTE_MS;
}
