import type { BookingControl, CapacityControl } from "../../shared/app/ports.ts";
import type { PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import {
  beginWorld,
  callDescribe,
  callPutScheduledAction,
  callRemoveScheduledAction,
  callScheduledActions,
  callSetMinimum,
  clockAt,
  stepWorld,
  type WorldMinute,
  type WorldState,
} from "../../shared/core/simulate/step.ts";
import { targetActions } from "../simulated-bookings.ts";
import { heard } from "../simulated-capacity.ts";
import type { Happened } from "./measured.ts";

/** A call that moved a minimum, or tried to. */
export type MinimumCall = { readonly atMs: number; readonly targetId: string; readonly units: number; readonly accepted: boolean };

/** The simulated world of one evening, in memory. */
export type MemoryWorld = {
  readonly nowMs: () => number;
  /** What Calltime's clock says: the same, unless the world has it step. */
  readonly clockMs: () => number;
  /** Its minutes so far, after those that lie just before the evening. */
  readonly happened: Happened;
  /** Every call for a minimum, oldest first. */
  readonly calls: readonly MinimumCall[];
  readonly capacity: CapacityControl;
  readonly bookings: BookingControl;
  /** Lets one minute pass. */
  readonly step: () => WorldMinute;
};

/** The world at the start of an evening; `lately` are the minutes just before it. */
export function memoryWorld(world: PreparedWorld, fromMs: number, lately: readonly WorldMinute[]): MemoryWorld {
  let state: WorldState = beginWorld(world, fromMs);
  const happened: Happened = { fromMs: lately[0]?.atMs ?? state.atMs, minutes: [...lately] };
  const calls: MinimumCall[] = [];
  return {
    nowMs: () => state.atMs,
    clockMs: () => clockAt(world, state.atMs),
    happened,
    calls,
    capacity: {
      describe: async (targetIds) => targetIds.map((targetId) => callDescribe(world, state, targetId)),
      setMinimum: async (targetId, units) => {
        const next = callSetMinimum(world, state, targetId, units);
        calls.push({ atMs: state.atMs, targetId, units, accepted: next.outcome.kind === "accepted" });
        state = next.state;
        return heard(targetId, next.outcome);
      },
    },
    bookings: {
      list: async (targetIds) => targetIds.map((targetId) => targetActions(targetId, callScheduledActions(world, state, targetId))),
      put: async (targetId, action) => {
        const next = callPutScheduledAction(world, state, targetId, action);
        state = next.state;
        return heard(targetId, next.outcome);
      },
      remove: async (targetId, name) => {
        const next = callRemoveScheduledAction(world, state, targetId, name);
        state = next.state;
        return heard(targetId, next.outcome);
      },
    },
    step: () => {
      const next = stepWorld(world, state);
      state = next.state;
      happened.minutes.push(next.minute);
      return next.minute;
    },
  };
}
