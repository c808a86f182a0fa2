import { isoOf, newEvent, warmUpCompleted, warmUpFailed, warmUpRequested, type AnyEvent } from "../../events/index.ts";
import { stepAt } from "../core/plan/plan.ts";
import type { Asked, Warming } from "./floor.ts";
import { reasonsOf, type StoredPlan } from "./plan.ts";

/** A raise that is about to be asked for. */
export function requestedEvent(
  { target, now, correlationId }: Warming,
  { floorUnits, fromUnits, stored }: { readonly floorUnits: number; readonly fromUnits: number; readonly stored: StoredPlan | undefined },
): AnyEvent {
  const step = stored === undefined ? undefined : stepAt(stored.plan, now);
  const data = {
    targetId: target.id,
    floorUnits,
    fromUnits,
    neededAt: isoOf(step?.neededByMs ?? now),
    planVersion: stored?.version ?? 1,
    reasons: reasonsOf(step?.reasons ?? []),
  };
  return newEvent(warmUpRequested, { id: `warm-up.requested/${target.id}/${floorUnits}/${isoOf(now)}`, atMs: now, correlationId, data });
}

/** A raise that is now serving. */
export function completedEvent({ target, now, correlationId }: Warming, { units, atMs }: Asked, servingUnits: number): AnyEvent {
  const data = {
    targetId: target.id,
    floorUnits: units,
    servingUnits,
    requestedAt: isoOf(atMs),
    servedAt: isoOf(now),
    tookMs: now - atMs,
  };
  return newEvent(warmUpCompleted, { id: `warm-up.completed/${target.id}/${units}/${isoOf(atMs)}`, atMs: now, correlationId, data });
}

/** A call that did not go through or was cut down, or a raise that is not serving in time. What was not answered is tried again, like what was put off. */
export function failedEvent(
  { target, now, correlationId }: Warming,
  failed: {
    readonly floorUnits: number;
    readonly outcome: "deferred" | "refused" | "clamped" | "timed-out" | "unanswered" | "broken";
    readonly code: string;
    readonly reason: string;
    readonly attempt: number;
    readonly shortUnits?: number;
  },
): AnyEvent {
  const { floorUnits, code, reason, attempt, shortUnits = null } = failed;
  const outcome = failed.outcome === "unanswered" || failed.outcome === "broken" ? ("deferred" as const) : failed.outcome;
  const data = { targetId: target.id, floorUnits, outcome, code, reason, attempt, shortUnits };
  // The code tells apart what failed of one floor in one tick.
  const id = `warm-up.failed/${target.id}/${floorUnits}/${code}/${isoOf(now)}`;
  return newEvent(warmUpFailed, { id, atMs: now, correlationId, data });
}
