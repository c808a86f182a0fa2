import { modelUpdated, newEvent, type AnyEvent } from "../../events/index.ts";
import { assessAir, HARD_CAP_MS, type Air, type ExcessMinute } from "../core/forecast/air.ts";
import { unstretched } from "../core/forecast/audience.ts";
import { impactOf, isAbove, type Impact } from "../core/forecast/impact.ts";
import { learnBroadcast, measuredViewers, wasShort } from "../core/forecast/learn.ts";
import { firstTargetUsual, loadPerViewerOf, shapesFor, type Learned, type Model } from "../core/forecast/model.ts";
import { ARRIVAL_MS, peakMultiple, shapeOf } from "../core/forecast/shape.ts";
import { usualAt } from "../core/forecast/usual-load.ts";
import type { AudienceMinute } from "../core/measurement.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { AIR_KEY, type AirLog, type Judged, type Outcome, type Revealed } from "./air-log.ts";
import { occasionsAround, type Context } from "./context.ts";
import { updateDocument } from "./documents.ts";
import { readModel, writeLearned } from "./model.ts";

// A broadcast is learned from once its crowd has left.
const LEARN_AFTER_MS = 40 * MINUTE_MS;
const FORGET_MS = DAY_MS;

/** The air log while it is being brought up to date, with what was learned on the way. */
type Following = {
  readonly context: Context;
  readonly model: Model;
  readonly occasions: readonly Occasion[];
  readonly now: number;
  readonly air: Record<string, Air>;
  readonly revealed: Record<string, Revealed>;
  readonly outcomes: Record<string, Outcome>;
  readonly learnedFrom: Record<string, number>;
  readonly judged: Record<string, Judged>;
  readonly tally: Record<Judged["impact"], number>;
  readonly events: AnyEvent[];
  learned: Learned;
};

/** Follows every occasion that has started: how it was judged, whether its crowd came, when it left, and what it teaches. */
export async function followAir(context: Context, before: AirLog, now: number): Promise<readonly AnyEvent[]> {
  const occasions = await context.occasions();
  const model = await readModel(context);
  const sinceMs = before.sinceMs ?? now;
  const current = occasionsAround(occasions, now - HARD_CAP_MS - LEARN_AFTER_MS - HOUR_MS, now + 1).filter(
    (occasion) => before.learned[occasion.id] === undefined && occasion.startsAtMs >= sinceMs,
  );
  const audience = await context.ports.loads.audience(Math.min(now, ...current.map((occasion) => occasion.startsAtMs)), now);
  const following: Following = {
    context,
    model,
    occasions,
    now,
    air: { ...before.air },
    revealed: { ...before.revealed },
    outcomes: { ...before.outcomes },
    learnedFrom: { ...before.learned },
    judged: { ...before.judged },
    tally: { ...before.tally },
    events: [],
    learned: model.learned,
  };
  for (const occasion of current) await follow(following, occasion, since(audience, occasion.startsAtMs));
  if (following.learned !== model.learned) await writeLearned(context, following.learned);
  const ends = new Map(occasions.map((occasion) => [occasion.id, occasion.endsAtMs]));
  const log: AirLog = {
    sinceMs,
    air: recent(following.air, (id) => ends.get(id), now),
    learned: recent(following.learnedFrom, (id) => following.learnedFrom[id], now),
    revealed: following.revealed,
    outcomes: following.outcomes,
    judged: recent(following.judged, (id) => ends.get(id), now),
    tally: following.tally,
  };
  await updateDocument<AirLog>(context.ports.documents, AIR_KEY, () => log);
  return following.events;
}

async function follow(following: Following, occasion: Occasion, audience: readonly AudienceMinute[]): Promise<void> {
  const { context, model, now, air, revealed } = following;
  const { settings } = context;
  const excess = excessViewers(model, occasion, audience, settings.zone);
  const thought = following.judged[occasion.id] ?? judge(following, occasion);
  following.judged[occasion.id] = thought;
  const above = thought.impact === "above";
  const shared = sharesItsChannel(following, occasion);
  if (thought.impact !== "above" && revealed[occasion.id] === undefined && !shared && turnedOutAbove(context, model, occasion, excess)) {
    revealed[occasion.id] = { ...sketchOf(occasion), impact: thought.impact, viewers: newestExcess(excess) };
  }
  const tracked = above || revealed[occasion.id] !== undefined;
  if (tracked) {
    const stand = assessAir({ occasion, before: air[occasion.id], excess, expected: thought.expectedViewers, now });
    if (stand.kind !== "ahead") air[occasion.id] = stand;
  }
  const stand = air[occasion.id];
  const overMs = stand === undefined ? occasion.endsAtMs : stand.kind === "ended" ? stand.endedAtMs : undefined;
  if (overMs === undefined || now < overMs + LEARN_AFTER_MS) return;
  following.learnedFrom[occasion.id] = occasion.endsAtMs;
  const viewers = measuredViewers(occasion, excess);
  if (viewers === undefined || (!tracked && shared)) return;
  await learnFrom(following, { occasion, excess, viewers, thought, tracked, overMs });
}

/** What is thought of an occasion as it starts; counted once. */
function judge({ context, model, tally }: Following, occasion: Occasion): Judged {
  const { zone, threshold, targets } = context.settings;
  const impacts = targets.map((target) => impactOf({ model, target, occasion, zone, threshold }));
  const known = impacts.find((each): each is KnownImpact => each.kind !== "unknown-audience");
  const impact = impacts.some((each) => each.kind === "above") ? "above" : known === undefined ? "unknown-audience" : "below";
  tally[impact] += 1;
  return known === undefined ? { impact } : { impact, expectedViewers: Math.round(unstretched(known.audience.mean)) };
}

