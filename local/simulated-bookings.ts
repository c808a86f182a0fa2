import type { BookingControl } from "../shared/app/ports.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** The scheduled actions of the simulated world's targets. */
export function simulatedBookings(world: SimulatedWorld): BookingControl {
  return {
    list: (targetIds) =>
      Promise.all(
        targetIds.map(async (targetId) => {
          const actions = await world.scheduledActions(targetId);
          if (actions !== undefined)
            return { kind: "known", targetId, actions: actions.map((action) => ({ ...action, recurring: false })) };
          return world.targetIds.includes(targetId)
            ? { kind: "unsupported", targetId, reason: `${targetId}: targets of its kind have no scheduled actions` }
            : { kind: "unknown", targetId, reason: `${targetId}: no such target` };
        }),
      ),
    put: (targetId, action) => world.putScheduledAction(targetId, action),
    remove: (targetId, name) => world.removeScheduledAction(targetId, name),
  };
}
