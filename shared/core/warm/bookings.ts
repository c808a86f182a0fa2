import { DAY_MS, MINUTE_MS } from "../time.ts";

/** A raise that happens by itself: at `atMs` the minimum is *set* to `units`, whatever it was then. */
export type Booking = { readonly atMs: number; readonly units: number };

/** A booking as it stands at the control plane. */
export type Booked = Booking & { readonly name: string };

/** What starts the name of every scheduled action of ours; no other is ever changed. */
export const OURS = "calltime-";

/** Scheduled actions that one target may have (Application Auto Scaling, not adjustable). */
export const MOST_ACTIONS = 200;

/** How far ahead raises are booked. */
export const BOOKED_AHEAD_MS = DAY_MS;

/** The name of the booking of an instant: the same instant, the same booking. */
export function bookingName(atMs: number): string {
  return `${OURS}${Math.floor(atMs / MINUTE_MS)}`;
}

/** Whether a scheduled action is one of ours. */
export function isOurs(name: string): boolean {
  return name.startsWith(OURS);
}

/**
 * The raises of `floors` (a floor from each instant on, in order) that are to be booked: each above all that is in force, was booked before
 * it, or will have been set by the customer's own actions, since a scheduled action sets a minimum and must never lower one; steps down are
 * not booked. Clamped to the present maximum;
 * as many as the customer's own `others` leave room for, neighbours merged upwards: the earlier instant with the larger floor.
 */
export function raisesToBook(input: {
  readonly floors: readonly Booking[];
  readonly inForceUnits: number;
  readonly maximumUnits: number;
  /** Scheduled actions of the customer's own on this target. */
  readonly others: number;
  /** The minimums that these will set. */
  readonly theirs: readonly Booking[];
  readonly now: number;
}): readonly Booking[] {
  const { floors, inForceUnits, maximumUnits, theirs, now } = input;
  const raises: Booking[] = [];
  let highest = inForceUnits;
  for (const { atMs, units: asked } of floors) {
    const units = Math.min(asked, maximumUnits);
    for (const their of theirs) if (their.atMs <= atMs) highest = Math.max(highest, their.units);
    if (atMs <= now || atMs > now + BOOKED_AHEAD_MS || units <= highest) continue;
    raises.push({ atMs, units });
    highest = units;
  }
  const room = Math.max(0, MOST_ACTIONS - input.others);
  while (raises.length > room) mergeClosest(raises);
  return raises;
}

function mergeClosest(raises: Booking[]): void {
  let closest = 1;
  for (let i = 1; i < raises.length; i += 1) if (gapMs(raises, i) < gapMs(raises, closest)) closest = i;
  const [earlier, later] = [raises[closest - 1], raises[closest]];
  if (earlier === undefined || later === undefined) raises.length = 0;
  else raises.splice(closest - 1, 2, { atMs: earlier.atMs, units: later.units });
}

function gapMs(raises: readonly Booking[], index: number): number {
  return (raises[index]?.atMs ?? 0) - (raises[index - 1]?.atMs ?? 0);
}

/** What has to be done for the bookings to be right; removals first, then `put` in its order. */
export type BookingChanges = { readonly remove: readonly Booked[]; readonly put: readonly Booking[] };

// A fresh forecast moves by some per cent from one tick to the next: a booking a little early or a little high is left as it is.
const EARLY_MS = 5 * MINUTE_MS;
const HIGH_SHARE = 0.2;
const HIGH_UNITS = 2;

/**
 * The changes from what is `booked` (ours alone) to `wanted`. What stays and what is put rises from `inForceUnits` on in the order of time,
 * so that none of them lowers a minimum; and after any of the removals, or of the puts in order, that holds of what is there.
 */
export function bookingChanges(input: {
  readonly wanted: readonly Booking[];
  readonly booked: readonly Booked[];
  readonly inForceUnits: number;
  readonly now: number;
}): BookingChanges {
  const { wanted, booked, now } = input;
  const kept = new Set<Booked>();
  const put: Booking[] = [];
  let highest = input.inForceUnits;
  let latestMs = now;
  for (const { atMs, units: asked } of wanted) {
    const units = Math.max(asked, highest);
    const stands = booked.find(
      (one) =>
        one.atMs > latestMs &&
        one.atMs <= atMs &&
        one.atMs > atMs - EARLY_MS &&
        one.units >= units &&
        one.units <= Math.max(units + HIGH_UNITS, units * (1 + HIGH_SHARE)),
    );
    if (stands === undefined) {
      // What the one before it was left at may already be enough.
      if (asked <= highest && put.length + kept.size > 0) continue;
      put.push({ atMs, units });
      highest = units;
      latestMs = atMs;
    } else {
      kept.add(stands);
      highest = stands.units;
      latestMs = stands.atMs;
    }
  }
  return { remove: booked.filter((one) => !kept.has(one)), put };
}
