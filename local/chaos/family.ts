import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import { derive, uniform } from "../../shared/core/simulate/seeded.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";

/** What a family of evenings has in common: place and date, channels, targets and what was learned before, made once for all of them. */
export type Family = {
  readonly index: number;
  /** Seed of the family's world. */
  readonly seed: number;
  /** IANA name of the zone that its audience lives in. */
  readonly zone: string;
  /** Start of its evenings. */
  readonly fromMs: number;
  readonly usualPeakViewers: number;
  readonly channels: readonly string[];
  /** Channels whose broadcasts were measured before, and have drawn crowds: what the feed lists there is believed without a person. */
  readonly provenChannels: readonly string[];
  /** What all that rests on the feed alone may cost in an hour. */
  readonly feedOnlyUsdPerHour: number;
  /** Requests per million that may be left unserved. */
  readonly unservedPerMillion: number;
  readonly targets: readonly Target[];
};

/** How many families there are: each date with several audiences. */
export const FAMILIES = 24;

/** How long an evening lasts. */
export const EVENING_MINUTES = 180;

// An ordinary Saturday, a turn of the year, and nights on which clocks change: in Denmark forward and back, in New York, and on Lord
// Howe Island, where they change by half an hour.
const DATES: readonly { readonly zone: string; readonly from: string }[] = [
  { zone: "Europe/Copenhagen", from: "2026-06-13T17:00:00Z" },
  { zone: "Europe/Copenhagen", from: "2025-12-31T21:00:00Z" },
  { zone: "Europe/Copenhagen", from: "2026-03-28T23:00:00Z" },
  { zone: "Europe/Copenhagen", from: "2026-10-24T22:00:00Z" },
  { zone: "America/New_York", from: "2026-11-01T04:00:00Z" },
  { zone: "Australia/Lord_Howe", from: "2026-04-04T13:00:00Z" },
];

const CHANNELS = 12;

/** The family that an evening's seed belongs to. */
export function familyOf(eveningSeed: number): Family {
  const index = eveningSeed % FAMILIES;
  const seed = derive(index, "family");
  const date = DATES[index % DATES.length];
  if (date === undefined) throw new RangeError(`family ${index} has no date`);
  const channels = Array.from({ length: CHANNELS }, (_, channel) => `c${String(channel + 1).padStart(2, "0")}.example`);
  return {
    index,
    seed,
    zone: date.zone,
    fromMs: Date.parse(date.from),
    usualPeakViewers: Math.round(60_000 + 90_000 * uniform(seed, "usual-peak")),
    channels,
    provenChannels: index % 4 === 1 ? channels.slice(-3) : [],
    feedOnlyUsdPerHour: Number((0.5 + 3 * uniform(seed, "cap")).toFixed(2)),
    unservedPerMillion: isTight(index) ? 200 : DEFAULT_PLAN_POLICY.unservedPerMillion,
    targets: isTight(index) ? targetsOf(index, seed).map(tightly) : targetsOf(index, seed),
  };
}

const COMMON = { mode: "active", targetUtilisation: 0.7, ceilingUnits: 1, scalesIn: "target-tracking", zones: 1 } as const;

/** A quarter of the owners run without headroom and without a zone to spare: there, what the forecast states is all there is. */
function isTight(index: number): boolean {
  return index % 4 === 2;
}

function tightly(target: Target): Target {
  return { ...target, targetUtilisation: 0.97, zones: 1 };
}

/** A service and what it stands on. The last quarter of the families has a serverless database in place of readers. */
function targetsOf(index: number, seed: number): readonly Target[] {
  const startUpMs = Math.round(3 + 3 * uniform(seed, "start-up", "player-api")) * MINUTE_MS;
  const service: Target = {
    ...COMMON,
    id: "player-api",
    kind: "ecs-service",
    throughputRps: 150,
    baselineUnits: 12,
    loadPerViewerRps: 0.024,
    startUpMs,
    launchUnitsPerMinute: 120,
    zones: 3,
    costUsdPerUnitHour: 0.0987,
  };
  if (index >= (3 * FAMILIES) / 4) return [service, SERVERLESS_DATABASE, EDGE];
  return [{ ...service, connections: { database: READERS.id, poolPerUnit: 10 } }, READERS, EDGE];
}

const READERS: Target = {
  ...COMMON,
  id: "catalogue-db",
  kind: "aurora-readers",
  throughputRps: 2600,
  baselineUnits: 2,
  loadPerViewerRps: 0.0065,
  startUpMs: 15 * MINUTE_MS,
  launchUnitsPerMinute: 15,
  zones: 3,
  maxConnectionsPerUnit: 2000,
  costUsdPerUnitHour: 1.04,
};

const EDGE: Target = {
  ...COMMON,
  id: "edge",
  kind: "cdn-edge",
  throughputRps: 25_000,
  targetUtilisation: 0.8,
  baselineUnits: 2,
  loadPerViewerRps: 0.22,
  startUpMs: 5 * MINUTE_MS,
  launchUnitsPerMinute: 20,
  costUsdPerUnitHour: 0.4,
};

// An ACU grows by two fifths in a minute: from four to forty takes seven.
const SERVERLESS_DATABASE: Target = {
  ...COMMON,
  id: "session-db",
  kind: "aurora-acu",
  throughputRps: 120,
  baselineUnits: 4,
  loadPerViewerRps: 0.0065,
  startUpMs: 5 * MINUTE_MS,
  launchUnitsPerMinute: 8,
  costUsdPerUnitHour: 0.12,
};

/** The whole hours that the guide of a family reaches beyond its evening, on either side. */
export const GUIDE_MARGIN_MS = 6 * HOUR_MS;
