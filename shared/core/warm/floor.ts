import type { Target } from "../target.ts";
import { MINUTE_MS, minuteOf } from "../time.ts";

/** What is remembered of our own writes to a target's minimum. */
export type FloorMemory = {
  /** The minimum we meant to have, stored before the call. */
  readonly intendedUnits: number;
  /** The customer's own minimum: what stood there before the first raise. */
  readonly customerUnits: number;
  /** What stood there before a call whose outcome we never learned: the call may not have been made at all. */
  readonly unsettledUnits?: number;
  /** A lower floor that one tick has computed. */
  readonly lower?: { readonly units: number; readonly atMs: number };
};

/** What to do about a target's minimum now. */
export type FloorDecision =
  /** `customerUnits` is the customer's own minimum, to be remembered with the write. */
  | { readonly kind: "set"; readonly units: number; readonly customerUnits: number; readonly why: "raise" | "repair" | "release" }
  /** A lower floor is due; it is carried out when the next tick agrees (design rule 7). */
  | { readonly kind: "wait"; readonly units: number }
  /** Somebody else holds more than we do: what we hold is lowered in our memory alone, and nothing is written. */
  | { readonly kind: "let-go"; readonly units: number; readonly customerUnits: number }
  | { readonly kind: "leave"; readonly why: "right" | "not-active" | "outside-above" | "nothing-wanted" }
  /** What would be set is put off: an earlier change is still being carried out, and another one must not be asked for meanwhile. */
  | { readonly kind: "pending"; readonly units: number; readonly why: "raise" | "repair" | "release" }
  | { readonly kind: "unknown"; readonly why: string };

/** Whether the tick before that of `now` computed a release. After a longer gap, and twice within a minute, counting starts over. */
export function releaseUnderWay(floor: FloorMemory | undefined, now: number): boolean {
  return floor?.lower !== undefined && minuteOf(now) - minuteOf(floor.lower.atMs) === MINUTE_MS;
}

/**
 * The minimum to set, if any. Raises and repairs go out at once; a release needs two ticks in a row and restores the customer's own
 * minimum exactly. A minimum above ours that we did not set is left alone; one below is put back. While we hold nothing, whatever
 * stands there is the customer's own.
 */
export function decideFloor(input: {
  readonly target: Target;
  /** What the plan asks for now; undefined when there is no plan for this instant. */
  readonly wantedUnits: number | undefined;
  readonly minimumUnits: number | undefined;
  /** What is asked for; undefined where nobody says. */
  readonly desiredUnits: number | undefined;
  readonly floor: FloorMemory | undefined;
  /** An earlier change of the minimum is still being carried out. */
  readonly isPending?: boolean;
  readonly now: number;
}): FloorDecision {
  const decision = decideUnhindered(input);
  return decision.kind === "set" && input.isPending === true ? { kind: "pending", units: decision.units, why: decision.why } : decision;
}

function decideUnhindered(input: Parameters<typeof decideFloor>[0]): FloorDecision {
  const { target, wantedUnits, minimumUnits, desiredUnits, floor, now } = input;
  if (target.mode !== "active") return { kind: "leave", why: "not-active" };
  if (wantedUnits === undefined) return { kind: "leave", why: "nothing-wanted" };
  if (minimumUnits === undefined) return { kind: "unknown", why: "the target could not be described" };

  const { customerUnits, heldUnits } = standing(floor, minimumUnits);
  // Down to the baseline means: back to exactly what the customer had.
  const wanted = wantedUnits <= Math.max(target.baselineUnits, customerUnits) ? customerUnits : wantedUnits;
  const lowering = wanted < heldUnits;
  // Of two ticks that agree on a release, the higher floor.
  const agreed = releaseUnderWay(floor, now) ? Math.max(wanted, floor?.lower?.units ?? heldUnits) : heldUnits;
  const due = lowering ? Math.min(heldUnits, agreed) : wanted;

  if (minimumUnits < due) return { kind: "set", units: due, customerUnits, why: due > heldUnits ? "raise" : "repair" };
  if (minimumUnits > Math.max(heldUnits, due)) {
    if (!lowering) return { kind: "leave", why: "outside-above" };
    return due < heldUnits ? { kind: "let-go", units: due, customerUnits } : { kind: "wait", units: wanted };
  }
  if (minimumUnits > due) return { kind: "set", units: due, customerUnits, why: "release" };
  // Setting a minimum again re-imposes it: this repairs a deployment that reset the count.
  if (desiredUnits !== undefined && desiredUnits < minimumUnits) return { kind: "set", units: due, customerUnits, why: "repair" };
  return lowering ? { kind: "wait", units: wanted } : { kind: "leave", why: "right" };
}

/** The customer's own minimum, and the one that is ours, given the minimum found. */
function standing(floor: FloorMemory | undefined, minimumUnits: number): { readonly customerUnits: number; readonly heldUnits: number } {
  if (floor === undefined) return { customerUnits: minimumUnits, heldUnits: minimumUnits };
  // The call was not made: what stood there before it stands there still.
  if (floor.unsettledUnits === minimumUnits) return { customerUnits: floor.customerUnits, heldUnits: minimumUnits };
  const holdsNothing = floor.intendedUnits === floor.customerUnits;
  return holdsNothing
    ? { customerUnits: minimumUnits, heldUnits: minimumUnits }
    : { customerUnits: floor.customerUnits, heldUnits: floor.intendedUnits };
}
