import { isoOf, type AnyEvent } from "../../events/index.ts";
import { isReserved } from "../core/plan/envelope.ts";
import { roomAtDatabase, unitsHeldByClients } from "./database-room.ts";
import { stepAt } from "../core/plan/plan.ts";
import type { Booked, Booking } from "../core/warm/bookings.ts";
import { decideFloor, type FloorDecision } from "../core/warm/floor.ts";
import { DAY_MS, MINUTE_MS, minuteOf } from "../core/time.ts";
import { bookingPlan, liftBookings, listActionsOf, ours, putBookings, removeBookings, theirsIn } from "./bookings.ts";
import { describeTarget, setMinimum, type Answer } from "./capacity.ts";
import { releaseOf } from "./follow-release.ts";
import { floorInForce, keepFloor, mayWrite, withLowered, type Floor, type Raise, type Warming } from "./floor.ts";
import { firedOfTheirs, outsideChangesAt, theirsToRemember, withPutBack, type OutsideChanges } from "./outside-change.ts";
import type { StoredPlan } from "./plan.ts";
import type { TargetState, Versioned } from "./ports.ts";
import { isCarried } from "./publish.ts";
import { failedEvent, requestedEvent } from "./warm-events.ts";

/** What became of a target's minimum in one tick. */
export type WarmOutcome =
  | { readonly kind: "left"; readonly why: Extract<FloorDecision, { kind: "leave" }>["why"] | "let-go" }
  | {
      readonly kind: "set";
      readonly units: number;
      readonly why: "raise" | "repair" | "release";
      /** The rest of the raise waits until the database behind it has connections for it. */
      readonly limit?: "connections";
    }
  /** A raise waits until the database behind it has connections for it. */
  | { readonly kind: "behind"; readonly limit: "connections" }
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
  if (target.mode !== "active") return withoutBookings(warming, remembered, events);
  if (state.kind === "unknown") {
    const due = stored && stepAt(stored.plan, now)?.floorUnits;
    const inForce = remembered === undefined ? target.baselineUnits : floorInForce(remembered.value);
    // What is due is not tried blindly; that it cannot be is said as long as it lasts.
    if (due !== undefined && due > inForce)
      events.push(failedEvent(warming, { floorUnits: due, outcome: "deferred", code: "not-described", reason: state.reason, attempt: 1 }));
    return { outcome: { kind: "unknown", why: state.reason }, floor: remembered };
  }
  const described = state;
  const floor = await adopted(warming, described, await settled(warming, described, remembered));
  const { minimumUnits, desiredUnits } = described;
  const isBelow = floor !== undefined && minimumUnits < floor.value.intendedUnits;
  const theirs = isBelow ? firedOfTheirs(floor.value, minimumUnits, now) : undefined;
  const decision = decideFloor({
    target,
    wantedUnits: stored === undefined ? undefined : stepAt(stored.plan, now)?.floorUnits,
    minimumUnits,
    desiredUnits,
    // What the customer's own schedule sets is the customer's own minimum from then on.
    floor: floor && { ...floor.value, ...(theirs && { customerUnits: theirs.units }) },
    isPending: described.pending !== undefined,
    now,
  });
  switch (decision.kind) {
    case "leave":
      return booked(warming, described, stored, { outcome: { kind: "left", why: decision.why }, floor });
    case "let-go": {
      const { units: intendedUnits, customerUnits } = decision;
      const lowered = await keepFloor(warming, floor, {
        intendedUnits,
        customerUnits,
        failures: 0,
        ...bookedOf(floor),
        ...outsideChangesAt(floor?.value ?? {}, now),
        ...withLowered(floor?.value, now),
      });
      return booked(warming, described, stored, { outcome: { kind: "left", why: "let-go" }, floor: lowered });
    }
    case "wait": {
      // Only what we hold is ever lowered, so there is a floor.
      const waiting = floor && (await keepFloor(warming, floor, { ...floor.value, lower: { units: decision.units, atMs: now } }));
      return booked(warming, described, stored, { outcome: { kind: "waiting", units: decision.units }, floor: waiting });
    }
    case "set": {
      const most = Math.min(decision.units, described.maximumUnits);
      const units = await withDatabase(warming, described, { ...decision, units: most }, events);
      if (units > most && units === minimumUnits)
        return booked(warming, described, stored, { outcome: { kind: "waiting", units: most }, floor });
      if (units < most && units === minimumUnits) {
        return booked(warming, described, stored, { outcome: { kind: "behind", limit: "connections" }, floor });
      }
      if (most < decision.units) {
        const shortUnits = decision.units - most;
        const reason = `${target.id}: its maximum is ${units}, ${shortUnits} less than is asked for`;
        const cut = { code: "above-maximum", reason, attempt: 1 };
        events.push(failedEvent(warming, { floorUnits: decision.units, outcome: "clamped", shortUnits, ...cut }));
        // All that there is room for stands already.
        if (minimumUnits === units && (desiredUnits ?? units) >= units)
          return booked(warming, described, stored, { outcome: { kind: "failed", outcome: "refused", ...cut }, floor });
      }
      const { way, floor: known } = await clearedWay(warming, { described, stored, floor }, units);
      const ticks = waitedBefore(known?.value, now) + 1;
      if (way !== undefined && ticks <= (way.firesFirst ? MOST_WAITS_TO_FIRE : MOST_WAITS)) {
        const { reason } = way;
        const attempt = (known?.value.failures ?? 0) + 1;
        const outcome: WarmOutcome = { kind: "failed", outcome: "deferred", code: "booking-in-the-way", reason, attempt };
        events.push(failedEvent(warming, { floorUnits: units, ...outcome }));
        const waited = { ticks, atMs: now };
        return { outcome, floor: await keepFloor(warming, known, { ...floorOf(known, described), failures: attempt, waited }) };
      }
      const writing = { decision: { ...decision, units }, described, floor: known, stored, theirs };
      const set = await writeMinimum(warming, writing, events);
      const { outcome } = set;
      const waits = units < most && outcome.kind === "set" ? { ...outcome, limit: "connections" as const } : outcome;
      return booked(warming, described, stored, { ...set, outcome: waits }, theirs);
    }
    case "pending": {
      const { units, why } = decision;
      if (why === "release") return { outcome: { kind: "waiting", units }, floor };
      const reason = `${target.id}: ${described.pending ?? "an earlier change is still being carried out"}`;
      const outcome = { kind: "failed", outcome: "deferred", code: "change-pending", reason, attempt: 1 } as const;
      events.push(failedEvent(warming, { floorUnits: units, ...outcome }));
      return { outcome, floor };
    }
    case "unknown":
      return { outcome: { kind: "unknown", why: decision.why }, floor };
    default:
      return decision satisfies never;
  }
}

