import type { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { readFileSync } from "node:fs";
import { measureTick, tick } from "../../shared/app/tick.ts";
import { contextOf } from "../../shared/app/context.ts";
import { MACHINE_PACE } from "../../shared/app/ports/machine-pace.ts";
import { readVitals } from "../../shared/app/vitals.ts";
import { CAPACITIES_KEPT_MS } from "../../shared/aws/acu-clusters.ts";
import { cloudWatchLoads } from "../../shared/aws/load-source.ts";
import type { ClientsOf } from "../../shared/aws/target-clients.ts";
import { parseTargets } from "../../shared/config/targets.ts";
import { AS_DEPLOYED } from "../../shared/deployed/settings.ts";
import { stores } from "../../shared/deployed/state.ts";
import type { LoadMetric, Metric } from "../../shared/core/target-in-aws.ts";
import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, slot } from "../../test/app/made.ts";
import { publishSchedule } from "../../test/schedules.ts";
import { countedTable } from "./counted-table.ts";

/** What one minute of both functions asks of AWS. */
export type Minute = {
  /** Metrics that the two read of CloudWatch, each as often as it is asked for. */
  readonly cueMetrics: number;
  readonly measureMetrics: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly journalBytes: number;
  readonly events: number;
  /** Of these, the events that call the plan function, and those that call the warmer. */
  readonly planEvents: number;
  readonly warmEvents: number;
};

/** Minutes of a deployment as they were counted: the mean of ten, and of the one in an hour that learns it, what it asks beside. */
export type CountedMinutes = {
  readonly quiet: Minute;
  readonly onAir: Minute;
  /** Of the hour before an occasion, and of the `MINUTES_AFTER` after it. */
  readonly before: Minute;
  readonly after: Minute;
  readonly learning: Minute;
  /** Metrics that one reading of the load of all targets asks for. */
  readonly metricsOfTargets: number;
};

/** Minutes before an occasion and after it that are counted by themselves: all floors are down again by then. */
export const MINUTES_BEFORE = 60;
export const MINUTES_AFTER = 150;
/** Instances of an Aurora Serverless cluster: a writer and a reader. */
export const INSTANCES_OF_A_CLUSTER = 2;
const PLANS_ANEW: ReadonlySet<string> = new Set(["calltime.schedule.changed", "calltime.override.changed", "calltime.programme.corrected"]);
const WARMS_ANEW: ReadonlySet<string> = new Set(["calltime.capacity.planned", "calltime.mode.changed"]);
const DAY = [
  slot("one", "Garden Hour", at(14), at(18)),
  slot("one", "Cup Final", at(18), at(22)),
  slot("one", "Night Film", at(22), at(24)),
  slot("two", "Old Songs", at(14), at(20)),
  slot("two", "Quiz", at(20), at(24)),
];

/** The targets of samples/targets-aws.yaml over and over until there are `count`, each with metrics of its own, all active. */
function manyTargets(count: number) {
  const { targets, audience } = parseTargets(
    readFileSync(new URL("../../samples/targets-aws.yaml", import.meta.url), "utf8"),
    "samples/targets-aws.yaml",
  );
  const many = Array.from({ length: count }, (_, index): Target => {
    const nth = Math.floor(index / targets.length);
    const of = targets[index % targets.length];
    if (of === undefined) throw new RangeError("samples/targets-aws.yaml has no targets");
    const own = (metric: Metric): Metric => ({ ...metric, dimensions: { ...metric.dimensions, Nth: String(nth) } });
    const load = (of.aws?.load && ownLoad(of.aws.load, own)) as LoadMetric;
    const connections = of.connections && { ...of.connections, database: `${of.connections.database}-${nth}` };
    return { ...of, id: `${of.id}-${nth}`, mode: "active", ...(connections && { connections }), aws: { ...of.aws, load } };
  });
  return { targets: many, audience };
}

