import type { LoadMinute } from "../measurement.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS, minuteOf, type ZoneOffsets } from "../time.ts";
import type { ImpactThreshold } from "./impact.ts";
import { firstTargetUsual, reachOf, type Model, type TargetUsual } from "./model.ts";
import { levelAt, LOOK_BACK_MS, nowcast, surpriseAt, type ExpectedMinute, type Nowcast } from "./nowcast.ts";
import { residualQuantiles, residualSpread } from "./residuals.ts";
import { handedOver } from "./handover.ts";
import type { NearForecast, SeenMinute } from "./near.ts";
import { intervalOfLast, summedUp, type Active } from "./sampled-minute.ts";
import { inOrderOf, normalQuantile, PROBABILITIES } from "./samples.ts";
import { ARRIVAL_MS, DECAY_MS, isTurning, shapeAt } from "./shape.ts";
import { intervalOf, summarise, type Summary } from "./tail.ts";
import { corrected, keyOf, mayAdd, multipleAt, termsOf, type Aired, type Term } from "./terms.ts";
import { usualAt } from "./usual-load.ts";

export type { Aired } from "./terms.ts";

/** The forecast of one minute, in requests a second. */
export type ForecastMinute =
  | {
      readonly kind: "known";
      readonly atMs: number;
      /** The usual load as corrected by today's level; undefined when this part of the week was never seen. */
      readonly usualRps: number | undefined;
      readonly medianRps: number;
      /** 90 % interval; left out where only some instants were asked for, since nobody looks at it there. */
      readonly interval: { readonly lowerRps: number; readonly upperRps: number } | undefined;
      /** The smallest capacity whose expected unserved share stays within the budget. */
      readonly tailRps: number;
      /** What each occasion is expected to add. */
      readonly contributions: readonly { readonly occasionId: string; readonly medianRps: number }[];
      /** Of the median, load that only the newest measurements explain. */
      readonly surpriseRps: number;
      /** Median and tail are read from how the newest minutes move, not from what is known of the week and its programmes. */
      readonly isNear?: true;
    }
  | { readonly kind: "unknown"; readonly atMs: number; readonly reason: string };

/** The forecast of one target, and the correction it rests on. */
export type Forecast = { readonly targetId: string; readonly minutes: readonly ForecastMinute[]; readonly nowcast: Nowcast };

/** Minutes that are worth a forecast: some over the whole time, and all as far as a decision taken now can reach. */
export type Instants = {
  /** In order. */
  readonly sparse: readonly number[];
  /** The end of that reach, judged by what is forecast. */
  readonly fineUntilMs: (minutes: readonly ForecastMinute[]) => number;
};

/** What a forecast is made from. */
export type ForecastInput = {
  readonly model: Model;
  readonly target: Target;
  readonly occasions: readonly Aired[];
  /** The newest measurements, oldest first, `LOOK_BACK_MS` of them where there are so many. */
  readonly recent: readonly LoadMinute[];
  /** The coming minutes as the newest ones let them be seen, where enough was learned for it. */
  readonly near?: NearForecast | undefined;
  readonly zone: ZoneOffsets;
  readonly now: number;
  /** Start of the first minute to forecast. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The minutes of [fromMs, toMs) to forecast; all of them when left out. */
  readonly instants?: Instants;
  readonly threshold: ImpactThreshold;
  /** Requests per million that may be left unserved, in expectation. */
  readonly unservedPerMillion: number;
};

// Of a normal error, nine in ten lie within so many spreads.
const NINETY_PERCENT = normalQuantile(0.95);
// The learned reach bounds a sum of known audiences only once it rests on so many broadcasts.
const REACH_BROADCASTS = 20;

/** What is known of the occasions at an instant: what they add, and how the newest measurements correct it. */
type View = { readonly now: number; readonly planned: readonly Term[]; readonly onAir: readonly Term[]; readonly correction: Nowcast };

/** The minutes that a correction is made from: those of [fromMs, beforeMs). */
type Measured = { readonly minutes: readonly LoadMinute[]; readonly fromMs: number; readonly beforeMs: number };

