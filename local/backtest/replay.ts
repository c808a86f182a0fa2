import type { LoadSource, Ports } from "../../shared/app/ports.ts";
import { usualAt } from "../../shared/core/forecast/usual-load.ts";
import type { Model } from "../../shared/core/forecast/model.ts";
import { DECAY_MS } from "../../shared/core/forecast/shape.ts";
import type { AudienceMinute, LoadMinute } from "../../shared/core/measurement.ts";
import type { Programme } from "../../shared/core/schedule/programme.ts";
import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS, minuteOf, type ZoneOffsets } from "../../shared/core/time.ts";
import { plainDocuments, plainJournal, plainSchedules } from "../memory/plain.ts";
import { fleetOf, type Fleet } from "./fleet.ts";
import type { LoadSeries } from "./load-series.ts";

// A minute can be read so long after its end: metrics come one to three minutes late.
const READABLE_AFTER_MS = 2 * MINUTE_MS;

/** A recorded load played to the platform minute by minute: it sees what had been published by then, and moves a fleet of its own. */
export type Replay = {
  readonly ports: Ports;
  readonly fleet: Fleet;
  /** The minimum as it stands. */
  readonly minimumUnits: () => number;
  /** Lets the clock go on to `atMs`; `model` is what was known just before. */
  readonly goTo: (atMs: number, model: Model | undefined) => void;
};

/** What is replayed: the load of one target, and the programmes that share it as their audience. */
export type ReplaySetting = {
  readonly target: Target;
  readonly load: LoadSeries;
  readonly programmes: readonly Programme[];
  readonly zone: ZoneOffsets;
  /** Units that serve at the beginning. */
  readonly firstUnits: number;
};

/**
 * Ports over a recorded load. There is no count of viewers beside it, so the load is taken for them: what a channel's viewers would be if
 * each brought `loadPerViewerRps`. What is above usual is shared by the channels that are on air, and by those whose programme ended lately
 * the less the longer ago: of one service's load nobody can say more.
 */
export function replayOf({ target, load, programmes, zone, firstUnits }: ReplaySetting): Replay {
  let nowMs = Number.NEGATIVE_INFINITY;
  let model: Model | undefined;
  let minimumUnits = target.baselineUnits;
  const fleet = fleetOf(target, Math.max(firstUnits, target.baselineUnits));
  const sharesAt = sharesOf(programmes);
  const rpsAt = (atMs: number): number | undefined =>
    atMs + MINUTE_MS + READABLE_AFTER_MS > nowMs ? undefined : load.rps[(atMs - load.fromMs) / MINUTE_MS];
  const loads: LoadSource = {
    load: async (_, fromMs, toMs) =>
      minutesIn(fromMs, toMs).map((atMs): LoadMinute => {
        const loadRps = rpsAt(atMs);
        if (loadRps === undefined) return { kind: "unknown", atMs, reason: "not measured, or not published yet" };
        // What was recorded is what arrived; who served it then, and how much of it, nobody says.
        return { kind: "known", atMs, loadRps, unservedRps: undefined, servingUnits: undefined };
      }),
    audience: async (fromMs, toMs) =>
      minutesIn(fromMs, toMs).map((atMs): AudienceMinute => {
        const loadRps = rpsAt(atMs);
        if (loadRps === undefined) return { kind: "unknown", atMs, reason: "not measured, or not published yet" };
        const all = loadRps / target.loadPerViewerRps;
        const viewers: Record<string, number> = {};
        for (const [channelId, share] of sharesAt(atMs)) {
          const usual = model?.viewers[channelId];
          const usually = (usual && usualAt(usual, atMs, zone)) ?? all;
          viewers[channelId] = usually + share * (all - usually);
        }
        return { kind: "known", atMs, viewers };
      }),
  };
  return {
    ports: {
      documents: plainDocuments(),
      ...plainSchedules(),
      journal: plainJournal(),
      bus: { publish: async (events) => events.map(() => ({ kind: "accepted" })), carries: () => false },
      loads,
      capacity: {
        describe: async (targetIds) =>
          targetIds.map((targetId) => ({
            kind: "known",
            targetId,
            minimumUnits,
            maximumUnits: target.ceilingUnits,
            desiredUnits: Math.max(minimumUnits, fleet.billed()),
            servingUnits: fleet.servingAt(nowMs),
          })),
        setMinimum: async (_, units) => {
          minimumUnits = units;
          return { kind: "accepted" };
        },
      },
      bookings: {
        list: async (targetIds) => targetIds.map((targetId) => ({ kind: "unsupported", targetId, reason: "a backtest is never down" })),
        put: async () => ({ kind: "accepted" }),
        remove: async () => ({ kind: "accepted" }),
      },
    },
    fleet,
    minimumUnits: () => minimumUnits,
    goTo: (atMs, known) => {
      nowMs = atMs;
      model = known;
    },
  };
}

function minutesIn(fromMs: number, toMs: number): readonly number[] {
  const first = minuteOf(fromMs);
  return Array.from({ length: Math.max(0, Math.ceil((toMs - first) / MINUTE_MS)) }, (_, nth) => first + nth * MINUTE_MS);
}

type Shares = ReadonlyMap<string, number>;

/** Which share of the crowd each channel has at an instant: all alike that are on air, and less of one whose last programme is over. */
function sharesOf(programmes: readonly Programme[]): (atMs: number) => Shares {
  const channels = new Map<string, readonly Programme[]>();
  for (const programme of programmes) channels.set(programme.channelId, [...(channels.get(programme.channelId) ?? []), programme]);
  const places = new Map<string, number>([...channels.keys()].map((id) => [id, 0]));
  let askedMs = Number.NEGATIVE_INFINITY;
  return (atMs) => {
    // Whoever asks goes forward most of the time.
    if (atMs < askedMs) for (const id of places.keys()) places.set(id, 0);
    askedMs = atMs;
    const weights = new Map<string, number>();
    let sum = 0;
    for (const [id, slots] of channels) {
      let place = places.get(id) ?? 0;
      while ((slots[place + 1]?.startsAtMs ?? Number.POSITIVE_INFINITY) <= atMs) place += 1;
      places.set(id, place);
      const weight = weightOf(slots[place], atMs);
      weights.set(id, weight);
      sum += weight;
    }
    const share = (weight: number): number => (sum > 0 ? weight / sum : 1 / weights.size);
    return new Map([...weights].map(([id, weight]) => [id, share(weight)]));
  };
}

function weightOf(slot: Programme | undefined, atMs: number): number {
  if (slot === undefined || slot.startsAtMs > atMs) return 0;
  return Math.max(0, Math.min(1, 1 - (atMs - slot.endsAtMs) / DECAY_MS));
}