/**
 * The units that may be set now, where a database and its clients wait for each other. More connections than it has are refused again and
 * again, and take those in use with them: so it comes up before its clients, and what it has no room for yet comes with a later tick; and it
 * comes down after them. Nothing that stands is taken back.
 */
async function withDatabase(
  warming: Warming,
  { minimumUnits, desiredUnits, deployingTimes = 1 }: Known,
  { units, why }: Pick<Extract<FloorDecision, { kind: "set" }>, "units" | "why">,
  events: AnyEvent[],
): Promise<number> {
  const { context, target } = warming;
  if (why === "release") {
    // Its clients are still there when their floors have come down.
    const held = await unitsHeldByClients(context, target);
    return Math.max(units, Math.min(minimumUnits, held ?? minimumUnits));
  }
  // What its owner's own scaling has brought up already opens no connection more.
  if (why !== "raise" || units <= (desiredUnits ?? minimumUnits)) return units;
  const room = await roomAtDatabase(context, target);
  // In a deployment old and new units are there together, and each has its connections.
  const allowed = room === undefined ? units : Math.max(minimumUnits, Math.floor(room.units / deployingTimes));
  if (room === undefined || allowed >= units) return units;
  const shortUnits = units - allowed;
  const reason = `${room.databaseId} serves ${room.databaseUnits} units, with connections for ${room.units} of ${target.id}: the rest waits for it`;
  events.push(failedEvent(warming, { floorUnits: units, outcome: "deferred", code: "database-first", reason, attempt: 1, shortUnits }));
  return allowed;
}

// A raise waits for a booking below it so many ticks; then the audience counts for more than the minute in which it may be lowered again. For
// one that fires before the next tick it waits longer: that one raises too, and would take away what was set just before it.
const MOST_WAITS = 2;
const MOST_WAITS_TO_FIRE = 5;

/** How many ticks just before this one a raise has waited; calls that were refused meanwhile are no waiting. */
function waitedBefore(floor: Floor | undefined, now: number): number {
  return floor?.waited !== undefined && now - floor.waited.atMs <= 2 * MINUTE_MS ? floor.waited.ticks : 0;
}

type Known = Extract<TargetState, { kind: "known" }>;

