import { forecastNear } from "./near-forecast.ts";
import { firstGrowth, learnGrowth, nearMinutes, type GrowthFeature, type NearMinute } from "../../shared/core/forecast/growth.ts";
import { FIRST_MARGINS, learnMargins, spreadsOf, tailOfNear, type Margins, type Spreads } from "../../shared/core/forecast/margin.ts";
import type { LoadMinute } from "../../shared/core/measurement.ts";
import { needsOf } from "../../shared/core/plan/demand.ts";
import { DEFAULT_PLAN_POLICY, stepAt, type PlanPolicy } from "../../shared/core/plan/plan.ts";
import { planSteps } from "../../shared/core/plan/steps.ts";
import type { Deciding, ScalingPolicy, Trace, Unit } from "../../shared/core/simulate/peers/policy.ts";
import type { Slot } from "../../shared/core/simulate/peers/schedule-multiplier.ts";
import { track, UNTRACKED, type TrackingState } from "../../shared/core/simulate/peers/target-tracking.ts";
import type { Target } from "../../shared/core/target.ts";
import { DAY_MS, MINUTE_MS, type ZoneOffsets } from "../../shared/core/time.ts";

/** France in the summer of 1998. */
export const ZONE: ZoneOffsets = [{ fromMs: 0, offsetMinutes: 120 }];

/** A decision knows the minute four before the one in which it comes into force. */
export const LAG_MINUTES = 4;
/** What a new deployment reads of the past. */
const HISTORY_MS = 14 * DAY_MS;
const MEASURED_MINUTES = 24;
// Further ahead than the longest start-up and what a decision lags behind.
export const MINUTES_AHEAD = 16;

/** The site as a target: one task serves what the rule says, and all that are asked for start at once. */
export function targetOf({ throughputRps, startUpMinutes }: Unit): Target {
  return {
    id: "site",
    kind: "ecs-service",
    mode: "active",
    throughputRps,
    targetUtilisation: 1,
    baselineUnits: 1,
    ceilingUnits: 100_000,
    loadPerViewerRps: 1,
    startUpMs: startUpMinutes * MINUTE_MS,
    launchUnitsPerMinute: Number.POSITIVE_INFINITY,
    zones: 1,
    scalesIn: "target-tracking",
  };
}

/** Scale-in without a hold and in one stage: what the floor no longer needs goes at once. */
export const PROMPT: PlanPolicy = { ...DEFAULT_PLAN_POLICY, holdMinutes: 0, releaseEveryMinutes: 1, releaseShare: 1 };

/** What could be seen of the coming minutes from each minute of the trace, by the instant it was seen from. */
export type Sightings = ReadonlyMap<number, readonly NearMinute[]>;

/** How minutes are looked at: in which zone, and what of their growth is left unread. */
type Look = { readonly zone?: ZoneOffsets; readonly unread?: readonly GrowthFeature[] };

/** Walks through the trace once, from two weeks before the charge on, and keeps what each minute let be seen. */
export function sightingsOf(
  { fromMs, loadRps, chargeMs }: Trace,
  slots: readonly Slot[],
  throughputRps: number,
  { zone = ZONE, unread = [] }: Look = {},
): Sightings {
  const seen = new Map<number, readonly NearMinute[]>();
  const measured: LoadMinute[] = [];
  let growth = firstGrowth(MINUTES_AHEAD, unread);
  for (let nth = Math.max(0, (chargeMs - HISTORY_MS - fromMs) / MINUTE_MS); nth < loadRps.length; nth += 1) {
    const atMs = fromMs + nth * MINUTE_MS;
    measured.push({ kind: "known", atMs, loadRps: loadRps[nth] ?? 0, unservedRps: undefined, servingUnits: undefined });
    if (measured.length > MEASURED_MINUTES) measured.shift();
    const timings = slots.filter(({ startsAtMs, endsAtMs }) => startsAtMs < atMs + DAY_MS / 8 && endsAtMs > atMs - DAY_MS / 8);
    const input = { measured, timings, zone, throughputRps };
    growth = learnGrowth(growth, input);
    seen.set(atMs, nearMinutes(growth, input, atMs));
  }
  return seen;
}

/** A margin that stands, in spreads, or one that a promise calibrates, in requests per million. */
type Safety = { readonly kind: "fixed"; readonly spreads: number } | { readonly kind: "promised"; readonly unservedPerMillion: number };

/** What can be left out, to see what it is worth. */
export type Without = "fresh release" | "absolute floor";

