import type { Target } from "../core/target.ts";
import { DAY_MS } from "../core/time.ts";
import type { Booking } from "../core/warm/bookings.ts";
import type { FloorMemory } from "../core/warm/floor.ts";
import type { Context } from "./context.ts";
import { readDocument, replaceDocument } from "./documents.ts";
import type { Release } from "./follow-release.ts";
import { holdLease, type WriterLease } from "./lease.ts";
import type { OutsideChanges } from "./outside-change.ts";
import type { TargetActions, TargetState, Versioned } from "./ports.ts";

/** What Calltime did to a target's minimum, kept before and after each call. */
export type Floor = FloorMemory &
  OutsideChanges & {
    /** What was ours before a call whose outcome we never learned, where somebody else had set more. */
    readonly oursUnits?: number;
    /** A raise that is not serving yet. */
    readonly raise?: Raise;
    /** A release whose capacity was not seen to come down yet. */
    readonly release?: Release;
    /** Calls in a row that did not go through. */
    readonly failures: number;
    /** How many ticks in a row a raise has waited for a booking below it, and the last of them. */
    readonly waited?: { readonly ticks: number; readonly atMs: number };
    /** Our bookings as they were last known, with those that were about to be put: a minimum that one of them set is ours. */
    readonly booked?: readonly Booking[];
    /** Of a reservation: when it was lowered, or may have been, in the last day. */
    readonly loweredMs?: readonly number[];
  };

/** The newest raise that is not serving yet. */
export type Raise = Asked & {
  /** The first of several raises, one on top of the other, that is not serving yet. */
  readonly oldest?: Asked;
  /** It was said that the oldest takes too long. */
  readonly overdue: boolean;
};

/** What was asked for, how many units that added, and when. */
export type Asked = { readonly units: number; readonly addedUnits: number; readonly atMs: number };

/** One target in one tick, as its control plane describes it. */
export type Warming = {
  readonly context: Context;
  readonly target: Target;
  readonly state: TargetState;
  /** Its scheduled actions. */
  readonly actions: TargetActions;
  /** The right to write it; undefined while it is only looked at. */
  readonly lease: WriterLease | undefined;
  readonly now: number;
  readonly correlationId: string | undefined;
};

function floorKey(targetId: string): string {
  return `floor/${targetId}`;
}

/** The floor of a target as stored. */
export async function readFloor(context: Context, targetId: string): Promise<Versioned<Floor> | undefined> {
  return readDocument<Floor>(context.ports.documents, floorKey(targetId));
}

/** Thrown where something would have to be written and the right to was not taken yet; until then nothing has been. */
export class LeaseNeeded extends Error {}

// One for all: it tells the caller what to do next, and nobody asks where it came from.
const LEASE_NEEDED = new LeaseNeeded("a writer takes the lease first");

/** Throws LeaseNeeded when the target is only looked at, and `lease-lost` when another writer has taken over. */
export async function mayWrite({ context, lease }: Warming): Promise<void> {
  if (lease === undefined) throw LEASE_NEEDED;
  await holdLease(context, lease);
}

/** Replaces the floor that was read as `before`. Throws what `mayWrite` does, and `document-contested` when another writer wrote it since. */
export async function keepFloor(warming: Warming, before: Versioned<Floor> | undefined, floor: Floor): Promise<Versioned<Floor>> {
  await mayWrite(warming);
  const { context, target } = warming;
  return replaceDocument(context.ports.documents, floorKey(target.id), before, floor);
}

/** When a reservation was lowered in the day before `now`. */
export function loweredLately(floor: Floor | undefined, now: number): readonly number[] {
  return (floor?.loweredMs ?? []).filter((atMs) => atMs > now - DAY_MS);
}

/** What is remembered of the lowerings of a reservation, with one at `now` when it is about to be. */
export function withLowered(floor: Floor | undefined, now: number, lowers = false): Pick<Floor, "loweredMs"> {
  const loweredMs = [...loweredLately(floor, now), ...(lowers ? [now] : [])];
  return loweredMs.length === 0 ? {} : { loweredMs };
}

/** The minimum that is taken to be in force; of two that it may be, the higher. */
export function floorInForce({ intendedUnits, unsettledUnits }: FloorMemory): number {
  return Math.max(intendedUnits, unsettledUnits ?? intendedUnits);
}
