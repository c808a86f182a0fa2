import type { BookingControl, CapacityControl, LoadSource } from "../shared/app/ports.ts";
import type { TargetMinute } from "../shared/core/simulate/cloud.ts";
import type { PreparedWorld } from "../shared/core/simulate/prepare.ts";
import { beginWorld, stepWorld } from "../shared/core/simulate/step.ts";
import { simulatedBookings } from "./simulated-bookings.ts";
import { simulatedCapacity } from "./simulated-capacity.ts";
import { simulatedLoads } from "./simulated-loads.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** One minute of all targets, as it really was. */
export type TrueMinute = {
  readonly atMs: number;
  readonly targets: Readonly<
    Record<
      string,
      Pick<
        TargetMinute,
        "loadRps" | "unservedRps" | "servingUnits" | "desiredUnits" | "minimumUnits" | "startingUnits" | "refusedConnections"
      >
    >
  >;
};

/** The simulated world of an evening as the platform meets it: in the same process, or in one of its own. */
export type EveningWorld = {
  /** The world's present as last heard of, in epoch milliseconds: all minutes before it have happened. */
  nowMs(): number;
  /** What Calltime's clock says at that instant: the same, unless the world has it step. */
  clockMs(): number;
  readonly capacity: CapacityControl;
  readonly bookings: BookingControl;
  readonly loads: LoadSource;
  /** Resolves when a minute or more has passed: it lets one pass, where the world has no clock of its own. */
  step(): Promise<unknown>;
  /** The minutes of [fromMs, toMs) that have happened, oldest first: for the report, not for Calltime. */
  trueMinutes(fromMs: number, toMs: number): Promise<readonly TrueMinute[]>;
  /** The same minutes, had nobody ever raised a minimum. */
  minutesAlone(fromMs: number, toMs: number): Promise<readonly TrueMinute[]>;
};

/** A simulated world in this process, begun at `fromMs`. */
export function worldHere(world: SimulatedWorld, prepared: PreparedWorld, fromMs: number): EveningWorld {
  return {
    nowMs: () => world.nowMs(),
    clockMs: () => world.clockMs(),
    capacity: simulatedCapacity(world),
    bookings: simulatedBookings(world),
    loads: simulatedLoads(world),
    step: () => world.step(),
    trueMinutes: (from, to) => world.targetMinutes(from, to),
    minutesAlone: async (from, to) => {
      const minutes: TrueMinute[] = [];
      let state = beginWorld(prepared, fromMs);
      while (state.atMs < Math.min(to, world.nowMs())) {
        const next = stepWorld(prepared, state);
        if (state.atMs >= from) minutes.push({ atMs: state.atMs, targets: next.minute.targets });
        state = next.state;
      }
      return minutes;
    },
  };
}