/** The terms as they stand at `now`: they are the same objects for as long as they stand the same. */
function plannedAt(input: ForecastInput, now: number): readonly Term[] {
  return termsOf({ ...input, now, fromMs: Math.min(input.fromMs, now - LOOK_BACK_MS) });
}

/** The view at `now` with its terms, from what had been measured. */
function viewAt(
  { zone }: ForecastInput,
  { usual, minutes: known }: Ordinary,
  { planned, now, measured }: { readonly planned: readonly Term[]; readonly now: number; readonly measured: Measured },
): View {
  const onAir = planned.filter(({ timing }) => timing.startsAtMs - ARRIVAL_MS <= now && timing.endsAtMs + DECAY_MS > now);
  const { numbers, expected } = known.listOf(planned);
  const expectedAt = (atMs: number): ExpectedMinute => {
    const active = activeAt(planned, numbers, atMs);
    const from = { active, level: 1, surpriseRps: 0 };
    return (
      lookedUp(known.expected, atMs, from) ??
      remembered(known.expected, atMs, from, expectedIn(planned, usualAt(usual.load, atMs, zone), atMs))
    );
  };
  const correction = nowcast({
    measured: measured.minutes,
    expectedAt: (atMs) => {
      if (atMs < measured.fromMs || atMs >= measured.beforeMs) return undefined;
      let minute = expected.get(atMs);
      if (minute === undefined) expected.set(atMs, (minute = expectedAt(atMs)));
      return minute;
    },
    usualSpread: residualSpread(usual.residuals),
    amplitudeSpread: Math.max(0, ...onAir.map((term) => term.spread)),
  });
  return { now, planned, onAir, correction };
}

// What lies beyond the reach of a decision is looked at afresh every five minutes, on their whole multiples: in between it would only
// follow the noise of the newest minute. Two minutes: what had been published by then.
const FAR_EVERY_MS = 5 * MINUTE_MS;
const PUBLISHED_AFTER_MS = 2 * MINUTE_MS;

/**
 * What lies far ahead: a view, what it was made from, and its minutes from its own instant on. It stands for five ticks, which look up
 * nothing else.
 */
type Far = { readonly view: View; readonly measured: readonly LoadMinute[]; readonly minutes: (ForecastMinute | undefined)[] };

/**
 * What lies far ahead, from what is known whenever in its five minutes it is looked at: the last look, where nothing that it follows from
 * has changed.
 */
