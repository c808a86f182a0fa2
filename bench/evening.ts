/**
 * How much faster than its platform time an evening simulates: 4 hours, 72 channels, 20 targets, everything in memory, one thread.
 * `node bench/evening.ts [seed] [runs]` prints a table for bench/results/.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import type { Settings } from "../shared/app/context.ts";
import { DEFAULT_CUE_OFFSETS } from "../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../shared/core/plan/plan.ts";
import type { Expectation } from "../shared/core/schedule/expectation.ts";
import type { TrueOccasion } from "../shared/core/simulate/world.ts";
import type { Target } from "../shared/core/target.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import type { Family } from "../local/chaos/family.ts";
import { ordinaryGuide, withSlot, xmltvOf } from "../local/chaos/guide.ts";
import { openMemoryEvening } from "../local/memory/evening.ts";
import { learnHistory } from "../local/memory/history.ts";
import { zoneOffsets, ZONE_MARGIN_MS } from "../shared/config/zone.ts";

const SEED = Number(process.argv[2] ?? 1);
const MINUTES = 240;
const RUNS = Number(process.argv[3] ?? 5);
const fromMs = Date.parse("2026-06-13T16:00:00Z");
const at = (minutes: number): number => fromMs + minutes * MINUTE_MS;

const service: Omit<Target, "id"> = {
  kind: "ecs-service",
  mode: "active",
  throughputRps: 150,
  targetUtilisation: 0.7,
  baselineUnits: 12,
  ceilingUnits: 5_000,
  loadPerViewerRps: 0.024,
  startUpMs: 4 * MINUTE_MS,
  launchUnitsPerMinute: 120,
  zones: 3,
  scalesIn: "target-tracking",
};

const database: Omit<Target, "id"> = {
  ...service,
  kind: "aurora-readers",
  throughputRps: 2_600,
  baselineUnits: 2,
  ceilingUnits: 15,
  loadPerViewerRps: 0.0065,
  startUpMs: 15 * MINUTE_MS,
  launchUnitsPerMinute: 15,
  maxConnectionsPerUnit: 2_000,
};

const edge: Omit<Target, "id"> = {
  ...service,
  kind: "cdn-edge",
  throughputRps: 25_000,
  targetUtilisation: 0.8,
  baselineUnits: 2,
  ceilingUnits: 60,
  loadPerViewerRps: 0.22,
  startUpMs: 5 * MINUTE_MS,
  launchUnitsPerMinute: 20,
  zones: 1,
};

/** Fourteen services, of which two open connections to a database each, four databases, two edges. */
const targets: readonly Target[] = [
  ...Array.from({ length: 14 }, (_, nth): Target => {
    const id = `service-${nth + 1}`;
    const lead = { ...service, id, startUpMs: (2 + (nth % 5)) * MINUTE_MS, throughputRps: 60 + 20 * nth };
    return nth < 2 ? { ...lead, connections: { database: `database-${nth + 1}`, poolPerUnit: 10 } } : lead;
  }),
  ...Array.from({ length: 4 }, (_, nth): Target => ({ ...database, id: `database-${nth + 1}` })),
  ...Array.from({ length: 2 }, (_, nth): Target => ({ ...edge, id: `edge-${nth + 1}` })),
];

const channels = Array.from({ length: 72 }, (_, nth) => `c${String(nth + 1).padStart(2, "0")}.example`);

/** What draws a crowd: a match with an overrun, a show after it, a special on one channel. */
const bigs = [
  { name: "the match", title: "Match", channels: channels.slice(0, 3), start: 75, end: 180, viewers: 320_000, fact: 1.1, overrun: 9 },
  { name: "the show", title: "Show", channels: channels.slice(3, 5), start: 60, end: 150, viewers: 140_000, fact: 0.9, overrun: 0 },
  { name: "the special", title: "Special", channels: channels.slice(5, 6), start: 150, end: 195, viewers: 90_000, fact: 1, overrun: 4 },
];

const occasions = bigs.map(({ name: occasion, title, channels: on, start, end, viewers, fact, overrun }): TrueOccasion => ({
  occasion,
  title: title.toLowerCase(),
  channels: on,
  windowStartMs: at(start - 60),
  windowEndMs: at(start + 60),
  startsAtMs: at(start),
  endsAtMs: at(end),
  viewers: Math.round(viewers * fact),
  startsLateMinutes: 0,
  endsLateMinutes: overrun,
}));

const expectations = bigs.map(({ name: occasion, title, channels: on, start, viewers }): Expectation => ({
  occasion,
  title: title.toLowerCase(),
  channels: on,
  windowStartMs: at(start - 60),
  windowEndMs: at(start + 60),
  viewers,
  interval: { lower: viewers / 1.4, upper: viewers * 1.4 },
}));

