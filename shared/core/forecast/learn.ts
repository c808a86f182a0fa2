import type { LoadMinute } from "../measurement.ts";
import type { Occasion } from "../schedule/occasion.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { measuredPlateau, median, timingOf, type Air, type ExcessMinute } from "./air.ts";
import { learnAudience, SHORTEST_BROADCAST_MS } from "./audience.ts";
import { learnLoadPerViewer, shapesFor, type Learned, type TargetUsual } from "./model.ts";
import { ARRIVAL_MS, DECAY_MS, learnShape } from "./shape.ts";
import { usualAt } from "./usual-load.ts";

/** What was measured of one broadcast that is over. */
export type Broadcast = {
  readonly occasion: Occasion;
  readonly air: Air;
  /** Viewers above the usual of its channels, minute by minute, known minutes only. */
  readonly viewers: readonly ExcessMinute[];
  /** Targets for which it was above the impact threshold (as forecast or as it turned out), with their load around it. */
  readonly targets: readonly { readonly target: Target; readonly usual: TargetUsual; readonly load: readonly LoadMinute[] }[];
  /** Another occasion above the threshold overlapped: the load of the two cannot be told apart. */
  readonly overlapped: boolean;
  /** Capacity was short, errors were abnormal, or an outage was suspected: such a broadcast may raise an estimate, never lower it. */
  readonly censored: boolean;
};

// Below this share of known minutes a broadcast teaches nothing: a gap is not a small audience.
const KNOWN_SHARE = 0.8;
// Requests lost in this share of a minute's load make it a short minute.
const CENSORED_SHARE = 0.001;

/** The audience that was measured: the plateau in viewers above usual, or undefined when too little of it is known. */
export function measuredViewers(occasion: Occasion, viewers: readonly ExcessMinute[]): number | undefined {
  const lengthMs = occasion.endsAtMs - occasion.startsAtMs;
  if (lengthMs < SHORTEST_BROADCAST_MS) return undefined;
  const within = viewers.filter((minute) => minute.atMs >= occasion.startsAtMs && minute.atMs < occasion.endsAtMs);
  if (within.length < (KNOWN_SHARE * lengthMs) / MINUTE_MS) return undefined;
  return measuredPlateau(occasion, viewers);
}

/** Whether any of these minutes left requests unserved. */
export function wasShort(load: readonly LoadMinute[]): boolean {
  return load.some((minute) => minute.kind === "known" && minute.unservedRps > CENSORED_SHARE * minute.loadRps);
}

/**
 * What one broadcast teaches: its audience always; load per viewer and shape where it was above the threshold and alone. Returns
 * the same object when there is nothing to learn. O(levels + knots).
 */
export function learnBroadcast(learned: Learned, broadcast: Broadcast, zone: ZoneOffsets): Learned {
  const { occasion, viewers, censored } = broadcast;
  const audience = measuredViewers(occasion, viewers);
  if (audience === undefined) return learned;
  let next: Learned = {
    ...learned,
    version: learned.version + 1,
    audience: learnAudience(learned.audience, occasion, { viewers: audience, censored }, zone),
    reach: {
      viewers: Math.max(learned.reach.viewers, audience),
      broadcasts: learned.reach.broadcasts + (broadcast.targets.length > 0 ? 1 : 0),
    },
  };
  if (broadcast.overlapped || audience <= 0) return next;
  for (const { target, usual, load } of broadcast.targets) next = learnTarget(next, broadcast, target, usual, load, audience, zone);
  return next;
}

function learnTarget(
  learned: Learned,
  broadcast: Broadcast,
  target: Target,
  usual: TargetUsual,
  load: readonly LoadMinute[],
  audience: number,
  zone: ZoneOffsets,
): Learned {
  const { occasion, air } = broadcast;
  const timing = timingOf(occasion, air, occasion.endsAtMs);
  const from = timing.startsAtMs - ARRIVAL_MS;
  const to = timing.endsAtMs + DECAY_MS;
  const excess = load.flatMap((minute) => {
    const usualRps = usualAt(usual.load, minute.atMs, zone);
    if (minute.kind === "unknown" || usualRps === undefined || minute.atMs < from || minute.atMs > to) return [];
    return [{ atMs: minute.atMs, excess: minute.loadRps - usualRps }];
  });
  if (excess.length < (KNOWN_SHARE * (timing.endsAtMs - timing.startsAtMs)) / MINUTE_MS) return learned;
  const plateau = plateauOf(excess, timing.startsAtMs, timing.endsAtMs);
  if (plateau === undefined || plateau <= 0) return learned;
  const multiples = excess.map((minute) => ({ atMs: minute.atMs, multiple: minute.excess / plateau }));
  const withK = learnLoadPerViewer(learned, target, occasion.programmeClass, plateau / audience);
  const shapes = learnShape(shapesFor(withK, target.id), occasion.programmeClass, timing, multiples);
  return { ...withK, shapes: { ...withK.shapes, [target.id]: shapes } };
}

/** Load above usual once the arrival is over and before the crowd at the end: the middle third. */
function plateauOf(excess: readonly ExcessMinute[], startsAtMs: number, endsAtMs: number): number | undefined {
  const third = (endsAtMs - startsAtMs) / 3;
  const middle = excess
    .filter((minute) => minute.atMs >= startsAtMs + third && minute.atMs < endsAtMs - third)
    .map((minute) => minute.excess);
  return middle.length === 0 ? undefined : median(middle);
}
