import { MINUTE_MS } from "../time.ts";
import type { AudienceFlow } from "./audience.ts";
import { totalViewers } from "./audience.ts";
import type { Metric, PolicyState } from "./autoscaling.ts";
import { UNTRIED, bounded, trackTarget, unitsFor } from "./autoscaling.ts";
import type { PreparedTarget } from "./prepare.ts";
import { normal } from "./seeded.ts";

/** Sigma of a target's load around what its audience asks for. */
const LOAD_SIGMA = 0.01;

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
};

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
  return { minimumUnits: baselineUnits, desiredUnits: units, servingUnits: units, starting: [], launched: 0, unread: [], policy: UNTRIED };
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
  let next = state;
  const metric = state.unread[0];
  if (metric !== undefined && state.unread.length > policy.metricDelayMinutes) {
    const { desiredUnits, minimumUnits } = state;
    const tracked = trackTarget(policy, target, state.policy, metric, { atMs: flow.atMs, desiredUnits, minimumUnits });
    next = { ...state, unread: state.unread.slice(1), policy: tracked.state, desiredUnits: tracked.desiredUnits };
  }
  next = launched(prepared, removed(next), flow.atMs);
  const minute = minuteWith(prepared, loadOn(prepared, flow), next);
  const unread = [...next.unread, { loadRps: minute.loadRps, servingUnits: minute.servingUnits }];
  return { state: settled({ ...next, unread }, flow.atMs + MINUTE_MS), minute };
}