type CalltimeState = {
  readonly margins: Margins;
  /** What was asked for in the coming minutes, by their start. */
  readonly asked: ReadonlyMap<number, { readonly near: NearMinute; readonly askedRps: number }>;
  readonly tracking: TrackingState;
};

/**
 * Calltime's floor as its planning code has it, from near forecasts; with `tracking`, beside the customer's own target tracking at that
 * target, which scales in as slowly as it does.
 */
export function calltime(
  unit: Unit,
  sightings: Sightings,
  setting: { readonly safety: Safety; readonly tracking?: number; readonly without?: readonly Without[] },
): ScalingPolicy<CalltimeState> {
  const target = targetOf(unit);
  const { safety } = setting;
  const leadMinutes = LAG_MINUTES + unit.startUpMinutes;
  const spreadsFor = (margins: Margins): Spreads =>
    safety.kind === "fixed" ? { inside: safety.spreads, outside: safety.spreads } : spreadsOf(margins, safety.unservedPerMillion);
  const observe = (state: CalltimeState, { atMs, loadRps }: { readonly atMs: number; readonly loadRps: number }): CalltimeState => {
    // A margin that stands learns nothing.
    if (safety.kind === "fixed") return state;
    const before = state.asked.get(atMs);
    let { margins } = state;
    if (before !== undefined) {
      const askedRps = Math.max(unit.throughputRps, before.askedRps);
      margins = learnMargins(margins, { side: before.near.side, loadRps, askedRps }, safety.unservedPerMillion);
    }
    const asked = new Map(state.asked);
    asked.delete(atMs);
    const ahead = sightings.get(atMs)?.[leadMinutes - 1];
    if (ahead !== undefined) {
      asked.set(ahead.atMs, { near: ahead, askedRps: tailOfNear(ahead, spreadsFor(margins)[ahead.side], unit.throughputRps) });
    }
    return { ...state, margins, asked };
  };
  return {
    first: { margins: FIRST_MARGINS, asked: new Map(), tracking: UNTRACKED },
    learn: observe,
    decide: (before, seen, now) => {
      let state = seen === undefined ? before : observe(before, seen);
      const floorUnits = floorOf({ target, sightings, spreads: spreadsFor(state.margins), now, without: setting.without ?? [] });
      if (setting.tracking === undefined) return { state, units: floorUnits };
      const tracked = track(unit, setting.tracking, state.tracking, seen, now.desiredUnits);
      state = { ...state, tracking: tracked.state };
      return { state, units: Math.max(floorUnits, tracked.units) };
    },
  };
}

/** The floor that the plan has at the instant at which a decision comes into force. */
function floorOf(input: {
  readonly target: Target;
  readonly sightings: Sightings;
  readonly spreads: Spreads;
  readonly now: Deciding;
  readonly without: readonly Without[];
}): number {
  const { target, spreads, without } = input;
  const { inForceMs, desiredUnits } = input.now;
  const newestMs = inForceMs - LAG_MINUTES * MINUTE_MS;
  const near = without.includes("fresh release") ? madeALeadBefore(input, inForceMs) : (input.sightings.get(newestMs) ?? []);
  const forecast = forecastNear({
    targetId: target.id,
    near: near.filter(({ atMs }) => atMs >= inForceMs),
    newestMs,
    spreads,
    // The absolute floor is in units.
    throughputRps: without.includes("absolute floor") ? 0 : target.throughputRps,
  });
  const common = { target, policy: PROMPT, now: inForceMs };
  const needs = needsOf({ ...common, forecast, recent: [], occasions: [], overrides: [], database: undefined, clients: [] });
  const plan = planSteps({
    ...common,
    needs,
    untilMs: inForceMs + MINUTE_MS,
    floorInForce: desiredUnits,
    startUpMs: target.startUpMs,
    releaseUnderWay: true,
    lowersNothing: undefined,
  });
  return stepAt(plan, inForceMs)?.floorUnits ?? target.baselineUnits;
}

/** Each coming minute as it was forecast when its units had to be asked for. */
function madeALeadBefore(
  { target, sightings }: { readonly target: Target; readonly sightings: Sightings },
  inForceMs: number,
): readonly NearMinute[] {
  const minutes = target.startUpMs / MINUTE_MS;
  return Array.from({ length: minutes + 1 }, (_, ahead) => {
    const leadMinutes = LAG_MINUTES + minutes;
    return sightings.get(inForceMs + (ahead - leadMinutes) * MINUTE_MS)?.[leadMinutes - 1];
  }).filter((minute) => minute !== undefined);
}
