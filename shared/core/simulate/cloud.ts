import { MINUTE_MS } from "../time.ts";
import type { AudienceFlow } from "./audience.ts";
import { totalViewers } from "./audience.ts";
import type { Metric, PolicyState } from "./autoscaling.ts";
import { UNTRIED, bounded, trackTarget, unitsFor } from "./autoscaling.ts";
import type { PreparedTarget } from "./prepare.ts";
import { normal } from "./seeded.ts";

/** Sigma of a target's load around what its audience asks for. */
const LOAD_SIGMA = 0.01;

/**
 * A one-time scheduled action as AWS has them: at its instant it *sets* the bound, whatever it was, and is gone. It does not remember what
 * was there before, and does not take the larger.
 */
export type SimulatedAction = { readonly name: string; readonly atMs: number; readonly minimumUnits: number };

/** Scheduled actions that one target may have: 200, not adjustable (Application Auto Scaling quotas). */
export const MOST_ACTIONS = 200;

/** One target at the start of a minute. Plain data. */
export type CloudState = {
  readonly minimumUnits: number;
  readonly desiredUnits: number;
  readonly servingUnits: number;
  /** Units under way, by the minute from which they serve, soonest first. */
  readonly starting: readonly { readonly readyAtMs: number; readonly units: number }[];
  /** Units ever launched: the number that names a unit's own start-up time. */
  readonly launched: number;
  /** Metrics that the policy cannot read yet, oldest first. */
  readonly unread: readonly Metric[];
  readonly policy: PolicyState;
  /** Scheduled actions to come, by instant, then name. */
  readonly actions: readonly SimulatedAction[];
};

/** One target in one minute. */
export type TargetMinute = {
  readonly loadRps: number;
  /** Of `loadRps`, what found no unit with room. */
  readonly unservedRps: number;
  readonly servingUnits: number;
  readonly desiredUnits: number;
  readonly minimumUnits: number;
  readonly startingUnits: number;
  /** Scheduled actions that fired in this minute, and what they made of the minimum; left out when none did. */
  readonly fired?: readonly FiredAction[];
};

/** A scheduled action when it fired. One that would leave the minimum above the maximum fails, and changes nothing. */
export type FiredAction = { readonly name: string; readonly fromUnits: number; readonly toUnits: number; readonly failed: boolean };

/** Requests a second that the audience of a minute brings to a target. */
export function loadOn({ truth, seed }: PreparedTarget, flow: AudienceFlow): number {
  const requests =
    flow.arrivals * truth.requestsPerArrival +
    totalViewers(flow) * truth.requestsPerViewerMinute +
    flow.departures * truth.requestsPerDeparture;
  return (requests / 60) * Math.max(0, 1 + LOAD_SIGMA * normal(seed, "load", flow.atMs));
}

/** What a target's minute looks like when `servingUnits` stand ready for `loadRps`. */
function minuteWith(prepared: PreparedTarget, loadRps: number, state: CloudState): TargetMinute {
  return {
    loadRps,
    unservedRps: Math.max(0, loadRps - state.servingUnits * prepared.target.throughputRps),
    servingUnits: state.servingUnits,
    desiredUnits: state.desiredUnits,
    minimumUnits: state.minimumUnits,
    startingUnits: startingUnits(state),
  };
}

/** Units asked for that do not serve yet. */
function startingUnits(state: CloudState): number {
  return state.starting.reduce((sum, { units }) => sum + units, 0);
}

/** A target in balance with `loadRps`, under the customer's own minimum. */
export function beginCloud(prepared: PreparedTarget, loadRps: number): CloudState {
  const { baselineUnits } = prepared.target;
  const units = bounded(prepared.target, baselineUnits, unitsFor(prepared.target, loadRps));
  return {
    minimumUnits: baselineUnits,
    desiredUnits: units,
    servingUnits: units,
    starting: [],
    launched: 0,
    unread: [],
    policy: UNTRIED,
    actions: [],
  };
}

/** A minute of the usual week on a target, in balance: the customer's own autoscaling has long settled. */
export function usualTargetMinute(prepared: PreparedTarget, flow: AudienceFlow): TargetMinute {
  const loadRps = loadOn(prepared, flow);
  return minuteWith(prepared, loadRps, beginCloud(prepared, loadRps));
}

/** The state after a minimum was accepted. Raised above what is desired, units start at once; lowering removes nothing by itself. */
export function withMinimum(prepared: PreparedTarget, state: CloudState, minimumUnits: number): CloudState {
  return { ...state, minimumUnits, desiredUnits: bounded(prepared.target, minimumUnits, state.desiredUnits) };
}

/** Whether a kind of target has scheduled actions: those that Application Auto Scaling scales. */
export function hasScheduledActions({ kind }: PreparedTarget["target"]): boolean {
  switch (kind) {
    case "ecs-service":
    case "aurora-readers":
      return true;
    case "cdn-edge":
      return false;
    default:
      return kind satisfies never;
  }
}

