import { DAY_MS, MINUTE_MS, minuteOf } from "../time.ts";
import type { AudienceFlow } from "./audience.ts";
import { totalViewers } from "./audience.ts";
import type { Metric, PolicyState } from "./autoscaling.ts";
import { UNTRIED, bounded, trackTarget, unitsFor, unseenMinute } from "./autoscaling.ts";
import type { PreparedTarget } from "./prepare.ts";
import { launchUnits, unitsWanted } from "./launch.ts";
import { normal } from "./seeded.ts";
import { mechanismOf } from "./target-kinds.ts";
import { metricDelayMs } from "./troubles.ts";

/** Sigma of a target's load around what its audience asks for. */
const LOAD_SIGMA = 0.01;

/**
 * A scheduled action as AWS has them: at its instant it *sets* the bounds it names, whatever they were. A bound left out stays. It does
 * not remember what was there before, and does not take the larger. A one-time action is gone afterwards.
 */
export type SimulatedAction = {
  readonly name: string;
  readonly atMs: number;
  readonly minimumUnits?: number;
  readonly maximumUnits?: number;
  /** It fires again each 24 h. Left out: once. */
  readonly recurring?: boolean;
};

/** Scheduled actions that one target may have: 200, not adjustable (Application Auto Scaling quotas). */
export const MOST_ACTIONS = 200;

/** What moved a minimum other than a scheduled action, or what a deployment made of the desired count. */
export type CloudChange = { readonly what: "call" | "outside" | "deployment"; readonly fromUnits: number; readonly toUnits: number };

/** One target at the start of a minute. Plain data; `null`: there is none. */
export type CloudState = {
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  readonly desiredUnits: number;
  readonly servingUnits: number;
  /** Units under way, by the minute from which they serve, soonest first. */
  readonly starting: readonly { readonly readyAtMs: number; readonly units: number }[];
  /** Units ever launched: the number that names a unit's own start-up time. */
  readonly launched: number;
  /** Metrics that the policy cannot read yet, oldest first; `null`: that minute's is missing. */
  readonly unread: readonly (Metric | null)[];
  readonly policy: PolicyState;
  /** Scheduled actions to come, by instant, then name. */
  readonly actions: readonly SimulatedAction[];
  /** Until when the control plane takes no other minimum. */
  readonly busyUntilMs: number | null;
  /** Of a reservation: the units that are provisioned. */
  readonly provisionedUnits: number | null;
  /** Decreases of the minimum in the UTC day that starts at `dayMs`. */
  readonly decreases: { readonly dayMs: number; readonly count: number } | null;
  /** When content was last asked to be warm. */
  readonly askedAtMs: number | null;
  /** A deployment in flight until `untilMs`, and the units of the old version that still run. */
  readonly deploying: { readonly untilMs: number; readonly oldUnits: number } | null;
  /** What changed since the last minute. */
  readonly changes: readonly CloudChange[];
};

/** One target in one minute. */
export type TargetMinute = {
  readonly loadRps: number;
  /** Of `loadRps`, what found no unit with room. */
  readonly unservedRps: number;
  readonly servingUnits: number;
  readonly desiredUnits: number;
  readonly minimumUnits: number;
  /** Units asked for that do not serve in full yet. */
  readonly startingUnits: number;
  /** Of those, units that are there already: cold readers, tasks that are not known to be healthy. Left out when there are none. */
  readonly joiningUnits?: number;
  /** Units of the old version that a deployment in flight has still to replace. Left out when none is in flight. */
  readonly oldUnits?: number;
  /** Of a database: connections that found no room. Left out when there are none, and where the world has no such limit. */
  readonly refusedConnections?: number;
  /** Scheduled actions that fired in this minute, and what they made of the minimum; left out when none did. */
  readonly fired?: readonly FiredAction[];
  /** What else changed at the start of this minute, in order; left out when nothing did. */
  readonly changes?: readonly CloudChange[];
};

/** A scheduled action when it fired. One that would leave the minimum above the maximum fails, and changes nothing. */
export type FiredAction = { readonly name: string; readonly fromUnits: number; readonly toUnits: number; readonly failed: boolean };

