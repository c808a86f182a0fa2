import { isMainThread } from "node:worker_threads";
import { offsetsFound, zoneOffsets } from "../config/zone.ts";
import type { ZoneOffsets } from "../core/time.ts";

/**
 * What `zoneOffsets` finds, sooner: the first formatter of a process reads all locales there are, which takes as long as everything else of
 * ours at a cold start. `Date` needs the one zone only, when it is the process's own; so it is that while this runs, and no longer.
 * Throws `zone-unknown`.
 */
export function deployedOffsets(zone: string, fromMs: number, toMs: number): ZoneOffsets {
  // A worker's TZ is a copy that Date does not look at; without a slash it may be a rule (CET-1CEST), for which some machines put their own zone.
  if (!isMainThread || !zone.includes("/")) return zoneOffsets(zone, fromMs, toMs);
  const offsets = asOwnZone(zone, () => offsetsFound((atMs) => -new Date(atMs).getTimezoneOffset(), fromMs, toMs));
  // A zone that Date does not know is as UTC to it; the formatter tells one from the other.
  return offsets.every(({ offsetMinutes }) => offsetMinutes === 0) ? zoneOffsets(zone, fromMs, toMs) : offsets;
}

function asOwnZone<T>(zone: string, work: () => T): T {
  const { TZ: own } = process.env;
  process.env["TZ"] = zone;
  try {
    return work();
  } finally {
    if (own === undefined) delete process.env["TZ"];
    else process.env["TZ"] = own;
  }
}
