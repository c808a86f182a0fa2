import { capacityPlanned, fitting, isoOf, MAX_LISTED_STEPS, newEvent, type AnyEvent } from "../../events/index.ts";
import { timingOf } from "../core/forecast/air.ts";
import { forecastLoad, type Aired, type Forecast, type ForecastMinute } from "../core/forecast/forecast.ts";
import { sparseInstants } from "../core/forecast/instants.ts";
import { startUpMsOf, type Model } from "../core/forecast/model.ts";
import { LOOK_BACK_MS } from "../core/forecast/nowcast.ts";
import type { LoadMinute } from "../core/measurement.ts";
import { leadMs } from "../core/plan/capacity.ts";
import { clientOf, lowersNothing, needsOf, unitsForMinute, type Need } from "../core/plan/demand.ts";
import { sentenceOf } from "../core/plan/explain.ts";
import { holdAt, type Override } from "../core/plan/override.ts";
import type { OverCap } from "../core/plan/cap.ts";
import { asksForUsual } from "../core/plan/ordinary.ts";
import { stepAt, type Plan, type Reason, type Short } from "../core/plan/plan.ts";
import { EVENING_MS, isReserved, planEnvelope, type Quiet } from "../core/plan/envelope.ts";
import { planSteps } from "../core/plan/steps.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { HOUR_MS, MINUTE_MS, minuteOf } from "../core/time.ts";
import { releaseUnderWay } from "../core/warm/floor.ts";
import type { AirLog } from "./air-log.ts";
import type { Context, Settings } from "./context.ts";
import { countedUntil } from "./counted.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { floorInForce, loweredLately, readFloor } from "./floor.ts";
import { readLoad } from "./loads.ts";
import { followedOf, nearForecast, nearSince, type NearSince } from "./near.ts";
import { isCarried, publish } from "./publish.ts";
import type { Situation } from "./situation.ts";
import { withheldEvents } from "./withheld.ts";
import { keepSpending, spendingOn } from "./spending.ts";

/** The plan of one target with what it was made from. */
export type Planned = {
  readonly target: Target;
  readonly plan: Plan;
  readonly forecast: Forecast;
  readonly needs: readonly Need[];
  readonly startUpMs: number;
  /** What the cap on the feed's own spending leaves out. */
  readonly overCap: readonly OverCap[];
  /** Of a reservation: how long it has been seen to be larger than what is ahead. */
  readonly quiet?: Quiet | undefined;
};

/** How far a tick plans: beyond the first cue (120 min) and the longest lead. Later hours are planned when somebody asks. */
export const TICK_HORIZON_MS = 3 * HOUR_MS;

/** What a plan is to be made with, where that differs. */
export type PlanOptions = {
  /** Forecasts every minute, for those who look at each; otherwise only those that a decision or a cue can rest on. */
  readonly everyMinute?: boolean;
  /** The occasions that count, where they were looked up before. */
  readonly counted?: readonly Aired[];
};

/** However short a plan, the same occasions count in it: they are ranked against each other by what the feed alone may spend. */
function countedIn(context: Context, situation: Situation, horizonMs: number): readonly Aired[] {
  return countedUntil(context, situation, minuteOf(situation.now) + Math.max(horizonMs, TICK_HORIZON_MS));
}

/** Plans every target from now to `horizonMs` later; reads only, writes nothing. */
export async function makePlans(
  context: Context,
  situation: Situation,
  horizonMs: number,
  options: PlanOptions = {},
): Promise<readonly Planned[]> {
  const { settings } = context;
  const { model, log, now } = situation;
  const from = minuteOf(now);
  const until = from + horizonMs;
  const { overrides } = situation;
  // A need just beyond the horizon still has its lead within it; a reservation looks at the whole evening.
  const tonight = await lookedAt(context, situation, horizonMs, options.counted);
  const longer = settings.targets.some(isReserved) ? await lookedAt(context, situation, horizonMs + EVENING_MS) : tonight;
  const read = settings.ordinaryLoadMs === undefined ? undefined : await loadsReadSparingly(context, situation, tonight.occasions);
  const followed = followedOf(tonight.counted, log);
  const planned: Planned[] = [];
  // Targets that open connections come first: their databases have to hold what they were given.
  for (const target of [...settings.targets].sort((a, b) => rank(a) - rank(b))) {
    const { occasions, over, toMs, sparse } = isReserved(target) ? longer : tonight;
    const { since, measured } = read?.get(target.id) ?? (await loadLately(context, target, now));
    const recent = measured.slice(Math.max(0, measured.length - LOOK_BACK_MS / MINUTE_MS));
    const near = since && nearForecast(context, since, { target, followed, now }, measured);
    const forecast = forecastLoad({
      model,
      target,
      occasions,
      recent,
      near,
      zone: settings.zone,
      now,
      fromMs: from,
      toMs,
      ...((options.everyMinute !== true || isReserved(target)) && {
        instants: { sparse, fineUntilMs: reachOf(target, { settings, model, overrides, from }) },
      }),
      threshold: settings.threshold,
      unservedPerMillion: settings.policy.unservedPerMillion,
    });
    const blind = audienceUnread(log, occasions, { now: from, measuredApart: settings.measuredApart });
    const { calledOff } = situation;
    const overCap = over.get(target.id) ?? [];
    const common = { context, target, forecast, recent, occasions, calledOff, overCap, overrides, model };
    planned.push(await planTarget({ ...common, before: read?.get(target.id)?.before, now: from, until, planned, blind }));
  }
  const byId = new Map(planned.map((made) => [made.target.id, made]));
  return settings.targets.flatMap(({ id }) => byId.get(id) ?? []);
}