type KnownImpact = Exclude<Impact, { kind: "unknown-audience" }>;

type Over = {
  readonly occasion: Occasion;
  readonly excess: readonly ExcessMinute[];
  readonly viewers: number;
  readonly thought: Judged;
  readonly tracked: boolean;
  readonly overMs: number;
};

async function learnFrom(following: Following, over: Over): Promise<void> {
  const { context, model, air, revealed, learned } = following;
  const { occasion, excess, viewers, thought, tracked, overMs } = over;
  const measured = Math.round(viewers);
  const known = revealed[occasion.id];
  if (known !== undefined) {
    // A moment's crowd passing through is not the occasion's own.
    if (crowdIsAbove(context, model, occasion, measured)) revealed[occasion.id] = { ...known, viewers: measured };
    else delete revealed[occasion.id];
  }
  if (thought.impact === "above" && thought.expectedViewers !== undefined) {
    const { name, startsAtMs } = occasion;
    following.outcomes[occasion.id] = { name, startsAtMs, forecastViewers: thought.expectedViewers, measuredViewers: measured };
  }
  const targets = tracked
    ? await Promise.all(context.settings.targets.map((target) => loadAround(context, model, target, occasion, overMs)))
    : [];
  const stand: Air = air[occasion.id] ?? { kind: "ended", endedAtMs: occasion.endsAtMs, by: "cap" };
  const overlapped = overlapsAnother(following, occasion, overMs);
  const censored = targets.some(({ load }) => wasShort(load));
  following.learned = learnBroadcast(
    learned,
    { occasion, air: stand, viewers: excess, targets, overlapped, censored },
    context.settings.zone,
  );
  if (following.learned !== learned && tracked) following.events.push(learnedEvent(following.learned, learned, over, following.now));
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

function since(audience: readonly AudienceMinute[], fromMs: number): readonly AudienceMinute[] {
  return audience.filter((minute) => minute.atMs >= fromMs);
}

function sketchOf(occasion: Occasion): Omit<Revealed, "viewers" | "impact"> {
  return { name: occasion.name, startsAtMs: occasion.startsAtMs, endsAtMs: occasion.endsAtMs };
}

function newestExcess(excess: readonly ExcessMinute[]): number {
  return Math.round(excess.at(-1)?.excess ?? 0);
}

/** Whether the crowd that is there now would have been above the threshold of some target, had anybody known. */
function turnedOutAbove(context: Context, model: Model, occasion: Occasion, excess: readonly ExcessMinute[]): boolean {
  const newest = excess.slice(-2).map((minute) => minute.excess);
  return newest.length === 2 && crowdIsAbove(context, model, occasion, Math.min(...newest));
}

function crowdIsAbove(context: Context, model: Model, occasion: Occasion, viewers: number): boolean {
  const { zone, threshold, targets } = context.settings;
  return targets.some((target) => {
    const perViewer = Math.exp(loadPerViewerOf(model.learned, target, occasion.programmeClass).logRps);
    const peak = peakMultiple(shapeOf(shapesFor(model.learned, target.id), occasion.programmeClass));
    return isAbove({ model, target, atMs: occasion.startsAtMs, addedRps: viewers * perViewer * peak, zone, threshold });
  });
}

async function loadAround(context: Context, model: Model, target: Target, occasion: Occasion, endedAtMs: number) {
  const load = await context.ports.loads.load(target.id, occasion.startsAtMs - ARRIVAL_MS, endedAtMs + LEARN_AFTER_MS);
  return { target, usual: model.targets[target.id] ?? firstTargetUsual(), load };
}

/** Whether an occasion that was known to draw a crowd was on one of its channels meanwhile: what was measured there is not this programme's. */
function sharesItsChannel(following: Following, occasion: Occasion): boolean {
  const { air, occasions } = following;
  return occasions.some((other) => {
    const stand = air[other.id];
    if (stand === undefined || following.judged[other.id]?.impact !== "above") return false;
    if (other.id === occasion.id || !other.channelIds.some((id) => occasion.channelIds.includes(id))) return false;
    const overMs = (stand.kind === "ended" ? stand.endedAtMs : other.endsAtMs + HARD_CAP_MS) + LEARN_AFTER_MS;
    return other.startsAtMs - ARRIVAL_MS < occasion.endsAtMs && overMs > occasion.startsAtMs;
  });
}

function overlapsAnother({ air, occasions }: Following, occasion: Occasion, endedAtMs: number): boolean {
  return occasions.some(
    (other) =>
      other.id !== occasion.id && air[other.id] !== undefined && other.startsAtMs < endedAtMs && other.endsAtMs > occasion.startsAtMs,
  );
}

function recent<T>(byId: Readonly<Record<string, T>>, endOf: (id: string) => number | undefined, now: number): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(byId).filter(([id]) => (endOf(id) ?? 0) > now - FORGET_MS));
}

function learnedEvent(next: Learned, before: Learned, { occasion, viewers, thought }: Over, now: number): AnyEvent {
  const expected = thought.expectedViewers === undefined ? "nothing was known of it" : `${grouped(thought.expectedViewers)} were expected`;
  const what = `${occasion.name} drew ${grouped(viewers)} viewers above usual; ${expected}`;
  const data = { modelVersion: next.version, previousVersion: before.version, cause: "occasion" as const, what, occasionId: occasion.id };
  return newEvent(modelUpdated, { id: `model.updated/${next.version}`, atMs: now, data });
}

/** 1279418 as 1,279,418. */
function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
