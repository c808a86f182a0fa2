import { isoOf, loadMeasured, modelUpdated, newEvent, type AnyEvent } from "../../events/index.ts";
import { assessAir, HARD_CAP_MS, type Air, type ExcessMinute } from "../core/forecast/air.ts";
import { unstretched } from "../core/forecast/audience.ts";
import { impactOf, isAbove, type Impact } from "../core/forecast/impact.ts";
import { learnBroadcast, measuredViewers, wasShort } from "../core/forecast/learn.ts";
import {
  firstTargetUsual,
  firstViewers,
  loadPerViewerOf,
  shapesFor,
  type Learned,
  type Model,
  type TargetUsual,
} from "../core/forecast/model.ts";
import { learnResiduals } from "../core/forecast/residuals.ts";
import { ARRIVAL_MS, DECAY_MS, peakMultiple, shapeOf } from "../core/forecast/shape.ts";
import { learnUsualLoad, usualAt, type UsualLoad, type UsualObservation } from "../core/forecast/usual-load.ts";
import type { AudienceMinute, LoadMinute } from "../core/measurement.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { occasionsAround, type Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { readModel, usualKey, VIEWERS_KEY, writeLearned, type StoredUsual } from "./model.ts";
import { publish } from "./publish.ts";

/** How far back a new deployment reads what its targets carried. */
export const HISTORY_MS = 14 * DAY_MS;

