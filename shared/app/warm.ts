import type { AnyEvent } from "../../events/index.ts";
import { learnLead } from "../core/forecast/model.ts";
import { limitAt, stepAt } from "../core/plan/plan.ts";
import type { TickEvidence } from "../core/score.ts";
import type { Target } from "../core/target.ts";
import { MINUTE_MS } from "../core/time.ts";
import { listActionsOf } from "./bookings.ts";
import { describeTarget, reasonOf } from "./capacity.ts";
import type { Context } from "./context.ts";
import { floorInForce, keepFloor, LeaseNeeded, readFloor, type Asked, type Floor, type Raise, type Warming } from "./floor.ts";
import { followRelease } from "./follow-release.ts";
import { giveBackLease, takeLease } from "./lease.ts";
import { learn, type Lesson } from "./model.ts";
import { modeOf, readModes, targetsInForce } from "./modes.ts";
import { storedPlan, type StoredPlan } from "./plan.ts";
import type { TargetState, Versioned } from "./ports.ts";
import { publish } from "./publish.ts";
import { setFloor, type WarmOutcome } from "./set-floor.ts";
import { completedEvent, failedEvent } from "./warm-events.ts";

/** One target after one tick. */
export type Warmed = {
  readonly targetId: string;
  readonly state: TargetState;
  readonly outcome: WarmOutcome;
  readonly tick: TickEvidence;
  /** The raise that is not serving yet. */
  readonly raise: Raise | undefined;
};

/**
 * Brings the minimum of every target to what its plan asks for now. Reality is asked each time; nothing is taken as done because it was
 * done before. The targets are handled side by side: one that is slow, refuses or fails has its own outcome and its own event, and
 * neither delays nor stops another. With `only` the others are not looked at.
 */
export async function warm(context: Context, now: number, correlationId?: string, only?: ReadonlySet<string>): Promise<readonly Warmed[]> {
  const targets = (await targetsInForce(context)).filter(({ id }) => only?.has(id) ?? true);
  const all = await Promise.all(
    targets.map(async (target) => {
      const [state, actions] = await Promise.all([describeTarget(context, target.id), listActionsOf(context, target.id)]);
      return warmTarget({ context, target, state, actions, lease: undefined, now, correlationId });
    }),
  );
  const lessons = all.flatMap(({ lesson }) => lesson ?? []);
  if (lessons.length > 0) await learn(context, lessons, now);
  return all.map(({ warmed }) => warmed);
}

/** What is stored of a target. */
type Seen = { readonly stored: StoredPlan | undefined; readonly floor: Versioned<Floor> | undefined };

/** One target after one look or one write. */
type Done = { readonly warmed: Warmed; readonly lesson: Lesson | undefined; readonly seen: Seen };

/** In most minutes nothing has to be written, and a look shows it. What has to be is worked out anew once the target is ours to write. */
async function warmTarget(warming: Warming): Promise<Done> {
  try {
    return await carryOut(warming);
  } catch (error) {
    if (!(error instanceof LeaseNeeded)) throw error;
    return asWriter(warming);
  }
}

// Whoever finds a target taken leaves it to the writer: that one looks again after giving it back. Plans do not change more often than this.
const MOST_TURNS = 4;

/** Does what has to be done as the one writer of a target, on the newest plan, mode and description. */
async function asWriter(looked: Warming): Promise<Done> {
  const { context, target, now } = looked;
  let done: Done | undefined;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const lease = await takeLease(context, target.id, now);
    if (lease === undefined) break;
    const lesson = done?.lesson;
    let mode: Target["mode"];
    try {
      mode = await modeNow(context, target.id);
      const [state, actions] = [await describeTarget(context, target.id), await listActionsOf(context, target.id)];
      done = await carryOut({ ...looked, target: { ...target, mode }, state, actions, lease });
      done = { ...done, lesson: done.lesson ?? lesson };
    } finally {
      await giveBackLease(context, lease, now);
    }
    const newest = await storedPlan(context, target.id);
    if (newest?.version === done.seen.stored?.version && (await modeNow(context, target.id)) === mode) break;
  }
  return done ?? taken(looked);
}

async function modeNow(context: Context, targetId: string): Promise<Target["mode"]> {
  const own = context.settings.targets.find(({ id }) => id === targetId);
  return own === undefined ? "observe" : modeOf(own, await readModes(context));
}

/** Another writer is at this target, and looks at the newest plan before it ends; the next tick looks again. */
async function taken(warming: Warming): Promise<Done> {
  const { context, target, state } = warming;
  const seen: Seen = { stored: await storedPlan(context, target.id), floor: await readFloor(context, target.id) };
  const outcome: WarmOutcome = {
    kind: "failed",
    outcome: "deferred",
    code: "another-writer",
    reason: `${target.id}: another writer is at it at this moment`,
    attempt: 1,
  };
  const warmed = { targetId: target.id, state, outcome, tick: evidenceOf(warming, seen, outcome), raise: seen.floor?.value.raise };
  return { warmed, lesson: undefined, seen };
}

