import type { BookingControl, CapacityControl } from "../../shared/app/ports.ts";
import type { PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import {
  beginWorld,
  describe,
  putScheduledAction,
  removeScheduledAction,
  scheduledActions,
  setMinimum,
  stepWorld,
  type WorldMinute,
  type WorldState,
} from "../../shared/core/simulate/step.ts";
import type { Happened } from "./measured.ts";

/** A call that moved a minimum, or tried to. */
export type MinimumCall = { readonly atMs: number; readonly targetId: string; readonly units: number; readonly accepted: boolean };

/** The simulated world of one evening, in memory. */
export type MemoryWorld = {
  readonly nowMs: () => number;
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
    happened,
    calls,
    capacity: {
      describe: async (targetIds) => targetIds.map((targetId) => describe(world, state, targetId)),
      setMinimum: async (targetId, units) => {
        const next = setMinimum(world, state, targetId, units);
        calls.push({ atMs: state.atMs, targetId, units, accepted: next.outcome.kind === "accepted" });
        state = next.state;
        return next.outcome;
      },
    },
    bookings: {
      list: async (targetIds) =>
        targetIds.map((targetId) => {
          const actions = scheduledActions(world, state, targetId);
          if (actions !== undefined)
            return { kind: "known", targetId, actions: actions.map((action) => ({ ...action, recurring: false })) };
          return { kind: "unsupported", targetId, reason: `${targetId}: targets of its kind have no scheduled actions` };
        }),
      put: async (targetId, action) => {
        const next = putScheduledAction(world, state, targetId, action);
        state = next.state;
        return next.outcome;
      },
      remove: async (targetId, name) => {
        const next = removeScheduledAction(world, state, targetId, name);
        state = next.state;
        return next.outcome;
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
