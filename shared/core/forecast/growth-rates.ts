import { MINUTE_MS, MINUTES_PER_DAY, minuteOfWeek, type ZoneOffsets } from "../time.ts";
import { ARRIVAL_MS, type Timing } from "./shape.ts";

/** How fast the logarithm of the load usually grows in each minute of a stretch: means, and how many times each was seen. */
type Rates = { readonly means: readonly number[]; readonly counts: readonly number[] };

/** Days that are alike. */
export type DayKind = "workday" | "weekend";

/** Rates around the start and the end of what draws a crowd, and through the day without it; by kind of day, and over all days. */
export type GrowthRates = Readonly<Record<"start" | "end" | "day", Readonly<Record<DayKind | "any", Rates>>>>;

/** Where a minute stands: near the start or the end of an occasion, or in a day without one. */
export type Place = {
  readonly stretch: keyof GrowthRates;
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
} as const;

/** Nothing learned: everything stays as it is. */
export function firstRates(): GrowthRates {
  const none = (length: number): GrowthRates["day"] => {
    const rates = { means: zeros(length), counts: zeros(length) };
    return { workday: rates, weekend: rates, any: rates };
  };
  return { start: none(LENGTHS.start), end: none(LENGTHS.end), day: none(LENGTHS.day) };
}

/** Where the minute at `atMs` stands. Of several occasions the last whose audience is coming or has come counts. */
export function placeOf(timings: readonly Timing[], atMs: number, zone: ZoneOffsets): Place {
  const minute = minuteOfWeek(zone, atMs);
  const feltFrom = (beforeMs: number): Timing | undefined =>
    timings.findLast(({ startsAtMs, endsAtMs }) => atMs >= startsAtMs - beforeMs && atMs < endsAtMs + FELT_AFTER_MS);
  const felt = feltFrom(ARRIVAL_MS) ?? feltFrom(FELT_BEFORE_MS);
  if (felt === undefined) return { stretch: "day", dayKind: dayKindOf(minute), minute: minute % MINUTES_PER_DAY };
  const dayKind = dayKindOf(minuteOfWeek(zone, felt.startsAtMs));
  const isStart = atMs < (felt.startsAtMs + felt.endsAtMs) / 2;
  const since = Math.floor((atMs - (isStart ? felt.startsAtMs : felt.endsAtMs)) / MINUTE_MS);
  return { stretch: isStart ? "start" : "end", dayKind, minute: since };
}

function dayKindOf(minuteOfTheWeek: number): DayKind {
  return Math.floor(minuteOfTheWeek / MINUTES_PER_DAY) > FRIDAY ? "weekend" : "workday";
}

/** What the logarithm of the load usually gains in the minute that stands there. */
export function rateAt(rates: GrowthRates, { stretch, dayKind, minute }: Place): number {
  const { [dayKind]: own, any } = rates[stretch];
  if (stretch !== "day") return pooled(own, any, indexOf(stretch, minute), POOLING_BROADCASTS);
  // Between the middles of two parts it runs straight.
  const position = (minute + 0.5) / PART_MINUTES - 0.5;
  const left = Math.floor(position);
  const share = position - left;
  const at = (part: number): number => pooled(own, any, (part + LENGTHS.day) % LENGTHS.day, POOLING_BROADCASTS * PART_MINUTES);
  return (1 - share) * at(left) + share * at(left + 1);
}

/** Whether the minute that stands there was ever seen. */
export function wasSeen(rates: GrowthRates, { stretch, minute }: Place): boolean {
  return (rates[stretch].any.counts[indexOf(stretch, minute)] ?? 0) > 0;
}

/** The rates after a minute in which the logarithm of the load gained `rate`. */
export function learnRate(rates: GrowthRates, place: Place, rate: number): GrowthRates {
  const { stretch, dayKind, minute } = place;
  const index = indexOf(stretch, minute);
  if (index < 0 || index >= LENGTHS[stretch]) return rates;
  const memory = stretch === "day" ? MEMORY_PART_MINUTES : MEMORY_BROADCASTS;
  const bounded = Math.max(-LARGEST_RATE, Math.min(LARGEST_RATE, rate));
  const { [dayKind]: own, any } = rates[stretch];
  const next = { ...rates[stretch], [dayKind]: absorbed(own, index, bounded, memory), any: absorbed(any, index, bounded, memory) };
  return { ...rates, [stretch]: next };
}

function indexOf(stretch: Place["stretch"], minute: number): number {
  if (stretch === "day") return Math.floor(minute / PART_MINUTES);
  return minute + (stretch === "start" ? BEFORE_START_MINUTES : LONGEST_MINUTES);
}

function pooled(own: Rates, any: Rates, index: number, pooling: number): number {
  const count = own.counts[index] ?? 0;
  const share = count / (count + pooling);
  return share * (own.means[index] ?? 0) + (1 - share) * (any.means[index] ?? 0);
}

function absorbed({ means, counts }: Rates, index: number, value: number, memory: number): Rates {
  const count = Math.min(memory, (counts[index] ?? 0) + 1);
  const mean = means[index] ?? 0;
  return { means: means.with(index, mean + (value - mean) / count), counts: counts.with(index, count) };
}

function zeros(length: number): readonly number[] {
  return Array.from({ length }, () => 0);
}
