import type { BookingControl, TargetActions } from "../shared/app/ports.ts";
import type { ActionsDescription } from "../shared/core/simulate/step.ts";
import { heard } from "./simulated-capacity.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** The scheduled actions of the simulated world's targets. A call whose answer is lost throws `call-lost`. */
export function simulatedBookings(world: SimulatedWorld): BookingControl {
  return {
    list: (targetIds) => Promise.all(targetIds.map(async (targetId) => targetActions(targetId, await world.scheduledActions(targetId)))),
    put: async (targetId, action) => heard(targetId, await world.putScheduledAction(targetId, action)),
    remove: async (targetId, name) => heard(targetId, await world.removeScheduledAction(targetId, name)),
  };
}

/** What is said of a target's scheduled actions, as the port has it. */
export function targetActions(targetId: string, described: ActionsDescription): TargetActions {
  if (described.kind !== "known") return { ...described, targetId };
  return { kind: "known", targetId, actions: described.actions.map((action) => ({ ...action, recurring: action.recurring === true })) };
}
