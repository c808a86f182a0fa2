import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { LoadSource, Pace } from "../app/ports.ts";
import { MACHINE_PACE } from "../app/ports/machine-pace.ts";
import { CalltimeError } from "../core/error.ts";
import type { AudienceMinute, LoadMinute } from "../core/measurement.ts";
import type { AudienceMetric, LoadMetric, Metric } from "../core/target-in-aws.ts";
import { compareText } from "../core/schedule/programme.ts";
import type { Target } from "../core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { gathered } from "./gathered.ts";
import { codeOf, reasonOf } from "./target-failure.ts";
import { readMetrics, type Counted, type Series, type Stretch } from "./metric-reader.ts";
import { placeKey, placeOf, type Place } from "./place.ts";
import type { ClientsOf } from "./target-clients.ts";
import { withinLimit } from "./within-limit.ts";

/** What a load source over CloudWatch is made with. */
export type LoadSettings = {
  readonly targets: readonly Target[];
  readonly audience: readonly AudienceMetric[];
  readonly clients: ClientsOf;
  readonly homeRegion: string;
  /** From the end of a period until its value is believed: one that is read too early is too small. 120,000 when left out. */
  readonly settleMs?: number;
  /** The same for CloudFront, whose metrics come later; 300,000 when left out. */
  readonly edgeSettleMs?: number;
  /** The longest that one read takes, in milliseconds; 5,000 when left out. What did not answer then is not waited for again in this tick. */
  readonly readLimitMs?: number;
  readonly counted?: Counted;
  readonly pace?: Pace;
};

// CloudFront publishes its metrics there, wherever its viewers are.
const EDGE_NAMESPACE = "AWS/CloudFront";
const EDGE_REGION = "us-east-1";

// A tick reads the same hour of every target: one call reads it for all. A longer stretch is one target's history, and read alone.
const TOGETHER_MS = 3 * HOUR_MS;
// Within a tick; the next one reads what was published since.
const KEPT_MS = 20_000;

/** A metric, and where it is published. */
type Wanted = { readonly metric: Metric; readonly place: Place };

/**
 * The load of targets, and the viewers of channels, as CloudWatch has them. What it has not, or not yet for good, is unknown; a read throws
 * what its calls throw, so that it is read again later, and `no-answer-in-time`.
 */
