import { valueOf, type Component } from "./ical-components.ts";
import { ruleStarts } from "./ical-recurrence.ts";
import { parseRule, type Rule } from "./ical-rule.ts";
import { parseCalendarTime, parseUtcOffset } from "./ical-values.ts";
import type { ZoneTime } from "./zone-time.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Observances of one zone; the longest history has about 200. */
const MOST_OBSERVANCES = 500;
/** Years whose changes are remembered for one zone. */
const MOST_REMEMBERED = 200;

/** One of the times that a zone keeps: summer time, or standard time for some years. Offsets in milliseconds east of UTC. */
type Observance = {
  readonly fromOffsetMs: number;
  readonly toOffsetMs: number;
  /** Its first onset, as a wall time under `fromOffsetMs`. */
  readonly firstMs: number;
  /** Onsets that are listed, as such wall times. */
  readonly listedMs: readonly number[];
  readonly rules: readonly { readonly rule: Rule; readonly untilMs: number }[];
};

type Onset = { readonly atMs: number; readonly offsetMs: number };

/** The zone that a VTIMEZONE defines, or in a few words why it defines none. */
export function zoneDefined(name: string, { parts }: Component): ZoneTime | string {
  if (parts.length > MOST_OBSERVANCES) return `it has more than ${MOST_OBSERVANCES} observances`;
  const observances: Observance[] = [];
  for (const part of parts) {
    const observance = observanceOf(part);
    if (typeof observance === "string") return `${part.name} in line ${part.line}: ${observance}`;
    observances.push(observance);
  }
  const [first] = observances.toSorted((a, b) => a.firstMs - b.firstMs);
  if (first === undefined) return "it has neither STANDARD nor DAYLIGHT";
  const remembered = new Map<number, readonly Onset[]>();
  const onsetsBefore = (year: number): readonly Onset[] => {
    const known = remembered.get(year);
    if (known !== undefined) return known;
    const onsets = onsetsUpTo(observances, year);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(year, onsets);
    return onsets;
  };
  return {
    name,
    offsetMinutesAt: (atMs) => {
      const last = onsetsBefore(new Date(atMs).getUTCFullYear()).findLast((onset) => onset.atMs <= atMs);
      return (last?.offsetMs ?? first.fromOffsetMs) / MINUTE_MS;
    },
  };
}

/** The onsets that count in a year, by time: those of it and of the year before, and of each observance the last before them. */
function onsetsUpTo(observances: readonly Observance[], year: number): readonly Onset[] {
  const fromMs = Date.UTC(year - 1, 0, 1) - DAY_MS;
  const toMs = Date.UTC(year + 1, 0, 1) + DAY_MS;
  return observances
    .flatMap(({ fromOffsetMs, toOffsetMs, firstMs, listedMs, rules }) => {
      const repeated = rules.flatMap(({ rule, untilMs }) => {
        const recent = ruleStarts(rule, firstMs, untilMs, { fromMs, toMs, most: 1_000 }).startsMs;
        // A rule that ended long ago still says which time was kept last.
        return recent.length > 0
          ? recent
          : ruleStarts(rule, firstMs, untilMs, { fromMs: -Infinity, toMs, most: 10_000 }).startsMs.slice(-1);
      });
      return [firstMs, ...listedMs, ...repeated].map((wallMs): Onset => ({ atMs: wallMs - fromOffsetMs, offsetMs: toOffsetMs }));
    })
    .sort((a, b) => a.atMs - b.atMs);
}

function observanceOf(part: Component): Observance | string {
  const first = parseCalendarTime(valueOf(part, "DTSTART") ?? "");
  if (first?.kind !== "time") return "DTSTART is no time";
  const [fromOffsetMs, toOffsetMs] = ["TZOFFSETFROM", "TZOFFSETTO"].map((name) => parseUtcOffset(valueOf(part, name) ?? ""));
  if (fromOffsetMs === undefined || toOffsetMs === undefined) return "TZOFFSETFROM or TZOFFSETTO is no offset";
  const rules: { readonly rule: Rule; readonly untilMs: number }[] = [];
  const listedMs: number[] = [];
  for (const { name, value } of part.properties) {
    if (name === "RRULE") {
      const rule = parseRule(value);
      if (typeof rule === "string") return `RRULE: ${rule}`;
      const { until } = rule;
      const untilMs =
        until === undefined ? Infinity : until.kind === "date" ? until.midnightMs + DAY_MS : until.wallMs + (until.utc ? fromOffsetMs : 0);
      rules.push({ rule, untilMs });
    } else if (name === "RDATE") {
      for (const text of value.split(",", MOST_OBSERVANCES)) {
        const time = parseCalendarTime(text);
        if (time?.kind !== "time") return "RDATE is no list of times";
        listedMs.push(time.wallMs);
      }
    }
  }
  return { fromOffsetMs, toOffsetMs, firstMs: first.wallMs, listedMs, rules };
}
