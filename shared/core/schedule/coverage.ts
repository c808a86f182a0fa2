import { compareText } from "./programme.ts";
import type { ListedProgramme } from "./programme.ts";
import { outlineOf, slotsOf, type Slot } from "./outline.ts";

/** A stretch of time, [fromMs, toMs). */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

/** How one channel is covered between its first start `fromMs` and its last end `toMs`. */
export type ChannelCoverage = Stretch & {
  readonly channelId: string;
  readonly programmes: number;
  /** Stretches between the two in which nothing is on, by start. */
  readonly gaps: readonly Stretch[];
  readonly gapMs: number;
  /** Time in which only fillers are on. */
  readonly fillerMs: number;
};

/** How each channel is covered, by channel id. A filler covers: it says that nothing is on, which is knowledge. */
export function coverageOf(programmes: readonly ListedProgramme[]): readonly ChannelCoverage[] {
  const byChannel = new Map<string, ListedProgramme[]>();
  for (const programme of programmes) {
    const onChannel = byChannel.get(programme.channelId);
    if (onChannel === undefined) byChannel.set(programme.channelId, [programme]);
    else onChannel.push(programme);
  }
  return [...byChannel]
    .sort(([a], [b]) => compareText(a, b))
    .map(([channelId, onChannel]) => channelCoverage(channelId, slotsOf(outlineOf(onChannel))));
}

/** How one channel is covered, which has at least one slot. */
export function channelCoverage(channelId: string, slots: readonly Slot[]): ChannelCoverage {
  const all = unionOf(slots);
  const real = unionOf(slots.filter(({ says }) => says !== "filler"));
  const gaps = between(all);
  return {
    channelId,
    fromMs: all[0]?.fromMs ?? 0,
    toMs: all.at(-1)?.toMs ?? 0,
    programmes: slots.length,
    gaps,
    gapMs: lengthOf(gaps),
    fillerMs: lengthOf(all) - lengthOf(real),
  };
}

/** The time that any of `programmes` takes up, as stretches that do not touch, by start. */
export function unionOf(programmes: readonly Pick<ListedProgramme, "startsAtMs" | "endsAtMs">[]): readonly Stretch[] {
  const union: { fromMs: number; toMs: number }[] = [];
  for (const { startsAtMs, endsAtMs } of [...programmes].sort((a, b) => a.startsAtMs - b.startsAtMs)) {
    const last = union.at(-1);
    if (last !== undefined && startsAtMs <= last.toMs) last.toMs = Math.max(last.toMs, endsAtMs);
    else union.push({ fromMs: startsAtMs, toMs: endsAtMs });
  }
  return union;
}

/** Stretches in which two of `programmes` are on at once, by start. */
export function overlapsOf(programmes: readonly Pick<ListedProgramme, "startsAtMs" | "endsAtMs">[]): readonly Stretch[] {
  const overlaps: { readonly startsAtMs: number; readonly endsAtMs: number }[] = [];
  let endsAtMs = -Infinity;
  for (const programme of [...programmes].sort((a, b) => a.startsAtMs - b.startsAtMs)) {
    const untilMs = Math.min(endsAtMs, programme.endsAtMs);
    if (untilMs > programme.startsAtMs) overlaps.push({ startsAtMs: programme.startsAtMs, endsAtMs: untilMs });
    endsAtMs = Math.max(endsAtMs, programme.endsAtMs);
  }
  return unionOf(overlaps);
}

/** Milliseconds that `stretches` take together. */
export function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

function between(union: readonly Stretch[]): readonly Stretch[] {
  return union.slice(1).map(({ fromMs }, i) => ({ fromMs: union[i]?.toMs ?? fromMs, toMs: fromMs }));
}
