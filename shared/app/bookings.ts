import { stepAt, type Plan } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import { HOUR_MS, minuteOf } from "../core/time.ts";
import { BOOKED_AHEAD_MS, bookingChanges, bookingName, isOurs, raisesToBook, type Booked, type Booking } from "../core/warm/bookings.ts";
import { reasonOf } from "./capacity.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { mayWrite, type Warming } from "./floor.ts";
import { makePlans } from "./plan.ts";
import type { SetMinimumOutcome, TargetActions } from "./ports.ts";
import type { Situation } from "./situation.ts";

/** Floors beyond the tick's own plan, by target id, each from an instant on. */
type Ahead = { readonly madeAtMs: number; readonly floors: Readonly<Record<string, readonly Booking[]>> };

const AHEAD_KEY = "ahead";
// A day ahead changes little in half an hour, and costs as much to plan as the next hours do.
const AHEAD_EVERY_MS = HOUR_MS / 2;

/** Plans the day ahead, where that is due: what lies beyond a tick's plan is booked from it. */
export async function planAhead(context: Context, situation: Situation): Promise<void> {
  const { documents } = context.ports;
  const madeAtMs = minuteOf(situation.now);
  const before = (await readDocument<Ahead>(documents, AHEAD_KEY))?.value;
  if (before !== undefined && madeAtMs - before.madeAtMs < AHEAD_EVERY_MS && madeAtMs >= before.madeAtMs) return;
  const planned = await makePlans(context, situation, BOOKED_AHEAD_MS);
  const floors = Object.fromEntries(planned.map(({ target, plan }) => [target.id, floorsOf(plan)]));
  await updateDocument<Ahead>(documents, AHEAD_KEY, () => ({ madeAtMs, floors }));
}

/** The floors of the day ahead as they were planned last, by target id, each from an instant on. */
export async function readAhead({ ports }: Context): Promise<Ahead["floors"]> {
  return (await readDocument<Ahead>(ports.documents, AHEAD_KEY))?.value.floors ?? {};
}

/** The floors to come: as the plan in force has them, and beyond its end as the day ahead does. */
async function floorsAhead(context: Context, target: Target, plan: Plan | undefined): Promise<readonly Booking[]> {
  if (plan === undefined) return [];
  const ahead = (await readAhead(context))[target.id] ?? [];
  const first = ahead.findIndex(({ atMs }) => atMs >= plan.untilMs);
  return first < 0 ? floorsOf(plan) : [...floorsOf(plan), ...ahead.slice(first)];
}

function floorsOf(plan: Plan): readonly Booking[] {
  return plan.steps.map(({ atMs, floorUnits }) => ({ atMs, units: floorUnits }));
}

/** The scheduled actions of one target. Where they cannot be listed they are unknown. */
export async function listActionsOf({ ports }: Context, targetId: string): Promise<TargetActions> {
  try {
    const [actions] = await ports.bookings.list([targetId]);
    return actions ?? { kind: "unknown", targetId, reason: "the control plane did not mention it" };
  } catch (error) {
    return { kind: "unknown", targetId, reason: `the control plane did not answer: ${reasonOf(error)}` };
  }
}

/** Those of a target's scheduled actions that are ours and set a minimum. */
export function ours(actions: TargetActions): readonly Booked[] {
  if (actions.kind !== "known") return [];
  return actions.actions.flatMap(({ name, atMs, minimumUnits }) =>
    isOurs(name) && minimumUnits !== undefined ? [{ name, atMs, units: minimumUnits }] : [],
  );
}

/** The minimums that the customer's own scheduled actions set. */
export function theirsIn(actions: TargetActions): readonly Booking[] {
  if (actions.kind !== "known") return [];
  return actions.actions.flatMap(({ name, atMs, minimumUnits }) =>
    isOurs(name) || minimumUnits === undefined ? [] : [{ atMs, units: minimumUnits }],
  );
}

/** What one target's bookings are to become. */
export type BookingPlan = { readonly remove: readonly Booked[]; readonly put: readonly Booking[] };

/** The changes that make the bookings of a target right, once `inForceUnits` are in force. */
export async function bookingPlan(
  context: Context,
  target: Target,
  given: {
    readonly actions: TargetActions;
    readonly plan: Plan | undefined;
    readonly inForceUnits: number;
    readonly maximumUnits: number;
    readonly now: number;
  },
): Promise<BookingPlan> {
  const { actions, plan, inForceUnits, maximumUnits, now } = given;
  if (actions.kind !== "known") return { remove: [], put: [] };
  const booked = ours(actions);
  // Without a plan for now nothing is known of what comes; what is booked stays, as far as it lowers nothing.
  const floors =
    plan === undefined || stepAt(plan, now) === undefined
      ? booked.map(({ atMs, units }) => ({ atMs, units }))
      : await floorsAhead(context, target, plan);
  const others = actions.actions.length - booked.length;
  const wanted = raisesToBook({ floors, inForceUnits, maximumUnits, others, theirs: theirsIn(actions), now });
  return bookingChanges({ wanted, booked, inForceUnits, now });
}

// More than a few calls a tick would be throttled; what is left over is done by the next one.
const MOST_PUTS = 8;

/** Removes bookings, one after the other; those that are still there afterwards come back. A call without an answer counts as not done. */
export async function removeBookings(warming: Warming, remove: readonly Booked[]): Promise<readonly Booked[]> {
  const { context, target } = warming;
  const left: Booked[] = [];
  for (const one of remove) {
    await mayWrite(warming);
    const answer = await answered(() => context.ports.bookings.remove(target.id, one.name));
    if (answer?.kind !== "accepted") left.push(one);
  }
  return left;
}

/**
 * Has bookings that could not be taken away set no less than `units`: a second way for those that would lower what is in force. The latest
 * first, and none before one that could not be changed: wherever this stops, what is booked does not go down. Those that are as they were come back.
 */
export async function liftBookings(warming: Warming, below: readonly Booked[], units: number): Promise<readonly Booked[]> {
  const { context, target } = warming;
  const left = [...below].sort((a, b) => a.atMs - b.atMs);
  for (let last = left.at(-1); last !== undefined; last = left.at(-1)) {
    const { name, atMs } = last;
    await mayWrite(warming);
    const answer = await answered(() => context.ports.bookings.put(target.id, { name, atMs, minimumUnits: units }));
    if (answer?.kind !== "accepted") break;
    left.pop();
  }
  return left;
}

/** Books raises in their order, as many as one tick may; stops at the first that is not taken, since later ones must not stand alone below it. */
export async function putBookings(warming: Warming, put: readonly Booking[]): Promise<"all" | "some"> {
  const { context, target } = warming;
  for (const { atMs, units } of put.slice(0, MOST_PUTS)) {
    const action = { name: bookingName(atMs), atMs: minuteOf(atMs), minimumUnits: units };
    await mayWrite(warming);
    const answer = await answered(() => context.ports.bookings.put(target.id, action));
    if (answer?.kind !== "accepted") return "some";
  }
  return put.length <= MOST_PUTS ? "all" : "some";
}

async function answered(call: () => Promise<SetMinimumOutcome>): Promise<SetMinimumOutcome | undefined> {
  try {
    return await call();
  } catch {
    return undefined;
  }
}