export function cloudWatchLoads(settings: LoadSettings): LoadSource {
  const { pace = MACHINE_PACE, settleMs = 2 * MINUTE_MS, edgeSettleMs = 5 * MINUTE_MS, readLimitMs = 5_000 } = settings;
  const targets = new Map(settings.targets.map((target) => [target.id, target]));
  const everybodys = settings.targets.flatMap((target) => wantedOf(target, settings.homeRegion));
  const viewers = settings.audience.map(({ metric, region }): Wanted => ({
    metric,
    place: placeOfMetric(metric, { region: region ?? settings.homeRegion }),
  }));
  const silent = new Map<string, number>();
  const kept = new Map<string, { readonly atMs: number; readonly series: Promise<ReadonlyMap<string, Series>> }>();

  /** All metrics of a place in a stretch, read once while it is kept. */
  const readPlace = (place: Place, metrics: readonly Metric[], stretch: Stretch): Promise<ReadonlyMap<string, Series>> => {
    const now = pace.nowMs();
    const isFresh = (atMs: number): boolean => now - atMs < KEPT_MS && atMs <= now;
    const read = async (): Promise<ReadonlyMap<string, Series>> => {
      if (isFresh(silent.get(placeKey(place)) ?? -Infinity))
        throw new CalltimeError("no-answer-in-time", `CloudWatch in ${place.region} did not answer a moment ago`);
      const unique = [...new Map(metrics.map((metric) => [metricKey(metric), metric])).entries()];
      const client: CloudWatchClient = settings.clients(place).metrics();
      const series = await withinLimit(readLimitMs, `CloudWatch in ${place.region}`, (signal) =>
        readMetrics(
          client,
          unique.map(([, metric]) => metric),
          stretch,
          settings.counted,
          signal,
        ),
      ).catch((error: unknown): never => {
        if (codeOf(error) === "no-answer-in-time") silent.set(placeKey(place), pace.nowMs());
        throw error;
      });
      return new Map(unique.map(([key], index) => [key, series[index] ?? { values: new Map(), gap: "CloudWatch did not mention it" }]));
    };
    for (const [key, { atMs }] of kept) if (!isFresh(atMs)) kept.delete(key);
    const key = JSON.stringify([placeKey(place), stretch.fromMs, stretch.toMs, metrics.map(metricKey)]);
    const known = kept.get(key);
    if (known !== undefined) return known.series;
    const series = read();
    kept.set(key, { atMs: now, series });
    // Whoever needs it hears of the failure; it may also be that nobody comes for it.
    series.catch(() => {});
    return series;
  };

  const seriesOf = async ({ metric, place }: Wanted, stretch: Stretch, beside: readonly Wanted[]): Promise<Series> => {
    const together = stretch.toMs - stretch.fromMs <= TOGETHER_MS ? beside : [{ metric, place }];
    const calls = Map.groupBy(together, (each) => JSON.stringify([placeKey(each.place), each.metric.periodMs]));
    // All places are asked at once, so that those that do not answer are waited for at once.
    const reads = new Map(
      [...calls].map(([key, [first, ...rest]]) => {
        if (first === undefined) return [key, undefined];
        const metrics = [first, ...rest].map((each) => each.metric);
        return [key, readPlace(first.place, metrics, alignedTo(first.metric, stretch))];
      }),
    );
    const series = (await reads.get(JSON.stringify([placeKey(place), metric.periodMs])))?.get(metricKey(metric));
    return series ?? { values: new Map(), gap: "it was not asked for" };
  };

  const settledBy = ({ namespace, periodMs }: Metric, atMs: number): boolean => {
    const endMs = Math.floor(atMs / periodMs) * periodMs + periodMs;
    return endMs + (namespace === EDGE_NAMESPACE ? edgeSettleMs : settleMs) <= pace.nowMs();
  };

  /** The value of the period that a minute lies in; a sentence where there is none. One that is published only above zero has no gaps. */
  const valueAt = (metric: Metric, series: Series, atMs: number, sparse = false): number | string => {
    if (!settledBy(metric, atMs)) return "not published for good yet";
    const value = series.values.get(Math.floor(atMs / metric.periodMs) * metric.periodMs);
    return value ?? series.gap ?? (sparse ? 0 : `a gap in ${metric.namespace} ${metric.name}`);
  };

  const load = async (
    target: Target,
    measured: LoadMetric,
    minutes: readonly number[],
    stretch: Stretch,
    beside: readonly Wanted[],
  ): Promise<readonly LoadMinute[]> => {
    const place = placeOf(target.aws ?? {}, settings.homeRegion);
    const read = (metric: Metric): Promise<Series> => seriesOf({ metric, place: placeOfMetric(metric, place) }, stretch, beside);
    const { metric, refused, serving } = measured;
    const [main, turnedAway, units] = await Promise.all([read(metric), refused && read(refused.metric), serving && read(serving)]);
    return minutes.map((atMs): LoadMinute => {
      const unknown = (why: string): LoadMinute => ({ kind: "unknown", atMs, reason: `${target.id}: ${why}` });
      const value = valueAt(metric, main, atMs);
      if (typeof value === "string") return unknown(value);
      const servingUnits = serving && units && valueAt(serving, units, atMs);
      if (measured.counts === "utilisation-percent" && typeof servingUnits !== "number")
        return unknown(servingUnits ?? "a share of nobody knows how many units");
      const away = refused && turnedAway && valueAt(refused.metric, turnedAway, atMs, refused.sparse);
      const whole = typeof servingUnits === "number" ? Math.max(0, Math.floor(servingUnits)) : undefined;
      const takenRps = Math.max(0, loadOf(target, measured, value, typeof servingUnits === "number" ? servingUnits : 0));
      const awayRps =
        typeof away !== "number" || refused === undefined ? undefined : Math.max(0, (away * measured.each) / seconds(refused.metric));
      const loadRps = takenRps + (refused?.withinLoad === true ? 0 : (awayRps ?? 0));
      return { kind: "known", atMs, loadRps, unservedRps: awayRps && Math.min(awayRps, loadRps), servingUnits: whole };
    });
  };

  const lately = new Map<string, { readonly atMs: number; readonly minutes: ReadonlyMap<number, LoadMinute> }>();

  /** What was read of a target at most so long ago, with what came since as unknown; undefined when that does not reach far enough. */
  const readLately = (targetId: string, minutes: readonly number[], oldestMs: number): readonly LoadMinute[] | undefined => {
    const known = lately.get(targetId);
    const ageMs = known === undefined ? Infinity : pace.nowMs() - known.atMs;
    if (known === undefined || ageMs < 0 || ageMs >= oldestMs || !known.minutes.has(minutes[0] ?? 0)) return undefined;
    const reason = `${targetId}: not read yet; the last reading was ${Math.floor(ageMs / MINUTE_MS)} minutes ago`;
    return minutes.map((atMs) => known.minutes.get(atMs) ?? { kind: "unknown", atMs, reason });
  };

  type Outcome = PromiseSettledResult<readonly LoadMinute[]>;
  let asking: { readonly stretch: Stretch; readonly ask: (targetId: string) => Promise<Outcome | undefined> } | undefined;

  /** Asks for the targets that are asked for at nearly the same moment, and for no other. */
  const askTogether = (stretch: Stretch, minutes: readonly number[]): ((targetId: string) => Promise<Outcome | undefined>) => {
    if (asking?.stretch.fromMs === stretch.fromMs && asking.stretch.toMs === stretch.toMs) return asking.ask;
    const ask = gathered<Outcome>(Infinity, pace, async (ids) => {
      const some = ids.flatMap((id) => targets.get(id) ?? []);
      const beside = some.flatMap((target) => wantedOf(target, settings.homeRegion));
      const outcomes = await Promise.allSettled(
        some.map(async (target) => (target.aws?.load === undefined ? [] : load(target, target.aws.load, minutes, stretch, beside))),
      );
      const atMs = pace.nowMs();
      return new Map(
        some.map(({ id }, index) => {
          const outcome = outcomes[index] as Outcome;
          if (outcome.status === "fulfilled")
            lately.set(id, { atMs, minutes: new Map(outcome.value.map((minute) => [minute.atMs, minute])) });
          return [id, outcome];
        }),
      );
    });
    asking = { stretch, ask };
    return ask;
  };

  return {
    load: async (targetId, fromMs, toMs, oldestMs) => {
      const minutes = wholeMinutes(fromMs, toMs);
      const target = targets.get(targetId);
      const measured = target?.aws?.load;
      if (target === undefined || measured === undefined || minutes.length === 0) {
        const why = target === undefined ? "there is no such target" : "it is not said what counts its load (aws.load)";
        return minutes.map((atMs) => ({ kind: "unknown", atMs, reason: `${targetId}: ${why}` }));
      }
      const stretch = stretchOf(minutes);
      if (oldestMs === undefined) return load(target, measured, minutes, stretch, everybodys);
      const before = readLately(targetId, minutes, oldestMs);
      if (before !== undefined) return before;
      const outcome = await askTogether(stretch, minutes)(targetId);
      if (outcome?.status === "fulfilled") return outcome.value;
      throw outcome?.reason ?? new CalltimeError("no-answer-in-time", `${targetId}: CloudWatch did not answer for it`);
    },
    audience: async (fromMs, toMs) => {
      const minutes = wholeMinutes(fromMs, toMs);
      if (minutes.length === 0) return [];
      const asked = await Promise.allSettled(viewers.map((wanted) => seriesOf(wanted, stretchOf(minutes), viewers)));
      const failed = asked.filter((each) => each.status === "rejected");
      // One Region that does not answer hides no channel of another; when none answers there is nothing to say.
      if (failed.length === asked.length && failed[0] !== undefined) throw failed[0].reason;
      return minutes.map((atMs): AudienceMinute => {
        const known: Record<string, number> = {};
        let why = "no metric counts the viewers of any channel (audience)";
        settings.audience.forEach(({ metric, channelId, each }, index) => {
          const answer = asked[index];
          const value = answer?.status === "fulfilled" ? valueAt(metric, answer.value, atMs) : reasonOf(answer?.reason);
          if (typeof value === "string") why = value;
          else known[channelId] = Math.max(0, value * each);
        });
        return Object.keys(known).length > 0
          ? { kind: "known", atMs, viewers: known }
          : { kind: "unknown", atMs, reason: `audience: ${why}` };
      });
    },
  };
}

