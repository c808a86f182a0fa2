import { CalltimeError } from "../core/error.ts";
import { DAY_MS, MINUTE_MS, type ZoneOffset, type ZoneOffsets } from "../core/time.ts";

/** The UTC offsets of an IANA zone between two instants, as the core wants them: resolved here, once. Throws `zone-unknown`. */
export function zoneOffsets(zone: string, fromMs: number, toMs: number): ZoneOffsets {
  const format = formatOf(zone);
  return offsetsFound((atMs) => offsetAt(format, atMs), fromMs, toMs);
}

/**
 * The offsets between two instants, of a zone whose offset in minutes at any one of them can be asked for. Found by looking once a day and
 * halving down to the minute where two looks differ; no zone changes twice within a day.
 */
export function offsetsFound(offsetAtMs: (atMs: number) => number, fromMs: number, toMs: number): ZoneOffsets {
  const offsets: ZoneOffset[] = [{ fromMs, offsetMinutes: offsetAtMs(fromMs) }];
  for (let atMs = fromMs; atMs < toMs; atMs += DAY_MS) {
    const offsetMinutes = offsetAtMs(atMs + DAY_MS);
    if (offsetMinutes === offsets.at(-1)?.offsetMinutes) continue;
    let before = atMs;
    let after = atMs + DAY_MS;
    while (after - before > MINUTE_MS) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAtMs(middle) === offsetMinutes) after = middle;
      else before = middle;
    }
    offsets.push({ fromMs: after, offsetMinutes });
  }
  return offsets;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch (error) {
    throw new CalltimeError("zone-unknown", `${zone}: no such time zone; give an IANA name such as Europe/Copenhagen`, { cause: error });
  }
}

function offsetAt(format: Intl.DateTimeFormat, atMs: number): number {
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const localMs = Date.UTC(part["year"] ?? 0, (part["month"] ?? 1) - 1, part["day"] ?? 1, part["hour"] ?? 0, part["minute"] ?? 0);
  return Math.round((localMs - Math.floor(atMs / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

/** What a run needs of a zone: from before its measured history until well after its end. */
export const ZONE_MARGIN_MS = 16 * DAY_MS;