/** Where the occasions that matter stand, and which broadcasts the model has already learned from. */
export type AirLog = {
  /** By occasion id, of those above the threshold or turned out to be. */
  readonly air: Readonly<Record<string, Air>>;
  /** By occasion id: the end by the guide, of those learned from. */
  readonly learned: Readonly<Record<string, number>>;
  /** Occasions of unknown audience that turned out above the threshold, by id. */
  readonly revealed: Readonly<Record<string, Revealed>>;
  /** What was forecast and what was measured, of the occasions above the threshold that are over, by id. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
};

/** An occasion whose size nobody had known. */
export type Revealed = { readonly name: string; readonly startsAtMs: number; readonly endsAtMs: number; readonly viewers: number };

/** Forecast and fact of one occasion's audience, in viewers above usual. */
export type Outcome = {
  readonly name: string;
  readonly startsAtMs: number;
  readonly forecastViewers: number;
  readonly measuredViewers: number;
};

/** Key of the air log. */
export const AIR_KEY = "air";

/** Nothing has been on air yet. */
export const EMPTY_AIR: AirLog = { air: {}, learned: {}, revealed: {}, outcomes: {} };

// A broadcast is learned from once its crowd has left.
const LEARN_AFTER_MS = 40 * MINUTE_MS;
// Metrics settle for a while; the newest minutes of an hour may still be missing.
const SETTLE_MS = 5 * MINUTE_MS;
const FORGET_MS = DAY_MS;

/** Reads what was carried, learns the usual week from full hours, follows what is on air, and learns from broadcasts that are over. */
export async function measure(context: Context, now: number): Promise<void> {
  const events: AnyEvent[] = [];
  const log = (await readDocument<AirLog>(context.ports.documents, AIR_KEY))?.value ?? EMPTY_AIR;
  for (const target of context.settings.targets) events.push(...(await measureTarget(context, target, log, now)));
  await measureViewers(context, log, now);
  events.push(...(await followAir(context, log, now)));
  await publish(context, events);
}

/** Instants between which whole hours have to be learned, or undefined when there is none yet. */
function hoursToLearn(throughMs: number | undefined, now: number): { readonly fromMs: number; readonly toMs: number } | undefined {
  const toMs = Math.floor((now - SETTLE_MS) / HOUR_MS) * HOUR_MS;
  const fromMs = throughMs ?? toMs - HISTORY_MS;
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}

async function measureTarget(context: Context, target: Target, log: AirLog, now: number): Promise<readonly AnyEvent[]> {
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

async function measureViewers(context: Context, log: AirLog, now: number): Promise<void> {
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

/** Viewers of an occasion's channels above their usual, in the minutes in which all of them are known. */
export function excessViewers(
  model: Model,
  occasion: Occasion,
  audience: readonly AudienceMinute[],
  zone: Context["settings"]["zone"],
): readonly ExcessMinute[] {
  return audience.flatMap((minute) => {
    if (minute.kind === "unknown") return [];
    let excess = 0;
    for (const channelId of occasion.channelIds) {
      const viewers = minute.viewers[channelId];
      const usual = model.viewers[channelId];
      const usualViewers = usual === undefined ? undefined : usualAt(usual, minute.atMs, zone);
      if (viewers === undefined || usualViewers === undefined) return [];
      excess += viewers - usualViewers;
    }
    return [{ atMs: minute.atMs, excess }];
  });
}

async function followAir(context: Context, before: AirLog, now: number): Promise<readonly AnyEvent[]> {
  const { ports, settings } = context;
  const occasions = await context.occasions();
  const model = await readModel(context);
  const near = occasionsAround(occasions, now - HARD_CAP_MS - LEARN_AFTER_MS - HOUR_MS, now).filter(
    (occasion) => before.learned[occasion.id] === undefined,
  );
  const current = near.filter((occasion) => occasion.startsAtMs <= now);
  if (current.length === 0) return [];
  const audience = await ports.loads.audience(Math.min(...current.map((occasion) => occasion.startsAtMs)), now);

  const air: Record<string, Air> = { ...before.air };
  const revealed: Record<string, Revealed> = { ...before.revealed };
  const outcomes: Record<string, Outcome> = { ...before.outcomes };
  const learnedFrom: Record<string, number> = { ...before.learned };
  let learned: Learned = model.learned;
  const events: AnyEvent[] = [];
  for (const occasion of current) {
    const excess = excessViewers(model, occasion, since(audience, occasion.startsAtMs), settings.zone);
    const impacts = settings.targets.map((target) =>
      impactOf({ model, target, occasion, zone: settings.zone, threshold: settings.threshold }),
    );
    const known = impacts.find(isKnown);
    const above = impacts.some((impact) => impact.kind === "above");
    const unknown = impacts.length > 0 && impacts.every((impact) => impact.kind === "unknown-audience");
    if (
      unknown &&
      revealed[occasion.id] === undefined &&
      air[occasion.id] === undefined &&
      turnedOutAbove(context, model, occasion, excess)
    ) {
      revealed[occasion.id] = { ...sketchOf(occasion), viewers: newestExcess(excess) };
    }
    const tracked = above || air[occasion.id] !== undefined || revealed[occasion.id] !== undefined;
    if (tracked) {
      const expected = known === undefined ? undefined : unstretched(known.audience.mean);
      const next = assessAir({ occasion, before: air[occasion.id], excess, expected, now });
      if (next.kind !== "ahead") air[occasion.id] = next;
    }
    const stand = air[occasion.id];
    const over = stand === undefined ? occasion.endsAtMs : stand.kind === "ended" ? stand.endedAtMs : undefined;
    if (over === undefined || now < over + LEARN_AFTER_MS) continue;
    learnedFrom[occasion.id] = occasion.endsAtMs;
    const viewers = measuredViewers(occasion, excess);
    if (viewers === undefined) continue;
    if (revealed[occasion.id] !== undefined) revealed[occasion.id] = { ...sketchOf(occasion), viewers: Math.round(viewers) };
    if (above && known !== undefined) {
      const forecastViewers = Math.round(unstretched(known.audience.mean));
      outcomes[occasion.id] = {
        name: occasion.name,
        startsAtMs: occasion.startsAtMs,
        forecastViewers,
        measuredViewers: Math.round(viewers),
      };
    }
    const targets = tracked ? await Promise.all(settings.targets.map((target) => loadAround(context, model, target, occasion, over))) : [];
    const next = learnBroadcast(
      learned,
      {
        occasion,
        air: stand ?? { kind: "ended", endedAtMs: occasion.endsAtMs, by: "cap" },
        viewers: excess,
        targets,
        overlapped: overlapsAnother(occasion, over, air, occasions),
        censored: targets.some(({ load }) => wasShort(load)),
      },
      settings.zone,
    );
    if (next !== learned && tracked) events.push(learnedEvent(next, learned, occasion, viewers, known, now));
    learned = next;
  }
  if (learned !== model.learned) await writeLearned(context, learned);
  await updateDocument<AirLog>(ports.documents, AIR_KEY, () => ({
    air: recent(air, (id) => occasions.find((occasion) => occasion.id === id)?.endsAtMs, now),
    learned: recent(learnedFrom, (id) => learnedFrom[id], now),
    revealed,
    outcomes,
  }));
  return events;
}

type KnownImpact = Exclude<Impact, { kind: "unknown-audience" }>;

function isKnown(impact: Impact): impact is KnownImpact {
  return impact.kind !== "unknown-audience";
}

function since(audience: readonly AudienceMinute[], fromMs: number): readonly AudienceMinute[] {
  return audience.filter((minute) => minute.atMs >= fromMs);
}

function sketchOf(occasion: Occasion): Omit<Revealed, "viewers"> {
  return { name: occasion.name, startsAtMs: occasion.startsAtMs, endsAtMs: occasion.endsAtMs };
}

function newestExcess(excess: readonly ExcessMinute[]): number {
  return Math.round(excess.at(-1)?.excess ?? 0);
}

/** Whether the crowd that is there now would have been above the threshold of some target, had anybody known. */
function turnedOutAbove(context: Context, model: Model, occasion: Occasion, excess: readonly ExcessMinute[]): boolean {
  const viewers = Math.min(...excess.slice(-2).map((minute) => minute.excess));
  if (excess.length < 2 || viewers <= 0) return false;
  return context.settings.targets.some((target) => {
    const perViewer = Math.exp(loadPerViewerOf(model.learned, target, occasion.programmeClass).logRps);
    const peak = peakMultiple(shapeOf(shapesFor(model.learned, target.id), occasion.programmeClass));
    const { zone, threshold } = context.settings;
    return isAbove({ model, target, atMs: occasion.startsAtMs, addedRps: viewers * perViewer * peak, zone, threshold });
  });
}

async function loadAround(context: Context, model: Model, target: Target, occasion: Occasion, endedAtMs: number) {
  const load = await context.ports.loads.load(target.id, occasion.startsAtMs - ARRIVAL_MS, endedAtMs + LEARN_AFTER_MS);
  return { target, usual: model.targets[target.id] ?? firstTargetUsual(), load };
}

function overlapsAnother(
  occasion: Occasion,
  endedAtMs: number,
  air: Readonly<Record<string, Air>>,
  occasions: readonly Occasion[],
): boolean {
  return occasions.some(
    (other) =>
      other.id !== occasion.id && air[other.id] !== undefined && other.startsAtMs < endedAtMs && other.endsAtMs > occasion.startsAtMs,
  );
}

function recent<T>(byId: Readonly<Record<string, T>>, endOf: (id: string) => number | undefined, now: number): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(byId).filter(([id]) => (endOf(id) ?? 0) > now - FORGET_MS));
}

function learnedEvent(
  next: Learned,
  before: Learned,
  occasion: Occasion,
  viewers: number,
  known: KnownImpact | undefined,
  now: number,
): AnyEvent {
  const expected = known === undefined ? "nothing was known of it" : `${Math.round(unstretched(known.audience.mean))} were expected`;
  const what = `${occasion.name} drew ${Math.round(viewers)} viewers above usual; ${expected}`;
  const data = { modelVersion: next.version, previousVersion: before.version, cause: "occasion" as const, what, occasionId: occasion.id };
  return newEvent(modelUpdated, { id: `model.updated/${next.version}`, atMs: now, data });
}