function farAt(input: ForecastInput, ordinary: Ordinary): Far {
  const { far: before } = ordinary.minutes;
  const now = Math.floor(input.now / FAR_EVERY_MS) * FAR_EVERY_MS;
  const planned = plannedAt(input, now);
  const fromMs = now + FAR_EVERY_MS - LOOK_BACK_MS;
  const beforeMs = now - PUBLISHED_AFTER_MS + 1;
  const { recent } = input;
  const first = recent.findIndex(({ atMs }) => atMs >= fromMs);
  const end = recent.findLastIndex(({ atMs }) => atMs < beforeMs) + 1;
  const minutes = first < 0 ? [] : recent.slice(first, end);
  if (before?.view.now === now && isSameList(before.view.planned, planned) && isMeasuredAlike(before.measured, minutes)) return before;
  const view = viewAt(input, ordinary, { planned, now, measured: { minutes, fromMs, beforeMs } });
  return (ordinary.minutes.far = { view, measured: minutes, minutes: [] });
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

function isMeasuredAlike(a: readonly LoadMinute[], b: readonly LoadMinute[]): boolean {
  return a.length === b.length && a.every((minute, index) => minute === b[index] || isLoadAlike(minute, b[index]));
}

function isLoadAlike(a: LoadMinute, b: LoadMinute | undefined): boolean {
  if (a.kind === "unknown" || b?.kind !== "known") return a.kind === b?.kind && a.atMs === b.atMs;
  return a.atMs === b.atMs && a.loadRps === b.loadRps;
}

/** Load of one target for each minute of [fromMs, toMs): usual load, occasions above the threshold, corrected by the newest measurements. */
export function forecastLoad(input: ForecastInput): Forecast {
  const { model, target, zone, now } = input;
  const usual = model.targets[target.id] ?? firstTargetUsual();
  const budget = input.unservedPerMillion / 1e6;
  const reachViewers = model.learned.reach.broadcasts >= REACH_BROADCASTS ? reachOf(model.learned) : Number.POSITIVE_INFINITY;
  const ordinary = ordinaryOf(usual, { zone, budget, reachViewers });
  const { noise: residualNoise, calm, minutes: minutesKnown } = ordinary;

  /** Forecasts minutes as they look in a view; one that was forecast before is the same object. */
  const forecaster = ({ planned, onAir, correction }: View, near?: NearForecast): ForecastAt => {
    const terms = planned.map((term) => (onAir.includes(term) ? corrected(term, correction) : term));
    const numbers = minutesKnown.numbersOf(terms);
    const usualRps = (atMs: number): number | undefined => usualAt(usual.load, atMs, zone);
    const known = (atMs: number): ForecastMinute => {
      const level = levelAt(correction, atMs);
      const surpriseRps = surpriseAt(correction, atMs);
      if (input.instants === undefined) return workedOut(terms, atMs, level, surpriseRps);
      const from = { active: activeAt(terms, numbers, atMs), level, surpriseRps };
      return (
        lookedUp(minutesKnown.forecast, atMs, from) ??
        remembered(minutesKnown.forecast, atMs, from, workedOut(terms, atMs, level, surpriseRps))
      );
    };
    if (near === undefined) return known;
    return (atMs) => {
      const handed = handedOver(near, { planned, correction, atMs, usualRps });
      if (handed === undefined) return known(atMs);
      const seen = nearMinute(handed.seen, terms, usualRps(atMs), correction);
      return handed.isRival ? sharper(seen, known(atMs), near.newestRps) : seen;
    };
  };
  const workedOut = (terms: readonly Term[], atMs: number, level: number, surpriseRps: number): ForecastMinute => {
    const usualThen = usualAt(usual.load, atMs, zone);
    const active: Active[] = [];
    for (const term of terms) {
      if (!mayAdd(term, atMs)) continue;
      const at = multipleAt(term, atMs);
      if (at.multiple > 0) active.push({ term, at });
    }
    if (usualThen === undefined && active.length === 0) {
      return { kind: "unknown", atMs, reason: "this part of the week was never measured and no known occasion is on air" };
    }
    const usualRps = (usualThen ?? 0) * level;
    let summary: Summary = calm;
    let interval: { readonly lower: number; readonly upper: number } | undefined = calm.interval;
    let scale = usualRps;
    if (active.length > 0 || surpriseRps > 0) {
      summary = summedUp({ active, reachViewers, usualRps, surpriseRps, residualNoise }, budget);
      interval = input.instants === undefined ? intervalOfLast() : undefined;
      scale = 1;
    }
    return {
      kind: "known",
      atMs,
      usualRps: usualThen === undefined ? undefined : usualRps,
      medianRps: scale * summary.median,
      interval: interval === undefined ? undefined : { lowerRps: scale * interval.lower, upperRps: scale * interval.upper },
      tailRps: scale * summary.tail,
      contributions: active.map(({ term, at }) => ({ occasionId: term.occasionId, medianRps: term.medianRps * at.multiple })),
      surpriseRps,
    };
  };
  const measured = { minutes: input.recent, fromMs: minuteOf(now - LOOK_BACK_MS), beforeMs: now };
  const view = viewAt(input, ordinary, { planned: plannedAt(input, now), now, measured });
  const { instants, fromMs, toMs } = input;
  let minutes: readonly ForecastMinute[];
  if (instants === undefined) minutes = everyMinute(fromMs, toMs).map(forecaster(view, input.near));
  else {
    const far = farAt(input, ordinary);
    let forecastAt: ForecastAt | undefined;
    const sparse = instants.sparse.map(
      (atMs) => (far.minutes[Math.floor((atMs - far.view.now) / MINUTE_MS)] ??= (forecastAt ??= forecaster(far.view))(atMs)),
    );
    minutes = withFine(sparse, { ...instants, fromMs, toMs }, forecaster(view, input.near));
  }
  return { targetId: target.id, minutes, nowcast: view.correction };
}

type ForecastAt = (atMs: number) => ForecastMinute;

// Newest minutes were never seen to show what multiplies a load so often before it has begun.
const MOST_TIMES = 3;

/**
 * Of two forecasts of a minute the one that is surer of itself: both have been wrong as often as they say. Where the guide expects the load
 * to multiply, it is the guide: what comes within minutes shows in none before.
 */
function sharper(seen: KnownForecast, known: ForecastMinute, newestRps: number): ForecastMinute {
  if (known.kind === "unknown") return seen;
  if (known.medianRps > MOST_TIMES * newestRps) return known;
  return seen.tailRps * known.medianRps < known.tailRps * seen.medianRps ? seen : known;
}

type KnownForecast = Extract<ForecastMinute, { kind: "known" }>;

/** A minute as it is forecast from the newest ones; what the occasions add to it is said all the same. */
function nearMinute(seen: SeenMinute, terms: readonly Term[], usualRps: number | undefined, correction: Nowcast): KnownForecast {
  const { atMs, medianRps, tailRps, spread } = seen;
  const contributions: { occasionId: string; medianRps: number }[] = [];
  for (const term of terms) {
    if (!mayAdd(term, atMs)) continue;
    const { multiple } = multipleAt(term, atMs);
    if (multiple > 0) contributions.push({ occasionId: term.occasionId, medianRps: term.medianRps * multiple });
  }
  return {
    kind: "known",
    atMs,
    usualRps: usualRps === undefined ? undefined : usualRps * levelAt(correction, atMs),
    medianRps,
    interval: { lowerRps: medianRps * Math.exp(-NINETY_PERCENT * spread), upperRps: medianRps * Math.exp(NINETY_PERCENT * spread) },
    tailRps: Math.max(medianRps, tailRps),
    contributions,
    surpriseRps: surpriseAt(correction, atMs),
    isNear: true,
  };
}

/** The sparse minutes, and before them every minute as far as a decision can reach: by what those are, and by what these turn out to be. */
function withFine(
  sparse: readonly ForecastMinute[],
  { fromMs, toMs, fineUntilMs }: Pick<Instants, "fineUntilMs"> & { readonly fromMs: number; readonly toMs: number },
  forecastAt: ForecastAt,
): readonly ForecastMinute[] {
  const minutes: ForecastMinute[] = [];
  let untilMs = Math.min(toMs, fineUntilMs(sparse));
  for (let atMs = fromMs; atMs < untilMs;) {
    for (; atMs < untilMs; atMs += MINUTE_MS) minutes.push(forecastAt(atMs));
    untilMs = Math.min(toMs, Math.max(untilMs, fineUntilMs(minutes)));
  }
  for (const minute of sparse) if (minute.atMs >= untilMs) minutes.push(minute);
  return minutes;
}

function everyMinute(fromMs: number, toMs: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.ceil((toMs - fromMs) / MINUTE_MS)) }, (_, nth) => fromMs + nth * MINUTE_MS);
}

