import { isoOf, newEvent, releaseAssessed, type AnyEvent } from "../../events/index.ts";
import { MINUTE_MS } from "../core/time.ts";
import { keepFloor, type Floor, type Warming } from "./floor.ts";
import type { Versioned } from "./ports.ts";

/** A release whose capacity was not seen to come down yet. */
export type Release = {
  /** The floor that it was released to. */
  readonly units: number;
  /** What was desired when it began. */
  readonly fromUnits: number;
  /** When its last step was taken. */
  readonly atMs: number;
};

// Target tracking waits for fifteen minutes of low load and then comes down in steps with five minutes between: three quarters of an hour
// are plenty for a policy that scales in at all.
const STILL_UP_MS = 45 * MINUTE_MS;

/** The release that a lowered floor is part of: several steps are one. */
export function releaseOf(before: Floor | undefined, units: number, desiredUnits: number, now: number): Release {
  return { units, fromUnits: before?.release?.fromUnits ?? desiredUnits, atMs: now };
}

/** Tells when capacity has come down to a released floor, or once that it has not: a release is done when it is down (design rule 2). */
export async function followRelease(
  warming: Warming,
  floor: Versioned<Floor> | undefined,
  events: AnyEvent[],
): Promise<Versioned<Floor> | undefined> {
  const { state, now } = warming;
  if (floor?.value.release === undefined || state.kind === "unknown") return floor;
  const { release, ...rest } = floor.value;
  const { desiredUnits } = state;
  // Where nobody says how many are asked for, nobody can tell whether they came down.
  if (desiredUnits === undefined) return floor;
  const isDown = desiredUnits <= release.units;
  if (!isDown && now - release.atMs < STILL_UP_MS) return floor;
  const told = await keepFloor(warming, floor, rest);
  events.push(assessedEvent(warming, release, desiredUnits, isDown ? "done" : "still-up"));
  return told;
}

function assessedEvent(
  { target, now, correlationId }: Warming,
  { units, fromUnits, atMs }: Release,
  desiredUnits: number,
  outcome: "done" | "still-up",
): AnyEvent {
  const { id: targetId, costUsdPerUnitHour: price } = target;
  const costUsdPerHour = price === undefined ? null : Number((Math.max(0, desiredUnits - units) * price).toFixed(4));
  const data = { targetId, outcome, floorUnits: units, fromUnits, desiredUnits, releasedAt: isoOf(atMs), costUsdPerHour };
  return newEvent(releaseAssessed, { id: `release.assessed/${targetId}/${isoOf(atMs)}`, atMs: now, correlationId, data });
}
