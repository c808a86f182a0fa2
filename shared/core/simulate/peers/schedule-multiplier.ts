import { MINUTE_MS } from "../../time.ts";
import type { ScalingPolicy, SeenMinute, Unit } from "./policy.ts";
import { track, UNTRACKED, unitsAt, type TrackingState } from "./target-tracking.ts";

/** What is on, as the guide says. */
export type Slot = { readonly startsAtMs: number; readonly endsAtMs: number };

// The window of a match: opened early enough for the slowest start-up, and open until half of the crowd is gone.
const OPENS_BEFORE_MS = 30 * MINUTE_MS;
const CLOSES_AFTER_MS = 30 * MINUTE_MS;

type MultiplierState = { readonly tracking: TrackingState; readonly openedMs: number | undefined; readonly floorUnits: number };

/**
 * What platforms that scale by the guide do today: a window around each programme in which the minimum is a factor times what the load
 * takes when the window opens, and target tracking beside it. One factor for all. Sources: Bedrock Streaming, "Kubernetes prescaling: we
 * open source our solution" (2022: windows with a multiplier on the minimum, from the programmes that draw a crowd); KEDA's cron scaler
 * (`start`, `end`, `desiredReplicas`; the largest scaler wins).
 */
export function scheduleMultiplier(
  unit: Unit,
  slots: readonly Slot[],
  setting: { readonly factor: number; readonly target: number },
): ScalingPolicy<MultiplierState> {
  const { factor, target } = setting;
  return {
    first: { tracking: UNTRACKED, openedMs: undefined, floorUnits: 1 },
    decide: (before, seen, { inForceMs, desiredUnits }) => {
      const open = slots.findLast(
        ({ startsAtMs, endsAtMs }) => inForceMs >= startsAtMs - OPENS_BEFORE_MS && inForceMs < endsAtMs + CLOSES_AFTER_MS,
      );
      const tracked = track(unit, target, before.tracking, seen, desiredUnits);
      const openedMs = open?.startsAtMs;
      const floorUnits = openedMs === undefined ? 1 : openedMs === before.openedMs ? before.floorUnits : floorOf(unit, factor, seen);
      return { state: { tracking: tracked.state, openedMs, floorUnits }, units: Math.max(floorUnits, tracked.units) };
    },
  };
}

function floorOf(unit: Unit, factor: number, seen: SeenMinute | undefined): number {
  return seen === undefined ? 1 : unitsAt(unit, 1, factor * seen.loadRps);
}