function ownLoad(load: LoadMetric, own: (metric: Metric) => Metric): LoadMetric {
  const { metric, refused, serving } = load;
  return {
    ...load,
    metric: own(metric),
    ...(refused && { refused: { ...refused, metric: own(refused.metric) } }),
    ...(serving && { serving: own(serving) }),
  };
}

/**
 * Lets the afternoon and the evening of `targetCount` targets pass over the adapters of AWS, with a store and a CloudWatch that count, and
 * with both functions' minute as their handlers have it.
 */
export async function countMinutes(targetCount: number): Promise<CountedMinutes> {
  const { targets, audience } = manyTargets(targetCount);
  const made = await platform({ targets, programmes: [] });
  const { table, asked } = countedTable(made.now);
  const metrics = { cue: 0, measure: 0 };
  const client = cloud(made.now);
  const loadsOf = (name: keyof typeof metrics) =>
    cloudWatchLoads({
      targets,
      audience,
      clients: (() => ({ metrics: () => client })) as unknown as ClientsOf,
      homeRegion: "eu-west-1",
      readLimitMs: 60_000,
      pace: { ...MACHINE_PACE, nowMs: made.now },
      counted: (each) => void (metrics[name] += each.metrics),
    });
  const { capacity } = made.context.ports;
  const seen = new Map<string, { readonly minimumUnits: number; readonly atMs: number }>();
  const describe: typeof capacity.describe = async (ids) => {
    // The capacity that a serverless cluster has is a metric of each instance (shared/aws/acu-clusters.ts).
    const states = await capacity.describe(ids);
    for (const state of states) {
      if (!state.targetId.startsWith("session-db") || state.kind === "unknown") continue;
      const before = seen.get(state.targetId);
      if (before?.minimumUnits === state.minimumUnits && made.now() - before.atMs < CAPACITIES_KEPT_MS) continue;
      metrics.cue += INSTANCES_OF_A_CLUSTER;
      if ((state.servingUnits ?? 0) >= state.minimumUnits) seen.set(state.targetId, { minimumUnits: state.minimumUnits, atMs: made.now() });
    }
    return states;
  };
  const settings = { ...made.context.settings, ...AS_DEPLOYED };
  // Each function has a memory of its own.
  const cue = contextOf(
    {
      ...made.context.ports,
      ...stores(table),
      loads: loadsOf("cue"),
      capacity: { ...capacity, describe },
      sheets: { keep: async () => {} },
    },
    settings,
  );
  const measure = contextOf({ ...made.context.ports, ...stores(table), loads: loadsOf("measure") }, settings);
  const channels = ["one", "two"].map((id) => ({ id, name: id }));
  await publishSchedule(stores(table), { feedId: "guide", generation: 1, publishedAtMs: at(12) }, { channels, programmes: DAY });

  const pass = async (atMs: number): Promise<Minute> => {
    made.goTo(atMs);
    Object.assign(asked, { readUnits: 0, writeUnits: 0, journalBytes: 0 });
    Object.assign(metrics, { cue: 0, measure: 0 });
    const before = made.bus.events.length;
    await tick(cue, atMs);
    await readVitals(cue, atMs);
    await measureTick(measure, atMs);
    made.control.serve();
    const types = made.bus.events.slice(before).map(({ type }) => type);
    return {
      cueMetrics: metrics.cue,
      measureMetrics: metrics.measure,
      ...asked,
      events: types.length,
      planEvents: types.filter((type) => PLANS_ANEW.has(type)).length,
      warmEvents: types.filter((type) => WARMS_ANEW.has(type)).length,
    };
  };
  const passAll = async (fromMs: number, minutes: number): Promise<readonly Minute[]> => {
    const passed: Minute[] = [];
    for (let nth = 0; nth < minutes; nth += 1) passed.push(await pass(fromMs + nth * MINUTE_MS));
    return passed;
  };
  // The first minutes read two weeks of history, and find every plan new.
  await passAll(at(14, 1), 4);
  await passAll(at(14, 58), 7);
  const [learning, ...quiet] = await passAll(at(15, 5), 11);
  const before = await passAll(at(17), MINUTES_BEFORE);
  await passAll(at(18), 10);
  await passAll(at(19), 6);
  const onAir = await passAll(at(19, 6), 10);
  await passAll(at(21, 45), 15);
  const after = await passAll(at(22), MINUTES_AFTER);
  if (learning === undefined) throw new RangeError("no minute passed");
  const usual = mean(quiet);
  const metricsOfTargets = targets.reduce((sum, { aws }) => sum + metricsOf(aws?.load), 0);
  return {
    quiet: usual,
    onAir: mean(onAir),
    before: mean(before.filter(isNoLearning)),
    after: mean(after.filter(isNoLearning)),
    learning: difference(learning, usual),
    metricsOfTargets,
  };
}

