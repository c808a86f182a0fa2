import type { AnyEvent } from "../../events/index.ts";
import { stepAt } from "../core/plan/plan.ts";
import { decideFloor, type FloorDecision } from "../core/warm/floor.ts";
import { setMinimum } from "./capacity.ts";
import { keepFloor, type Floor, type Raise, type Warming } from "./floor.ts";
import type { StoredPlan } from "./plan.ts";
import type { TargetState, Versioned } from "./ports.ts";
import { isCarried } from "./publish.ts";
import { failedEvent, requestedEvent } from "./warm-events.ts";

/** What became of a target's minimum in one tick. */
export type WarmOutcome =
  | { readonly kind: "left"; readonly why: Extract<FloorDecision, { kind: "leave" }>["why"] | "let-go" }
  | { readonly kind: "set"; readonly units: number; readonly why: "raise" | "repair" | "release" }
  /** A lower floor is due, when the next tick agrees. */
  | { readonly kind: "waiting"; readonly units: number }
  /** The target could not be described, so nothing was tried. */
  | { readonly kind: "unknown"; readonly why: string }
  | {
      readonly kind: "failed";
      /** `unanswered`: nobody knows whether it took effect. `broken`: our own doing stopped, for instance at the store. */
      readonly outcome: "deferred" | "refused" | "unanswered" | "broken";
      readonly code: string;
      readonly reason: string;
      /** Which call in a row that did not go through. */
      readonly attempt: number;
    };

type Set = { readonly outcome: WarmOutcome; readonly floor: Versioned<Floor> | undefined };

/** Sets, lowers or leaves the minimum of one target, as its plan asks now, and remembers it. Throws what the store throws. */
export async function setFloor(
  warming: Warming,
  stored: StoredPlan | undefined,
  remembered: Versioned<Floor> | undefined,
  events: AnyEvent[],
): Promise<Set> {
  const { target, state, now } = warming;
  if (state.kind === "unknown" && target.mode === "active") return { outcome: { kind: "unknown", why: state.reason }, floor: remembered };
  const described = state.kind === "known" ? state : undefined;
  const floor = await settled(warming, described, remembered);
  const decision = decideFloor({
    target,
    wantedUnits: stored === undefined ? undefined : stepAt(stored.plan, now)?.floorUnits,
    minimumUnits: described?.minimumUnits,
    desiredUnits: described?.desiredUnits,
    floor: floor?.value,
    now,
  });
  switch (decision.kind) {
    case "leave":
      return { outcome: { kind: "left", why: decision.why }, floor };
    case "let-go": {
      const { units: intendedUnits, customerUnits } = decision;
      return {
        outcome: { kind: "left", why: "let-go" },
        floor: await keepFloor(warming, floor, { intendedUnits, customerUnits, failures: 0 }),
      };
    }
    case "wait": {
      // Only what we hold is ever lowered, so there is a floor.
      const waiting = floor && (await keepFloor(warming, floor, { ...floor.value, lower: { units: decision.units, atMs: now } }));
      return { outcome: { kind: "waiting", units: decision.units }, floor: waiting };
    }
    case "set":
      if (described !== undefined) return write(warming, { decision, described, floor, stored }, events);
      return { outcome: { kind: "unknown", why: "the target was not described" }, floor };
    case "unknown":
      return { outcome: { kind: "unknown", why: decision.why }, floor };
    default:
      return decision satisfies never;
  }
}

type Known = Extract<TargetState, { kind: "known" }>;

/** The floor once the description has shown which of two minimums it may be is in force. */
async function settled(
  warming: Warming,
  described: Known | undefined,
  floor: Versioned<Floor> | undefined,
): Promise<Versioned<Floor> | undefined> {
  if (floor?.value.unsettledUnits === undefined || described === undefined) return floor;
  const { unsettledUnits, ...rest } = floor.value;
  const intendedUnits = described.minimumUnits === unsettledUnits ? unsettledUnits : rest.intendedUnits;
  return keepFloor(warming, floor, { ...rest, intendedUnits });
}

type Write = {
  readonly decision: Extract<FloorDecision, { kind: "set" }>;
  readonly described: Known;
  readonly floor: Versioned<Floor> | undefined;
  readonly stored: StoredPlan | undefined;
};

async function write(warming: Warming, { decision, described, floor, stored }: Write, events: AnyEvent[]): Promise<Set> {
  const { context, target } = warming;
  const { units, customerUnits, why } = decision;
  const fromUnits = described.minimumUnits;
  const { raise, failures } = floor?.value ?? { raise: undefined, failures: 0 };
  const before = { customerUnits, failures, ...(raise && { raise }) };
  // Stored before the call: should the answer be lost, either minimum found next time is known to be ours.
  const asked = await keepFloor(warming, floor, { ...before, intendedUnits: units, unsettledUnits: fromUnits });
  if (units > fromUnits && isCarried(context, "calltime.warm-up.requested"))
    events.push(requestedEvent(warming, { floorUnits: units, fromUnits, stored }));
  const answer = await setMinimum(context, target.id, units);
  if (answer.kind === "accepted") {
    const next = { customerUnits, intendedUnits: units, failures: 0, ...raiseOf(warming, raise, units, described) };
    return { outcome: { kind: "set", units, why }, floor: await keepFloor(warming, asked, next) };
  }
  const { kind, code, reason } = answer;
  const attempt = failures + 1;
  const outcome: WarmOutcome = { kind: "failed", outcome: kind, code, reason, attempt };
  events.push(failedEvent(warming, { floorUnits: units, ...outcome }));
  // What was refused changed nothing, so nothing is intended beyond what is there. Without an answer both are possible.
  const standing = kind === "unanswered" ? { intendedUnits: units, unsettledUnits: fromUnits } : { intendedUnits: fromUnits };
  return { outcome, floor: await keepFloor(warming, asked, { ...before, ...standing, failures: attempt }) };
}

function raiseOf({ now }: Warming, raise: Raise | undefined, units: number, { minimumUnits, desiredUnits }: Known): Pick<Floor, "raise"> {
  if (units > minimumUnits) {
    const asked = { units, addedUnits: Math.max(0, units - desiredUnits), atMs: now };
    if (raise === undefined) return { raise: { ...asked, overdue: false } };
    const { oldest = { units: raise.units, addedUnits: raise.addedUnits, atMs: raise.atMs }, overdue } = raise;
    return { raise: { ...asked, oldest, overdue } };
  }
  // A release to below what is still starting gives that up.
  return raise !== undefined && raise.units <= units ? { raise } : {};
}
