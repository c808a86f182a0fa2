import { MINUTE_MS } from "../../time.ts";
import type { ScalingPolicy, Unit } from "./policy.ts";
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
  const openAt = windowsOf(slots);
  return {
    first: { tracking: UNTRACKED, openedMs: undefined, floorUnits: 1 },
    decide: (before, seen, { inForceMs, desiredUnits }) => {
      const tracked = track(unit, target, before.tracking, seen, desiredUnits);
      const window = windowIn(before, openAt(inForceMs)?.startsAtMs, seen && unitsAt(unit, 1, factor * seen.loadRps));
      return { state: { ...window, tracking: tracked.state }, units: Math.max(window.floorUnits, tracked.units) };
    },
  };
}

type Window = Pick<MultiplierState, "openedMs" | "floorUnits">;

/** A window keeps the floor that it opened with; where the load is not known, one opens when it is. */
function windowIn(before: Window, startsAtMs: number | undefined, floorUnits: number | undefined): Window {
  if (startsAtMs === undefined) return { openedMs: undefined, floorUnits: 1 };
  if (startsAtMs === before.openedMs || floorUnits === undefined) return before;
  return { openedMs: startsAtMs, floorUnits };
}

/** The slot whose window opened last of those that are open at an instant. O(log slots), and the slots of one longest window. */
function windowsOf(slots: readonly Slot[]): (atMs: number) => Slot | undefined {
  const sorted = slots.toSorted((one, other) => one.startsAtMs - other.startsAtMs);
  const longestMs = sorted.reduce((most, { startsAtMs, endsAtMs }) => Math.max(most, endsAtMs - startsAtMs), 0);
  return (atMs) => {
    for (let index = countOpened(sorted, atMs) - 1; index >= 0; index -= 1) {
      const slot = sorted[index];
      if (slot === undefined || slot.startsAtMs + longestMs + CLOSES_AFTER_MS <= atMs) return undefined;
      if (slot.endsAtMs + CLOSES_AFTER_MS > atMs) return slot;
    }
    return undefined;
  };
}

/** How many of the sorted slots have opened their window. */
function countOpened(sorted: readonly Slot[], atMs: number): number {
  let [least, most] = [0, sorted.length];
  while (least < most) {
    const middle = (least + most) >> 1;
    if ((sorted[middle]?.startsAtMs ?? 0) - OPENS_BEFORE_MS <= atMs) least = middle + 1;
    else most = middle;
  }
  return least;
}
