import { CalltimeError } from "../core/error.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";

/** The right to write one target's floor, minimum and bookings for a while: each target has one writer at a time (design rule 7). */
export type WriterLease = {
  readonly targetId: string;
  /** Rises with each writer. Whoever finds a larger one has lost the right. */
  readonly fence: number;
};

/** Held in [takenAtMs, untilMs); given back when the two are equal. */
type StoredLease = { readonly takenAtMs: number; readonly untilMs: number };

// A tick ends within 45 s and the next one begins after 60: it never finds the lease of one that died before it.
const LEASE_MS = (MINUTE_MS * 50) / 60;

/** Takes the right to write a target, or returns undefined while somebody else has it. */
export async function takeLease({ ports }: Context, targetId: string, now: number): Promise<WriterLease | undefined> {
  const before = await readDocument<StoredLease>(ports.documents, keyOf(targetId));
  if (before !== undefined && isHeld(before.value, now)) return undefined;
  const version = before?.version ?? 0;
  const taken: StoredLease = { takenAtMs: now, untilMs: now + LEASE_MS };
  if ((await ports.documents.write(keyOf(targetId), taken, version)) === "conflict") return undefined;
  // The version is the fencing number: the store raises it with each writer, and no two ever have the same.
  return { targetId, fence: version + 1 };
}

/** Throws `lease-lost` when another writer has taken over. No call that changes a target is made without having looked. */
export async function holdLease({ ports }: Context, { targetId, fence }: WriterLease): Promise<void> {
  const stands = await readDocument<StoredLease>(ports.documents, keyOf(targetId));
  if (stands?.version === fence) return;
  throw new CalltimeError("lease-lost", `${targetId}: another writer took over after number ${fence}; nothing more is written`);
}

/** Gives the right back. Where another writer has taken over there is nothing to give. */
export async function giveBackLease({ ports }: Context, { targetId, fence }: WriterLease, now: number): Promise<void> {
  const given: StoredLease = { takenAtMs: now, untilMs: now };
  await ports.documents.write(keyOf(targetId), given, fence);
}

/** A lease from the future is left behind by a clock that went back; of two clocks that differ a little, both respect it. */
function isHeld({ takenAtMs, untilMs }: StoredLease, now: number): boolean {
  return now < untilMs && takenAtMs < now + LEASE_MS;
}

function keyOf(targetId: string): string {
  return `lease/${targetId}`;
}
