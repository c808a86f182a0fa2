import { CalltimeError } from "../error.ts";
import { minuteOf, MINUTE_MS } from "../time.ts";
import type { AudienceFlow, AudienceState } from "./audience.ts";
import { beginAudience, stepAudience, usualMinute } from "./audience.ts";
import type { CloudState, SimulatedAction, TargetMinute } from "./cloud.ts";
import { beginCloud, hasScheduledActions, loadOn, MOST_ACTIONS, stepCloud, usualTargetMinute, withMinimum } from "./cloud.ts";
import type { PreparedTarget, PreparedWorld } from "./prepare.ts";

/** The world at the start of minute `atMs`. Plain data: it survives JSON unchanged, and all that comes follows from it and the setting. */
export type WorldState = { readonly atMs: number; readonly audience: AudienceState; readonly clouds: Readonly<Record<string, CloudState>> };

/** What happened in the minute [atMs, atMs + 60 s): the audience, and each target by its id. */
export type WorldMinute = AudienceFlow & { readonly targets: Readonly<Record<string, TargetMinute>> };

/** What the control plane made of a minimum. `deferred` may be tried again a minute later. */
export type MinimumOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "deferred"; readonly code: string; readonly reason: string }
  | { readonly kind: "refused"; readonly code: string; readonly reason: string };

/** What the control plane says of a target; a target it does not have is unknown. */
export type TargetDescription =
  | {
      readonly kind: "known";
      readonly targetId: string;
      readonly minimumUnits: number;
      readonly maximumUnits: number;
      readonly desiredUnits: number;
      readonly servingUnits: number;
    }
  | { readonly kind: "unknown"; readonly targetId: string; readonly reason: string };

function byTarget<T>(world: PreparedWorld, make: (prepared: PreparedTarget) => T): Record<string, T> {
  return Object.fromEntries(world.targets.map((prepared) => [prepared.target.id, make(prepared)]));
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
    clouds: byTarget(world, (prepared) => beginCloud(prepared, loadOn(prepared, lately))),
  };
}

/**
 * The next minute, [state.atMs, state.atMs + 60 s). Without a call to `setMinimum` the customer's own autoscaling is alone.
 * @throws CalltimeError `world-state-mismatch` when the state was begun under another setting.
 */
export function stepWorld(world: PreparedWorld, state: WorldState): { readonly state: WorldState; readonly minute: WorldMinute } {
  const audience = stepAudience(world, state.audience);
  const clouds = world.targets.map((prepared) => {
    const { id } = prepared.target;
    const cloud = state.clouds[id];
    if (cloud === undefined) {
      throw new CalltimeError(
        "world-state-mismatch",
        `The world state at ${state.atMs} has no target ${id}: step a state with the setting it was begun with.`,
      );
    }
    return { id, step: stepCloud(prepared, cloud, audience.flow) };
  });
  return {
    state: {
      atMs: state.atMs + MINUTE_MS,
      audience: audience.state,
      clouds: Object.fromEntries(clouds.map(({ id, step }) => [id, step.state])),
    },
    minute: { ...audience.flow, targets: Object.fromEntries(clouds.map(({ id, step }) => [id, step.minute])) },
  };
}

/** What the control plane answers while a window of refusals is open. */
function refusalAt(world: PreparedWorld, atMs: number, targetId: string): MinimumOutcome | undefined {
  const refusal = world.setting.world.refusals.find(
    (window) => window.targetId === targetId && window.fromMs <= atMs && atMs < window.toMs,
  );
  return refusal && { kind: refusal.kind, code: refusal.code, reason: `${targetId}: the control plane answers ${refusal.code}` };
}

function minimumOutcome(world: PreparedWorld, atMs: number, targetId: string, units: number): MinimumOutcome {
  const refusal = refusalAt(world, atMs, targetId);
  if (refusal) return refusal;
  const target = world.targets.find((prepared) => prepared.target.id === targetId)?.target;
  if (!target) return { kind: "refused", code: "ObjectNotFoundException", reason: `${targetId}: no such scalable target` };
  if (!Number.isInteger(units) || units < 0) {
    return {
      kind: "refused",
      code: "ValidationException",
      reason: `${targetId}: a minimum of ${units} is not a whole number of units from 0`,
    };
  }
  if (units > target.ceilingUnits) {
    const reason = `${targetId}: a minimum of ${units} is above the maximum of ${target.ceilingUnits}`;
    return { kind: "refused", code: "ValidationException", reason };
  }
  return { kind: "accepted" };
}

/** Asks the control plane, at the instant `state.atMs`, for a minimum. Only `accepted` changes the state. */
export function setMinimum(
  world: PreparedWorld,
  state: WorldState,
  targetId: string,
  units: number,
): { readonly state: WorldState; readonly outcome: MinimumOutcome } {
  const outcome = minimumOutcome(world, state.atMs, targetId, units);
  const prepared = world.targets.find(({ target }) => target.id === targetId);
  const cloud = state.clouds[targetId];
  if (outcome.kind !== "accepted" || prepared === undefined || cloud === undefined) return { state, outcome };
  return { state: { ...state, clouds: { ...state.clouds, [targetId]: withMinimum(prepared, cloud, units) } }, outcome };
}

/** What the control plane says of a target at the instant `state.atMs`. */
export function describe(world: PreparedWorld, state: WorldState, targetId: string): TargetDescription {
  const target = world.targets.find((prepared) => prepared.target.id === targetId)?.target;
  const cloud = state.clouds[targetId];
  if (target === undefined || cloud === undefined) return { kind: "unknown", targetId, reason: `${targetId}: no such scalable target` };
  const { minimumUnits, desiredUnits, servingUnits } = cloud;
  return { kind: "known", targetId, minimumUnits, maximumUnits: target.ceilingUnits, desiredUnits, servingUnits };
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
  const others = actions.filter(({ name }) => name !== action.name);
  if (others.length >= MOST_ACTIONS) {
    const reason = `${targetId}: it has ${MOST_ACTIONS} scheduled actions already`;
    return { state, outcome: { kind: "refused", code: "LimitExceededException", reason } };
  }
  const sorted = [...others, action].sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1));
  return { state: withActions(state, targetId, sorted), outcome: { kind: "accepted" } };
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