function bookedOf(floor: Versioned<Floor> | undefined): Pick<Floor, "booked"> {
  const { booked: known } = floor?.value ?? {};
  return known === undefined ? {} : { booked: known };
}

function floorOf(floor: Versioned<Floor> | undefined, { minimumUnits }: Known): Floor {
  return floor?.value ?? { intendedUnits: minimumUnits, customerUnits: minimumUnits, failures: 0 };
}

/**
 * Leaving `active` takes our bookings away first; nothing else is written (design rules 8 and 9). Bookings that cannot be listed are not
 * taken for gone as long as one is remembered.
 */
async function withoutBookings(warming: Warming, remembered: Versioned<Floor> | undefined, events: AnyEvent[]): Promise<Set> {
  const { actions, now } = warming;
  const { booked: known = [] } = remembered?.value ?? {};
  const unseen = actions.kind === "unknown" ? known.filter(({ atMs }) => atMs > now) : [];
  const left = [...unseen, ...(await removeBookings(warming, ours(actions)))];
  const [first] = left;
  if (first !== undefined) {
    const why = actions.kind === "unknown" ? `could not be listed: ${actions.reason}` : "could not be removed";
    const reason = `${left.length} of our bookings ${why}; the first sets ${first.units} at ${isoOf(first.atMs)}`;
    const outcome = { kind: "failed", outcome: "deferred", code: "booking-not-removed", reason, attempt: 1 } as const;
    events.push(failedEvent(warming, { floorUnits: first.units, ...outcome }));
    return { outcome, floor: remembered };
  }
  const fired = known.filter(({ atMs }) => atMs <= now);
  const gone = remembered !== undefined && actions.kind !== "unknown" && fired.length < known.length;
  const floor = gone ? await keepFloor(warming, remembered, { ...remembered.value, booked: fired }) : remembered;
  return { outcome: { kind: "left", why: "not-active" }, floor };
}

/** The floor when a booking of ours has set the minimum that is found: it is ours as if we had just set it. */
async function adopted(
  warming: Warming,
  { minimumUnits }: Known,
  floor: Versioned<Floor> | undefined,
): Promise<Versioned<Floor> | undefined> {
  if (floor?.value.booked === undefined || minimumUnits <= floor.value.intendedUnits) return floor;
  const fired = floor.value.booked.some(({ atMs, units }) => atMs <= warming.now && units === minimumUnits);
  return fired ? keepFloor(warming, floor, { ...floor.value, intendedUnits: minimumUnits }) : floor;
}

/** What stands in the way of a raise. */
type InTheWay = {
  readonly reason: string;
  /** One of our bookings below it fires before the next tick. */
  readonly firesFirst: boolean;
};

/**
 * Takes away, or lifts, every booking that would lower `units`, and looks whether none is left; no `way` when it is clear. The floor comes
 * back as it is remembered then.
 */
async function clearedWay(
  warming: Warming,
  { described, stored, floor }: Pick<Write, "described" | "stored" | "floor">,
  units: number,
): Promise<{ readonly way?: InTheWay; readonly floor: Versioned<Floor> | undefined }> {
  const { minimumUnits, maximumUnits } = described;
  const { context, target, actions, now } = warming;
  const firesFirst = (all: readonly Booking[]): boolean =>
    units > minimumUnits && all.some((one) => one.units < units && one.atMs >= minuteOf(now) && one.atMs < minuteOf(now) + MINUTE_MS);
  if (actions.kind === "unknown") {
    const reason = `its bookings could not be listed: ${actions.reason}`;
    return { way: { reason, firesFirst: firesFirst(floor?.value.booked ?? []) }, floor };
  }
  if (units <= minimumUnits) return { floor };
  const { remove } = await bookingPlan(context, target, { actions, plan: stored?.plan, inForceUnits: units, maximumUnits, now });
  const below = remove.filter((one) => one.units < units);
  if (below.length === 0) return { floor };
  const left = await removeBookings(warming, below);
  const known = left.length === 0 ? floor : await lifted(warming, floorOf(floor, described), floor, { left, units });
  const after = await listActionsOf(context, target.id);
  const still = after.kind === "known" ? ours(after).filter((one) => one.units < units) : below;
  if (still.length === 0) return { floor: known };
  const reason = `${still.length} bookings below ${units} units could not be taken away`;
  return { way: { reason, firesFirst: firesFirst(still) }, floor: known };
}

