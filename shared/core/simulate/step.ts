import { CalltimeError } from "../error.ts";
import { minuteOf, MINUTE_MS } from "../time.ts";
import type { AudienceFlow, AudienceState } from "./audience.ts";
import { beginAudience, stepAudience, usualMinute } from "./audience.ts";
import type { CloudState, SimulatedAction, TargetMinute } from "./cloud.ts";
import {
  beginCloud,
  byInstant,
  customerActions,
  decideCloud,
  hasScheduledActions,
  loadOn,
  MOST_ACTIONS,
  objectionTo,
  playCloud,
  usualTargetMinute,
  withMinimum,
} from "./cloud.ts";
import { withConnectionLimits } from "./connections.ts";
import { sharedFairly } from "./launch.ts";
import type { PreparedTarget, PreparedWorld } from "./prepare.ts";
import { mechanismOf } from "./target-kinds.ts";
import { callFate, isDark } from "./troubles.ts";

/** Tasks that an account starts in a minute where the world does not say: 20 a second (Fargate's sustained rate). */
const ACCOUNT_LAUNCH_UNITS_PER_MINUTE = 1_200;

/** A minimum that was asked for and takes effect only at the start of the next minute. */
export type LateCall = { readonly targetId: string; readonly units: number };

/** The world at the start of minute `atMs`. Plain data: it survives JSON unchanged, and all that comes follows from it and the setting. */
export type WorldState = {
  readonly atMs: number;
  readonly audience: AudienceState;
  readonly clouds: Readonly<Record<string, CloudState>>;
  /** Calls since the last minute that troubles may have befallen. Left out: none. */
  readonly calls?: number;
  readonly late?: readonly LateCall[];
};

/** What happened in the minute [atMs, atMs + 60 s): the audience, and each target by its id. */
export type WorldMinute = AudienceFlow & { readonly targets: Readonly<Record<string, TargetMinute>> };

/** What the control plane made of a minimum. `deferred` may be tried again a minute later. */
export type MinimumOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "deferred"; readonly code: string; readonly reason: string }
  | { readonly kind: "refused"; readonly code: string; readonly reason: string };

/** What a caller hears of a change that it asked for; of a `lost` call it hears nothing. */
export type CallOutcome = MinimumOutcome | { readonly kind: "lost"; readonly tookEffect: "yes" | "no" | "later" };

/** What the control plane says of a target; a target it does not have is unknown. */
export type TargetDescription =
  | {
      readonly kind: "known";
      readonly targetId: string;
      readonly minimumUnits: number;
      readonly maximumUnits: number;
      readonly desiredUnits: number;
      readonly servingUnits: number;
      /** Of a reservation that is not provisioned yet. */
      readonly pending?: string;
    }
  | { readonly kind: "unknown"; readonly targetId: string; readonly reason: string };

function byTarget<T>(world: PreparedWorld, make: (prepared: PreparedTarget) => T): Record<string, T> {
  const made: Record<string, T> = {};
  for (const prepared of world.targets) made[prepared.target.id] = make(prepared);
  return made;
}

/** Minute `atMs` of the usual week: what was measured before the world began. No guide, no occasions; nothing is short of capacity. */
export function historyMinute(world: PreparedWorld, atMs: number): WorldMinute {
  const flow = usualMinute(world, minuteOf(atMs));
  return { ...flow, targets: byTarget(world, (prepared) => usualTargetMinute(prepared, flow)) };
}

/** The world as the usual week leaves it at the minute of `fromMs`: audience and capacity in balance, minimums the customer's own. */
export function beginWorld(world: PreparedWorld, fromMs: number): WorldState {
  const atMs = minuteOf(fromMs);
  const lately = usualMinute(world, atMs - MINUTE_MS);
  return {
    atMs,
    audience: beginAudience(world, atMs),
    clouds: byTarget(world, (prepared) => ({
      ...beginCloud(prepared, loadOn(prepared, lately)),
      actions: customerActions(prepared, atMs),
    })),
  };
}

/**
 * The next minute, [state.atMs, state.atMs + 60 s). Without a call to `setMinimum` the customer's own autoscaling is alone.
 * @throws CalltimeError `world-state-mismatch` when the state was begun under another setting.
 */
