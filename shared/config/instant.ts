const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** What `parseInstant` reads, as a pattern for editors. */
export const INSTANT_PATTERN = INSTANT;

/**
 * The epoch milliseconds of an ISO-8601 instant like `2026-06-13T18:00:00Z` or `2026-06-13T20:00+02:00`. Undefined when it is none:
 * without a zone, or a date or time that no calendar has.
 */
export function parseInstant(text: string): number | undefined {
  const parts = INSTANT.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHours = Number(parts[9] ?? 0);
  const offsetMinutes = Number(parts[10] ?? 0);
  // No place on earth is further than 14 hours from UTC.
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 14 || offsetMinutes > 59) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  // A date that no calendar has comes out as another date.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined;
  const millisecond = Number((parts[7] ?? "").padEnd(3, "0"));
  const offsetMs = (parts[8] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  return midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + millisecond - offsetMs;
}