/** Lifts bookings; what they are to set is remembered before the calls: fired while Calltime is down, its minimum must be known as ours. */
async function lifted(
  warming: Warming,
  floor: Floor,
  before: Versioned<Floor> | undefined,
  { left, units }: { readonly left: readonly Booked[]; readonly units: number },
): Promise<Versioned<Floor>> {
  const booked = each([...(floor.booked ?? []), ...left.map(({ atMs }) => ({ atMs, units }))]);
  const known = await keepFloor(warming, before, { ...floor, booked });
  await liftBookings(warming, left, units);
  return known;
}

/**
 * Puts the bookings right once the minimum is; what was about to be booked is remembered before the calls, and so are the customer's own
 * actions, but for the one that was `met`.
 */
async function booked(warming: Warming, described: Known, stored: StoredPlan | undefined, set: Set, met?: Booking): Promise<Set> {
  const { context, target, actions, now } = warming;
  if (actions.kind !== "known") return set;
  const inForceUnits = set.outcome.kind === "set" ? Math.max(set.outcome.units, described.minimumUnits) : described.minimumUnits;
  const { remove, put } = await bookingPlan(context, target, {
    actions,
    plan: stored?.plan,
    inForceUnits,
    maximumUnits: described.maximumUnits,
    now,
  });
  const fired = (set.floor?.value.booked ?? []).filter(({ atMs }) => atMs <= now && atMs > now - FIRED_LATELY_MS);
  const memory = each([...fired, ...ours(actions), ...put]);
  let { floor } = set;
  const theirs = each(theirsToRemember(floor?.value ?? {}, theirsIn(actions), set.outcome.kind === "set" ? met : undefined, now));
  const isKnown = isAlike(memory, floor?.value.booked ?? []) && isAlike(theirs, floor?.value.theirs ?? []);
  if ((floor !== undefined || memory.length > 0) && !isKnown) {
    const { theirs: _, ...rest } = floorOf(floor, described);
    floor = await keepFloor(warming, floor, { ...rest, booked: memory, ...(theirs.length > 0 && { theirs }) });
  }
  const left = await removeBookings(warming, remove);
  const below = left.filter(({ units }) => units < inForceUnits);
  if (below.length > 0) floor = await lifted(warming, floorOf(floor, described), floor, { left: below, units: inForceUnits });
  // Beside one that should be gone, what is put now might be lowered by it.
  if (left.length === 0) await putBookings(warming, put);
  return { ...set, floor };
}

function isAlike(a: readonly Booking[], b: readonly Booking[]): boolean {
  return a.length === b.length && a.every(({ atMs, units }, index) => b[index]?.atMs === atMs && b[index].units === units);
}

/** Each booking once, by instant, then units. */
function each(bookings: readonly Booking[]): readonly Booking[] {
  if (bookings.length === 0) return bookings;
  const sorted = bookings.map(({ atMs, units }) => ({ atMs, units })).sort((a, b) => a.atMs - b.atMs || a.units - b.units);
  return sorted.filter(({ atMs, units }, index) => sorted[index - 1]?.atMs !== atMs || sorted[index - 1]?.units !== units);
}

// A booking that fired while Calltime was down is ours for as long as its minimum stands; a day is the longest one is booked ahead.
const FIRED_LATELY_MS = DAY_MS;

/** The floor once the description has shown which of two minimums it may be is in force. */
export async function settled(
  warming: Warming,
  described: Known | undefined,
  floor: Versioned<Floor> | undefined,
): Promise<Versioned<Floor> | undefined> {
  if (floor?.value.unsettledUnits === undefined || described === undefined) return floor;
  const { unsettledUnits, oursUnits = unsettledUnits, ...rest } = floor.value;
  const intendedUnits = described.minimumUnits === unsettledUnits ? oursUnits : rest.intendedUnits;
  return keepFloor(warming, floor, { ...rest, intendedUnits });
}

type Write = {
  readonly decision: Extract<FloorDecision, { kind: "set" }>;
  readonly described: Known;
  readonly floor: Versioned<Floor> | undefined;
  readonly stored: StoredPlan | undefined;
  /** The customer's own action that is made good for. */
  readonly theirs: Booking | undefined;
};

