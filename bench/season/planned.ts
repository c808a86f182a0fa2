import { dayBeganAt } from "../../shared/app/broadcast-day.ts";
import { assessAir, learningTiming, timingOf, type Air, type ExcessMinute } from "../../shared/core/forecast/air.ts";
import type { MeasuredBroadcast } from "../../shared/core/forecast/audience.ts";
import { forecastLoad, type Aired, type Forecast } from "../../shared/core/forecast/forecast.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { learnBroadcast, learnDay, measuredBroadcast } from "../../shared/core/forecast/learn.ts";
import { firstLearned, firstTargetUsual, type Learned, type Model, type TargetUsual } from "../../shared/core/forecast/model.ts";
import { LOOK_BACK_MS } from "../../shared/core/forecast/nowcast.ts";
import { firstNear, learnNear, lookNear, type Near, type NearInput } from "../../shared/core/forecast/near.ts";
import { learnResiduals } from "../../shared/core/forecast/residuals.ts";
import { ARRIVAL_MS, DECAY_MS } from "../../shared/core/forecast/shape.ts";
import { learnUsualLoad, usualAt } from "../../shared/core/forecast/usual-load.ts";
import type { LoadMinute } from "../../shared/core/measurement.ts";
import { needsOf } from "../../shared/core/plan/demand.ts";
import { stepAt, type PlanPolicy } from "../../shared/core/plan/plan.ts";
import { planSteps } from "../../shared/core/plan/steps.ts";
import type { Occasion } from "../../shared/core/schedule/occasion.ts";
import type { PastMinute, ScalingPolicy, Unit } from "../../shared/core/simulate/peers/policy.ts";
import type { Slot } from "../../shared/core/simulate/peers/schedule-multiplier.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { LAG_MINUTES, targetOf, ZONE } from "./calltime.ts";

// The trace has no viewers: a hundredth of a request a second above usual is taken for one.
const REQUESTS_PER_VIEWER = 0.01;
// As the platform does: an hour is learned from five minutes after it, a broadcast forty minutes after its end.
const SETTLED_MS = 5 * MINUTE_MS;
const LEARN_AFTER_MS = 40 * MINUTE_MS;
const KEPT_MS = 5 * HOUR_MS;
const NEAR_MINUTES = 24;
const BEYOND_START_UP_MINUTES = 10;

/** What can be left out, to see what it is worth. */
export type WiredPart = "near forecast" | "series" | "groups" | "learned shapes" | "tail";

type PlannedState = {
  readonly usual: TargetUsual;
  readonly learned: Learned;
  readonly air: Readonly<Record<string, Air>>;
  /** The newest minutes, oldest first. */
  readonly measured: readonly LoadMinute[];
  readonly near: Near;
  /** Broadcasts of the day that is not over yet: groups learn from whole days. */
  readonly day: readonly MeasuredBroadcast[];
};

/**
 * The plan as it is wired: usual week, audience, shape, nowcast and newest minutes of the production code, learned from the trace alone;
 * nothing was said beforehand of how many would come.
 */
