import { INSTANCES_OF_A_CLUSTER, type CountedMinutes, type Minute } from "./counted-minutes.ts";
import type { Deployed } from "./deployed.ts";
import { READINGS_A_TARGET } from "../../shared/app/load-check.ts";
import { ASSUMED, leastUsd, monthOf } from "./month.ts";
import { PRICES } from "./prices.ts";

/** What a month may cost, in US dollars. */
const GOAL_USD = 25;

/** The page with every marked part as it is counted now. Throws a RangeError when one of the marks is not there. */
export function costPage(page: string, counted: CountedMinutes, deployed: Deployed): string {
  let text = page;
  for (const [mark, part] of Object.entries(costTables(counted, deployed))) {
    const [begin, end] = [`<!-- ${mark} -->\n`, `\n<!-- end of ${mark} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new RangeError(`docs/cost.md has no part between ${begin.trim()} and ${end.trim()}`);
    text = `${text.slice(0, from)}${begin}\n${part}\n${text.slice(to)}`;
  }
  return text;
}

function costTables(counted: CountedMinutes, deployed: Deployed): Readonly<Record<string, string>> {
  const items = monthOf(counted, deployed);
  const total = items.reduce((sum, each) => sum + each.usd, 0);
  const { onAirMetricsUsd, fixedUsd } = leastUsd(counted, deployed);
  return {
    total: `**${usd(total)} US dollars a month**, ${beside(total)}.`,
    month: table([
      ["item", "a month", "US dollars"],
      ...items.map(({ name, counted: what, usd: each }) => [name, what, usd(each)]),
      ["**total**", "", `**${usd(total)}**`],
    ]),
    least: [
      `- metrics of the minutes on air alone: **${usd(onAirMetricsUsd)}**`,
      `- what is billed whatever is done (our own metrics, the dashboard, alarms): **${usd(fixedUsd)}**`,
      `- so of the goal there is for all else: **${usd(GOAL_USD - onAirMetricsUsd - fixedUsd)}**`,
    ].join("\n"),
    minute: table([
      ["of one minute, both functions", "quiet", "before", "on air", "after", "more in the minute that learns an hour"],
      row("metrics that cue reads", counted, ({ cueMetrics }) => cueMetrics),
      row("metrics that measure reads", counted, ({ measureMetrics }) => measureMetrics),
      row("read units of DynamoDB", counted, ({ readUnits }) => readUnits),
      row("write units of DynamoDB", counted, ({ writeUnits }) => writeUnits),
      row("bytes of the journal", counted, ({ journalBytes }) => journalBytes),
      row("events", counted, ({ events }) => events),
    ]),
    assumed: table([["assumed", ""], ...assumed(deployed)]),
    prices: table([["price, eu-west-1, US dollars", ""], ...PRICED.map(([name, key]) => [name, plain(PRICES[key])])]),
  };
}

function assumed({ memoryGb }: Deployed): readonly (readonly string[])[] {
  const memory = (name: string): string => `${((memoryGb.get(name) ?? Number.NaN) * 1_024).toFixed(0)} MB`;
  return [
    ["targets, of the kinds in `samples/targets-aws.yaml` in turn, all active", `${ASSUMED.targets}`],
    ["hours on air a day, in so many occasions", `${ASSUMED.onAirHoursADay} in ${ASSUMED.occasionsADay}`],
    ["instances of an Aurora Serverless cluster", `${INSTANCES_OF_A_CLUSTER}`],
    ["a minute of `cue`, warm, at its memory", `${ASSUMED.cueSeconds} s at ${memory("cue")}`],
    ["a minute of `measure`", `${ASSUMED.measureSeconds} s at ${memory("measure")}`],
    ["a call by an event: `plan`, `warm-capacity`", `${ASSUMED.eventSeconds} s at ${memory("plan")}, ${memory("warm-capacity")}`],
    ["an upload of a feed", `${ASSUMED.uploadsADay} a day of ${ASSUMED.uploadMb} MB, ${ASSUMED.ingestSeconds} s at ${memory("ingest")}`],
    ["what an upload writes", `${ASSUMED.writeUnitsAnUpload} units`],
    ["targets whose load an upload is held against", `${ASSUMED.targetsAnUpload}, read ${READINGS_A_TARGET} times`],
    ["requests to the API", `${ASSUMED.apiRequestsAMonth} a month, ${ASSUMED.apiSeconds} s at ${memory("api")}`],
    ["log lines of a call, Lambda's own included", `${ASSUMED.logBytesACall} bytes, kept ${ASSUMED.logRetentionMonths} months`],
    ["polling of the warmer's queue by Lambda", `${ASSUMED.queueRequestsAMinute} requests a minute`],
    ["journal", `${ASSUMED.journalDays} days`],
  ];
}

const PRICED: readonly (readonly [name: string, key: keyof typeof PRICES])[] = [
  ["a thousand metrics of GetMetricData *", "usdPerThousandMetricsRequested"],
  ["a million read units of DynamoDB *", "usdPerMillionReadUnits"],
  ["a million write units *", "usdPerMillionWriteUnits"],
  ["a gigabyte of table and month *", "usdPerGbMonthOfTable"],
  ["its continuous backup *", "usdPerGbMonthOfBackup"],
  ["a million calls of Lambda", "usdPerMillionCalls"],
  ["a GB-second, arm64", "usdPerGbSecond"],
  ["a million calls by the Scheduler *", "usdPerMillionSchedulerInvocations"],
  ["a million events", "usdPerMillionEvents"],
  ["a million requests to SQS *", "usdPerMillionQueueRequests"],
  ["a million requests to an HTTP API *", "usdPerMillionApiRequests"],
  ["a custom metric and month *", "usdPerCustomMetricMonth"],
  ["an alarm and month", "usdPerAlarmMonth"],
  ["a dashboard and month", "usdPerDashboardMonth"],
  ["a gigabyte of logs taken in *", "usdPerGbOfLogs"],
  ["a gigabyte of logs kept and month *", "usdPerGbMonthOfLogs"],
  ["a million traces *", "usdPerMillionTraces"],
  ["a gigabyte of S3 and month", "usdPerGbMonthOfBucket"],
  ["a thousand PUTs", "usdPerThousandPuts"],
  ["a thousand GETs", "usdPerThousandGets"],
];

/** A number without an exponent. */
function plain(value: number): string {
  return value.toFixed(10).replace(/\.?0+$/, "");
}

function row(name: string, { quiet, before, onAir, after, learning }: CountedMinutes, of: (minute: Minute) => number): readonly string[] {
  return [name, ...[quiet, before, onAir, after, learning].map((minute) => of(minute).toFixed(0))];
}

function beside(monthUsd: number): string {
  return monthUsd < GOAL_USD ? `below the goal of ${GOAL_USD}` : `${(monthUsd / GOAL_USD).toFixed(1)} times the goal of ${GOAL_USD}`;
}

function usd(amount: number): string {
  return amount.toFixed(2);
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