/** Sets a minimum that was decided on, remembered before and after the call. Throws what the store throws. */
export async function writeMinimum(
  warming: Warming,
  { decision, described, floor, stored, theirs }: Write,
  events: AnyEvent[],
): Promise<Set> {
  const { context, target, now } = warming;
  const { units, customerUnits, why } = decision;
  const fromUnits = described.minimumUnits;
  const { raise, failures } = floor?.value ?? { raise: undefined, failures: 0 };
  const undone = why === "repair" && floor !== undefined && fromUnits < floor.value.intendedUnits && theirs === undefined;
  const outside: OutsideChanges = (undone ? withPutBack : outsideChangesAt)(floor?.value ?? {}, now);
  const { release } = floor?.value ?? {};
  const before = {
    customerUnits,
    failures,
    ...(raise && { raise }),
    ...(release && { release }),
    ...bookedOf(floor),
    ...outside,
    ...withLowered(floor?.value, now),
  };
  const lowered = withLowered(floor?.value, now, isReserved(target) && units < fromUnits);
  // Above what is ours somebody else's may stand, and stays theirs whatever becomes of the call.
  const oursUnits = Math.min(fromUnits, Math.max(customerUnits, floor?.value.intendedUnits ?? fromUnits));
  const open = { intendedUnits: units, unsettledUnits: fromUnits, ...(oursUnits < fromUnits && { oursUnits }) };
  // Stored before the call: should the answer be lost, either minimum found next time is known to be ours.
  const asked = await keepFloor(warming, floor, { ...before, ...open, ...lowered });
  if (units > fromUnits && isCarried(context, "calltime.warm-up.requested"))
    events.push(requestedEvent(warming, { floorUnits: units, fromUnits, stored }));
  await mayWrite(warming);
  const answer = await heard(warming, fromUnits, units);
  if (outside.contestedMs === now && floor?.value.contestedMs !== now) {
    const times = outside.putBackMs?.length ?? 0;
    const reason = `${target.id}: somebody took its minimum away ${times} times in a quarter of an hour; it is put back each time`;
    events.push(failedEvent(warming, { floorUnits: units, outcome: "deferred", code: "contested", reason, attempt: times }));
  }
  if (answer.kind === "accepted") {
    const next = {
      customerUnits,
      intendedUnits: units,
      failures: 0,
      ...bookedOf(asked),
      ...outside,
      ...lowered,
      ...raiseOf(warming, raise, units, described),
      ...releasedOf(warming, floor?.value, decision, described),
    };
    return { outcome: { kind: "set", units, why }, floor: await keepFloor(warming, asked, next) };
  }
  const { kind, code, reason } = answer;
  const attempt = failures + 1;
  const outcome: WarmOutcome = { kind: "failed", outcome: kind, code, reason, attempt };
  events.push(failedEvent(warming, { floorUnits: units, ...outcome }));
  // What was refused changed nothing, so nothing is intended beyond what is there. Without an answer both are possible.
  const standing = kind === "unanswered" ? { ...open, ...lowered } : { intendedUnits: oursUnits };
  return { outcome, floor: await keepFloor(warming, asked, { ...before, ...standing, failures: attempt }) };
}

/**
 * Sets the minimum and reads it back: AWS offers no condition on one, so that only looking shows whether it is there. Where it cannot be
 * looked at, the word of the control plane counts.
 */
async function heard({ context, target }: Warming, fromUnits: number, units: number): Promise<Answer> {
  const answer = await setMinimum(context, target.id, units);
  if (answer.kind !== "accepted") return answer;
  const state = await describeTarget(context, target.id);
  if (state.kind === "unknown" || state.minimumUnits === units) return answer;
  const found = state.minimumUnits === fromUnits ? "as it was" : "set by somebody else";
  return {
    kind: "unanswered",
    code: "not-read-back",
    reason: `${units} units were accepted, and the minimum is ${state.minimumUnits}: ${found}`,
  };
}

/** The release under way: begun or gone on with by a lower floor, given up for a raise. */
function releasedOf(
  { now }: Warming,
  before: Floor | undefined,
  { why, units }: Write["decision"],
  described: Known,
): Pick<Floor, "release"> {
  const { desiredUnits } = described;
  if (why === "release") return { release: releaseOf(before, units, desiredUnits ?? described.minimumUnits, now) };
  return why === "repair" && before?.release !== undefined ? { release: before.release } : {};
}

function raiseOf({ now }: Warming, raise: Raise | undefined, units: number, { minimumUnits, desiredUnits }: Known): Pick<Floor, "raise"> {
  if (units > minimumUnits) {
    const asked = { units, addedUnits: Math.max(0, units - (desiredUnits ?? minimumUnits)), atMs: now };
    if (raise === undefined) return { raise: { ...asked, overdue: false } };
    const { oldest = { units: raise.units, addedUnits: raise.addedUnits, atMs: raise.atMs }, overdue } = raise;
    return { raise: { ...asked, oldest, overdue } };
  }
  // A release to below what is still starting gives that up.
  return raise !== undefined && raise.units <= units ? { raise } : {};
}