async function carryOut(warming: Warming): Promise<Done> {
  const { context, target, state, now } = warming;
  const events: AnyEvent[] = [];
  let seen: Seen = { stored: undefined, floor: undefined };
  let outcome: WarmOutcome;
  let lesson: Lesson | undefined;
  try {
    seen = { stored: await storedPlan(context, target.id), floor: await readFloor(context, target.id) };
    const set = await setFloor(warming, seen.stored, seen.floor, events);
    seen = { ...seen, floor: set.floor };
    outcome = set.outcome;
    const followed = await followRaise(warming, set.floor, events);
    seen = { ...seen, floor: await followRelease(warming, followed.floor, events) };
    lesson = followed.lesson;
  } catch (error) {
    if (error instanceof LeaseNeeded) throw error;
    outcome = { kind: "failed", outcome: "broken", code: "not-carried-out", reason: reasonOf(error), attempt: 1 };
    const floorUnits = wantedOf(seen, now) ?? target.baselineUnits;
    events.push(failedEvent(warming, { floorUnits, ...outcome }));
  }
  await publish(context, events);
  const warmed = { targetId: target.id, state, outcome, tick: evidenceOf(warming, seen, outcome), raise: seen.floor?.value.raise };
  return { warmed, lesson, seen };
}

function wantedOf({ stored }: Seen, now: number): number | undefined {
  return stored === undefined ? undefined : stepAt(stored.plan, now)?.floorUnits;
}

function evidenceOf({ target, state, now }: Warming, seen: Seen, outcome: WarmOutcome): TickEvidence {
  const floor = seen.floor?.value;
  // What a call just set is not described yet; without a description, what we meant to have is the best there is to say.
  const described = state.kind === "known" ? state.minimumUnits : undefined;
  const floorUnits = outcome.kind === "set" ? outcome.units : (described ?? (floor && floorInForce(floor)) ?? target.baselineUnits);
  const waits = outcome.kind === "set" || outcome.kind === "behind" ? outcome.limit : undefined;
  const limit = waits ?? (seen.stored && limitAt(seen.stored.plan, now));
  // What had to be put back was undone from outside, or half-done.
  const undone = outcome.kind === "set" && outcome.why === "repair";
  const refused = outcome.kind === "failed" || outcome.kind === "unknown" || undone;
  return { mode: target.mode, floorUnits, wantedUnits: wantedOf(seen, now) ?? floorUnits, limit, refused };
}

/** Tells when a raise is serving, and what its lead teaches; tells once when it should have been and is not. */
async function followRaise(
  warming: Warming,
  floor: Versioned<Floor> | undefined,
  events: AnyEvent[],
): Promise<{ readonly floor: Versioned<Floor> | undefined; readonly lesson?: Lesson }> {
  const { target, state, now } = warming;
  if (floor?.value.raise === undefined || state.kind === "unknown") return { floor };
  const { raise, ...rest } = floor.value;
  const { servingUnits } = state;
  // Where nobody says how many serve, neither can be told; the verdict is unknown then.
  if (servingUnits === undefined) return { floor };
  if (servingUnits >= raise.units) {
    const served = await keepFloor(warming, floor, rest);
    events.push(completedEvent(warming, raise, servingUnits));
    const tookMs = now - raise.atMs;
    // Units that the customer's own scaling had already brought say nothing about the time that ours take.
    if (raise.addedUnits === 0 || tookMs === 0 || !(await wasLookedAt(warming))) return { floor: served };
    return { floor: served, lesson: leadLesson(target.id, Math.max(MINUTE_MS, tookMs - launchMs(target, raise))) };
  }
  const { oldest = raise, ...newest } = raise;
  if (oldest !== raise && servingUnits >= oldest.units) {
    return { floor: await keepFloor(warming, floor, { ...rest, raise: { ...newest, overdue: false } }) };
  }
  // Twice the lead it was planned with is no longer bad luck.
  const waitedMs = now - oldest.atMs;
  if (raise.overdue || waitedMs <= 2 * (target.startUpMs + launchMs(target, oldest))) return { floor };
  const told = await keepFloor(warming, floor, { ...rest, raise: { ...raise, overdue: true } });
  const reason = `${servingUnits} of ${oldest.units} are serving ${Math.round(waitedMs / MINUTE_MS)} minutes after they were asked for`;
  const late = { outcome: "timed-out", code: "not-serving", reason, attempt: 1, shortUnits: oldest.units - servingUnits } as const;
  events.push(failedEvent(warming, { floorUnits: oldest.units, ...late }));
  return { floor: told };
}

// One tick that was lost makes a lead a minute too long; more would teach how long Calltime was down.
const LOOKED_WITHIN_MS = 2 * MINUTE_MS;

/** Whether there was a tick just before this one. Without it nobody knows since when a raise has been serving. */
async function wasLookedAt({ context, target, now }: Warming): Promise<boolean> {
  return (await context.ports.journal.read(target.id, now - LOOKED_WITHIN_MS, now)).length > 0;
}

function launchMs(target: Target, { addedUnits }: Asked): number {
  return Math.ceil(addedUnits / target.launchUnitsPerMinute) * MINUTE_MS;
}

function leadLesson(targetId: string, leadMs: number): Lesson {
  const what = `${targetId} took ${Math.round(leadMs / MINUTE_MS)} min from asking to serving`;
  return { apply: (before) => learnLead(before, targetId, leadMs), cause: "lead", what };
}