/** What a target carried lately, as far back as its plan looks. */
type Lately = { readonly measured: readonly LoadMinute[]; readonly since: NearSince | undefined };

async function loadLately(context: Context, target: Target, now: number, oldestMs?: number): Promise<Lately> {
  const from = minuteOf(now);
  const since = isReserved(target) ? undefined : await nearSince(context, target, now);
  const measured = await readLoad(context, target.id, Math.min(from - LOOK_BACK_MS, since?.fromMs ?? from), from, oldestMs);
  return { measured, since };
}

type ReadSparingly = Lately & { readonly before: StoredPlan | undefined };

/** The last hour's load of every target, asked for at the same moment, each as fresh as it has to be. */
async function loadsReadSparingly(
  context: Context,
  situation: Situation,
  occasions: readonly Aired[],
): Promise<ReadonlyMap<string, ReadSparingly>> {
  const { targets, ordinaryLoadMs = 0 } = context.settings;
  const { model, now } = situation;
  const entries = targets.map(async (target) => {
    const before = await storedPlan(context, target.id);
    const floor = (await readFloor(context, target.id))?.value;
    const untilMs = now + leadOf(model, target, target.ceilingUnits) + ordinaryLoadMs;
    const isOrdinary =
      before !== undefined &&
      now - before.plan.madeAtMs <= ordinaryLoadMs + MINUTE_MS &&
      asksForUsual(before.plan, now, untilMs) &&
      // What is to come down is looked at first.
      (floor === undefined ? target.baselineUnits : floorInForce(floor)) <= (stepAt(before.plan, now)?.floorUnits ?? 0) &&
      !occasions.some((aired) => isAround(aired, target, now));
    return [target.id, { ...(await loadLately(context, target, now, isOrdinary ? ordinaryLoadMs : 0)), before }] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Its crowd comes before an occasion, and verdicts are given ten minutes before it, whatever the lead of a target is. */
const AROUND_MS = 15 * MINUTE_MS;

/** Whether an occasion that matters to a target is on air, or near. While floors rest on one that is over their reasons say so. */
function isAround({ occasion: { startsAtMs }, air, impacts }: Aired, { id }: Target, now: number): boolean {
  return now >= startsAtMs - AROUND_MS && air.kind !== "ended" && impacts?.get(id)?.kind !== "below";
}

/** What a plan of needs up to `horizonMs` rests on: the occasions that count, what the cap leaves out, and the instants worth a forecast. */
async function lookedAt(context: Context, situation: Situation, horizonMs: number, known?: readonly Aired[]) {
  const { now } = situation;
  const counted = known ?? countedIn(context, situation, horizonMs);
  const fromMs = minuteOf(now);
  const toMs = fromMs + horizonMs + HOUR_MS;
  const { occasions, over } = await spendingOn(context, situation, counted);
  const sparse = sparseInstants({ fromMs, toMs, timings: occasions.map(({ occasion, air }) => timingOf(occasion, air, now)) });
  return { counted, occasions, over, toMs, sparse };
}

// Beyond the lead, so that what a plan asks for now rests on minutes that were all looked at.
const BEYOND_LEAD_MS = 5 * MINUTE_MS;

/** How far a decision taken at `from` can reach: the lead of the most that the target may need, or the database that it connects to. */
function reachOf(
  target: Target,
  given: { readonly settings: Settings; readonly model: Model; readonly overrides: readonly Override[]; readonly from: number },
): (minutes: readonly ForecastMinute[]) => number {
  const { settings, model, overrides, from } = given;
  // A reservation is for an evening: which minute of it needs the most changes nothing.
  if (isReserved(target)) return () => from + BEYOND_LEAD_MS;
  const isDatabase = settings.targets.some(({ connections }) => connections?.database === target.id);
  // Clients may need the connections of all that a database can have.
  let least = isDatabase ? target.ceilingUnits : 0;
  let factor = 1;
  for (const override of overrides) {
    if (!("targetIds" in override) || !override.targetIds.includes(target.id)) continue;
    if (override.kind === "floor") least = Math.max(least, override.floorUnits);
    if (override.kind === "factor") factor = Math.max(factor, override.factor);
  }
  const database = settings.targets.find(({ id }) => id === target.connections?.database);
  const databaseMs = database === undefined ? 0 : leadOf(model, database, database.ceilingUnits);
  return (minutes) => {
    let units = least;
    for (const minute of minutes) units = Math.max(units, factor * unitsForMinute(target, minute));
    return from + Math.max(leadOf(model, target, Math.min(units, target.ceilingUnits)), databaseMs) + BEYOND_LEAD_MS;
  };
}

function leadOf({ learned }: Model, target: Target, units: number): number {
  return leadMs(target, startUpMsOf(learned, target), units - target.baselineUnits);
}

/** Why nothing may be lowered while the audience of what is on air could not be read: it may be leaving, and its end brings a peak. */
function audienceUnread(
  { throughMs }: AirLog,
  occasions: readonly Aired[],
  { now, measuredApart = false }: { readonly now: number; readonly measuredApart?: boolean | undefined },
): string | undefined {
  // Where measuring has a minute of its own, this minute's may be under way; the one before it is over.
  const followedMs = measuredApart ? now - MINUTE_MS : now;
  if (throughMs === undefined || throughMs >= followedMs) return undefined;
  const onAir = occasions.some(({ occasion, air }) => occasion.startsAtMs <= now && air.kind !== "ended");
  return onAir ? "the audience of what is on air could not be read: nothing shows that it stays" : undefined;
}

function rank(target: Target): number {
  return target.connections === undefined ? 1 : 0;
}

async function planTarget(input: {
  readonly context: Context;
  readonly target: Target;
  readonly forecast: Forecast;
  readonly recent: readonly LoadMinute[];
  readonly occasions: readonly Aired[];
  readonly calledOff: readonly Occasion[];
  readonly overCap: readonly OverCap[];
  readonly overrides: readonly Override[];
  readonly model: Model;
  readonly now: number;
  readonly until: number;
  readonly planned: readonly Planned[];
  /** Its plan as stored, where that was read already. */
  readonly before: StoredPlan | undefined;
  /** Why nothing may be lowered, whatever the load is. */
  readonly blind: string | undefined;
}): Promise<Planned> {
  const { context, target, forecast, model, now } = input;
  const { targets, policy } = context.settings;
  const floor = (await readFloor(context, target.id))?.value;
  const needs = needsOf({
    target,
    forecast,
    recent: input.recent.filter((minute) => minute.atMs >= now - policy.holdMinutes * MINUTE_MS),
    occasions: input.occasions,
    calledOff: input.calledOff,
    overCap: input.overCap,
    overrides: input.overrides,
    policy,
    now,
    database: targets.find((candidate) => candidate.id === target.connections?.database),
    clients: input.planned
      .filter((other) => other.target.connections?.database === target.id)
      .map((other) => clientOf(other.target, other.plan, other.needs)),
  });
  const measuredMs = startUpMsOf(model.learned, target);
  // Most reservations fill in minutes and some in hours: a few that were quick promise nothing, and a longer notice costs little.
  const startUpMs = isReserved(target) ? Math.max(target.startUpMs, measuredMs) : measuredMs;
  const before = input.before ?? (await storedPlan(context, target.id));
  const common = {
    target,
    needs,
    now,
    untilMs: input.until,
    floorInForce: floor && floorInForce(floor),
    startUpMs,
    lowersNothing: input.blind ?? lowersNothing(forecast, now),
    heldAt: (atMs: number) => heldBy(input.overrides, target.id, atMs),
  };
  const { plan, quiet } = isReserved(target)
    ? planEnvelope({ ...common, quiet: before?.quiet, loweredMs: loweredLately(floor, now) })
    : {
        plan: planSteps({ ...common, policy, wantedLately: wantedLately(before, now), releaseUnderWay: releaseUnderWay(floor, now) }),
        quiet: undefined,
      };
  const shorts = [...plan.shorts, ...shortsOverCap(input)];
  return { target, plan: { ...plan, shorts }, forecast, needs, startUpMs, overCap: input.overCap, quiet };
}

function shortsOverCap({ overCap, now, until }: { readonly overCap: readonly OverCap[]; readonly now: number; readonly until: number }) {
  return overCap
    .filter(({ fromMs, toMs }) => fromMs < until && toMs > now)
    .map(({ fromMs, toMs, units }): Short => ({ fromMs: Math.max(fromMs, now), toMs, units, limit: "cap" }));
}

// What was wanted longer ago says nothing any more.
const LATELY_MS = HOUR_MS;

/** The floor that the plan before this one wanted when it was made. */
function wantedLately(before: StoredPlan | undefined, now: number): number | undefined {
  const plan = before?.plan;
  return plan !== undefined && plan.madeAtMs > now - LATELY_MS && plan.madeAtMs <= now ? plan.steps[0]?.floorUnits : undefined;
}

function heldBy(overrides: readonly Override[], targetId: string, atMs: number): Reason | undefined {
  const hold = holdAt(overrides, targetId, atMs);
  return hold && { type: "hold", overrideId: hold.id, untilMs: hold.untilMs, author: hold.author, why: hold.why };
}

/** A plan with its version; the version counts the plans that differed. */
export type StoredPlan = { readonly version: number; readonly plan: Plan; readonly quiet?: Quiet };

/** The plan of a target as stored. */
export async function storedPlan(context: Context, targetId: string): Promise<StoredPlan | undefined> {
  return (await readDocument<StoredPlan>(context.ports.documents, planKey(targetId)))?.value;
}

/** Plans every target, keeps the plans, and tells of those that differ from the ones before. */
export async function plan(context: Context, situation: Situation, correlationId?: string): Promise<readonly Planned[]> {
  const counted = countedIn(context, situation, TICK_HORIZON_MS);
  const planned = await makePlans(context, situation, TICK_HORIZON_MS, { counted });
  await keepSpending(context, await spendingOn(context, situation, counted));
  const events: AnyEvent[] = [];
  for (const made of planned) {
    let changed: StoredPlan | undefined;
    await updateDocument<StoredPlan>(context.ports.documents, planKey(made.target.id), (before) => {
      const differs = before === undefined || !continues(before.plan, made.plan);
      if (!differs && isAsGood(before.plan, made.plan, context.settings)) return undefined;
      const version = (before?.version ?? 0) + (differs ? 1 : 0);
      const next = { version, plan: made.plan, ...(made.quiet !== undefined && { quiet: made.quiet }) };
      changed = differs ? next : undefined;
      return next;
    });
    if (changed !== undefined && isCarried(context, capacityPlanned.type)) events.push(plannedEvent(changed, situation.now, correlationId));
  }
  events.push(...(await withheldEvents(context, situation, planned, correlationId)));
  await publish(context, events);
  return planned;
}

function planKey(targetId: string): string {
  return `plan/${targetId}`;
}

/** Whether what is stored may stay as it is, where load is read sparingly: made lately, and wanting at once what is wanted now. */
function isAsGood(before: Plan, next: Plan, { ordinaryLoadMs = 0 }: Settings): boolean {
  return next.madeAtMs - before.madeAtMs < ordinaryLoadMs && before.steps[0]?.floorUnits === next.steps[0]?.floorUnits;
}

/**
 * Whether `next` says nothing that `before` did not: the same floors and shortages from its own beginning on, and no new step beyond
 * where `before` ended.
 */
function continues(before: Plan, next: Plan): boolean {
  const old = before.steps.filter((_, index) => (before.steps[index + 1]?.atMs ?? before.untilMs) > next.madeAtMs);
  const sameSteps =
    old.length === next.steps.length &&
    next.steps.every((step, index) => old[index]?.floorUnits === step.floorUnits && (index === 0 || old[index]?.atMs === step.atMs));
  if (before.shorts.length === 0 && next.shorts.length === 0) return sameSteps;
  return sameSteps && JSON.stringify(shortsFrom(before, next.madeAtMs)) === JSON.stringify(shortsFrom(next, next.madeAtMs));
}

function shortsFrom({ shorts }: Plan, fromMs: number) {
  return shorts
    .filter((short) => short.toMs > fromMs)
    .map(({ toMs, units, limit, ...short }) => ({ fromMs: Math.max(fromMs, short.fromMs), toMs, units, limit }));
}

/** Reasons as the contracts carry them. */
export function reasonsOf(reasons: readonly Reason[]): { code: string; text: string }[] {
  return reasons.map((reason) => ({ code: reason.type, text: sentenceOf(reason) }));
}

function plannedEvent({ version, plan: made }: StoredPlan, now: number, correlationId: string | undefined): AnyEvent {
  const listed = made.steps.map((step) => ({ at: isoOf(step.atMs), floorUnits: step.floorUnits, reasons: reasonsOf(step.reasons) }));
  const { items, truncated } = fitting(listed, MAX_LISTED_STEPS);
  const data = {
    targetId: made.targetId,
    planVersion: version,
    horizon: { from: isoOf(made.madeAtMs), to: isoOf(made.untilMs) },
    steps: items,
    truncated,
    short: made.shorts.map((short) => ({ from: isoOf(short.fromMs), to: isoOf(short.toMs), units: short.units, limit: short.limit })),
  };
  return newEvent(capacityPlanned, { id: `capacity.planned/${made.targetId}/${version}`, atMs: now, correlationId, data });
}