/** Requests a second that the audience of a minute brings to a target. */
export function loadOn({ truth, seed }: PreparedTarget, flow: AudienceFlow): number {
  const requests =
    flow.arrivals * truth.requestsPerArrival +
    totalViewers(flow) * truth.requestsPerViewerMinute +
    flow.departures * truth.requestsPerDeparture +
    (flow.logins ?? 0) * (truth.requestsPerLogin ?? 0);
  return (requests / 60) * Math.max(0, 1 + LOAD_SIGMA * normal(seed, "load", flow.atMs));
}

/** Units that are there and do not serve in full yet. */
function joiningUnits({ truth: { joiningMs = 0 } }: PreparedTarget, { starting }: CloudState, atMs: number): number {
  let units = 0;
  for (const each of starting) {
    if (each.readyAtMs - joiningMs >= atMs + MINUTE_MS) break;
    units += each.units;
  }
  return units;
}

/** What a target's minute looks like when `state` stands ready for `loadRps`. */
function minuteWith(prepared: PreparedTarget, loadRps: number, state: CloudState, atMs: number): TargetMinute {
  const { throughputRps } = prepared.target;
  const { servingUnits } = state;
  const joining = state.starting.length === 0 ? 0 : joiningUnits(prepared, state, atMs);
  const { joiningThroughput } = prepared.truth;
  let unservedRps = Math.max(0, loadRps - servingUnits * throughputRps);
  if (joining > 0 && joiningThroughput !== undefined) {
    // Everybody there gets the same share of the load, warm or cold.
    const eachRps = loadRps / (servingUnits + joining);
    unservedRps = servingUnits * Math.max(0, eachRps - throughputRps) + joining * Math.max(0, eachRps - joiningThroughput * throughputRps);
  }
  return {
    loadRps,
    unservedRps,
    servingUnits,
    desiredUnits: state.desiredUnits,
    minimumUnits: state.minimumUnits,
    startingUnits: startingUnits(prepared, state),
    ...(joining > 0 && { joiningUnits: joining }),
    ...(state.deploying !== null && { oldUnits: state.deploying.oldUnits }),
  };
}

/** Units asked for that do not serve yet. */
function startingUnits({ target }: PreparedTarget, { starting, desiredUnits, servingUnits }: CloudState): number {
  if (mechanismOf(target).type !== "units") return Math.max(0, desiredUnits - servingUnits);
  return starting.reduce((sum, { units }) => sum + units, 0);
}

/** A target in balance with `loadRps`, under the customer's own minimum. */
export function beginCloud({ target }: PreparedTarget, loadRps: number): CloudState {
  const bounds = { minimumUnits: target.baselineUnits, maximumUnits: target.ceilingUnits };
  const units = bounded(bounds, unitsFor(target, loadRps));
  return {
    ...bounds,
    desiredUnits: units,
    servingUnits: units,
    starting: [],
    launched: 0,
    unread: [],
    policy: UNTRIED,
    actions: [],
    busyUntilMs: null,
    provisionedUnits: mechanismOf(target).type === "reserved" ? target.baselineUnits : null,
    decreases: null,
    askedAtMs: null,
    deploying: null,
    changes: [],
  };
}

/** A minute of the usual week on a target, in balance: the customer's own autoscaling has long settled. */
export function usualTargetMinute(prepared: PreparedTarget, flow: AudienceFlow): TargetMinute {
  const { target } = prepared;
  const { baselineUnits: minimumUnits, ceilingUnits: maximumUnits } = target;
  const loadRps = loadOn(prepared, flow);
  const units = bounded({ minimumUnits, maximumUnits }, unitsFor(target, loadRps));
  const unservedRps = Math.max(0, loadRps - units * target.throughputRps);
  return { loadRps, unservedRps, servingUnits: units, desiredUnits: units, minimumUnits, startingUnits: 0 };
}