export function stepWorld(world: PreparedWorld, before: WorldState): { readonly state: WorldState; readonly minute: WorldMinute } {
  const { late = [] } = before;
  const state = late.reduce((next, { targetId, units }) => setMinimum(world, next, targetId, units).state, before);
  const { atMs } = state;
  const audience = stepAudience(world, state.audience);
  const decided = world.targets.map((prepared) => {
    const { id } = prepared.target;
    const cloud = state.clouds[id];
    if (cloud === undefined) {
      throw new CalltimeError(
        "world-state-mismatch",
        `The world state at ${atMs} has no target ${id}: step a state with the setting it was begun with.`,
      );
    }
    return decideCloud(prepared, cloud, atMs);
  });
  const granted = launchesGranted(
    world,
    decided.map(({ wantsUnits }) => wantsUnits),
    atMs,
  );
  const clouds: Record<string, CloudState> = {};
  const targets: Record<string, TargetMinute> = {};
  for (const [index, prepared] of world.targets.entries()) {
    const decision = decided[index];
    if (decision === undefined) continue;
    const step = playCloud(prepared, decision, audience.flow, granted[index] ?? 0);
    clouds[prepared.target.id] = step.state;
    targets[prepared.target.id] = step.minute;
  }
  const limited = world.setting.world.connectionLimits === true ? withConnectionLimits(world.setting.targets, targets) : targets;
  return { state: { atMs: atMs + MINUTE_MS, audience: audience.state, clouds }, minute: { ...audience.flow, targets: limited } };
}

/** What each target may launch of what it wants: services share their account's rate. */
function launchesGranted(world: PreparedWorld, wanted: readonly number[], atMs: number): readonly number[] {
  const budget = world.setting.world.accountLaunchUnitsPerMinute ?? ACCOUNT_LAUNCH_UNITS_PER_MINUTE;
  const ofAccount = world.targets.map(({ target }, index) => {
    const mechanism = mechanismOf(target);
    return mechanism.type === "units" && mechanism.ofAccount ? (wanted[index] ?? 0) : 0;
  });
  if (ofAccount.reduce((sum, units) => sum + units, 0) <= budget) return wanted;
  const shares = sharedFairly(ofAccount, budget, atMs / MINUTE_MS);
  return wanted.map((units, index) => ((ofAccount[index] ?? 0) > 0 ? (shares[index] ?? 0) : units));
}

/** What the control plane answers while a window of refusals is open. */
function refusalAt(world: PreparedWorld, atMs: number, targetId: string): MinimumOutcome | undefined {
  const refusal = world.setting.world.refusals.find(
    (window) => window.targetId === targetId && window.fromMs <= atMs && atMs < window.toMs,
  );
  return refusal && { kind: refusal.kind, code: refusal.code, reason: `${targetId}: the control plane answers ${refusal.code}` };
}

function minimumOutcome(world: PreparedWorld, state: WorldState, targetId: string, units: number): MinimumOutcome {
  const refusal = refusalAt(world, state.atMs, targetId);
  if (refusal) return refusal;
  const prepared = world.targets.find(({ target }) => target.id === targetId);
  const cloud = state.clouds[targetId];
  if (prepared === undefined || cloud === undefined)
    return { kind: "refused", code: "ObjectNotFoundException", reason: `${targetId}: no such scalable target` };
  if (!Number.isInteger(units) || units < 0) {
    return {
      kind: "refused",
      code: "ValidationException",
      reason: `${targetId}: a minimum of ${units} is not a whole number of units from 0`,
    };
  }
  if (units > cloud.maximumUnits) {
    const reason = `${targetId}: a minimum of ${units} is above the maximum of ${cloud.maximumUnits}`;
    return { kind: "refused", code: "ValidationException", reason };
  }
  const objection = objectionTo(prepared, cloud, state.atMs, units);
  return objection === undefined ? { kind: "accepted" } : { kind: "deferred", ...objection };
}

