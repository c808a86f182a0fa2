import type { LoadMinute } from "../measurement.ts";
import type { Occasion } from "../schedule/occasion.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { measuredPlateau, type Air, type ExcessMinute } from "./air.ts";
import { groupsOf, learnGroups, learnSeries, SHORTEST_BROADCAST_MS, type MeasuredBroadcast } from "./audience.ts";
import { median } from "./median.ts";
import { learnLoadPerViewer, shapesFor, type Learned, type TargetUsual } from "./model.ts";
import { ARRIVAL_MS, DECAY_MS, learnShape, type Timing } from "./shape.ts";
import { usualAt } from "./usual-load.ts";

type TargetLoad = { readonly target: Target; readonly usual: TargetUsual; readonly load: readonly LoadMinute[] };

/** What was measured of one broadcast that is over. */
export type Broadcast = {
  readonly occasion: Occasion;
  readonly air: Air;
  /** Viewers above the usual of its channels, minute by minute, known minutes only. */
  readonly viewers: readonly ExcessMinute[];
  /** Targets that it may have been above the impact threshold for (as forecast or as it turned out), with their load around it. */
  readonly targets: readonly TargetLoad[];
  /**
   * Another occasion above the threshold overlapped: `wholly`, so that the load of the two cannot be told apart, or not in the middle third,
   * which shows what a viewer brings; then only the shape of its beginning or end is a mixture.
   */
  readonly overlapped: "not" | "outside-middle" | "wholly";
  /** Capacity was short, errors were abnormal, or an outage was suspected: such a broadcast may raise an estimate, never lower it. */
  readonly censored: boolean;
};

// Below this share of known minutes a broadcast teaches nothing: a gap is not a small audience.
const KNOWN_SHARE = 0.8;
// A plateau of less than this share of the usual load may be noise, and says nothing about what a viewer brings.
const DROWNED_SHARE = 0.05;
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
  return load.some((minute) => minute.kind === "known" && (minute.unservedRps ?? 0) > CENSORED_SHARE * minute.loadRps);
}

/**
 * What one broadcast teaches at once: the audience of its series always; load per viewer and shape where it was above the threshold and alone. Returns
 * the same object when there is nothing to learn. O(levels + knots).
 */
export function learnBroadcast(learned: Learned, broadcast: Broadcast, zone: ZoneOffsets): Learned {
  const { occasion, viewers, censored } = broadcast;
  const audience = measuredViewers(occasion, viewers);
  if (audience === undefined) return learned;
  let next: Learned = {
    ...learned,
    version: learned.version + 1,
    audience: learnSeries(learned.audience, occasion, { viewers: audience, censored }, zone),
    reach: {
      viewers: Math.max(learned.reach.viewers, audience),
      broadcasts: learned.reach.broadcasts + (broadcast.targets.length > 0 ? 1 : 0),
    },
  };
  if (broadcast.overlapped === "wholly" || audience <= 0) return next;
  for (const each of broadcast.targets) next = learnTarget(next, broadcast, each, audience, zone);
  return next;
}

/** The broadcast as its groups will learn from it with the rest of its day, or undefined when too little of it is known. */
export function measuredBroadcast({ occasion, viewers, censored }: Broadcast, zone: ZoneOffsets): MeasuredBroadcast | undefined {
  const audience = measuredViewers(occasion, viewers);
  return audience === undefined ? undefined : { groups: groupsOf(occasion, zone), viewers: audience, censored };
}

/** What a whole day of broadcasts teaches: what channels, day parts and genres draw beyond their usual. */
export function learnDay(learned: Learned, day: readonly MeasuredBroadcast[]): Learned {
  if (day.length === 0) return learned;
  return { ...learned, version: learned.version + 1, audience: learnGroups(learned.audience, day) };
}

/** The middle third of a broadcast, [fromMs, toMs): the arrival is over, and the crowd at the end still to come. */
export function middleThird({ startsAtMs, endsAtMs }: Timing): { readonly fromMs: number; readonly toMs: number } {
  const third = (endsAtMs - startsAtMs) / 3;
  return { fromMs: startsAtMs + third, toMs: endsAtMs - third };
}

/** What the load of one target teaches: load per viewer, and the shape where the end was seen. */
function learnTarget(
  learned: Learned,
  broadcast: Broadcast,
  { target, usual, load }: TargetLoad,
  audience: number,
  zone: ZoneOffsets,
): Learned {
  const { occasion, air, censored, overlapped } = broadcast;
  const endSeen = air.kind === "ended" && air.by !== "cap";
  const timing: Timing = { startsAtMs: occasion.startsAtMs, endsAtMs: endSeen ? air.endedAtMs : occasion.endsAtMs };
  const from = timing.startsAtMs - ARRIVAL_MS;
  const to = timing.endsAtMs + DECAY_MS;
  const minutes = load.flatMap((minute) => {
    const usualRps = usualAt(usual.load, minute.atMs, zone);
    if (minute.kind === "unknown" || usualRps === undefined || minute.atMs < from || minute.atMs >= to) return [];
    return [{ atMs: minute.atMs, usualRps, excess: minute.loadRps - usualRps }];
  });
  const onAir = minutes.filter((minute) => minute.atMs >= timing.startsAtMs && minute.atMs < timing.endsAtMs);
  if (onAir.length < (KNOWN_SHARE * (timing.endsAtMs - timing.startsAtMs)) / MINUTE_MS) return learned;
  // Load above usual once the arrival is over and before the crowd at the end: the middle third.
  const { fromMs, toMs } = middleThird(timing);
  const middle = onAir.filter((minute) => minute.atMs >= fromMs && minute.atMs < toMs);
  if (middle.length === 0) return learned;
  const plateau = median(middle.map((minute) => minute.excess));
  if (plateau <= 0 || plateau < DROWNED_SHARE * median(middle.map((minute) => minute.usualRps))) return learned;
  const next = learnLoadPerViewer(learned, target, occasion.programmeClass, { loadRps: plateau / audience, censored });
  if (!endSeen || overlapped !== "not") return next;
  const multiples = minutes.map(({ atMs, excess }) => ({ atMs, multiple: excess / plateau }));
  const shapes = learnShape(shapesFor(next, target.id), occasion.programmeClass, { timing, multiples, censored });
  return { ...next, shapes: { ...next.shapes, [target.id]: shapes } };
}
