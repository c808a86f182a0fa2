import { MINUTE_MS, MINUTES_PER_DAY, minuteOfWeek, type ZoneOffsets } from "../time.ts";
import { ARRIVAL_MS, type Timing } from "./shape.ts";

/** Days that are alike. */
const DAY_KINDS = ["workday", "weekend"] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** Around the start and the end of what draws a crowd, and through the day without it. */
const STRETCHES = ["start", "end", "day"] as const;
type Stretch = (typeof STRETCHES)[number];

/** Where a minute stands: near the start or the end of an occasion, or in a day without one. */
export type Place = {
  readonly stretch: Stretch;
  readonly dayKind: DayKind;
  /** Minutes since the start or the end, or of the day. */
  readonly minute: number;
};

/** An occasion is felt from so long before its start, and until so long after its end. */
const FELT_BEFORE_MS = 40 * MINUTE_MS;
const FELT_AFTER_MS = 65 * MINUTE_MS;

const BEFORE_START_MINUTES = FELT_BEFORE_MS / MINUTE_MS;
// A start and an end are told apart for two hours; in between, a long broadcast is taken to keep its audience.
const LONGEST_MINUTES = 120;
const AFTER_END_MINUTES = FELT_AFTER_MS / MINUTE_MS;
const PART_MINUTES = 30;
// Twenty broadcasts, and ten days.
const MEMORY_BROADCASTS = 20;
const MEMORY_PART_MINUTES = 10 * PART_MINUTES;
// A kind of day counts for as much as all days once it was seen once.
const POOLING_BROADCASTS = 1;
// No minute says more than this; a metric that was away and comes back is no growth.
const LARGEST_RATE = 0.5;
const FRIDAY = 4;

const LENGTHS = {
  start: BEFORE_START_MINUTES + LONGEST_MINUTES,
  end: LONGEST_MINUTES + AFTER_END_MINUTES,
  day: MINUTES_PER_DAY / PART_MINUTES,
} as const satisfies Record<Stretch, number>;

// For each stretch three means and three counts a minute or part: by kind of day, and over all days.
const KINDS = DAY_KINDS.length + 1;
const FROM = {
  start: 0,
  end: 2 * KINDS * LENGTHS.start,
  day: 2 * KINDS * (LENGTHS.start + LENGTHS.end),
} as const satisfies Record<Stretch, number>;

/**
 * How fast the logarithm of the load usually grows in each minute of a stretch takes so many numbers, from the first on of an array: means,
 * and how many times each was seen; by kind of day, and over all days. Zeros say that nothing was seen, and everything stays as it is.
 */
export const RATE_NUMBERS = 2 * KINDS * (LENGTHS.start + LENGTHS.end + LENGTHS.day);

/** Where the minute at `atMs` stands. Of several occasions the last whose audience is coming or has come counts. */
export function placeOf(timings: readonly Timing[], atMs: number, zone: ZoneOffsets): Place {
  const minute = minuteOfWeek(zone, atMs);
  const felt = feltFrom(timings, atMs, ARRIVAL_MS) ?? feltFrom(timings, atMs, FELT_BEFORE_MS);
  if (felt === undefined) return { stretch: "day", dayKind: dayKindOf(minute), minute: minute % MINUTES_PER_DAY };
  const dayKind = dayKindOf(minuteOfWeek(zone, felt.startsAtMs));
  const isStart = atMs < (felt.startsAtMs + felt.endsAtMs) / 2;
  const since = Math.floor((atMs - (isStart ? felt.startsAtMs : felt.endsAtMs)) / MINUTE_MS);
  return { stretch: isStart ? "start" : "end", dayKind, minute: since };
}

function feltFrom(timings: readonly Timing[], atMs: number, beforeMs: number): Timing | undefined {
  return timings.findLast(({ startsAtMs, endsAtMs }) => atMs >= startsAtMs - beforeMs && atMs < endsAtMs + FELT_AFTER_MS);
}