/** Asks the control plane, at the instant `state.atMs`, for a minimum. Only `accepted` changes the state. */
export function setMinimum(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  units: number,
): { readonly state: WorldState; readonly outcome: MinimumOutcome } {
  const outcome = minimumOutcome(world, state, targetId, units);
  const prepared = world.targets.find(({ target }) => target.id === targetId);
  const cloud = state.clouds[targetId];
  if (outcome.kind !== "accepted" || prepared === undefined || cloud === undefined) return { state, outcome };
  return { state: { ...state, clouds: { ...state.clouds, [targetId]: withMinimum(prepared, cloud, units, state.atMs) } }, outcome };
}

/** What the control plane says of a target at the instant `state.atMs`. */
export function describe(world: PreparedWorld, state: WorldState, targetId: string): TargetDescription {
  const cloud = Object.hasOwn(state.clouds, targetId) ? state.clouds[targetId] : undefined;
  if (cloud === undefined) return { kind: "unknown", targetId, reason: `${targetId}: no such scalable target` };
  const { minimumUnits, maximumUnits, desiredUnits, servingUnits, busyUntilMs, provisionedUnits } = cloud;
  const isPending = provisionedUnits !== null && busyUntilMs !== null && state.atMs < busyUntilMs;
  const pending = `a reservation of ${minimumUnits} is pending`;
  return { kind: "known", targetId, minimumUnits, maximumUnits, desiredUnits, servingUnits, ...(isPending && { pending }) };
}

/** The scheduled actions of a target; undefined where it can have none, or there is no such target. */
export function scheduledActions(world: PreparedWorld, state: WorldState, targetId: string): readonly SimulatedAction[] | undefined {
  const target = world.targets.find((prepared) => prepared.target.id === targetId)?.target;
  return target !== undefined && hasScheduledActions(target) ? state.clouds[targetId]?.actions : undefined;
}

/** Puts a scheduled action, or replaces the one of its name. A past instant, and one too many, are refused. */
export function putScheduledAction(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  action: SimulatedAction,
): { readonly state: WorldState; readonly outcome: MinimumOutcome } {
  const actions = scheduledActions(world, state, targetId);
  const refusal = refusalAt(world, state.atMs, targetId);
  if (refusal !== undefined) return { state, outcome: refusal };
  if (actions === undefined) {
    return { state, outcome: { kind: "refused", code: "ObjectNotFoundException", reason: `${targetId}: no such scalable target` } };
  }
  if (action.atMs < state.atMs) {
    return { state, outcome: { kind: "refused", code: "ValidationException", reason: `${targetId}: ${action.name} lies in the past` } };
  }
  const fault = boundsFault(action);
  if (fault !== undefined) {
    return { state, outcome: { kind: "refused", code: "ValidationException", reason: `${targetId}: ${action.name} ${fault}` } };
  }
  const others = actions.filter(({ name }) => name !== action.name);
  if (others.length >= MOST_ACTIONS) {
    const reason = `${targetId}: it has ${MOST_ACTIONS} scheduled actions already`;
    return { state, outcome: { kind: "refused", code: "LimitExceededException", reason } };
  }
  const sorted = [...others, action].toSorted(byInstant);
  return { state: withActions(state, targetId, sorted), outcome: { kind: "accepted" } };
}

function boundsFault({ minimumUnits, maximumUnits }: SimulatedAction): string | undefined {
  const bounds = [minimumUnits, maximumUnits].filter((units) => units !== undefined);
  if (bounds.length === 0) return "sets neither a minimum nor a maximum";
  if (bounds.some((units) => !Number.isInteger(units) || units < 0)) return "sets what is not a whole number of units from 0";
  // Against the bound that stands when it fires it is checked then.
  return bounds.length === 2 && (minimumUnits ?? 0) > (maximumUnits ?? 0) ? "sets a minimum above its maximum" : undefined;
}

/** Removes a scheduled action by name; one that is not there changes nothing. */
export function removeScheduledAction(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  name: string,
): { readonly state: WorldState; readonly outcome: MinimumOutcome } {
  const actions = scheduledActions(world, state, targetId);
  const refusal = refusalAt(world, state.atMs, targetId);
  if (refusal !== undefined) return { state, outcome: refusal };
  const left = actions?.filter((action) => action.name !== name);
  if (left === undefined || left.length === actions?.length) return { state, outcome: { kind: "accepted" } };
  return { state: withActions(state, targetId, left), outcome: { kind: "accepted" } };
}

