import { contextOf, type Settings } from "../../shared/app/context.ts";
import { measure } from "../../shared/app/measure.ts";
import { plan, type Planned } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { warm } from "../../shared/app/warm.ts";
import type { Model } from "../../shared/core/forecast/model.ts";
import { DECAY_MS } from "../../shared/core/forecast/shape.ts";
import { leadMs } from "../../shared/core/plan/capacity.ts";
import type { Occasion } from "../../shared/core/schedule/occasion.ts";
import type { Schedule } from "../../shared/core/schedule/programme.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { packSchedule } from "../../shared/feeds/schedule-chunks.ts";
import type { LoadSeries } from "./load-series.ts";
import { replayOf } from "./replay.ts";

/** What is gone through: the schedule and load of one target from `fromMs`, and what Calltime is told of them. */
export type WalkSetting = {
  /** With one target, which is active. */
  readonly settings: Settings;
  readonly schedule: Schedule;
  readonly load: LoadSeries;
  readonly fromMs: number;
  readonly toMs: number;
  /** Called now and then with the minutes that are done. */
  readonly onMinutes?: (done: number) => void;
};

/** What was expected of one occasion at the last moment to ask for it. */
export type Predicted = {
  readonly occasion: Occasion;
  /** Largest median and tail of its minutes, in requests a second; undefined while nothing was known. */
  readonly peak: { readonly medianRps: number; readonly tailRps: number } | undefined;
  /** Its audience was known, and large enough to be told apart. */
  readonly toldApart: boolean;
};

/** What Calltime decided minute by minute in [fromMs, toMs); the arrays have one entry a minute. */
export type Walk = {
  readonly target: Target;
  readonly fromMs: number;
  /** The minimum in force. */
  readonly floor: Float64Array;
  /** What was forecast for the minute when a decision could last reach it; NaN where it was not. */
  readonly medianRps: Float64Array;
  readonly tailRps: Float64Array;
  readonly predicted: readonly Predicted[];
  /** Units that serve at the beginning, whatever the policy. */
  readonly firstUnits: number;
};

const TELL_EVERY_MINUTES = 60;

/**
 * Goes through recorded load minute by minute with what measures, plans and sets floors in production. A tick sees the minutes that had been
 * published by then, three minutes ago and before, and the guide, not the real ends; the minimum that it sets is in force a minute later.
 */
export async function walkForward({ settings, schedule, load, fromMs, toMs, onMinutes }: WalkSetting): Promise<Walk> {
  const [target] = settings.targets;
  if (target === undefined) throw new RangeError("a backtest needs a target");
  const firstUnits = firstUnitsOf(target, load, fromMs);
  const replay = replayOf({ target, load, programmes: schedule.programmes, zone: settings.zone, firstUnits });
  const { ports, fleet } = replay;
  const packed = packSchedule(schedule);
  await ports.chunks.keep(packed.chunks);
  await ports.schedules.publish({ feedId: "guide", generation: 1, publishedAtMs: fromMs, contentHash: packed.contentHash });
  const context = contextOf(ports, settings);
  const { occasions } = await context.guide(fromMs);

  const minutes = Math.round((toMs - fromMs) / MINUTE_MS);
  const floor = new Float64Array(minutes);
  const medianRps = new Float64Array(minutes).fill(Number.NaN);
  const tailRps = new Float64Array(minutes).fill(Number.NaN);
  const predicted: Predicted[] = [];
  let model: Model | undefined;
  let next = 0;
  for (let index = 0; index < minutes; index += 1) {
    const now = fromMs + index * MINUTE_MS;
    // Nothing that was decided here serves before the first lead is over: until then everybody has what they began with.
    const least = now <= fromMs + MINUTE_MS + target.startUpMs ? firstUnits : 0;
    const inForce = Math.max(replay.minimumUnits(), least);
    fleet.ask(inForce, now);
    floor[index] = inForce;
    replay.goTo(now, model);
    for (const failure of await measure(context, now)) throw failure;
    const situation = await situationAt(context, now);
    model = situation.model;
    const [planned] = await plan(context, situation);
    await warm(context, now);
    if (planned === undefined) continue;
    const leadMinutes = leadMinutesOf(planned);
    keepReached(planned, now, leadMinutes, { fromMs, medianRps, tailRps });
    for (let occasion = occasions[next]; occasion !== undefined; occasion = occasions[next]) {
      if (occasion.startsAtMs > now + leadMinutes * MINUTE_MS) break;
      if (occasion.startsAtMs >= now) predicted.push(predictedOf(planned, occasion));
      next += 1;
    }
    if (index % TELL_EVERY_MINUTES === 0) onMinutes?.(index);
  }
  return { target, fromMs, floor, medianRps, tailRps, predicted, firstUnits };
}

/** Twice the units that the busiest minute of the first hour needs: every policy begins with enough, so that none is judged by its first minutes. */
function firstUnitsOf(target: Target, load: LoadSeries, fromMs: number): number {
  const first = Math.max(0, (fromMs - load.fromMs) / MINUTE_MS);
  const hour = load.rps.slice(first, first + HOUR_MS / MINUTE_MS).map((rps) => Math.ceil((rps ?? 0) / target.throughputRps));
  return Math.max(target.baselineUnits, 2 * Math.max(0, ...hour));
}

/** Minutes from a tick until what it asks for serves: a minute until it is in force, and the start-up. */
function leadMinutesOf({ target, startUpMs }: Planned): number {
  return Math.ceil(leadMs(target, startUpMs, 0) / MINUTE_MS) + 1;
}

type Reached = { readonly fromMs: number; readonly medianRps: Float64Array; readonly tailRps: Float64Array };

function keepReached({ forecast }: Planned, now: number, leadMinutes: number, { fromMs, medianRps, tailRps }: Reached): void {
  const atMs = now + leadMinutes * MINUTE_MS;
  const minute = forecast.minutes.find((candidate) => candidate.atMs === atMs);
  const index = (atMs - fromMs) / MINUTE_MS;
  if (minute?.kind !== "known" || index >= medianRps.length) return;
  medianRps[index] = minute.medianRps;
  tailRps[index] = minute.tailRps;
}

function predictedOf({ forecast }: Planned, occasion: Occasion): Predicted {
  let peak: { medianRps: number; tailRps: number } | undefined;
  let toldApart = false;
  for (const minute of forecast.minutes) {
    if (minute.kind === "unknown" || minute.atMs < occasion.startsAtMs || minute.atMs >= occasion.endsAtMs + DECAY_MS) continue;
    peak = {
      medianRps: Math.max(peak?.medianRps ?? 0, minute.medianRps),
      tailRps: Math.max(peak?.tailRps ?? 0, minute.tailRps),
    };
    toldApart ||= minute.contributions.some(({ occasionId }) => occasionId === occasion.id);
  }
  return { occasion, peak, toldApart };
}