function wantedOf({ aws }: Target, homeRegion: string): readonly Wanted[] {
  if (aws?.load === undefined) return [];
  const { metric, refused, serving } = aws.load;
  const place = placeOf(aws, homeRegion);
  return [metric, refused?.metric, serving].flatMap((each) =>
    each === undefined ? [] : [{ metric: each, place: placeOfMetric(each, place) }],
  );
}

function placeOfMetric({ namespace }: Metric, place: Place): Place {
  return namespace === EDGE_NAMESPACE ? { ...place, region: EDGE_REGION } : place;
}

function metricKey(metric: Metric): string {
  const dimensions = Object.entries(metric.dimensions).map(([name, value]) => JSON.stringify([name, value]));
  return JSON.stringify([metric.namespace, metric.name, metric.stat, metric.periodMs, dimensions.sort(compareText)]);
}

function loadOf({ throughputRps }: Target, { counts, each, metric }: LoadMetric, value: number, servingUnits: number): number {
  switch (counts) {
    case "requests":
      return (value * each) / seconds(metric);
    case "requests-per-second":
      return value * each;
    case "utilisation-percent":
      return (value / 100) * servingUnits * throughputRps;
    default:
      return counts satisfies never;
  }
}

function seconds({ periodMs }: Metric): number {
  return periodMs / 1_000;
}

/** Starts of the minutes that lie whole in [fromMs, toMs). */
function wholeMinutes(fromMs: number, toMs: number): readonly number[] {
  const minutes: number[] = [];
  for (let atMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; atMs + MINUTE_MS <= toMs; atMs += MINUTE_MS) minutes.push(atMs);
  return minutes;
}

function stretchOf(minutes: readonly number[]): Stretch {
  return { fromMs: minutes[0] ?? 0, toMs: (minutes.at(-1) ?? 0) + MINUTE_MS };
}

/** Whole periods around a stretch: CloudWatch rounds to them. */
function alignedTo({ periodMs }: Metric, { fromMs, toMs }: Stretch): Stretch {
  return { fromMs: Math.floor(fromMs / periodMs) * periodMs, toMs: Math.ceil(toMs / periodMs) * periodMs };
}