function dayKindOf(minuteOfTheWeek: number): DayKind {
  return Math.floor(minuteOfTheWeek / MINUTES_PER_DAY) > FRIDAY ? "weekend" : "workday";
}

/** What the logarithm of the load usually gains in the minute with that rate. */
export function rateAt(numbers: Float64Array, { left, right, share }: Rate): number {
  return right === undefined ? pooled(numbers, left) : (1 - share) * pooled(numbers, left) + share * pooled(numbers, right);
}

/** Which of the numbers the rate of a place follows from: a mean, or two between whose middles it runs straight. */
export type Rate = { readonly left: Mean | undefined; readonly right: Mean | undefined; readonly share: number };

/** Where the mean of a kind of day stands, and that of all days; their counts stand `length` behind them. It counts as much as `pooling`. */
type Mean = { readonly own: number; readonly any: number; readonly length: number; readonly pooling: number };

/** Which of the numbers the rate of a place follows from. */
export function rateOf(place: Place): Rate {
  const { stretch, minute } = place;
  if (stretch !== "day") return { left: meanOf(place, indexOf(stretch, minute), POOLING_BROADCASTS), right: undefined, share: 0 };
  const position = (minute + 0.5) / PART_MINUTES - 0.5;
  const left = Math.floor(position);
  const at = (part: number): Mean | undefined => meanOf(place, (part + LENGTHS.day) % LENGTHS.day, POOLING_BROADCASTS * PART_MINUTES);
  return { left: at(left), right: at(left + 1), share: position - left };
}

function meanOf({ stretch, dayKind }: Place, index: number, pooling: number): Mean | undefined {
  if (!isWithin(stretch, index)) return undefined;
  const own = meanAt(stretch, DAY_KINDS.indexOf(dayKind), index);
  return { own, any: meanAt(stretch, DAY_KINDS.length, index), length: LENGTHS[stretch], pooling };
}

function pooled(numbers: Float64Array, mean: Mean | undefined): number {
  if (mean === undefined) return 0;
  const { own, any, length, pooling } = mean;
  const count = numbers[own + length] ?? 0;
  const share = count / (count + pooling);
  return share * (numbers[own] ?? 0) + (1 - share) * (numbers[any] ?? 0);
}

/** Whether the minute that stands there was ever seen. */
export function wasSeen(numbers: Float64Array, { stretch, minute }: Place): boolean {
  const index = indexOf(stretch, minute);
  return isWithin(stretch, index) && (numbers[meanAt(stretch, DAY_KINDS.length, index) + LENGTHS[stretch]] ?? 0) > 0;
}

/** Learns in place from a minute in which the logarithm of the load gained `rate`. */
export function learnRate(numbers: Float64Array, { stretch, dayKind, minute }: Place, rate: number): void {
  const index = indexOf(stretch, minute);
  if (!isWithin(stretch, index)) return;
  const memory = stretch === "day" ? MEMORY_PART_MINUTES : MEMORY_BROADCASTS;
  const bounded = Math.max(-LARGEST_RATE, Math.min(LARGEST_RATE, rate));
  for (const kind of [DAY_KINDS.indexOf(dayKind), DAY_KINDS.length]) {
    const at = meanAt(stretch, kind, index);
    const count = Math.min(memory, (numbers[at + LENGTHS[stretch]] ?? 0) + 1);
    const mean = numbers[at] ?? 0;
    numbers[at] = mean + (bounded - mean) / count;
    numbers[at + LENGTHS[stretch]] = count;
  }
}

function indexOf(stretch: Stretch, minute: number): number {
  if (stretch === "day") return Math.floor(minute / PART_MINUTES);
  return minute + (stretch === "start" ? BEFORE_START_MINUTES : LONGEST_MINUTES);
}

function isWithin(stretch: Stretch, index: number): boolean {
  return index >= 0 && index < LENGTHS[stretch];
}

/** Where the mean of a minute stands; its count stands a stretch's length behind it. */
function meanAt(stretch: Stretch, kind: number, index: number): number {
  return FROM[stretch] + 2 * kind * LENGTHS[stretch] + index;
}