const usualPeakViewers = 120_000;
const family: Family = {
  index: 0,
  seed: SEED,
  zone: "Europe/Copenhagen",
  fromMs,
  usualPeakViewers,
  channels,
  provenChannels: [],
  feedOnlyUsdPerHour: 100,
  unservedPerMillion: 10,
  targets,
};
const slots = bigs.flatMap(({ title, channels: on, start, end }) =>
  on.map((channelId) => ({ channelId, title, startsAtMs: at(start), endsAtMs: at(end) })),
);
const guide = new TextEncoder().encode(xmltvOf(family, slots.reduce(withSlot, ordinaryGuide(family, SEED))));

const settings: Settings = {
  targets,
  expectations,
  zone: zoneOffsets(family.zone, fromMs - ZONE_MARGIN_MS, at(MINUTES) + ZONE_MARGIN_MS),
  threshold: DEFAULT_IMPACT_THRESHOLD,
  cueOffsets: DEFAULT_CUE_OFFSETS,
  policy: DEFAULT_PLAN_POLICY,
};

async function* read(): AsyncGenerator<Uint8Array> {
  yield guide;
}

const learnFrom = performance.now();
const history = await learnHistory({ settings, channels, world: { usualPeakViewers, targets: {} }, seed: SEED, fromMs });
const learnMs = performance.now() - learnFrom;

/** Plays the evening once; what it comes to shows that every run did the same. */
async function play(
  events: "all" | "subscribed",
): Promise<{ readonly openMs: number; readonly ticksMs: number; readonly cpuMs: number; readonly outcome: string }> {
  const openFrom = performance.now();
  const evening = await openMemoryEvening({
    settings,
    world: { usualPeakViewers, occasions, targets: {}, refusals: [] },
    seed: SEED,
    fromMs,
    feed: { feedId: "guide", read },
    // A copy: what was worked out from the same objects in an earlier run would be found again, which no new evening does.
    history: structuredClone(history),
    events,
  });
  const cpuFrom = process.cpuUsage();
  const ticksFrom = performance.now();
  for (let minute = 0; minute < MINUTES; minute += 1) await evening.step();
  const ticksMs = performance.now() - ticksFrom;
  const cpu = process.cpuUsage(cpuFrom);
  const cpuMs = (cpu.user + cpu.system) / 1_000;
  const minutes = evening.world.happened.minutes.flatMap((minute) => Object.values(minute.targets));
  const load = minutes.reduce((sum, { loadRps }) => sum + loadRps * 60, 0);
  const lost = minutes.reduce((sum, { unservedRps }) => sum + unservedRps * 60, 0);
  const outcome = `${evening.world.calls.length} minimums set, ${((lost / load) * 1e6).toFixed(1)} requests per million unserved`;
  return { openMs: ticksFrom - openFrom, ticksMs, cpuMs, outcome };
}

const played: { readonly events: string; readonly run: Awaited<ReturnType<typeof play>> }[] = [];
for (const events of ["all", "subscribed"] as const) {
  for (let run = 0; run < RUNS; run += 1) played.push({ events, run: await play(events) });
}

const ratioOf = (ms: number): string => Math.round((MINUTES * MINUTE_MS) / ms).toLocaleString("en");
const commit = execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
const outcomes = new Set(played.map(({ run }) => run.outcome));
const lines = [
  `seed ${SEED}, ${new Date().toISOString().slice(0, 10)}, node ${process.version}, commit ${commit}, ${cpus()[0]?.model ?? "unknown processor"}, one thread`,
  `${MINUTES / 60} h of platform time (${MINUTES} ticks), ${channels.length} channels, ${targets.length} targets, ${bigs.length} occasions that draw a crowd`,
  `outcome of ${outcomes.size === 1 ? "every run" : "each run differs"}: ${[...outcomes].join(" | ")}`,
  `history, once for all evenings: ${(learnMs / 1_000).toFixed(1)} s`,
  "",
  "| events made | run | open (ms) | 240 ticks (ms) | CPU of all threads (ms) | a tick (ms) | × real time |",
  "|---|---|---|---|---|---|---|",
  ...played.map(
    ({ events, run: { openMs, ticksMs, cpuMs } }, nth) =>
      `| ${events} | ${(nth % RUNS) + 1} | ${openMs.toFixed(0)} | ${ticksMs.toFixed(0)} | ${cpuMs.toFixed(0)} | ${(ticksMs / MINUTES).toFixed(2)} | ${ratioOf(ticksMs)} |`,
  ),
];
process.stdout.write(`${lines.join("\n")}\n`);