/** What follows from the usual week of a target and from what is given beside it, and the minutes worked out under both so far. */
type Ordinary = {
  readonly usual: TargetUsual;
  readonly given: Given;
  /** Errors of the usual load in the order of their samples. */
  readonly noise: Float64Array;
  /** What a minute without an occasion looks like for a usual load of 1. */
  readonly calm: Summary & { readonly interval: ReturnType<typeof intervalOf> };
  readonly minutes: KnownMinutes;
};

type Given = { readonly zone: ZoneOffsets; readonly budget: number; readonly reachViewers: number };

/** Minutes that were worked out before: most ticks bring nothing new for most of them. */
type KnownMinutes = {
  readonly forecast: ByInstant<ForecastMinute>;
  readonly expected: ByInstant<ExpectedMinute>;
  /** The newest look at what lies far ahead. */
  far?: Far;
  /** A number for each term, 1 … MOST_NUMBERS − 1; two that add the same to every minute have the same. */
  readonly numbersOf: (terms: readonly Term[]) => readonly number[];
  /** What is known of a list of terms: while nothing moves, a tick has the one of the tick before. */
  readonly listOf: (terms: readonly Term[]) => KnownList;
};

/** A list of terms with their numbers, and what had been forecast by it for measured minutes, by instant. */
type KnownList = {
  readonly terms: readonly Term[];
  readonly numbers: readonly number[];
  readonly expected: Map<number, ExpectedMinute>;
};