function withActions(state: WorldState, targetId: string, actions: readonly SimulatedAction[]): WorldState {
  const cloud = state.clouds[targetId];
  return cloud === undefined ? state : { ...state, clouds: { ...state.clouds, [targetId]: { ...cloud, actions } } };
}

/** What a caller hears who asks for a minimum, where calls may go wrong; `setMinimum` where they do not. */
export function callSetMinimum(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  units: number,
): { readonly state: WorldState; readonly outcome: CallOutcome } {
  return called(world, state, targetId, (now) => setMinimum(world, now, targetId, units), { targetId, units });
}

/** What a caller hears who puts a scheduled action. A slow call takes effect at once: only its answer is lost. */
export function callPutScheduledAction(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  action: SimulatedAction,
): { readonly state: WorldState; readonly outcome: CallOutcome } {
  return called(world, state, targetId, (now) => putScheduledAction(world, now, targetId, action));
}

/** What a caller hears who removes a scheduled action. */
export function callRemoveScheduledAction(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  name: string,
): { readonly state: WorldState; readonly outcome: CallOutcome } {
  return called(world, state, targetId, (now) => removeScheduledAction(world, now, targetId, name));
}

function called(
  world: PreparedWorld,
  before: WorldState,
  targetId: string,
  make: (state: WorldState) => { readonly state: WorldState; readonly outcome: MinimumOutcome },
  later?: LateCall,
): { readonly state: WorldState; readonly outcome: CallOutcome } {
  if (world.troubles === undefined) return make(before);
  const { calls = 0 } = before;
  const state = { ...before, calls: calls + 1 };
  const fate = callFate(world.troubles, targetId, state.atMs, calls);
  switch (fate.kind) {
    case "served":
      return make(state);
    case "deferred":
    case "refused":
      return { state, outcome: { ...fate, reason: `${targetId}: the control plane answers ${fate.code}` } };
    case "lost": {
      if (fate.tookEffect === "no") return { state, outcome: fate };
      if (fate.tookEffect === "later" && later !== undefined)
        return { state: { ...state, late: [...(state.late ?? []), later] }, outcome: fate };
      const made = make(state);
      return { state: made.state, outcome: { kind: "lost", tookEffect: made.outcome.kind === "accepted" ? "yes" : "no" } };
    }
    default:
      return fate satisfies never;
  }
}

/** What a caller hears who asks for a description at `state.atMs`; `describe` where nothing is dark. */
export function callDescribe(world: PreparedWorld, state: WorldState, targetId: string): TargetDescription {
  if (!isDark(world.troubles, targetId, "capacity", state.atMs)) return describe(world, state, targetId);
  return { kind: "unknown", targetId, reason: `${targetId}: no answer` };
}

/** What a caller hears who asks for the scheduled actions of a target. */
export type ActionsDescription =
  | { readonly kind: "known"; readonly actions: readonly SimulatedAction[] }
  | { readonly kind: "unsupported" | "unknown"; readonly reason: string };

/** The scheduled actions of a target as a caller hears of them at `state.atMs`. */
export function callScheduledActions(world: PreparedWorld, state: WorldState, targetId: string): ActionsDescription {
  const actions = scheduledActions(world, state, targetId);
  if (actions !== undefined) {
    const dark = isDark(world.troubles, targetId, "actions", state.atMs);
    return dark ? { kind: "unknown", reason: `${targetId}: no answer` } : { kind: "known", actions };
  }
  return Object.hasOwn(state.clouds, targetId)
    ? { kind: "unsupported", reason: `${targetId}: targets of its kind have no scheduled actions` }
    : { kind: "unknown", reason: `${targetId}: no such target` };
}

/** What Calltime's clock says at the world's instant `atMs`. */
export function clockAt(world: PreparedWorld, atMs: number): number {
  const { clockSteps = [] } = world.setting.world;
  return clockSteps.reduce((clockMs, { fromMs, toMs, byMs }) => (fromMs <= atMs && atMs < toMs ? clockMs + byMs : clockMs), atMs);
}
