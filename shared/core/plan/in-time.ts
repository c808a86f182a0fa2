import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";

/** Units that a minute must find serving, and the load that is expected of it (median, requests a second), where known. */
export type NeededMinute = { readonly atMs: number; readonly units: number; readonly medianRps: number | undefined };

/** What of one target can still be had in time. */
export type InTime = {
  /** The most that any minute needs, and the first minute that does. */
  readonly neededUnits: number;
  readonly neededByMs: number;
  /** Units that can be serving in that minute, if all that is needed is asked for now. */
  readonly inTimeUnits: number;
  /** What cannot be had in time; undefined when all of it can. */
  readonly shortfall: Shortfall | undefined;
};

/** Minutes in [fromMs, untilMs) find less than they need. */
export type Shortfall = {
  readonly fromMs: number;
  /** When all that is needed is there; undefined when that is beyond the last minute looked at. */
  readonly untilMs: number | undefined;
  /** The most that any minute lacks. */
  readonly units: number;
  /** Requests of the expected load that would find no room on what can be serving; undefined where a minute's load is not known. */
  readonly unservedRequests: number | undefined;
};

/**
 * What can be serving of a target by when it is needed, if everything is asked for at `now`: what serves, after one start-up what has been
 * asked for already, and from then on as many units a minute as can be started. Undefined when nothing is needed.
 */
export function inTime(input: {
  readonly target: Target;
  readonly startUpMs: number;
  readonly servingUnits: number;
  /** Asked for already, serving or not. */
  readonly desiredUnits: number;
  /** Minutes in the order of time, none before `now`. */
  readonly minutes: readonly NeededMinute[];
  /** Units that what stands before it has room for at an instant; left out where nothing stands before it. */
  readonly roomAt?: (atMs: number) => number;
  readonly now: number;
}): InTime | undefined {
  const { target, minutes } = input;
  let most: NeededMinute | undefined;
  for (const minute of minutes) if (minute.units > (most?.units ?? 0)) most = minute;
  if (most === undefined) return undefined;
  const lacking = minutes
    .map((minute) => ({ ...minute, canServe: canServeAt(input, minute.atMs) }))
    .filter(({ units, canServe }) => canServe < units);
  const [first] = lacking;
  const neededBy = { neededUnits: most.units, neededByMs: most.atMs, inTimeUnits: Math.min(most.units, canServeAt(input, most.atMs)) };
  if (first === undefined) return { ...neededBy, shortfall: undefined };
  const untilMs = (lacking.at(-1) ?? first).atMs + MINUTE_MS;
  return {
    ...neededBy,
    shortfall: {
      fromMs: first.atMs,
      untilMs: untilMs > (minutes.at(-1)?.atMs ?? 0) ? undefined : untilMs,
      units: Math.max(...lacking.map(({ units, canServe }) => units - canServe)),
      unservedRequests: unservedIn(lacking, target.throughputRps),
    },
  };
}

function unservedIn(lacking: readonly (NeededMinute & { readonly canServe: number })[], throughputRps: number): number | undefined {
  let requests = 0;
  for (const { medianRps, canServe } of lacking) {
    if (medianRps === undefined) return undefined;
    requests += Math.max(0, medianRps - canServe * throughputRps) * (MINUTE_MS / 1_000);
  }
  return Math.round(requests);
}

/** Units that can be serving in the minute that starts at `atMs`; the inverse of `leadMs`. A unit needs its room when it begins to start. */
export function canServeAt(
  { target, startUpMs, servingUnits, desiredUnits, roomAt, now }: Omit<Parameters<typeof inTime>[0], "minutes">,
  atMs: number,
): number {
  const waitedMs = atMs - now - startUpMs;
  if (waitedMs < 0) return servingUnits;
  const launched = Math.floor(waitedMs / MINUTE_MS) * target.launchUnitsPerMinute;
  const room = roomAt?.(atMs - startUpMs) ?? target.ceilingUnits;
  return Math.max(servingUnits, Math.min(target.ceilingUnits, room, Math.max(servingUnits, desiredUnits) + launched));
}
