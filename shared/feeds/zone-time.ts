import type { FeedItem } from "../core/schedule/programme.ts";
import { repaired } from "./feed-items.ts";
import { parseOffset } from "./iso-time.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Instants whose offset is remembered for one zone: hours of two years. */
const MOST_REMEMBERED = 17_568;

/** Which instant a wall clock shows a time at, in one zone. */
export type ZoneTime = {
  readonly name: string;
  /** Minutes east of UTC at an instant. */
  readonly offsetMinutesAt: (atMs: number) => number;
};

/** What became of a wall time: `skipped` where the clock jumps over it, `repeated` where it is shown twice and the first counts. */
export type WallInstant = { readonly atMs: number; readonly how: "plain" | "skipped" | "repeated" };

/**
 * The zone that `name` says: an IANA name, `UTC`, `GMT`, `Z`, or an offset such as `+02:00` or `UTC+2`. Undefined when there is no such
 * zone.
 */
export function zoneNamed(name: string): ZoneTime | undefined {
  const known = ZONES.get(name);
  if (known !== undefined) return known;
  const offset = fixedOffset(name);
  const zone = offset === undefined ? ianaZone(name) : { name, offsetMinutesAt: () => offset };
  if (zone !== undefined && ZONES.size < 1_000) ZONES.set(name, zone);
  return zone;
}

const ZONES = new Map<string, ZoneTime>();

/**
 * The instant of a wall time (milliseconds as if it were UTC). A time that the clock jumps over counts from the offset before the jump,
 * so that 02:30 becomes 03:30; one that is shown twice is the first, as iCalendar has it.
 */
export function instantOf(wallMs: number, zone: ZoneTime): WallInstant {
  // No zone changes twice within a day, so these are the offsets on either side of a change near the wall time.
  const before = zone.offsetMinutesAt(wallMs - 24 * HOUR_MS);
  const after = zone.offsetMinutesAt(wallMs + 24 * HOUR_MS);
  const candidates = [...new Set([before, after])]
    .map((offset) => wallMs - offset * MINUTE_MS)
    .filter((atMs) => wallMs - zone.offsetMinutesAt(atMs) * MINUTE_MS === atMs)
    .sort((a, b) => a - b);
  const [first] = candidates;
  if (first === undefined) return { atMs: wallMs - before * MINUTE_MS, how: "skipped" };
  return { atMs: first, how: candidates.length > 1 ? "repeated" : "plain" };
}

/** What is said of a wall time that the clock of its zone jumps over or shows twice. */
export function clockNote({ atMs, how }: WallInstant, zone: ZoneTime, line: number): FeedItem {
  const read = `read as ${new Date(atMs).toISOString()}; a time with its offset would be right`;
  return how === "skipped"
    ? repaired(line, "time-skipped", `the clocks of ${zone.name} jump over this time that night; ${read}`)
    : repaired(line, "time-repeated", `the clocks of ${zone.name} show this time twice that night; the first was taken: ${read}`);
}

function fixedOffset(name: string): number | undefined {
  const bare = name.replace(/^(?:UTC|GMT)(?=[+-])/, "");
  if (bare === "UTC" || bare === "GMT" || bare === "Z") return 0;
  const short = /^([+-])(\d{1,2})$/.exec(bare);
  return parseOffset(short === null ? bare : `${short[1]}${short[2]?.padStart(2, "0")}:00`);
}

function ianaZone(name: string): ZoneTime | undefined {
  // Intl takes offsets for zones too; those are read above, with their bounds.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
  const remembered = new Map<number, number>();
  const offsetMinutesAt = (atMs: number): number => {
    // Every change of any zone since 1972 falls on a quarter of an hour.
    const quarter = Math.floor(atMs / (15 * MINUTE_MS));
    const known = remembered.get(quarter);
    if (known !== undefined) return known;
    const offset = offsetShown(format, quarter * 15 * MINUTE_MS);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(quarter, offset);
    return offset;
  };
  return { name, offsetMinutesAt };
}

function offsetShown(format: Intl.DateTimeFormat, atMs: number): number {
  const shown = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(shown) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}
