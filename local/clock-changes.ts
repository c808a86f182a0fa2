import { clockChanges, type ClockChange } from "../shared/core/schedule/lost-hour.ts";
import { DAY_MS } from "../shared/core/time.ts";
import { zoneOffsets } from "../shared/config/zone.ts";

/** A guide is for some weeks; what is further off is a misprint, and to look for its clocks would take for ever. */
const MOST_MS = 60 * DAY_MS;

/**
 * When clocks change between two instants, at most 60 days after the first: those of `zone`, or, without one, those of any zone that
 * there is, of two at one instant the smaller. Throws `zone-unknown`.
 */
export function clockChangesBetween(zone: string | undefined, fromMs: number, toMs: number): readonly ClockChange[] {
  const zones = zone === undefined ? Intl.supportedValuesOf("timeZone") : [zone];
  const changes = new Map<number, ClockChange>();
  for (const each of zones) {
    for (const change of clockChanges(zoneOffsets(each, fromMs - DAY_MS, Math.min(toMs, fromMs + MOST_MS) + DAY_MS))) {
      const known = changes.get(change.atMs);
      if (known === undefined || known.byMs > change.byMs) changes.set(change.atMs, change);
    }
  }
  return [...changes.values()].sort((a, b) => a.atMs - b.atMs);
}
