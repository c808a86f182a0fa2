import type { AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import { MINUTE_MS } from "../core/time.ts";
import { listActionsOf, ours, removeBookings } from "./bookings.ts";
import { describeTarget, reasonOf } from "./capacity.ts";
import type { Context } from "./context.ts";
import { keepFloor, readFloor, withLowered, type Floor, type Warming } from "./floor.ts";
import { giveBackLease, takeLease } from "./lease.ts";
import { readModes, setMode } from "./modes.ts";
import type { TargetState, Versioned } from "./ports.ts";
import { publish } from "./publish.ts";
import { settled, writeMinimum } from "./set-floor.ts";

/** What became of one target that is given back to its owner. */
export type Released = { readonly targetId: string } & Given;

type Given =
  /** Its minimum went from one to the other, which are equal where only bookings were ours; `bookings` of ours were removed. */
  | { readonly outcome: "released"; readonly fromUnits: number; readonly units: number; readonly bookings: number }
  | { readonly outcome: "nothing-of-ours" }
  /** Something of ours may still be there; running it again is right. */
  | { readonly outcome: "failed"; readonly code: string; readonly reason: string };

/**
 * Gives every target back: our bookings first, then the minimum that its owner had, where the one found is ours. The targets are handled
 * side by side, and one that refuses keeps no other. All targets observe from then on, so that no tick raises them again. The second time
 * changes nothing. Throws `mode-author-blank` and `mode-why-blank`, before anything is done.
 */
export async function releaseAll(
  context: Context,
  now: number,
  { author, why }: { readonly author: string; readonly why: string },
): Promise<readonly Released[]> {
  // In `observe` the plans go on being made and scored, and going active is one call; frozen would say that the floors stay.
  const mode = (await readModes(context)).all?.mode === "frozen" ? "frozen" : "observe";
  await setMode(context, { mode, author, why }, now);
  return Promise.all(context.settings.targets.map(async (target) => ({ targetId: target.id, ...(await released(context, target, now)) })));
}

async function released(context: Context, target: Target, now: number): Promise<Given> {
  try {
    const lease = await takeLease(context, target.id, now);
    if (lease === undefined) return failed("another-writer", `${target.id}: another writer is at it at this moment; run it again`);
    const events: AnyEvent[] = [];
    try {
      const actions = await listActionsOf(context, target.id);
      const state: TargetState = { kind: "unknown", targetId: target.id, reason: "it was not looked at yet" };
      return await givenBack({ context, target, state, actions, lease, now, correlationId: undefined }, events);
    } finally {
      await giveBackLease(context, lease, now);
      await publish(context, events);
    }
  } catch (error) {
    return failed(error instanceof CalltimeError ? error.code : "not-carried-out", reasonOf(error));
  }
}

async function givenBack(looked: Warming, events: AnyEvent[]): Promise<Given> {
  const { context, target, now } = looked;
  const remembered = await readFloor(context, target.id);
  const bookings = ours(looked.actions);
  const left = await bookingsLeft(looked, remembered?.value.booked?.filter(({ atMs }) => atMs > now).length ?? 0);
  if (left !== undefined) return failed("booking-not-removed", left);
  // Looked at only now: one of the bookings may have fired before it was removed.
  const state = await describeTarget(context, target.id);
  const warming = { ...looked, state };
  if (state.kind === "unknown") {
    const isOurs = bookings.length > 0 || (remembered !== undefined && holdsSomething(remembered.value));
    return isOurs ? failed("not-described", `${target.id}: ${state.reason}`) : { outcome: "nothing-of-ours" };
  }
  const floor = await settled(warming, state, remembered);
  const fromUnits = state.minimumUnits;
  const onlyBookings: Given =
    bookings.length === 0
      ? { outcome: "nothing-of-ours" }
      : { outcome: "released", fromUnits, units: fromUnits, bookings: bookings.length };
  if (floor === undefined || !holdsSomething(floor.value)) return onlyBookings;
  const units = ownUnits(floor.value, now);
  if (!isSetByUs(floor.value, fromUnits, now) || units >= fromUnits) {
    await letGo(warming, floor);
    return onlyBookings;
  }
  const held = await keepFloor(warming, floor, { ...floor.value, intendedUnits: fromUnits, booked: [] });
  const decision = { kind: "set", units, customerUnits: units, why: "release" } as const;
  const { outcome } = await writeMinimum(
    warming,
    { decision, described: state, floor: held, stored: undefined, theirs: undefined },
    events,
  );
  if (outcome.kind === "failed") return failed(outcome.code, outcome.reason);
  return { outcome: "released", fromUnits, units, bookings: bookings.length };
}

/** Removes our bookings and looks whether they are gone; says why not. Those remembered count as there while nobody can list them. */
async function bookingsLeft(warming: Warming, toCome: number): Promise<string | undefined> {
  const { context, target, actions } = warming;
  const mine = ours(actions);
  await removeBookings(warming, mine);
  const after = mine.length === 0 ? actions : await listActionsOf(context, target.id);
  const count = after.kind === "unknown" ? Math.max(mine.length, toCome) : ours(after).length;
  if (count === 0) return undefined;
  const why = after.kind === "unknown" ? `could not be listed: ${after.reason}` : "could not be removed";
  return `${target.id}: ${count} of our bookings ${why}; its minimum stays until they are gone`;
}

function holdsSomething({ intendedUnits, customerUnits, unsettledUnits, booked = [] }: Floor): boolean {
  return intendedUnits !== customerUnits || unsettledUnits !== undefined || booked.length > 0;
}

/** The owner's own minimum: what stood there before the first raise, or what an action of theirs has set since, if that is more. */
function ownUnits({ customerUnits, theirs = [] }: Floor, now: number): number {
  return Math.max(customerUnits, ...theirs.filter(({ atMs }) => atMs <= now).map(({ units }) => units));
}

// A booking that fired while this ran is ours too.
const RUNS_FOR_MS = MINUTE_MS;

function isSetByUs({ intendedUnits, customerUnits, booked = [] }: Floor, minimumUnits: number, now: number): boolean {
  if (intendedUnits !== customerUnits && minimumUnits === intendedUnits) return true;
  return booked.some(({ atMs, units }) => atMs <= now + RUNS_FOR_MS && units === minimumUnits);
}

/** Somebody else has set what is found: nothing is written to the target, and nothing there is remembered as ours. */
async function letGo(warming: Warming, { value, version }: Versioned<Floor>): Promise<void> {
  const { customerUnits, theirs } = value;
  const kept = { ...(theirs && { theirs }), ...withLowered(value, warming.now) };
  await keepFloor(warming, { value, version }, { intendedUnits: customerUnits, customerUnits, failures: 0, ...kept });
}

function failed(code: string, reason: string): Given {
  return { outcome: "failed", code, reason };
}