/**
 * What was worked out for one minute, and of each what it follows from beside its instant: three numbers a value, which are the terms that add
 * to it, the level and the surprise. They lie in one array of numbers, which a search goes through without looking at an object for each.
 */
type Known<T> = {
  readonly from: number[];
  readonly values: T[];
  /** How many were remembered; the newest take the places of the oldest. */
  count: number;
};

type ByInstant<T> = Map<number, Known<T>>;

// Each correction makes terms of its own; the hour for which a usual week stays as it is has some hundred.
const MOST_NUMBERS = 2_048;
// Of a minute, by what it followed from: what comes back is nearly always one of the last few.
const MOST_KEPT = 8;
// One for the tick and one for what lies far ahead; and likewise for a simulation beside it.
const LISTS_KEPT = 4;

function knownMinutes(): KnownMinutes {
  const forecast: KnownMinutes["forecast"] = new Map();
  const expected: KnownMinutes["expected"] = new Map();
  const numbers = new Map<string, number>();
  const lists: KnownList[] = [];
  let byTerm = new WeakMap<Term, number>();
  const byKey = (key: string): number => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (numbers.size === MOST_NUMBERS - 1) {
      numbers.clear();
      byTerm = new WeakMap();
      forecast.clear();
      expected.clear();
      lists.length = 0;
    }
    numbers.set(key, numbers.size + 1);
    return numbers.size;
  };
  const numberOf = (term: Term): number => {
    let number = byTerm.get(term);
    if (number === undefined) {
      number = byKey(keyOf(term));
      byTerm.set(term, number);
    }
    return number;
  };
  const numbersOf = (terms: readonly Term[]): readonly number[] => {
    const { size } = numbers;
    const found = terms.map(numberOf);
    // Numbers that began anew on the way are not those from before.
    return numbers.size < size ? terms.map(numberOf) : found;
  };
  const listOf = (terms: readonly Term[]): KnownList => {
    const before = lists.find((each) => isSameList(each.terms, terms));
    if (before !== undefined) return before;
    const list = { terms, numbers: numbersOf(terms), expected: new Map<number, ExpectedMinute>() };
    if (lists.push(list) > LISTS_KEPT) lists.shift();
    return list;
  };
  return { forecast, expected, numbersOf, listOf };
}

/** One number for the terms that may add to the minute at `atMs`; it is safe only while so few do that their numbers fit into one. */
function activeAt(terms: readonly Term[], numbers: readonly number[], atMs: number): number {
  let active = 0;
  for (let i = 0; i < terms.length; i += 1) {
    const term = terms[i];
    if (term !== undefined && mayAdd(term, atMs)) active = active * MOST_NUMBERS + (numbers[i] ?? 0);
  }
  return active;
}

/** What a minute follows from beside its instant. */
type From = { readonly active: number; readonly level: number; readonly surpriseRps: number };