/** The scheduled actions that the customer has on a target from `atMs` on; those of an instant before it have had their day. */
export function customerActions({ actions = [] }: PreparedTarget, atMs: number): readonly SimulatedAction[] {
  return actions
    .flatMap(({ name, everyDay, atMs: firstMs, minimumUnits, maximumUnits }): SimulatedAction[] => {
      const bounds = { ...(minimumUnits !== undefined && { minimumUnits }), ...(maximumUnits !== undefined && { maximumUnits }) };
      if (!everyDay) return firstMs < atMs ? [] : [{ name, atMs: firstMs, ...bounds }];
      const days = Math.max(0, Math.ceil((atMs - firstMs) / DAY_MS));
      return [{ name, atMs: firstMs + days * DAY_MS, ...bounds, recurring: true }];
    })
    .toSorted(byInstant);
}

/** By instant, then name. */
export function byInstant(a: SimulatedAction, b: SimulatedAction): number {
  return a.atMs - b.atMs || (a.name < b.name ? -1 : 1);
}

/** Why a control plane does not take a minimum at `atMs`. Every one of these may be tried again. */
export type Objection = { readonly code: string; readonly reason: string };

/** What speaks against a minimum of `units` at `atMs`, or undefined. */
export function objectionTo(prepared: PreparedTarget, state: CloudState, atMs: number, units: number): Objection | undefined {
  const { target, truth } = prepared;
  const mechanism = mechanismOf(target);
  if (mechanism.type !== "units" && state.busyUntilMs !== null && atMs < state.busyUntilMs) {
    return { code: mechanism.busyCode, reason: `${target.id}: an earlier change is still being carried out` };
  }
  const { decreasesPerDay = Infinity } = truth;
  const today = state.decreases?.dayMs === dayOf(atMs) ? state.decreases.count : 0;
  if (units < state.minimumUnits && today >= decreasesPerDay) {
    return { code: "CapacityDecreaseRequestLimitExceeded", reason: `${target.id}: it was lowered ${decreasesPerDay} times today (UTC)` };
  }
  return undefined;
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/**
 * The state after a minimum was accepted at `atMs`. Any accepted call puts the count back between the bounds: raised above what is
 * desired, units start at once; lowering removes nothing by itself.
 */
export function withMinimum(prepared: PreparedTarget, before: CloudState, minimumUnits: number, atMs: number): CloudState {
  const state = withBounds(before, { minimumUnits, maximumUnits: before.maximumUnits });
  const asked = prepared.truth.ttlMs === undefined ? state : { ...state, askedAtMs: atMs };
  if (minimumUnits === before.minimumUnits) return asked;
  const { pendingMs = 0, pendingSpread = 0, decreasesPerDay } = prepared.truth;
  const dayMs = dayOf(atMs);
  const lowered = minimumUnits < before.minimumUnits && decreasesPerDay !== undefined;
  return {
    ...asked,
    busyUntilMs: pendingMs === 0 ? null : atMs + Math.round(pendingMs * Math.exp(pendingSpread * normal(prepared.seed, "pending", atMs))),
    decreases: lowered ? { dayMs, count: (before.decreases?.dayMs === dayMs ? before.decreases.count : 0) + 1 } : before.decreases,
    changes: [...before.changes, { what: "call", fromUnits: before.minimumUnits, toUnits: minimumUnits }],
  };
}

function withBounds(state: CloudState, { minimumUnits, maximumUnits }: { minimumUnits: number; maximumUnits: number }): CloudState {
  return { ...state, minimumUnits, maximumUnits, desiredUnits: bounded({ minimumUnits, maximumUnits }, state.desiredUnits) };
}

/** Whether a kind of target has scheduled actions: those that Application Auto Scaling scales. */
export function hasScheduledActions(target: PreparedTarget["target"]): boolean {
  const mechanism = mechanismOf(target);
  return mechanism.type === "units" && mechanism.scheduledActions;
}

/** The state with the scheduled actions that are due at `atMs` carried out, in order; each sets its bounds absolutely. */
function withDueActions(state: CloudState, atMs: number): { readonly state: CloudState; readonly fired: readonly FiredAction[] } {
  let next = state;
  const fired: FiredAction[] = [];
  const again: SimulatedAction[] = [];
  for (const action of state.actions) {
    if (action.atMs > atMs) break;
    const fromUnits = next.minimumUnits;
    const { minimumUnits = fromUnits, maximumUnits = next.maximumUnits } = action;
    const failed = minimumUnits > maximumUnits;
    if (!failed) next = withBounds(next, { minimumUnits, maximumUnits });
    fired.push({ name: action.name, fromUnits, toUnits: failed ? fromUnits : minimumUnits, failed });
    if (action.recurring === true) again.push({ ...action, atMs: action.atMs + DAY_MS });
  }
  if (fired.length === 0) return { state, fired };
  return { state: { ...next, actions: [...state.actions.slice(fired.length), ...again].toSorted(byInstant) }, fired };
}

/** The state with what somebody else sets in the minute of `atMs`. Bounds the wrong way round are refused, and change nothing. */
function withOutsideChanges({ outside = [] }: PreparedTarget, before: CloudState, atMs: number): CloudState {
  let state = before;
  for (const change of outside) {
    if (minuteOf(change.atMs) !== atMs) continue;
    const fromUnits = state.minimumUnits;
    const { minimumUnits = fromUnits, maximumUnits = state.maximumUnits } = change;
    if (minimumUnits > maximumUnits) continue;
    state = withBounds(state, { minimumUnits, maximumUnits });
    if (minimumUnits !== fromUnits) {
      state = { ...state, changes: [...state.changes, { what: "outside", fromUnits, toUnits: minimumUnits }] };
    }
  }
  return state;
}

/** The state with a deployment begun or over. It sets the count, minimum or not. */
function withDeployment({ deployments = [] }: PreparedTarget, before: CloudState, atMs: number): CloudState {
  let state = before;
  if (state.deploying !== null && state.deploying.untilMs <= atMs && state.deploying.oldUnits === 0) state = { ...state, deploying: null };
  for (const { fromMs, toMs, countUnits } of deployments) {
    if (minuteOf(fromMs) !== atMs) continue;
    const { desiredUnits: fromUnits, servingUnits } = state;
    const toUnits = countUnits ?? fromUnits;
    state = {
      ...state,
      desiredUnits: toUnits,
      deploying: { untilMs: toMs, oldUnits: Math.min(servingUnits, toUnits) },
      changes: toUnits === fromUnits ? state.changes : [...state.changes, { what: "deployment", fromUnits, toUnits }],
    };
  }
  return state;
}

/** Drops what is beyond `desiredUnits`: first what would be ready last, then serving units. */
function removed(state: CloudState): CloudState {
  let excess = state.servingUnits - state.desiredUnits;
  for (const { units } of state.starting) excess += units;
  if (excess <= 0) return state;
  const starting = [...state.starting];
  while (excess > 0) {
    const last = starting.pop();
    if (last === undefined) break;
    if (last.units > excess) starting.push({ ...last, units: last.units - excess });
    excess -= Math.min(excess, last.units);
  }
  const servingUnits = state.servingUnits - excess;
  const { deploying } = state;
  return {
    ...state,
    starting,
    servingUnits,
    deploying: deploying === null ? null : { ...deploying, oldUnits: Math.min(deploying.oldUnits, servingUnits) },
  };
}

/** The state with a pending reservation provisioned, or the control plane free again. */
function withPendingDone(state: CloudState, atMs: number): CloudState {
  if (state.busyUntilMs === null || state.busyUntilMs > atMs) return state;
  if (state.provisionedUnits === null) return { ...state, busyUntilMs: null };
  const provisionedUnits = state.minimumUnits;
  return { ...state, busyUntilMs: null, provisionedUnits, servingUnits: Math.max(state.servingUnits, provisionedUnits) };
}

/** What grows by itself, a minute on. It grows as fast as its size allows; of a reservation all is there once provisioned. */
function grown({ truth, target }: PreparedTarget, state: CloudState): CloudState {
  const { growthShare = Infinity, leastGrowthUnits = 1, shrinkShare = 1 } = truth;
  const { provisionedUnits, maximumUnits } = state;
  const needUnits = Math.min(maximumUnits, Math.max(0, ...state.policy.neededUnits));
  const { servingUnits } = state;
  const goalUnits = mechanismOf(target).type === "reserved" ? Math.max(needUnits, provisionedUnits ?? 0) : state.desiredUnits;
  if (servingUnits < goalUnits) {
    const most = Math.max(leastGrowthUnits, Math.floor(servingUnits * growthShare));
    return { ...state, servingUnits: Math.min(goalUnits, servingUnits + most) };
  }
  const most = Math.max(1, Math.floor(servingUnits * shrinkShare));
  return { ...state, servingUnits: Math.max(goalUnits, servingUnits - most) };
}

/** What a target has decided at the start of a minute, and the units that it would launch in it. */
export type Decided = {
  readonly state: CloudState;
  readonly fired: readonly FiredAction[];
  readonly changes: readonly CloudChange[];
  readonly wantsUnits: number;
};

/** What happens to a target at the start of minute `atMs`, before anything is launched: outsiders, actions, its policy. */
export function decideCloud(prepared: PreparedTarget, before: CloudState, atMs: number): Decided {
  const { policy, target, truth } = prepared;
  let next = withDeployment(prepared, withOutsideChanges(prepared, withPendingDone(before, atMs), atMs), atMs);
  const { changes } = next;
  if (changes.length > 0) next = { ...next, changes: [] };
  const acted = withDueActions(next, atMs);
  next = acted.state;
  const metric = next.unread[0];
  if (metric !== undefined && next.unread.length > policy.metricDelayMinutes) {
    const unread = next.unread.slice(1);
    if (metric === null) next = { ...next, unread, policy: unseenMinute(next.policy) };
    else {
      const { desiredUnits, maximumUnits } = next;
      const forgotten = truth.ttlMs !== undefined && next.askedAtMs !== null && atMs - next.askedAtMs >= truth.ttlMs;
      const tracked = trackTarget(policy, target, next.policy, metric, {
        atMs,
        desiredUnits,
        maximumUnits,
        minimumUnits: forgotten ? 0 : next.minimumUnits,
        scaleInOff: next.deploying !== null,
        scaleInShare: truth.scaleInShare ?? 1,
      });
      next = { ...next, unread, policy: tracked.state, desiredUnits: tracked.desiredUnits };
    }
  }
  if (mechanismOf(target).type === "units") next = removed(next);
  return { state: next, fired: acted.fired, changes, wantsUnits: unitsWanted(prepared, next, atMs) };
}

/** The state at the start of minute `atMs`, with those serving that are ready by then. */
function settled(state: CloudState, atMs: number): CloudState {
  let ready = 0;
  let units = 0;
  for (const each of state.starting) {
    if (each.readyAtMs > atMs) break;
    ready += 1;
    units += each.units;
  }
  return ready === 0 ? state : { ...state, servingUnits: state.servingUnits + units, starting: state.starting.slice(ready) };
}

/** The rest of the minute of `flow`: `grantedUnits` are launched, and the load is served as far as capacity reaches. */
export function playCloud(
  prepared: PreparedTarget,
  { state: decided, fired, changes }: Decided,
  flow: AudienceFlow,
  grantedUnits: number,
): { readonly state: CloudState; readonly minute: TargetMinute } {
  const { atMs } = flow;
  const { target, troubles } = prepared;
  const next = launchUnits(prepared, decided, atMs, grantedUnits);
  const played = minuteWith(prepared, loadOn(prepared, flow), next, atMs);
  const minute =
    fired.length === 0 && changes.length === 0
      ? played
      : { ...played, ...(fired.length > 0 && { fired }), ...(changes.length > 0 && { changes }) };
  const missing = metricDelayMs(troubles, target.id, atMs) === Infinity;
  const metric = missing ? null : { loadRps: minute.loadRps, servingUnits: minute.servingUnits };
  const after = { ...next, unread: [...next.unread, metric] };
  return { state: mechanismOf(target).type === "units" ? settled(after, atMs + MINUTE_MS) : grown(prepared, after), minute };
}

/** The minute of `flow` on one target that launches all it wants to. */
export function stepCloud(
  prepared: PreparedTarget,
  state: CloudState,
  flow: AudienceFlow,
): { readonly state: CloudState; readonly minute: TargetMinute } {
  const decided = decideCloud(prepared, state, flow.atMs);
  return playCloud(prepared, decided, flow, decided.wantsUnits);
}
