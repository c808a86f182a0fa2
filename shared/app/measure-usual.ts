import { isoOf, loadMeasured, newEvent, type AnyEvent } from "../../events/index.ts";
import { HARD_CAP_MS, type Followed } from "../core/forecast/air.ts";
import { firstTargetUsual, firstViewers, type TargetUsual } from "../core/forecast/model.ts";
import { learnResiduals } from "../core/forecast/residuals.ts";
import { ARRIVAL_MS, DECAY_MS } from "../core/forecast/shape.ts";
import { learnUsualLoad, usualAt, type UsualLoad, type UsualObservation } from "../core/forecast/usual-load.ts";
import type { AudienceMinute, LoadMinute } from "../core/measurement.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import type { AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { readDocument, replaceDocument } from "./documents.ts";
import { learnNearHours, nearDue } from "./near.ts";
import type { Versioned } from "./ports.ts";
import { usualKey, VIEWERS_KEYS, viewersKeyOf, type ChannelViewers, type StoredUsual } from "./model.ts";

/** How far back a new deployment reads what its targets carried. */
const HISTORY_MS = 14 * DAY_MS;

// Metrics settle for a while; the newest minutes of an hour may still be missing.
const SETTLE_MS = 5 * MINUTE_MS;

type Hours = { readonly fromMs: number; readonly toMs: number };

/** Instants between which whole hours have to be learned, or undefined when there is none yet. */
function hoursToLearn(throughMs: number | undefined, now: number): Hours | undefined {
  const toMs = Math.floor((now - SETTLE_MS) / HOUR_MS) * HOUR_MS;
  const fromMs = throughMs ?? toMs - HISTORY_MS;
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}

/**
 * Learns from the full hours that have passed since the last time what a target usually carries and how its load grows; a new deployment
 * begins with its history. Both are learned from one read. Throws what the load source throws: then nothing is learned yet, and a later
 * tick reads the same hours.
 */
export async function measureTarget(
  context: Context,
  target: Target,
  of: { readonly log: AirLog; readonly followed: () => Promise<readonly Followed[]> },
  now: number,
): Promise<readonly AnyEvent[]> {
  const { documents, loads } = context.ports;
  const stored = await readDocument<StoredUsual<TargetUsual>>(documents, usualKey(target.id));
  const hours = hoursToLearn(stored?.value.throughMs, now);
  if (hours === undefined) return [];
  const near = await nearDue(context, target, hours.toMs);
  const minutes = await loads.load(target.id, Math.min(hours.fromMs, near?.readFromMs ?? Infinity), hours.toMs);
  const ordinary = { stored, hours, minutes: minutes.slice(indexAt(minutes, hours.fromMs)) };
  const events = [await learnHours(context, { target, log: of.log, now }, ordinary)];
  if (near !== undefined) await learnNearHours(context, { target, followed: await of.followed(), now }, near, minutes);
  return events;
}

async function learnHours(
  { ports, settings }: Context,
  { target, log, now }: { readonly target: Target; readonly log: AirLog; readonly now: number },
  measured: {
    readonly stored: Versioned<StoredUsual<TargetUsual>> | undefined;
    readonly hours: Hours;
    readonly minutes: readonly LoadMinute[];
  },
): Promise<AnyEvent> {
  const { stored, hours, minutes } = measured;
  const special = specialStretches(log);
  let usual = stored?.value.usual ?? firstTargetUsual();
  // Day by day, so that each day's residuals are against what the days before it had taught.
  for (let fromMs = hours.fromMs; fromMs < hours.toMs; fromMs += DAY_MS) {
    const day = minutes.slice(indexAt(minutes, fromMs), indexAt(minutes, fromMs + DAY_MS));
    const ordinary: UsualObservation[] = day.flatMap((minute) =>
      minute.kind === "known" && !isWithin(special, minute.atMs) ? [{ atMs: minute.atMs, value: minute.loadRps, weight: 1 }] : [],
    );
    const ratios = ordinary.flatMap(({ atMs, value }) => {
      const expected = usualAt(usual.load, atMs, settings.zone);
      return expected === undefined || expected <= 0 ? [] : [value / expected];
    });
    usual = { load: learnUsualLoad(usual.load, ordinary, settings.zone), residuals: learnResiduals(usual.residuals, ratios) };
  }
  await replaceDocument<StoredUsual<TargetUsual>>(ports.documents, usualKey(target.id), stored, {
    throughMs: hours.toMs,
    usual: compact(usual, stored?.value.usual),
  });
  return measuredEvent(target, minutes, hours, now);
}

/** Where the minute at `atMs` stands, or would: there is one entry for each. */
function indexAt(minutes: readonly LoadMinute[], atMs: number): number {
  const [first] = minutes;
  return first === undefined ? 0 : Math.max(0, Math.ceil((atMs - first.atMs) / MINUTE_MS));
}

/** Four significant digits are more than the data has, and keep the document small. `before` is what it was learned on, as it was stored. */
function compact(usual: TargetUsual, before: TargetUsual | undefined): TargetUsual {
  return {
    load: compactLoad(usual.load, before?.load),
    residuals: { counts: usual.residuals.counts.map(rounded), total: rounded(usual.residuals.total) },
  };
}

