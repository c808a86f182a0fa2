const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?\s?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * The instant of an ISO-8601 time with its offset, in epoch milliseconds: `2026-06-13T20:00:00Z` or `…+02:00`; seconds and their
 * fraction may be left out. Undefined when it is no such time, when no calendar has the date, or when the offset is missing.
 */
export function parseIsoInstant(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "0", zone = ""] = match;
  const offsetMinutes = parseOffset(zone);
  const wallMs = wallTime(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
  if (offsetMinutes === undefined || wallMs === undefined || Number(hour) > 23) return undefined;
  return wallMs + Number(fraction.padEnd(3, "0")) - offsetMinutes * 60_000;
}

/** Minutes east of UTC that `Z`, `+02:00` or `+0200` says; undefined when it is none, or further than 14 hours from UTC. */
export function parseOffset(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return undefined;
  const [, sign, hours, minutes] = match;
  if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/**
 * A date and time of day as if they were UTC, in milliseconds; undefined when no calendar has the date. Hours run to 47: television
 * prints the night after Saturday as Saturday, so that 24:30 is half past midnight of the next day.
 */
export function wallTime(year: number, month: number, day: number, hour: number, minute: number, second: number): number | undefined {
  if (month < 1 || month > 12 || hour > 47 || minute > 59 || second > 59) return undefined;
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  // Date.UTC takes years below 100 for 19xx, and a 31 June for 1 July.
  if (date.getUTCFullYear() !== year || date.getUTCDate() !== day) return undefined;
  return midnight + ((hour * 60 + minute) * 60 + second) * 1_000;
}
