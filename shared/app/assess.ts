import { isoOf, newEvent, readinessAssessed, type AnyEvent } from "../../events/index.ts";
import { leadMs } from "../core/plan/capacity.ts";
import { neededUnits, type Need } from "../core/plan/demand.ts";
import { sentenceOfAction } from "../core/readiness/next-action.ts";
import {
  assessReadiness,
  checkpointsOf,
  READY_SHARE,
  type Checkpoint,
  type Readiness,
  type TargetEvidence,
} from "../core/readiness/verdict.ts";
import type { WarmUpEvidence } from "../core/readiness/warm-up.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteOf } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { Planned } from "./plan.ts";
import { modeOf, readModes } from "./modes.ts";
import { publish } from "./publish.ts";
import type { Situation } from "./situation.ts";
import { subjectsAbove, type Subject } from "./subjects.ts";
import type { Warmed } from "./warm.ts";
import { warmUpEvidence } from "./warm-ups.ts";

/** A verdict as it is kept: the newest of each occasion answers "are we ready?". */
export type StoredVerdict = Omit<Readiness, "warmUps"> & {
  /** Left out of those that an earlier release gave. */
  readonly warmUps?: Readiness["warmUps"];
  readonly occasionId: string;
  readonly name: string;
  readonly startsAtMs: number;
  readonly checkpoint: Checkpoint;
  readonly atMs: number;
};

/** Verdicts by occasion id, oldest first. */
export type Verdicts = Readonly<Record<string, readonly StoredVerdict[]>>;

/** Key of the verdicts. */
export const VERDICTS_KEY = "verdicts";

const FORGET_MS = DAY_MS;
// The audience that must find capacity at the start is the arrival's: the first minutes of the programme.
const ARRIVAL_MINUTES = 5;

/** What the tick has just planned and seen: the evidence. */
export type Evidence = { readonly planned: readonly Planned[]; readonly warmed: readonly Warmed[]; readonly correlationId?: string };

/** Gives each occasion its verdict when a checkpoint is reached, with what was just seen as evidence. */
export async function assess(context: Context, situation: Situation, evidence: Evidence): Promise<void> {
  const { documents } = context.ports;
  const { now } = situation;
  const before = (await readDocument<Verdicts>(documents, VERDICTS_KEY))?.value ?? {};
  const above = subjectsAbove(context, situation, now, now + 3 * HOUR_MS);
  const modes = await readModes(context);
  const warmUps = await warmUpEvidence(context);
  const fresh: StoredVerdict[] = [];
  for (const { targets, ...rest } of above) {
    const subject = { ...rest, targets: targets.map((target) => ({ ...target, mode: modeOf(target, modes) })) };
    const due = dueCheckpoint(subject, evidence.planned, before[subject.occasion.id] ?? [], now);
    if (due !== undefined) fresh.push(await verdictOf(context, subject, due, { ...evidence, warmUps: warmUps(subject) }, now));
  }
  if (fresh.length === 0) return;
  await updateDocument<Verdicts>(documents, VERDICTS_KEY, (kept) => {
    const next: Record<string, readonly StoredVerdict[]> = {};
    for (const [id, verdicts] of Object.entries(kept ?? {})) {
      if ((verdicts.at(-1)?.startsAtMs ?? 0) > now - FORGET_MS) next[id] = verdicts;
    }
    for (const verdict of fresh) next[verdict.occasionId] = [...(next[verdict.occasionId] ?? []), verdict];
    return next;
  });
  await publish(
    context,
    fresh.map((verdict) => assessedEvent(verdict, evidence.correlationId)),
  );
}

/** The latest checkpoint that has passed and was not answered; none once the occasion is on air. */
function dueCheckpoint(
  subject: Subject,
  planned: readonly Planned[],
  given: readonly StoredVerdict[],
  now: number,
): Checkpoint | undefined {
  const { startsAtMs } = subject.occasion;
  if (now >= startsAtMs) return undefined;
  const longest = Math.max(0, ...planned.map((made) => leadOf(made, subject.occasion)));
  const passed = checkpointsOf(startsAtMs, longest).filter(({ atMs }) => atMs <= now);
  const latest = passed.at(-1);
  if (latest === undefined) return undefined;
  // A programme that moved is assessed again at the checkpoints of its new start.
  return given.some((verdict) => verdict.checkpoint === latest.checkpoint && verdict.startsAtMs === startsAtMs)
    ? undefined
    : latest.checkpoint;
}