/** The state with the scheduled actions that are due at `atMs` carried out, in order; each sets the minimum absolutely. */
function withDueActions(
  prepared: PreparedTarget,
  state: CloudState,
  atMs: number,
): { readonly state: CloudState; readonly fired: readonly FiredAction[] } {
  let next = state;
  const fired: FiredAction[] = [];
  for (const { name, minimumUnits: toUnits, atMs: dueMs } of state.actions) {
    if (dueMs > atMs) break;
    const fromUnits = next.minimumUnits;
    const failed = toUnits > prepared.target.ceilingUnits;
    if (!failed) next = withMinimum(prepared, next, toUnits);
    fired.push({ name, fromUnits, toUnits: failed ? fromUnits : toUnits, failed });
  }
  return fired.length === 0 ? { state, fired } : { state: { ...next, actions: state.actions.slice(fired.length) }, fired };
}

/** Drops what is beyond `desiredUnits`: first what would be ready last, then serving units. */
function removed(state: CloudState): CloudState {
  let excess = state.servingUnits + startingUnits(state) - state.desiredUnits;
  if (excess <= 0) return state;
  const starting = [...state.starting];
  while (excess > 0) {
    const last = starting.pop();
    if (last === undefined) break;
    if (last.units > excess) starting.push({ ...last, units: last.units - excess });
    excess -= Math.min(excess, last.units);
  }
  return { ...state, starting, servingUnits: state.servingUnits - excess };
}

/** Launches what is missing, no more than the target's rate allows in this minute. */
function launched({ target, truth, seed }: PreparedTarget, state: CloudState, atMs: number): CloudState {
  // A rate that is no whole number is kept on average: what the minutes up to this one allow, less what those before it did.
  const minute = atMs / MINUTE_MS;
  const allowed = Math.floor((minute + 1) * target.launchUnitsPerMinute) - Math.floor(minute * target.launchUnitsPerMinute);
  const missing = Math.min(allowed, state.desiredUnits - state.servingUnits - startingUnits(state));
  if (missing <= 0) return state;
  const readyBy = new Map(state.starting.map(({ readyAtMs, units }) => [readyAtMs, units]));
  for (let unit = 0; unit < missing; unit++) {
    const startUpMs = truth.startUpMs * Math.exp(truth.startUpSpread * normal(seed, "start-up", state.launched + unit));
    const launchedAtMs = atMs + (MINUTE_MS * unit) / allowed;
    // It counts from the first whole minute in which it serves, at the soonest the next.
    const readyAtMs = Math.max(atMs + MINUTE_MS, Math.ceil((launchedAtMs + startUpMs) / MINUTE_MS) * MINUTE_MS);
    readyBy.set(readyAtMs, (readyBy.get(readyAtMs) ?? 0) + 1);
  }
  const starting = [...readyBy].toSorted(([a], [b]) => a - b).map(([readyAtMs, units]) => ({ readyAtMs, units }));
  return { ...state, starting, launched: state.launched + missing };
}

/** The state at the start of minute `atMs`, with those serving that are ready by then. */
function settled(state: CloudState, atMs: number): CloudState {
  const ready = state.starting.filter(({ readyAtMs }) => readyAtMs <= atMs);
  if (ready.length === 0) return state;
  return {
    ...state,
    servingUnits: state.servingUnits + ready.reduce((sum, { units }) => sum + units, 0),
    starting: state.starting.filter(({ readyAtMs }) => readyAtMs > atMs),
  };
}

/** The minute of `flow` on one target: the policy reads its metric, units come and go, and the load is served as far as they reach. */
export function stepCloud(
  prepared: PreparedTarget,
  state: CloudState,
  flow: AudienceFlow,
): { readonly state: CloudState; readonly minute: TargetMinute } {
  const { policy, target } = prepared;
  const acted = withDueActions(prepared, state, flow.atMs);
  let next = acted.state;
  const metric = next.unread[0];
  if (metric !== undefined && next.unread.length > policy.metricDelayMinutes) {
    const { desiredUnits, minimumUnits } = next;
    const tracked = trackTarget(policy, target, next.policy, metric, { atMs: flow.atMs, desiredUnits, minimumUnits });
    next = { ...next, unread: next.unread.slice(1), policy: tracked.state, desiredUnits: tracked.desiredUnits };
  }
  next = launched(prepared, removed(next), flow.atMs);
  const minute = minuteWith(prepared, loadOn(prepared, flow), next);
  const unread = [...next.unread, { loadRps: minute.loadRps, servingUnits: minute.servingUnits }];
  return {
    state: settled({ ...next, unread }, flow.atMs + MINUTE_MS),
    minute: acted.fired.length === 0 ? minute : { ...minute, fired: acted.fired },
  };
}
