import { isoOf, newEvent, readinessAssessed, type AnyEvent } from "../../events/index.ts";
import { leadMs } from "../core/plan/capacity.ts";
import { neededUnits, type Need } from "../core/plan/demand.ts";
import { assessReadiness, checkpointsOf, type Checkpoint, type Readiness, type TargetEvidence } from "../core/readiness/verdict.ts";
import type { WarmUpEvidence } from "../core/readiness/warm-up.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { Planned } from "./plan.ts";
import { modeOf, readModes } from "./modes.ts";
import { publish } from "./publish.ts";
import type { Situation } from "./situation.ts";
import { subjectsBetween, type Subject } from "./subjects.ts";
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
  const { above } = subjectsBetween(context, situation, now, now + 3 * HOUR_MS);
  const modes = await readModes(context);
  const warmUps = await warmUpEvidence(context);
  const fresh: StoredVerdict[] = [];
  for (const { targets, ...rest } of above) {
    const subject = { ...rest, targets: targets.map((target) => ({ ...target, mode: modeOf(target, modes) })) };
    const due = dueCheckpoint(subject, evidence.planned, before[subject.occasion.id] ?? [], now);
    if (due !== undefined) fresh.push(verdictOf(subject, due, { ...evidence, warmUps: warmUps(subject) }, now));
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

function verdictOf(
  subject: Subject,
  checkpoint: Checkpoint,
  { planned, warmed, warmUps }: Evidence & { readonly warmUps: readonly WarmUpEvidence[] },
  now: number,
): StoredVerdict {
  const { id: occasionId, name, startsAtMs } = subject.occasion;
  const targets = subject.targets.map((target) =>
    evidenceOf(
      target,
      planned.find((made) => made.target.id === target.id),
      warmed.find((seen) => seen.targetId === target.id),
      subject.occasion,
    ),
  );
  return { ...assessReadiness({ checkpoint, targets, warmUps, now }), occasionId, name, startsAtMs, checkpoint, atMs: now };
}

/** What is known of one target before one occasion. A target that could not be planned or looked at is there too, as unknown. */
function evidenceOf(
  target: Target,
  made: Planned | undefined,
  seen: Warmed | undefined,
  { id, startsAtMs }: Pick<Occasion, "id" | "startsAtMs">,
): TargetEvidence {
  const largest = made && largestNeed(made, startsAtMs);
  const needed = largest?.units;
  const arrival = made === undefined ? [] : neededAt(made, startsAtMs);
  const missing = arrival
    .flatMap((need) => neededUnits(need) ?? [])
    .map((each) => (each.limit === undefined ? 0 : each.wantedUnits - each.units));
  return {
    targetId: target.id,
    neededUnits: needed,
    loadKnown: arrival.every((need) => need.kind === "known"),
    servingUnits: seen?.state.kind === "known" ? seen.state.servingUnits : undefined,
    ...(seen?.state.kind === "known" && seen.state.remarks !== undefined && { remarks: seen.state.remarks }),
    floorUnits: seen?.tick.floorUnits,
    neededByMs: largest?.atMs ?? startsAtMs,
    readyByMs: made === undefined || seen === undefined || needed === undefined ? undefined : readyBy(made, seen, needed),
    shortUnits: Math.max(0, ...missing),
    cappedUnits: made === undefined ? 0 : cappedUnits(made, id),
    mode: target.mode,
  };
}

/** When the units needed will be serving: from when they were asked for, else from when the plan asks for them. */
function readyBy({ target, plan, startUpMs }: Planned, { tick, raise }: Warmed, needed: number): number | undefined {
  // Units that should have been serving long ago say nothing of when those after them will be.
  if (raise?.overdue === true) return undefined;
  if (raise !== undefined && tick.floorUnits >= needed) return raise.atMs + leadMs(target, startUpMs, raise.addedUnits);
  const asks = plan.steps.find((step) => step.floorUnits >= needed);
  return asks === undefined ? undefined : asks.atMs + leadMs(target, startUpMs, needed - tick.floorUnits);
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
