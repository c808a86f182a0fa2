import { isoOf, newEvent, warmUpCompleted, warmUpFailed, warmUpRequested, type AnyEvent } from "../../events/index.ts";
import { learnLead } from "../core/forecast/model.ts";
import { stepAt } from "../core/plan/plan.ts";
import type { TickEvidence } from "../core/score.ts";
import type { Target } from "../core/target.ts";
import { MINUTE_MS } from "../core/time.ts";
import { decideFloor, type FloorDecision, type FloorMemory } from "../core/warm/floor.ts";
import { storedPlan, type Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { readLearned, writeLearned } from "./model.ts";
import { reasonsOf } from "./plan.ts";
import type { TargetState } from "./ports.ts";
import { publish } from "./publish.ts";

/** What Calltime did to a target's minimum, kept before and after each call. */
export type Floor = FloorMemory & {
  /** A raise that is not serving yet. */
  readonly raise?: { readonly units: number; readonly addedUnits: number; readonly atMs: number; readonly overdue: boolean };
  readonly attempts: number;
};

/** Key of a target's floor. */
export function floorKey(targetId: string): string {
  return `floor/${targetId}`;
}

/** What became of one target in one tick. */
export type Warmed = {
  readonly targetId: string;
  readonly state: TargetState;
  readonly tick: TickEvidence;
  /** The raise that is not serving yet. */
  readonly raise: Floor["raise"];
};

/**
 * Brings the minimum of every target to what its plan asks for now. Reality is asked each time; nothing is taken as done because it was
 * done before. One target that cannot be reached does not delay the others.
 */
export async function warm(context: Context, now: number, correlationId?: string): Promise<readonly Warmed[]> {
  const { targets } = context.settings;
  const states = await context.ports.capacity.describe(targets.map((target) => target.id));
  const warmed: Warmed[] = [];
  for (const [index, target] of targets.entries()) {
    const state: TargetState = states[index] ?? { kind: "unknown", targetId: target.id, reason: "the control plane did not mention it" };
    warmed.push(await warmTarget(context, target, state, now, correlationId));
  }
  return warmed;
}

async function warmTarget(
  context: Context,
  target: Target,
  state: TargetState,
  now: number,
  correlationId: string | undefined,
): Promise<Warmed> {
  const { documents } = context.ports;
  const stored = await storedPlan(context, target.id);
  const step = stored === undefined ? undefined : stepAt(stored.plan, now);
  const floor = (await readDocument<Floor>(documents, floorKey(target.id)))?.value;
  const limit = stored?.plan.shorts.find((short) => now >= short.fromMs && now < short.toMs)?.limit;
  const wantedUnits = step?.floorUnits;
  const decision = decideFloor({
    target,
    wantedUnits,
    minimumUnits: state.kind === "known" ? state.minimumUnits : undefined,
    desiredUnits: state.kind === "known" ? state.desiredUnits : undefined,
    floor,
    now,
  });
  const events: AnyEvent[] = [];
  const tell = (event: AnyEvent): void => void events.push(event);
  const refused = await carryOut(context, { target, state, decision, floor, now, correlationId, stored, tell });
  await followRaise(context, target, state, now, tell);
  await publish(context, events);
  const after = (await readDocument<Floor>(documents, floorKey(target.id)))?.value;
  const floorUnits = after?.intendedUnits ?? (state.kind === "known" ? state.minimumUnits : target.baselineUnits);
  const tick = { mode: target.mode, floorUnits, wantedUnits: wantedUnits ?? floorUnits, limit, refused };
  return { targetId: target.id, state, tick, raise: after?.raise };
}

type CarryOut = {
  readonly target: Target;
  readonly state: TargetState;
  readonly decision: FloorDecision;
  readonly floor: Floor | undefined;
  readonly now: number;
  readonly correlationId: string | undefined;
  readonly stored: Awaited<ReturnType<typeof storedPlan>>;
  readonly tell: (event: AnyEvent) => void;
};

/** Whether the write was refused or could not be tried. */
async function carryOut(context: Context, input: CarryOut): Promise<boolean> {
  const { target, state, decision, floor, now, tell } = input;
  const { documents, capacity } = context.ports;
  const key = floorKey(target.id);
  if (decision.kind === "unknown") return true;
  if (decision.kind === "leave") return false;
  if (state.kind === "unknown") return true;
  if (decision.kind === "let-go") {
    const { units, customerUnits } = decision;
    await updateDocument<Floor>(documents, key, () => ({ intendedUnits: units, customerUnits, attempts: 0 }));
    return false;
  }
  if (decision.kind === "wait") {
    await updateDocument<Floor>(documents, key, (before) =>
      before === undefined ? undefined : { ...before, lower: { units: decision.units, atMs: now } },
    );
    return false;
  }
  const raising = decision.units > state.minimumUnits;
  const attempts = floor?.intendedUnits === decision.units ? floor.attempts + 1 : 1;
  const intended: Floor = {
    intendedUnits: decision.units,
    customerUnits: decision.customerUnits,
    unsettledUnits: state.minimumUnits,
    attempts,
    ...raiseOf(floor, decision.units, state.desiredUnits, raising, now),
  };
  // Stored before the call: should the answer be lost, the minimum found next time is known to be ours.
  await updateDocument<Floor>(documents, key, () => intended);
  if (raising) tell(requestedEvent(input, decision.units, state.minimumUnits));
  const outcome = await capacity.setMinimum(target.id, decision.units);
  const { unsettledUnits: _, ...settled } = intended;
  if (outcome.kind === "accepted") {
    await updateDocument<Floor>(documents, key, () => settled);
    return false;
  }
  // Nothing changed, so nothing is intended beyond what is there.
  const { raise: __, ...rest } = settled;
  await updateDocument<Floor>(documents, key, () => ({ ...rest, intendedUnits: state.minimumUnits }));
  tell(failedEvent(target, decision.units, { ...outcome, outcome: outcome.kind, attempt: attempts, now }));
  return true;
}

function raiseOf(floor: Floor | undefined, units: number, desiredUnits: number, raising: boolean, now: number): Pick<Floor, "raise"> {
  if (!raising) return floor?.raise !== undefined && floor.raise.units <= units ? { raise: floor.raise } : {};
  return { raise: { units, addedUnits: Math.max(0, units - desiredUnits), atMs: now, overdue: false } };
}

/** Tells when a raise is serving, and learns how long it took; tells once when it should have been and is not. */
async function followRaise(
  context: Context,
  target: Target,
  state: TargetState,
  now: number,
  tell: (event: AnyEvent) => void,
): Promise<void> {
  const { documents } = context.ports;
  const floor = (await readDocument<Floor>(documents, floorKey(target.id)))?.value;
  const raise = floor?.raise;
  if (floor === undefined || raise === undefined || state.kind === "unknown") return;
  const tookMs = now - raise.atMs;
  const launchMs = Math.ceil(raise.addedUnits / target.launchUnitsPerMinute) * MINUTE_MS;
  if (state.servingUnits >= raise.units) {
    const { raise: _, ...served } = floor;
    await updateDocument<Floor>(documents, floorKey(target.id), () => served);
    if (raise.addedUnits > 0 && tookMs > 0) await writeLead(context, target.id, Math.max(MINUTE_MS, tookMs - launchMs));
    const data = {
      targetId: target.id,
      floorUnits: raise.units,
      servingUnits: state.servingUnits,
      requestedAt: isoOf(raise.atMs),
      servedAt: isoOf(now),
      tookMs,
    };
    tell(newEvent(warmUpCompleted, { id: `warm-up.completed/${target.id}/${raise.units}/${isoOf(raise.atMs)}`, atMs: now, data }));
    return;
  }
  // Twice the lead it was planned with is no longer bad luck.
  if (raise.overdue || tookMs <= 2 * (target.startUpMs + launchMs)) return;
  await updateDocument<Floor>(documents, floorKey(target.id), () => ({ ...floor, raise: { ...raise, overdue: true } }));
  const reason = `${state.servingUnits} of ${raise.units} are serving ${Math.round(tookMs / MINUTE_MS)} minutes after they were asked for`;
  tell(
    failedEvent(target, raise.units, {
      outcome: "timed-out",
      code: "not-serving",
      reason,
      attempt: floor.attempts,
      now,
      shortUnits: raise.units - state.servingUnits,
    }),
  );
}

async function writeLead(context: Context, targetId: string, tookMs: number): Promise<void> {
  const learned = await readLearned(context);
  await writeLearned(context, { ...learnLead(learned, targetId, tookMs), version: learned.version + 1 });
}

function requestedEvent(input: CarryOut, floorUnits: number, fromUnits: number): AnyEvent {
  const { target, stored, now, correlationId } = input;
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

function failedEvent(
  target: Target,
  floorUnits: number,
  what: {
    readonly outcome: "deferred" | "refused" | "timed-out";
    readonly code: string;
    readonly reason: string;
    readonly attempt: number;
    readonly now: number;
    readonly shortUnits?: number;
  },
): AnyEvent {
  const { outcome, code, reason, attempt, now } = what;
  const data = { targetId: target.id, floorUnits, outcome, code, reason, attempt, shortUnits: what.shortUnits ?? null };
  return newEvent(warmUpFailed, { id: `warm-up.failed/${target.id}/${floorUnits}/${isoOf(now)}`, atMs: now, data });
}
