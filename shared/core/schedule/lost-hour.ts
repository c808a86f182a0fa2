import { HOUR_MS, MINUTE_MS, type ZoneOffsets } from "../time.ts";
import type { ChannelCoverage, Stretch } from "./coverage.ts";

/** One instant at which a zone's clocks change, and by how much: an hour, or half of one on Lord Howe Island. */
export type ClockChange = { readonly atMs: number; readonly byMs: number };

/** An hour that a publisher lost on `silent` of the `channels` that have programmes within about a day of it. */
export type LostHour = {
  readonly change: ClockChange;
  /** The instant at which nothing is on air on those channels. */
  readonly atMs: number;
  readonly silent: number;
  readonly channels: number;
  /** The first of them, by id. */
  readonly examples: readonly string[];
  /** The most that are silent for so short a time at any other instant within a day. */
  readonly elsewhere: number;
};

/** From where on silence at a change of clocks is a lost hour. The share is 0 … 1 of the channels, and of the other instants' silence a multiple. */
export type LostHourThresholds = { readonly share: number; readonly least: number; readonly timesElsewhere: number };

/** Other instants are looked at from a day before to a day after, so that the same local time is among them whichever way the clocks went. */
const ELSEWHERE_MS = 26 * HOUR_MS;
const EXAMPLES = 3;

/** When the clocks of `zone` change. Offsets that only name the same offset again are no change. */
export function clockChanges(zone: ZoneOffsets): readonly ClockChange[] {
  return zone.slice(1).flatMap(({ fromMs, offsetMinutes }, i) => {
    const byMs = Math.abs(offsetMinutes - (zone[i]?.offsetMinutes ?? offsetMinutes)) * MINUTE_MS;
    return byMs === 0 ? [] : [{ atMs: fromMs, byMs }];
  });
}

/**
 * The hours lost when clocks changed. A publisher that takes the hour twice, or converts it with the offset of the other side, leaves
 * a hole as long as the change just after it, or just before: on every channel that it serves from that source, at one instant. So a
 * channel counts when it is silent at an instant in that stretch, for no longer than twice the change, with programmes before and
 * after; a night's closedown is longer. Many must be silent at once, and several times as many as at any other instant within a day,
 * since a guide with gaps has them at every hour. At most one a change.
 */
export function lostHours(
  coverage: readonly ChannelCoverage[],
  changes: readonly ClockChange[],
  { share, least, timesElsewhere }: LostHourThresholds,
): readonly LostHour[] {
  const found = changes.flatMap((change): LostHour[] => {
    const { atMs, byMs } = change;
    const holes = shortHoles(coverage, { fromMs: atMs - ELSEWHERE_MS - byMs, toMs: atMs + ELSEWHERE_MS + byMs }, 2 * byMs);
    const silentAt = (probeMs: number) => holes.filter(({ fromMs, toMs }) => fromMs <= probeMs && probeMs < toMs);
    const channels = coverage.filter(({ fromMs, toMs }) => fromMs < atMs + ELSEWHERE_MS && toMs > atMs - ELSEWHERE_MS).length;
    let elsewhere: number | undefined;
    // The change itself first: there the hole of a whole-hour guide begins.
    for (const probeMs of [atMs, atMs - byMs, atMs + byMs / 2, atMs - byMs / 2]) {
      const silent = silentAt(probeMs);
      if (silent.length < least || silent.length < channels * share) continue;
      elsewhere ??= mostElsewhere(change, (otherMs) => silentAt(otherMs).length);
      if (silent.length < elsewhere * timesElsewhere) continue;
      const examples = silent.slice(0, EXAMPLES).map(({ channelId }) => channelId);
      return [{ change, atMs: probeMs, silent: silent.length, channels, examples, elsewhere }];
    }
    return [];
  });
  // Zones that change an hour apart see the same silence, one after it and one before.
  return found.filter(({ atMs }, i) => found.findIndex((other) => other.atMs === atMs) === i);
}

function mostElsewhere({ atMs, byMs }: ClockChange, silentAt: (probeMs: number) => number): number {
  let most = 0;
  // Twice the change away a hole of the lost hour itself can reach no more.
  for (let awayMs = 2 * byMs; awayMs <= ELSEWHERE_MS; awayMs += byMs / 2) {
    most = Math.max(most, silentAt(atMs + awayMs), silentAt(atMs - awayMs));
  }
  return most;
}

function shortHoles(
  coverage: readonly ChannelCoverage[],
  within: Stretch,
  longestMs: number,
): readonly (Stretch & { readonly channelId: string })[] {
  return coverage.flatMap(({ channelId, gaps }) =>
    gaps
      .filter(({ fromMs, toMs }) => toMs > within.fromMs && fromMs < within.toMs && toMs - fromMs <= longestMs)
      .map((gap) => ({ ...gap, channelId })),
  );
}
