import { isoOf, loadMeasured, newEvent, type AnyEvent } from "../../events/index.ts";
import { HARD_CAP_MS } from "../core/forecast/air.ts";
import { firstTargetUsual, firstViewers, type TargetUsual } from "../core/forecast/model.ts";
import { learnResiduals } from "../core/forecast/residuals.ts";
import { ARRIVAL_MS, DECAY_MS } from "../core/forecast/shape.ts";
import { learnUsualLoad, usualAt, type UsualLoad, type UsualObservation } from "../core/forecast/usual-load.ts";
import type { LoadMinute } from "../core/measurement.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import type { AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { usualKey, VIEWERS_KEY, type StoredUsual } from "./model.ts";

/** How far back a new deployment reads what its targets carried. */
export const HISTORY_MS = 14 * DAY_MS;

// Metrics settle for a while; the newest minutes of an hour may still be missing.
const SETTLE_MS = 5 * MINUTE_MS;

/** Instants between which whole hours have to be learned, or undefined when there is none yet. */
function hoursToLearn(throughMs: number | undefined, now: number): { readonly fromMs: number; readonly toMs: number } | undefined {
  const toMs = Math.floor((now - SETTLE_MS) / HOUR_MS) * HOUR_MS;
  const fromMs = throughMs ?? toMs - HISTORY_MS;
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}

/** Learns a target's usual load from the full hours that have passed since the last time; a new deployment begins with its history. */
export async function measureTarget(context: Context, target: Target, log: AirLog, now: number): Promise<readonly AnyEvent[]> {
  const { ports, settings } = context;
  const stored = await readDocument<StoredUsual<TargetUsual>>(ports.documents, usualKey(target.id));
  const hours = hoursToLearn(stored?.value.throughMs, now);
  if (hours === undefined) return [];
  const minutes = await ports.loads.load(target.id, hours.fromMs, hours.toMs);
  const special = await specialStretches(context, log);
  let usual = stored?.value.usual ?? firstTargetUsual();
  // Day by day, so that each day's residuals are against what the days before it had taught.
  for (let fromMs = hours.fromMs; fromMs < hours.toMs; fromMs += DAY_MS) {
    const day = minutes.filter((minute) => minute.atMs >= fromMs && minute.atMs < fromMs + DAY_MS);
    const ordinary: UsualObservation[] = day.flatMap((minute) =>
      minute.kind === "known" && !isWithin(special, minute.atMs) ? [{ atMs: minute.atMs, value: minute.loadRps, weight: 1 }] : [],
    );
    const ratios = ordinary.flatMap(({ atMs, value }) => {
      const expected = usualAt(usual.load, atMs, settings.zone);
      return expected === undefined || expected <= 0 ? [] : [value / expected];
    });
    usual = { load: learnUsualLoad(usual.load, ordinary, settings.zone), residuals: learnResiduals(usual.residuals, ratios) };
  }
  await updateDocument<StoredUsual<TargetUsual>>(ports.documents, usualKey(target.id), () => ({
    throughMs: hours.toMs,
    usual: compact(usual),
  }));
  return [measuredEvent(target, minutes, hours, now)];
}

/** Four significant digits are more than the data has, and keep the document small. */
function compact(usual: TargetUsual): TargetUsual {
  return {
    load: compactLoad(usual.load),
    residuals: { counts: usual.residuals.counts.map(rounded), total: rounded(usual.residuals.total) },
  };
}

function compactLoad(load: UsualLoad): UsualLoad {
  return {
    bucketMinutes: load.bucketMinutes,
    weekMeans: load.weekMeans.map(rounded),
    weekWeights: load.weekWeights.map(rounded),
    dayMeans: load.dayMeans.map(rounded),
    dayWeights: load.dayWeights.map(rounded),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function measuredEvent(
  target: Target,
  minutes: readonly LoadMinute[],
  hours: { readonly fromMs: number; readonly toMs: number },
  now: number,
): AnyEvent {
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
    unservedRequests: known.length === 0 ? null : known.reduce((sum, minute) => sum + minute.unservedRps * 60, 0),
  };
  return newEvent(loadMeasured, { id: `load.measured/${target.id}/${isoOf(hours.toMs)}`, atMs: now, data });
}

/** Learns the usual viewers of every channel, likewise. */
export async function measureViewers(context: Context, log: AirLog, now: number): Promise<void> {
  type Viewers = Readonly<Record<string, UsualLoad>>;
  const { ports, settings } = context;
  const stored = await readDocument<StoredUsual<Viewers>>(ports.documents, VIEWERS_KEY);
  const hours = hoursToLearn(stored?.value.throughMs, now);
  if (hours === undefined) return;
  const special = await specialStretches(context, log);
  const byChannel = new Map<string, UsualObservation[]>();
  for (const minute of await ports.loads.audience(hours.fromMs, hours.toMs)) {
    if (minute.kind === "unknown" || isWithin(special, minute.atMs)) continue;
    for (const [channelId, value] of Object.entries(minute.viewers)) {
      const observations = byChannel.get(channelId) ?? [];
      observations.push({ atMs: minute.atMs, value, weight: 1 });
      byChannel.set(channelId, observations);
    }
  }
  const usual: Record<string, UsualLoad> = { ...stored?.value.usual };
  for (const [channelId, observations] of byChannel) {
    usual[channelId] = compactLoad(learnUsualLoad(usual[channelId] ?? firstViewers(), observations, settings.zone));
  }
  await updateDocument<StoredUsual<Viewers>>(ports.documents, VIEWERS_KEY, () => ({ throughMs: hours.toMs, usual }));
}

type Stretch = { readonly fromMs: number; readonly toMs: number };

/** The stretches that say nothing about a usual week: occasions above the threshold, from arrival to decay. */
async function specialStretches(context: Context, log: AirLog): Promise<readonly Stretch[]> {
  const occasions = await context.occasions();
  return occasions
    .filter((occasion) => log.air[occasion.id] !== undefined)
    .map((occasion) => {
      const air = log.air[occasion.id];
      const endsAtMs = air?.kind === "ended" ? air.endedAtMs : occasion.endsAtMs + HARD_CAP_MS;
      return { fromMs: occasion.startsAtMs - ARRIVAL_MS, toMs: endsAtMs + DECAY_MS };
    });
}

function isWithin(stretches: readonly Stretch[], atMs: number): boolean {
  return stretches.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}
