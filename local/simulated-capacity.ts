import type { CapacityControl, SetMinimumOutcome } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import type { CallOutcome } from "../shared/core/simulate/step.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** The control plane of the simulated world's targets. A call whose answer is lost throws `call-lost`, whether it took effect or not. */
export function simulatedCapacity(world: SimulatedWorld): CapacityControl {
  return {
    describe: (targetIds) => Promise.all(targetIds.map((targetId) => world.describe(targetId))),
    setMinimum: async (targetId, units) => heard(targetId, await world.setMinimum(targetId, units)),
  };
}

/** What a caller hears of a call. Throws `call-lost` when that is nothing. */
export function heard(targetId: string, outcome: CallOutcome): SetMinimumOutcome {
  if (outcome.kind !== "lost") return outcome;
  throw new CalltimeError("call-lost", `${targetId}: the call timed out, and may have taken effect; describe the target to find out`);
}
