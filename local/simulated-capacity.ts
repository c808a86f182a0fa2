import type { CapacityControl } from "../shared/app/ports.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** The control plane of the simulated world's targets. */
export function simulatedCapacity(world: SimulatedWorld): CapacityControl {
  return {
    describe: (targetIds) => Promise.all(targetIds.map((targetId) => world.describe(targetId))),
    setMinimum: (targetId, units) => world.setMinimum(targetId, units),
  };
}