function compactLoad(load: UsualLoad, before: UsualLoad | undefined): UsualLoad {
  return {
    bucketMinutes: load.bucketMinutes,
    weekMeans: compactAll(load.weekMeans, before?.weekMeans),
    weekWeights: compactAll(load.weekWeights, before?.weekWeights),
    dayMeans: compactAll(load.dayMeans, before?.dayMeans),
    dayWeights: compactAll(load.dayWeights, before?.dayWeights),
  };
}

/** Of a week an hour changes a few buckets; the others are compact already. */
function compactAll(values: readonly number[], before: readonly number[] = []): readonly number[] {
  return values.map((value, index) => (value === before[index] ? value : rounded(value)));
}

function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  // Powers of ten up to 22 are exact, so the nearest such decimal comes out.
  const digits = 3 - Math.floor(Math.log10(Math.abs(value)));
  if (digits > 22) return Number(value.toPrecision(4));
  return digits >= 0 ? Math.round(value * 10 ** digits) / 10 ** digits : Math.round(value / 10 ** -digits) * 10 ** -digits;
}

function measuredEvent(target: Target, minutes: readonly LoadMinute[], hours: Hours, now: number): AnyEvent {
  const known = minutes.filter((minute) => minute.kind === "known");
  const total = known.reduce((sum, minute) => sum + minute.loadRps, 0);
  const data = {
    targetId: target.id,
    from: isoOf(hours.fromMs),
    to: isoOf(hours.toMs),
    knownMinutes: known.length,
    unknownMinutes: minutes.length - known.length,
    meanRps: known.length === 0 ? null : total / known.length,
    peakRps: known.length === 0 ? null : known.reduce((peak, minute) => Math.max(peak, minute.loadRps), 0),
    unservedRequests: unservedOf(known),
  };
  return newEvent(loadMeasured, { id: `load.measured/${target.id}/${isoOf(hours.toMs)}`, atMs: now, data });
}

function unservedOf(known: readonly Extract<LoadMinute, { kind: "known" }>[]): number | null {
  const counted = known.flatMap(({ unservedRps }) => unservedRps ?? []);
  return counted.length === 0 ? null : counted.reduce((sum, rps) => sum + rps * 60, 0);
}

/** Learns the usual viewers of every channel, likewise. Throws what the load source throws. */
export async function measureViewers(context: Context, log: AirLog, now: number): Promise<void> {
  const { ports, settings } = context;
  const shards = await Promise.all(
    VIEWERS_KEYS.map(async (key) => {
      const stored = await readDocument<StoredUsual<ChannelViewers>>(ports.documents, key);
      return { key, stored, hours: hoursToLearn(stored?.value.throughMs, now) };
    }),
  );
  const due = shards.flatMap(({ key, stored, hours }) => {
    const usual: Record<string, UsualLoad> = { ...stored?.value.usual };
    return hours === undefined ? [] : [{ key, stored, hours, usual }];
  });
  if (due.length === 0) return;
  const toMs = Math.max(...due.map(({ hours }) => hours.toMs));
  // A day at a time: two weeks of a thousand channels are more than a function's memory holds.
  for (let fromMs = Math.min(...due.map(({ hours }) => hours.fromMs)); fromMs < toMs; fromMs += DAY_MS) {
    const day = await ports.loads.audience(fromMs, Math.min(toMs, fromMs + DAY_MS));
    for (const [channelId, observations] of observationsOf(day, specialStretches(log))) {
      const shard = due.find(({ key }) => key === viewersKeyOf(channelId));
      if (shard === undefined) continue;
      const unlearned = observations.filter(({ atMs }) => atMs >= shard.hours.fromMs);
      shard.usual[channelId] = learnUsualLoad(shard.usual[channelId] ?? firstViewers(), unlearned, settings.zone);
    }
  }
  for (const { key, stored, hours, usual } of due) {
    const compacted = Object.fromEntries(
      Object.entries(usual).map(([channelId, load]) => [channelId, compactLoad(load, stored?.value.usual[channelId])]),
    );
    await replaceDocument<StoredUsual<ChannelViewers>>(ports.documents, key, stored, { throughMs: hours.toMs, usual: compacted });
  }
}

function observationsOf(
  audience: readonly AudienceMinute[],
  special: readonly Stretch[],
): ReadonlyMap<string, readonly UsualObservation[]> {
  const byChannel = new Map<string, UsualObservation[]>();
  for (const minute of audience) {
    if (minute.kind === "unknown" || isWithin(special, minute.atMs)) continue;
    for (const [channelId, value] of Object.entries(minute.viewers)) {
      const observations = byChannel.get(channelId) ?? [];
      observations.push({ atMs: minute.atMs, value, weight: 1 });
      byChannel.set(channelId, observations);
    }
  }
  return byChannel;
}

type Stretch = { readonly fromMs: number; readonly toMs: number };

/** The stretches that say nothing about a usual week: occasions that drew a crowd, from arrival to decay. */
function specialStretches(log: AirLog): readonly Stretch[] {
  return Object.values(log.occasions).map((occasion) => {
    const air = log.air[occasion.id];
    const endsAtMs = air?.kind === "ended" ? air.endedAtMs : occasion.endsAtMs + HARD_CAP_MS;
    return { fromMs: occasion.startsAtMs - ARRIVAL_MS, toMs: endsAtMs + DECAY_MS };
  });
}

function isWithin(stretches: readonly Stretch[], atMs: number): boolean {
  return stretches.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}