/** What was worked out before for an instant from the same, or undefined. */
function lookedUp<T>(known: ByInstant<T>, atMs: number, { active, level, surpriseRps }: From): T | undefined {
  const before = known.get(Math.floor(atMs / MINUTE_MS));
  if (before === undefined) return undefined;
  const { from, values } = before;
  for (let nth = 0; nth < values.length; nth += 1) {
    if (from[3 * nth] === active && from[3 * nth + 1] === level && from[3 * nth + 2] === surpriseRps) return values[nth];
  }
  return undefined;
}

/** Remembers what was worked out for an instant, where the numbers of its terms fit into one. */
function remembered<T>(known: ByInstant<T>, atMs: number, { active, level, surpriseRps }: From, value: T): T {
  if (active > Number.MAX_SAFE_INTEGER) return value;
  const place = Math.floor(atMs / MINUTE_MS);
  let minute = known.get(place);
  if (minute === undefined) known.set(place, (minute = { from: [], values: [], count: 0 }));
  const at = minute.count % MOST_KEPT;
  minute.from[3 * at] = active;
  minute.from[3 * at + 1] = level;
  minute.from[3 * at + 2] = surpriseRps;
  minute.values[at] = value;
  minute.count += 1;
  return value;
}

const ordinary = new WeakMap<TargetUsual, Ordinary>();

// Whoever learns the same hour twice, such as a simulation that works out what was needed beside its run, learns the same week: what the
// last few weeks learned were worked out to serves both.
const LATELY_KEPT = 32;
const lately: Ordinary[] = [];

function ordinaryOf(usual: TargetUsual, given: Given): Ordinary {
  const known = ordinary.get(usual);
  if (known !== undefined && isAlike(known.given, given)) return known;
  const same = lately.find((each) => isAlike(each.given, given) && isSameWeek(each.usual, usual));
  const made = same ?? workedFrom(usual, given);
  ordinary.set(usual, made);
  if (same === undefined && lately.push(made) > LATELY_KEPT) lately.shift();
  return made;
}

function workedFrom(usual: TargetUsual, given: Given): Ordinary {
  const quantiles = residualQuantiles(usual.residuals, PROBABILITIES);
  const points = Float64Array.from(quantiles);
  const calm = { ...summarise(points, given.budget), interval: intervalOf(points) };
  return { usual, given, noise: Float64Array.from(inOrderOf("usual", quantiles)), calm, minutes: knownMinutes() };
}

function isSameWeek(a: TargetUsual, b: TargetUsual): boolean {
  return (
    a.load.bucketMinutes === b.load.bucketMinutes &&
    areSame(a.residuals.counts, b.residuals.counts) &&
    a.residuals.total === b.residuals.total &&
    areSame(a.load.weekMeans, b.load.weekMeans) &&
    areSame(a.load.weekWeights, b.load.weekWeights) &&
    areSame(a.load.dayMeans, b.load.dayMeans) &&
    areSame(a.load.dayWeights, b.load.dayWeights)
  );
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function isAlike(a: Given, b: Given): boolean {
  return a.zone === b.zone && a.budget === b.budget && a.reachViewers === b.reachViewers;
}

/** What was forecast for a minute that has just been measured. */
function expectedIn(terms: readonly Term[], usualRps: number | undefined, atMs: number): ExpectedMinute {
  let occasionsRps = 0;
  let variance = 0;
  let minutesOnAir: number | undefined;
  let turningRps = 0;
  for (const { shape, timing, medianRps } of terms) {
    const { multiple, spread } = shapeAt(shape, timing, atMs);
    const load = medianRps * multiple;
    occasionsRps += load;
    variance += (spread * load) ** 2;
    if (isTurning(timing, atMs)) turningRps += medianRps;
    if (atMs >= timing.startsAtMs && atMs < timing.endsAtMs) {
      const since = (atMs - timing.startsAtMs) / MINUTE_MS;
      minutesOnAir = minutesOnAir === undefined ? since : Math.min(minutesOnAir, since);
    }
  }
  const shapeSpread = occasionsRps > 0 ? Math.sqrt(variance) / occasionsRps : 0;
  return { atMs, usualRps, occasionsRps, shapeSpread, minutesOnAir, turningRps };
}