export function planned(
  unit: Unit,
  slots: readonly Slot[],
  policy: PlanPolicy,
  without: readonly WiredPart[] = [],
): ScalingPolicy<PlannedState> {
  const target = { ...targetOf(unit), loadPerViewerRps: REQUESTS_PER_VIEWER };
  // Each match a series of its own has nothing of its own to go by.
  const occasions = slots.map((slot) => occasionOf(slot, without.includes("series") ? `match ${slot.startsAtMs}` : "world cup"));

  const modelOf = ({ usual, learned }: PlannedState): Model => ({ learned, targets: { [target.id]: usual }, viewers: {} });
  const around = (atMs: number): readonly Occasion[] =>
    occasions.filter(({ startsAtMs, endsAtMs }) => startsAtMs < atMs + HOUR_MS && endsAtMs > atMs - KEPT_MS);

  const observe = (before: PlannedState, { atMs, loadRps }: PastMinute): PlannedState => {
    const minute: LoadMinute = { kind: "known", atMs, loadRps, unservedRps: 0, servingUnits: undefined };
    const nowMs = atMs + MINUTE_MS;
    const kept = before.measured.length > KEPT_MS / MINUTE_MS ? before.measured.slice(-KEPT_MS / MINUTE_MS) : before.measured;
    let state: PlannedState = { ...before, measured: [...kept, minute] };
    state = { ...state, near: learnNear(state.near, nearInput(state, nowMs), atMs) };
    for (const occasion of around(atMs)) {
      if (occasion.startsAtMs > nowMs) continue;
      const excess = excessOf(state, occasion, nowMs);
      const air = assessAir({ occasion, before: state.air[occasion.id], excess, expected: undefined, now: nowMs });
      state = { ...state, air: { ...state.air, [occasion.id]: air } };
      const overMs = air.kind === "ended" ? air.endedAtMs : undefined;
      if (overMs !== undefined && nowMs === Math.max(overMs, occasion.endsAtMs) + LEARN_AFTER_MS) {
        const targets = [{ target, usual: state.usual, load: state.measured }];
        const broadcast = { occasion, air, viewers: excess, targets, overlapped: "not" as const, censored: false };
        const learned = learnBroadcast(state.learned, broadcast, ZONE);
        const measured = measuredBroadcast(broadcast, ZONE);
        state = {
          ...state,
          learned: without.includes("learned shapes") ? { ...learned, shapes: {} } : learned,
          day: measured === undefined ? state.day : [...state.day, measured],
        };
      }
    }
    if (nowMs === dayBeganAt(nowMs, ZONE)) {
      state = { ...state, learned: without.includes("groups") ? state.learned : learnDay(state.learned, state.day), day: [] };
    }
    return (nowMs - SETTLED_MS) % HOUR_MS === 0 ? { ...state, usual: withHour(state, nowMs - SETTLED_MS) } : state;
  };

  const airOf = ({ air }: PlannedState, { id }: Occasion): Air => air[id] ?? { kind: "ahead" };

  const nearInput = (state: PlannedState, nowMs: number): NearInput => ({
    measured: state.measured.slice(-NEAR_MINUTES),
    timings: around(nowMs).map((occasion) => learningTiming({ occasion, air: airOf(state, occasion) }, nowMs)),
    zone: ZONE,
    throughputRps: target.throughputRps,
    leadMinutes: LAG_MINUTES + unit.startUpMinutes,
    leastRps: target.baselineUnits * target.throughputRps,
    unservedPerMillion: policy.unservedPerMillion,
  });

  /** What a full hour teaches of the usual week: its minutes apart from what draws a crowd. */
  const withHour = ({ usual, measured, air }: PlannedState, toMs: number): TargetUsual => {
    const ordinary = measured.flatMap((minute) => {
      if (minute.kind === "unknown" || minute.atMs < toMs - HOUR_MS || minute.atMs >= toMs) return [];
      const special = around(minute.atMs).some(({ id, startsAtMs, endsAtMs }) => {
        const stand = air[id];
        const overMs = stand?.kind === "ended" ? stand.endedAtMs : endsAtMs;
        return minute.atMs >= startsAtMs - ARRIVAL_MS && minute.atMs < overMs + DECAY_MS;
      });
      return special ? [] : [{ atMs: minute.atMs, value: minute.loadRps, weight: 1 }];
    });
    const ratios = ordinary.flatMap(({ atMs, value }) => {
      const expected = usualAt(usual.load, atMs, ZONE);
      return expected === undefined || expected <= 0 ? [] : [value / expected];
    });
    return { load: learnUsualLoad(usual.load, ordinary, ZONE), residuals: learnResiduals(usual.residuals, ratios) };
  };

  return {
    first: {
      usual: firstTargetUsual(),
      learned: firstLearned(),
      air: {},
      measured: [],
      near: firstNear(unit.startUpMinutes + BEYOND_START_UP_MINUTES),
      day: [],
    },
    learn: observe,
    decide: (before, seen, { inForceMs, desiredUnits }) => {
      const state = seen === undefined ? before : observe(before, seen);
      const aired: readonly Aired[] = around(inForceMs).map((occasion) => ({ occasion, air: airOf(state, occasion) }));
      const timings = aired.map(({ occasion, air }) => timingOf(occasion, air, inForceMs));
      const forecast = forecastLoad({
        model: modelOf(state),
        target,
        occasions: aired,
        recent: state.measured.filter(({ atMs }) => atMs >= inForceMs - LOOK_BACK_MS),
        near: without.includes("near forecast")
          ? undefined
          : lookNear(state.near, { ...nearInput(state, inForceMs), timings }, policy.unservedPerMillion),
        zone: ZONE,
        now: inForceMs,
        fromMs: inForceMs,
        toMs: inForceMs + target.startUpMs + MINUTE_MS,
        threshold: DEFAULT_IMPACT_THRESHOLD,
        unservedPerMillion: policy.unservedPerMillion,
      });
      const held = state.measured.filter(({ atMs }) => atMs >= inForceMs - policy.holdMinutes * MINUTE_MS);
      const common = { target, policy, now: inForceMs };
      const asked = without.includes("tail") ? withoutTail(forecast) : forecast;
      const needs = needsOf({
        ...common,
        forecast: asked,
        recent: held,
        occasions: aired,
        overrides: [],
        database: undefined,
        clients: [],
      });
      const plan = planSteps({
        ...common,
        needs,
        untilMs: inForceMs + MINUTE_MS,
        floorInForce: desiredUnits,
        startUpMs: target.startUpMs,
        releaseUnderWay: false,
        lowersNothing: undefined,
      });
      return { state, units: stepAt(plan, inForceMs)?.floorUnits ?? target.baselineUnits };
    },
  };
}

/** Viewers above usual of an occasion, minute by minute. */
function excessOf({ usual, measured }: PlannedState, { startsAtMs }: Occasion, nowMs: number): readonly ExcessMinute[] {
  return measured.flatMap((minute) => {
    if (minute.kind === "unknown" || minute.atMs < startsAtMs || minute.atMs >= nowMs) return [];
    const usualRps = usualAt(usual.load, minute.atMs, ZONE);
    return usualRps === undefined ? [] : [{ atMs: minute.atMs, excess: (minute.loadRps - usualRps) / REQUESTS_PER_VIEWER }];
  });
}

function withoutTail(forecast: Forecast): Forecast {
  const minutes = forecast.minutes.map((minute) => (minute.kind === "unknown" ? minute : { ...minute, tailRps: minute.medianRps }));
  return { ...forecast, minutes };
}

function occasionOf({ startsAtMs, endsAtMs }: Slot, seriesKey: string): Occasion {
  const id = `match-${startsAtMs}`;
  const title = "World Cup";
  return {
    id,
    name: title,
    programmes: [{ id, channelId: "tv", startsAtMs, endsAtMs, title, categories: ["sports"], live: true }],
    channelIds: ["tv"],
    startsAtMs,
    endsAtMs,
    seriesKey,
    category: "sports",
    programmeClass: "live",
  };
}