function neededAt(made: Planned, startsAtMs: number): readonly Need[] {
  return made.needs.filter((need) => need.atMs >= startsAtMs && need.atMs < startsAtMs + ARRIVAL_MINUTES * MINUTE_MS);
}

/** The minute of the arrival that is known to need the most; the first of several. */
function largestNeed(made: Planned, startsAtMs: number): { readonly atMs: number; readonly units: number } | undefined {
  let largest: { readonly atMs: number; readonly units: number } | undefined;
  for (const need of neededAt(made, startsAtMs)) {
    const units = neededUnits(need)?.units ?? -1;
    if (units > (largest?.units ?? -1)) largest = { atMs: need.atMs, units };
  }
  return largest;
}

/** The lead of all that the occasion takes, left out or not. */
function leadOf(made: Planned, { id, startsAtMs }: Occasion): number {
  const units = (largestNeed(made, startsAtMs)?.units ?? 0) + cappedUnits(made, id);
  return leadMs(made.target, made.startUpMs, units - made.target.baselineUnits);
}

function cappedUnits({ overCap }: Planned, id: string): number {
  return overCap.find(({ occasionId }) => occasionId === id)?.units ?? 0;
}

async function verdictOf(
  context: Context,
  subject: Subject,
  checkpoint: Checkpoint,
  evidence: Evidence & { readonly warmUps: readonly WarmUpEvidence[] },
  now: number,
): Promise<StoredVerdict> {
  const { id: occasionId, name, startsAtMs } = subject.occasion;
  const targets = await Promise.all(
    subject.targets.map((target) => evidenceOf(context, target, evidence, { occasion: subject.occasion, now })),
  );
  const means = new Map(evidence.planned.map(({ target, startUpMs }) => [target.id, { target, startUpMs }]));
  const { warmUps } = evidence;
  return { ...assessReadiness({ checkpoint, targets, warmUps, means, now }), occasionId, name, startsAtMs, checkpoint, atMs: now };
}

/** What is known of one target before one occasion. A target that could not be planned or looked at is there too, as unknown. */
async function evidenceOf(
  context: Context,
  target: Target,
  { planned, warmed }: Evidence,
  { occasion, now }: { readonly occasion: Occasion; readonly now: number },
): Promise<TargetEvidence> {
  const { id, startsAtMs } = occasion;
  const made = planned.find((each) => each.target.id === target.id);
  const seen = warmed.find((each) => each.targetId === target.id);
  const largest = made && largestNeed(made, startsAtMs);
  const needed = largest?.units;
  const arrival = made === undefined ? [] : neededAt(made, startsAtMs);
  const missing = arrival
    .flatMap((need) => neededUnits(need) ?? [])
    .map((each) => (each.limit === undefined ? 0 : each.wantedUnits - each.units));
  const { servingUnits, remarks, pending } = seen?.state.kind === "known" ? seen.state : NOTHING_SEEN;
  const said = [...(pending === undefined || remarks?.includes(pending) === true ? [] : [pending]), ...(remarks ?? [])];
  const hindered = seen === undefined ? {} : hinderedBy(target, seen);
  let readyByMs = made === undefined || seen === undefined || needed === undefined ? undefined : readyBy(made, seen, needed);
  if (hindered.waitsFor !== undefined && readyByMs !== undefined) {
    const behindMs = databaseReadyBy(hindered.waitsFor, { planned, warmed }, startsAtMs);
    readyByMs = behindMs === undefined || made === undefined ? undefined : Math.max(readyByMs, behindMs + made.startUpMs);
  }
  if (made !== undefined && needed !== undefined && servingUnits !== undefined)
    readyByMs = (await overdueSince(context, made, servingUnits, needed, now)) ?? readyByMs;
  return {
    targetId: target.id,
    neededUnits: needed,
    loadKnown: arrival.every((need) => need.kind === "known"),
    servingUnits,
    ...(said.length > 0 && { remarks: said }),
    floorUnits: seen?.tick.floorUnits,
    neededByMs: largest?.atMs ?? startsAtMs,
    readyByMs,
    shortUnits: Math.max(0, ...missing),
    cappedUnits: made === undefined ? 0 : cappedUnits(made, id),
    mode: target.mode,
    ...hindered,
  };
}

