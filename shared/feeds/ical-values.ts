import { wallTime } from "./iso-time.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A date, or a time as a clock shows it: in UTC, or in a zone that is said elsewhere. Wall times are milliseconds as if they were UTC. */
export type CalendarTime =
  | { readonly kind: "date"; readonly midnightMs: number }
  | { readonly kind: "time"; readonly wallMs: number; readonly utc: boolean };

/** `19980610T173000`, with `Z` in UTC; `19980610` is a date. Undefined when it is neither, or no calendar has it. */
export function parseCalendarTime(text: string): CalendarTime | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, zone] = match;
  // A leap second, which no clock of ours has, is the second before it.
  const seconds = Math.min(Number(second ?? 0), 59);
  if (Number(hour ?? 0) > 23 || Number(second ?? 0) > 60) return undefined;
  const wallMs = wallTime(Number(year), Number(month), Number(day), Number(hour ?? 0), Number(minute ?? 0), seconds);
  if (wallMs === undefined) return undefined;
  return hour === undefined ? { kind: "date", midnightMs: wallMs } : { kind: "time", wallMs, utc: zone !== "" };
}

/** A length: whole days as the calendar counts them, the rest as a clock does. */
export type CalendarLength = { readonly days: number; readonly ms: number };

/** `PT1H55M`, `P1D`, `P2W`. Undefined when it is none, or goes back in time. */
export function parseCalendarLength(text: string): CalendarLength | undefined {
  const match = /^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$/i.exec(text.trim());
  if (match === null || !/\d/.test(text)) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { days: weeks * 7 + days, ms: (hours * 60 + minutes) * MINUTE_MS + seconds * 1_000 };
}

/** Milliseconds east of UTC that `+0200` or `-003015` says. Undefined when it is none, or a day and more from UTC. */
export function parseUtcOffset(text: string): number | undefined {
  const match = /^([+-])(\d\d)(\d\d)(\d\d)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, hours, minutes, seconds] = match;
  const ms = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds ?? 0) * 1_000;
  if (ms >= DAY_MS || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return undefined;
  return sign === "-" ? -ms : ms;
}

/** A text as people read it: `\n`, `\,`, `\;` and `\\` undone. */
export function plainText(value: string): string {
  return value.replaceAll(/\\([nN,;\\])/g, (_, escaped: string) => (escaped.toLowerCase() === "n" ? "\n" : escaped));
}

/** The members of a list of texts: commas part them, unless they are escaped. */
export function textsOf(value: string): readonly string[] {
  return [...value.matchAll(/(?:\\.|[^,\\])+/g)].map(([text]) => plainText(text));
}