// What an hour teaches is learned five minutes after it, and counted by itself.
function isNoLearning(_: Minute, minute: number): boolean {
  return minute % 60 !== 5;
}

function metricsOf(load: LoadMetric | undefined): number {
  return load === undefined ? 0 : 1 + (load.refused === undefined ? 0 : 1) + (load.serving === undefined ? 0 : 1);
}

function mean(minutes: readonly Minute[]): Minute {
  return combined(minutes, (values) => values.reduce((sum, value) => sum + value, 0) / values.length);
}

function difference(minute: Minute, from: Minute): Minute {
  return combined([minute, from], ([value = 0, less = 0]) => value - less);
}

function combined(minutes: readonly Minute[], how: (values: readonly number[]) => number): Minute {
  const of = (key: keyof Minute): number => how(minutes.map((minute) => minute[key]));
  return {
    cueMetrics: of("cueMetrics"),
    measureMetrics: of("measureMetrics"),
    readUnits: of("readUnits"),
    writeUnits: of("writeUnits"),
    journalBytes: of("journalBytes"),
    events: of("events"),
    planEvents: of("planEvents"),
    warmEvents: of("warmEvents"),
  };
}

/** A CloudWatch with a point for every settled minute: 200,000 viewers of the evening's occasion, and the load that they bring. */
function cloud(now: () => number): CloudWatchClient {
  const send = async ({ input }: GetMetricDataCommand) => {
    const fromMs = input.StartTime?.getTime() ?? 0;
    const untilMs = Math.min(input.EndTime?.getTime() ?? 0, now() - 2 * MINUTE_MS);
    const instants: number[] = [];
    for (let atMs = fromMs; atMs < untilMs; atMs += MINUTE_MS) instants.push(atMs);
    const Timestamps = instants.map((atMs) => new Date(atMs));
    return {
      MetricDataResults: (input.MetricDataQueries ?? []).map(({ Id, MetricStat }) => ({
        Id,
        Timestamps,
        Values: instants.map((atMs) => valueOf(MetricStat?.Metric?.MetricName, atMs)),
        StatusCode: "Complete" as const,
      })),
    };
  };
  return { send } as unknown as CloudWatchClient;
}

const LEAVING_MS = 12 * MINUTE_MS;

function valueOf(metric: string | undefined, atMs: number): number {
  // Crowds leave over a quarter of an hour; one that is gone at once is taken for an outage, and held.
  const there = atMs < at(18) ? 0 : Math.exp(-Math.max(0, atMs - at(22)) / LEAVING_MS);
  const viewers = 1_000 + 200_000 * there;
  switch (metric) {
    case "ConcurrentViewers":
      return viewers;
    case "RequestCount":
      return 30_000 + viewers * 0.024 * 60;
    case "HTTPCode_ELB_5XX_Count":
      return 0;
    case "HealthyHostCount":
      return 12;
    // Of two readers that serve 2,600 queries a second each.
    case "CPUUtilization":
      return 10 + ((viewers * 0.0065) / (2 * 2_600)) * 100;
    case "ReadersInUse":
      return 2;
    case "QueriesPerSecond":
      return 20 + viewers * 0.002;
    default:
      throw new RangeError(`a metric that samples/targets-aws.yaml did not have: ${metric}`);
  }
}
