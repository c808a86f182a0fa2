const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DIGIT_ZERO = 48;

/**
 * The instant of an XMLTV time, in epoch milliseconds: `YYYYMMDDhhmmss ±hhmm`. Seconds, minutes and hours may be left out from the
 * right (12, 10 or 8 digits). Without a zone the time is UTC, as the XMLTV format says. Undefined when it is not such a time: a year
 * and month alone, a date that no calendar has, a zone by any other name than UTC, GMT, Z or the format's own example BST (+0100).
 */
export function parseXmltvTime(text: string): number | undefined {
  let digits = 0;
  while (isDigit(text, digits)) digits++;
  if (digits !== 14 && digits !== 12 && digits !== 10 && digits !== 8) return undefined;
  const year = number(text, 0, 4);
  const month = number(text, 4, 2);
  const day = number(text, 6, 2);
  const hour = digits >= 10 ? number(text, 8, 2) : 0;
  const minute = digits >= 12 ? number(text, 10, 2) : 0;
  const second = digits === 14 ? number(text, 12, 2) : 0;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetMinutes = zoneOffsetMinutes(text.slice(digits).trim());
  if (offsetMinutes === undefined) return undefined;
  return (((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes) * 60 + second) * 1_000;
}

function zoneOffsetMinutes(zone: string): number | undefined {
  if (zone === "" || zone === "UTC" || zone === "GMT" || zone === "Z") return 0;
  if (zone === "BST") return 60;
  const sign = zone.startsWith("+") ? 1 : zone.startsWith("-") ? -1 : 0;
  if (sign === 0 || zone.length !== 5) return undefined;
  for (let at = 1; at < 5; at++) if (!isDigit(zone, at)) return undefined;
  const hours = number(zone, 1, 2);
  const minutes = number(zone, 3, 2);
  // No place on earth is further than 14 hours from UTC; more is a mistake, not a place.
  if (hours > 14 || minutes > 59) return undefined;
  return sign * (hours * 60 + minutes);
}

function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const leapDayOfThisYear = month > 2 && isLeap(year) ? 1 : 0;
  // 719,162 days lie between 1 January of year 1 and 1 January 1970.
  return before * 365 + leapDays + (DAYS_BEFORE_MONTH[month - 1] ?? 0) + leapDayOfThisYear + day - 1 - 719_162;
}

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= DIGIT_ZERO && code <= DIGIT_ZERO + 9;
}

function number(text: string, from: number, length: number): number {
  let value = 0;
  for (let at = from; at < from + length; at++) value = value * 10 + text.charCodeAt(at) - DIGIT_ZERO;
  return value;
}

/**
 * Reads times that are written in full, `YYYYMMDDhhmmss ±hhmm`, straight from the bytes, as all big feeds write them. A day is worked
 * out once and remembered, since a feed goes through its days in order.
 */
export class XmltvClock {
  #day = 0;
  #dayMs = 0;

  /** The instant written in `bytes` from `from` to `to` (excluded), or undefined when it is not in full or no time at all. */
  read(bytes: Uint8Array, from: number, to: number): number | undefined {
    if (to - from !== 20 || bytes[from + 14] !== 32) return undefined;
    const sign = bytes[from + 15] === 43 ? 1 : bytes[from + 15] === 45 ? -1 : 0;
    const century = twoDigits(bytes, from);
    const year = twoDigits(bytes, from + 2);
    const month = twoDigits(bytes, from + 4);
    const day = twoDigits(bytes, from + 6);
    const hour = twoDigits(bytes, from + 8);
    const minute = twoDigits(bytes, from + 10);
    const second = twoDigits(bytes, from + 12);
    const zoneHours = twoDigits(bytes, from + 16);
    const zoneMinutes = twoDigits(bytes, from + 18);
    if ((century | year | month | day | hour | minute | second | zoneHours | zoneMinutes) < 0 || sign === 0) return undefined;
    if (hour > 23 || minute > 59 || second > 59 || zoneHours > 14 || zoneMinutes > 59) return undefined;
    const written = ((century * 100 + year) * 100 + month) * 100 + day;
    if (written !== this.#day) {
      if (month < 1 || month > 12 || day < 1 || day > daysIn(century * 100 + year, month)) return undefined;
      this.#day = written;
      this.#dayMs = daysSinceEpoch(century * 100 + year, month, day) * 86_400_000;
    }
    return this.#dayMs + ((hour * 60 + minute - sign * (zoneHours * 60 + zoneMinutes)) * 60 + second) * 1_000;
  }
}

/** The number that two digits write, or a negative one when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - DIGIT_ZERO;
  const ones = (bytes[at + 1] ?? 0) - DIGIT_ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}
