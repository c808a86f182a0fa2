/** @typedef {import("./api.js").VerdictWord} VerdictWord */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long" });
const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const rough = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const brief = new Intl.NumberFormat("en-GB", { notation: "compact", maximumSignificantDigits: 3 });

const MINUTE_MS = 60_000;

/**
 * Hour and minute, in the reader's zone.
 * @param {string} instant
 */
export function timeOf(instant) {
  return clock.format(new Date(instant));
}

/**
 * The day and the zone that the page's times are in.
 * @param {string} instant
 */
export function dayOf(instant) {
  const at = new Date(instant);
  const name = zone.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  return `${day.format(at)}, ${name}`;
}

/**
 * A count; a dash where it is not known.
 * @param {number | null | undefined} count
 */
export function countOf(count) {
  return count === null || count === undefined ? "–" : whole.format(count);
}

/**
 * A forecast count: three digits are more than it knows.
 * @param {number} count
 */
export function roughly(count) {
  return rough.format(count);
}

/**
 * A large count in three digits: 205K.
 * @param {number} count
 */
export function briefly(count) {
  return brief.format(count);
}

/**
 * How far ahead an instant is, in words.
 * @param {string} instant
 * @param {string} now
 */
export function untilOf(instant, now) {
  const minutes = Math.round((Date.parse(instant) - Date.parse(now)) / MINUTE_MS);
  if (minutes <= 0) return "now";
  if (minutes < 60) return `in ${minutes} min`;
  return `in ${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

/** @type {Readonly<Record<VerdictWord, { readonly word: string, readonly sign: string, readonly tone: string }>>} */
const VERDICTS = {
  ready: { word: "Ready", sign: "✓", tone: "good" },
  "warming-on-time": { word: "Warming on time", sign: "↗", tone: "busy" },
  planned: { word: "Planned", sign: "◷", tone: "busy" },
  unknown: { word: "Unknown", sign: "?", tone: "odd" },
  late: { word: "Late", sign: "!", tone: "bad" },
  short: { word: "Short", sign: "!", tone: "bad" },
};

const NO_VERDICT = { word: "No verdict", sign: "·", tone: "none" };

/**
 * A verdict as a word, a sign and a colour: never by colour alone.
 * @param {VerdictWord | undefined} verdict
 */
export function verdictOf(verdict) {
  return verdict === undefined ? NO_VERDICT : VERDICTS[verdict];
}
