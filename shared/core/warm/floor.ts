import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";

/** What is remembered of our own writes to a target's minimum. */
export type FloorMemory = {
  readonly intendedUnits: number;
  readonly customerUnits: number;
  readonly lower?: { readonly units: number; readonly atMs: number };
};

/** What to do about a target's minimum now. */
export type FloorDecision =
  | { readonly kind: "set"; readonly units: number; readonly why: "raise" | "repair" | "release" }
  /** A lower floor is due; it is carried out when the next tick agrees (design rule 7). */
  | { readonly kind: "wait"; readonly units: number }
  | { readonly kind: "leave"; readonly why: "right" | "not-active" | "outside-above" | "nothing-wanted" }
  | { readonly kind: "unknown"; readonly why: string };

// Two ticks in a row are a minute apart; after a longer pause the second is a first one again.
const CONSECUTIVE_MS = 1.5 * MINUTE_MS;

/**
 * The minimum to set, if any. Raises and repairs go out at once; a release needs two ticks in a row and restores the customer's own
 * minimum exactly. A minimum above ours that we did not set is left alone; one below is put back.
 */
export function decideFloor(input: {
  readonly target: Target;
  /** What the plan asks for now; undefined when there is no plan for this instant. */
  readonly wantedUnits: number | undefined;
  readonly minimumUnits: number | undefined;
  readonly desiredUnits: number | undefined;
  readonly floor: FloorMemory | undefined;
  readonly now: number;
}): FloorDecision {
  const { target, wantedUnits, minimumUnits, desiredUnits, floor, now } = input;
  if (target.mode !== "active") return { kind: "leave", why: "not-active" };
  if (wantedUnits === undefined) return { kind: "leave", why: "nothing-wanted" };
  if (minimumUnits === undefined || desiredUnits === undefined) return { kind: "unknown", why: "the target could not be described" };
  const customerUnits = floor?.customerUnits ?? minimumUnits;
  // Down to the baseline means: back to exactly what the customer had.
  const wanted = wantedUnits <= Math.max(target.baselineUnits, customerUnits) ? customerUnits : wantedUnits;
  if (wanted > minimumUnits) {
    return { kind: "set", units: wanted, why: floor !== undefined && minimumUnits < floor.intendedUnits ? "repair" : "raise" };
  }
  if (wanted === minimumUnits) {
    // Setting a minimum again re-imposes it: this repairs a deployment that reset the count.
    return desiredUnits < minimumUnits ? { kind: "set", units: wanted, why: "repair" } : { kind: "leave", why: "right" };
  }
  if (minimumUnits > (floor?.intendedUnits ?? minimumUnits)) return { kind: "leave", why: "outside-above" };
  if (floor === undefined) return { kind: "leave", why: "outside-above" };
  const agreed = floor.lower !== undefined && floor.lower.atMs < now && now - floor.lower.atMs <= CONSECUTIVE_MS;
  if (!agreed) return { kind: "wait", units: wanted };
  // The higher of what the two ticks computed.
  const units = Math.max(wanted, floor.lower?.units ?? wanted);
  return units >= minimumUnits ? { kind: "wait", units: wanted } : { kind: "set", units, why: "release" };
}
