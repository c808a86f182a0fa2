import { GetMetricDataCommand, type CloudWatchClient, type MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { CalltimeError } from "../core/error.ts";
import type { Metric } from "../core/target-in-aws.ts";
import { codeOf, isAnswer } from "./target-failure.ts";

/** Metrics that one call may ask for. */
const METRICS_A_CALL = 500;
/** Points that one page may have; asked for beyond it, they come on several. */
const POINTS_A_CALL = 100_800;
const MOST_PAGES = 50;

/** The values of one metric by the start of their period; what is not there was not published, or not given, and then `gap` says why. */
export type Series = { readonly values: ReadonlyMap<number, number>; readonly gap: string | undefined };

/** A stretch of whole periods: epoch milliseconds, the second excluded. */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

/** Counts what is asked for: CloudWatch bills by the metric. */
export type Counted = (asked: { readonly metrics: number; readonly pages: number }) => void;

/**
 * The values of metrics in a stretch, in the order asked; as few calls as the limits of GetMetricData allow, every page read. When AWS
 * refuses a call for one of its metrics, each is asked for alone, so that only that one is without values. Throws what has no answer.
 */
export async function readMetrics(
  client: CloudWatchClient,
  metrics: readonly Metric[],
  stretch: Stretch,
  counted: Counted = () => {},
  signal?: AbortSignal,
): Promise<readonly Series[]> {
  const read: Series[] = [];
  for (const some of callsFor(metrics, stretch)) {
    try {
      read.push(...(await readCall(client, some, stretch, counted, signal)));
    } catch (error) {
      if (!isAnswer(error) || !isAboutOne(error)) throw error;
      if (some.length === 1) read.push({ values: new Map(), gap: `${codeOf(error)}: ${error.message}` });
      else for (const metric of some) read.push(...(await readMetrics(client, [metric], stretch, counted, signal)));
    }
  }
  return read;
}

/** What AWS says of a query that makes no sense to it; a denied or throttled call is none that asking one by one would mend. */
function isAboutOne(error: Error): boolean {
  return /^(InvalidParameter|MissingParameter|ValidationError|MissingRequiredParameter)/u.test(codeOf(error));
}

function callsFor(metrics: readonly Metric[], { fromMs, toMs }: Stretch): readonly (readonly Metric[])[] {
  const calls: Metric[][] = [];
  let points = Infinity;
  for (const metric of metrics) {
    const more = Math.ceil((toMs - fromMs) / metric.periodMs);
    const last = calls.at(-1);
    if (last === undefined || last.length === METRICS_A_CALL || points + more > POINTS_A_CALL) {
      calls.push([metric]);
      points = more;
    } else {
      last.push(metric);
      points += more;
    }
  }
  return calls;
}

async function readCall(
  client: CloudWatchClient,
  metrics: readonly Metric[],
  { fromMs, toMs }: Stretch,
  counted: Counted,
  signal: AbortSignal | undefined,
): Promise<readonly Series[]> {
  const all = metrics.map(() => ({ values: new Map<number, number>(), gap: undefined as string | undefined, isAnswered: false }));
  let NextToken: string | undefined;
  let page = 0;
  do {
    if (page === MOST_PAGES) throw new CalltimeError("endless-pages", `GetMetricData had more than ${MOST_PAGES} pages`);
    const answer = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        ScanBy: "TimestampAscending",
        MetricDataQueries: metrics.map(({ namespace, name, dimensions, stat, periodMs }, index) => ({
          Id: `m${index}`,
          MetricStat: {
            Metric: {
              Namespace: namespace,
              MetricName: name,
              Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: periodMs / 1_000,
            Stat: stat,
          },
        })),
        ...(NextToken !== undefined && { NextToken }),
      }),
      { ...(signal !== undefined && { abortSignal: signal }) },
    );
    page += 1;
    for (const result of answer.MetricDataResults ?? []) {
      const series = all[Number(result.Id?.slice(1))];
      if (series !== undefined) take(series, result);
    }
    ({ NextToken } = answer);
  } while (NextToken !== undefined);
  counted({ metrics: metrics.length, pages: page });
  return all.map(({ values, gap, isAnswered }) => ({ values, gap: isAnswered ? gap : "CloudWatch did not mention it" }));
}

/** Adds what one page has of a metric. The status of its last page holds: `PartialData` on the way there only says that more comes. */
function take(series: { values: Map<number, number>; gap: string | undefined; isAnswered: boolean }, result: MetricDataResult): void {
  const { Timestamps = [], Values = [], StatusCode, Messages = [] } = result;
  Timestamps.forEach((at, index) => {
    const value = Values[index];
    if (value !== undefined && Number.isFinite(value)) series.values.set(at.getTime(), value);
  });
  series.isAnswered = true;
  const said = Messages.map(({ Code, Value }) => [Code, Value].filter((part) => part !== undefined).join(": ")).join("; ");
  series.gap =
    StatusCode === undefined || StatusCode === "Complete" ? undefined : [StatusCode, said].filter((part) => part !== "").join(", ");
}