const NOTHING_SEEN = { servingUnits: undefined, remarks: undefined, pending: undefined };

/** When a database will have what it needs at a start. */
function databaseReadyBy(databaseId: string, { planned, warmed }: Evidence, startsAtMs: number): number | undefined {
  const made = planned.find((each) => each.target.id === databaseId);
  const seen = warmed.find((each) => each.targetId === databaseId);
  const needed = made && largestNeed(made, startsAtMs)?.units;
  return made === undefined || seen === undefined || needed === undefined ? undefined : readyBy(made, seen, needed);
}

/** What keeps a raise from being set, as the tick has just met it. */
function hinderedBy({ connections }: Target, { outcome }: Warmed): Pick<TargetEvidence, "failing" | "waitsFor"> {
  if (outcome.kind === "failed") {
    const { code, reason, attempt: attempts } = outcome;
    return { failing: { code, reason, attempts, needsPerson: outcome.outcome === "refused" } };
  }
  const waits = (outcome.kind === "set" || outcome.kind === "behind") && outcome.limit === "connections";
  return waits && connections !== undefined ? { waitsFor: connections.database } : {};
}

/** When the units needed will be serving: from when they were asked for, else from when the plan asks for them. */
function readyBy({ target, plan, startUpMs }: Planned, { tick, raise, state }: Warmed, needed: number): number | undefined {
  // Units that should have been serving long ago say nothing of when those after them will be.
  if (raise?.overdue === true) return undefined;
  if (raise !== undefined && tick.floorUnits >= needed) return raise.atMs + leadMs(target, startUpMs, raise.addedUnits);
  const asks = plan.steps.find((step) => step.floorUnits >= needed);
  // Units that are gone have to start again, although nothing more is asked for.
  const serving = state.kind === "known" ? (state.servingUnits ?? tick.floorUnits) : tick.floorUnits;
  const there = raise === undefined ? Math.min(tick.floorUnits, serving) : tick.floorUnits;
  return asks === undefined ? undefined : asks.atMs + leadMs(target, startUpMs, needed - there);
}

// One in twenty takes longer than its lead; half as long again is no longer bad luck, and what was asked for after it will not be faster.
const OVERDUE_LEADS = 1.5;

/** When what has been the floor for long should have been serving, where less than that is; undefined where it is, or nobody knows. */
async function overdueSince({ ports }: Context, { target, startUpMs }: Planned, serving: number, needed: number, now: number) {
  const lead = leadMs(target, startUpMs, needed - target.baselineUnits);
  const thenMs = minuteOf(now - OVERDUE_LEADS * lead);
  const entries = await ports.journal.read(target.id, thenMs, now);
  const [first] = entries;
  if (first === undefined || first.atMs > thenMs + MINUTE_MS) return undefined;
  // What was given back meanwhile and is asked for again has begun anew.
  const asked = Math.min(needed, ...entries.map(({ tick }) => tick.floorUnits));
  return serving < READY_SHARE * asked ? first.atMs + lead : undefined;
}

function assessedEvent(verdict: StoredVerdict, correlationId: string | undefined): AnyEvent {
  const data = {
    occasionId: verdict.occasionId,
    name: verdict.name,
    startsAt: isoOf(verdict.startsAtMs),
    checkpoint: verdict.checkpoint,
    verdict: verdict.verdict,
    pages: verdict.pages,
    evidence: verdict.evidence.map((target) => ({
      targetId: target.targetId,
      neededUnits: target.neededUnits ?? null,
      servingUnits: target.servingUnits ?? null,
      floorUnits: target.floorUnits ?? null,
      readyBy: target.readyByMs === undefined ? null : isoOf(target.readyByMs),
      note: target.note,
      next: target.next === undefined ? null : { code: target.next.type, text: sentenceOfAction(target.next, target) },
    })),
    warmUps: (verdict.warmUps ?? []).map(({ kind, id, verdict: own, goal, seen, note }) => ({
      kind,
      id,
      verdict: own,
      heldShare: seen?.shares?.held ?? null,
      goalShare: goal,
      seenAt: seen === undefined ? null : isoOf(seen.atMs),
      note,
    })),
  };
  const id = `readiness.assessed/${verdict.occasionId}/${isoOf(verdict.startsAtMs)}/${verdict.checkpoint}`;
  return newEvent(readinessAssessed, { id, atMs: verdict.atMs, correlationId, data });
}
