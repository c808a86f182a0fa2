import { capacityPlanned, fitting, isoOf, MAX_LISTED_STEPS, newEvent, type AnyEvent } from "../../events/index.ts";
import { HARD_CAP_MS } from "../core/forecast/air.ts";
import { forecastLoad, type Aired, type Forecast } from "../core/forecast/forecast.ts";
import { startUpMsOf, type Model } from "../core/forecast/model.ts";
import { LOOK_BACK_MS } from "../core/forecast/nowcast.ts";
import { ARRIVAL_MS, DECAY_MS } from "../core/forecast/shape.ts";
import type { LoadMinute } from "../core/measurement.ts";
import { clientOf, lowersNothing, needsOf, type Need } from "../core/plan/demand.ts";
import { sentenceOf } from "../core/plan/explain.ts";
import type { FloorOverride, Plan, Reason } from "../core/plan/plan.ts";
import { planSteps } from "../core/plan/steps.ts";
import type { Target } from "../core/target.ts";
import { HOUR_MS, MINUTE_MS, minuteOf } from "../core/time.ts";
import { releaseUnderWay } from "../core/warm/floor.ts";
import { occasionsAround, overridesAt, type Context, type StoredPlan } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { readAirLog, type AirLog } from "./air-log.ts";
import { readModel } from "./model.ts";
import { publish } from "./publish.ts";
import { floorKey, type Floor } from "./warm.ts";

/** The plan of one target with what it was made from. */
export type Planned = {
  readonly target: Target;
  readonly plan: Plan;
  readonly forecast: Forecast;
  readonly needs: readonly Need[];
  readonly startUpMs: number;
};

/** How far a tick plans: beyond the first cue (120 min) and the longest lead. Later hours are planned when somebody asks. */
export const TICK_HORIZON_MS = 3 * HOUR_MS;

/** Plans every target from `now` to `now + horizonMs`; reads only, writes nothing. */
export async function makePlans(context: Context, now: number, horizonMs: number): Promise<readonly Planned[]> {
  const { ports, settings } = context;
  const from = minuteOf(now);
  const until = from + horizonMs;
  const model = await readModel(context);
  const log = await readAirLog(context);
  const overrides = await overridesAt(context, now);
  const around = occasionsAround(await context.occasions(), from - HARD_CAP_MS - DECAY_MS, until + ARRIVAL_MS + HOUR_MS);
  const occasions: readonly Aired[] = around
    .filter((occasion) => mayCount(log, occasion.id))
    .map((occasion) => ({ occasion, air: log.air[occasion.id] ?? { kind: "ahead" } }));
  const forecasts = new Map<string, { readonly forecast: Forecast; readonly recent: readonly LoadMinute[] }>();
  for (const target of settings.targets) {
    const recent = await ports.loads.load(target.id, from - LOOK_BACK_MS, from);
    const forecast = forecastLoad({
      model,
      target,
      occasions,
      recent,
      zone: settings.zone,
      now,
      fromMs: from,
      // A need just beyond the horizon still has its lead within it.
      toMs: until + HOUR_MS,
      threshold: settings.threshold,
      unservedPerMillion: settings.policy.unservedPerMillion,
    });
    forecasts.set(target.id, { forecast, recent });
  }
  const planned: Planned[] = [];
  // Targets that open connections come first: their databases have to hold what they were given.
  for (const target of [...settings.targets].sort((a, b) => rank(a) - rank(b))) {
    const made = forecasts.get(target.id);
    if (made === undefined) continue;
    planned.push(await planTarget({ context, target, ...made, occasions, overrides, model, now: from, until, planned }));
  }
  return settings.targets.flatMap((target) => planned.filter((made) => made.target.id === target.id));
}

/** An occasion that was not above the threshold when it started gets no floor of its own; the nowcast serves what it brings. */
function mayCount(log: AirLog, occasionId: string): boolean {
  const thought = log.judged[occasionId]?.impact;
  return thought === undefined || thought === "above";
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
  readonly overrides: readonly FloorOverride[];
  readonly model: Model;
  readonly now: number;
  readonly until: number;
  readonly planned: readonly Planned[];
}): Promise<Planned> {
  const { context, target, forecast, model, now } = input;
  const { targets, policy } = context.settings;
  const floor = await readDocument<Floor>(context.ports.documents, floorKey(target.id));
  const needs = needsOf({
    target,
    forecast,
    recent: input.recent.filter((minute) => minute.atMs >= now - policy.holdMinutes * MINUTE_MS),
    occasions: input.occasions,
    overrides: input.overrides,
    policy,
    now,
    database: targets.find((candidate) => candidate.id === target.connections?.database),
    clients: input.planned
      .filter((other) => other.target.connections?.database === target.id)
      .map((other) => clientOf(other.target, other.plan, other.needs)),
  });
  const startUpMs = startUpMsOf(model.learned, target);
  const plan = planSteps({
    target,
    needs,
    policy,
    now,
    untilMs: input.until,
    floorInForce: floor?.value.intendedUnits,
    startUpMs,
    releaseUnderWay: releaseUnderWay(floor?.value, now),
    lowersNothing: lowersNothing(forecast, now),
  });
  return { target, plan, forecast, needs, startUpMs };
}

/** Plans every target, keeps the plans, and tells of those whose floors changed. */
export async function plan(context: Context, now: number): Promise<readonly Planned[]> {
  const planned = await makePlans(context, now, TICK_HORIZON_MS);
  const events: AnyEvent[] = [];
  for (const made of planned) {
    let changed: StoredPlan | undefined;
    await updateDocument<StoredPlan>(context.ports.documents, planKey(made.target.id), (before) => {
      const differs = before === undefined || !continues(before.plan, made.plan);
      const next = { version: (before?.version ?? 0) + (differs ? 1 : 0), plan: made.plan };
      changed = differs ? next : undefined;
      return next;
    });
    if (changed !== undefined) events.push(plannedEvent(changed, now));
  }
  await publish(context, events);
  return planned;
}

/** Key of a target's plan. */
export function planKey(targetId: string): string {
  return `plan/${targetId}`;
}

/** Whether `next` asks for the same floors as `before` from its own beginning on, as far as `before` reaches. */
function continues(before: Plan, next: Plan): boolean {
  const old = before.steps.filter((step, index) => (before.steps[index + 1]?.atMs ?? before.untilMs) > next.madeAtMs);
  const current = next.steps.filter((step) => step.atMs < before.untilMs);
  return (
    old.length === current.length &&
    current.every((step, index) => {
      const was = old[index];
      return was !== undefined && was.floorUnits === step.floorUnits && (index === 0 || was.atMs === step.atMs);
    })
  );
}

/** Reasons as the contracts carry them. */
export function reasonsOf(reasons: readonly Reason[]): { code: string; text: string }[] {
  return reasons.map((reason) => ({ code: reason.type, text: sentenceOf(reason) }));
}

function plannedEvent({ version, plan: made }: StoredPlan, now: number): AnyEvent {
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
  return newEvent(capacityPlanned, { id: `capacity.planned/${made.targetId}/${version}`, atMs: now, data });
}
