import { MINUTES_AFTER, MINUTES_BEFORE, type CountedMinutes, type Minute } from "./counted-minutes.ts";
import type { Deployed } from "./deployed.ts";
import { READINGS_A_TARGET } from "../../shared/app/load-check.ts";
import { KEEP_DAYS } from "../../shared/aws/journal.ts";
import { PRICES } from "./prices.ts";

/** The least that is left: metrics of the minutes on air alone, and what is billed whatever is done, in US dollars a month. */
export function leastUsd({ onAir }: CountedMinutes, deployed: Deployed): { readonly onAirMetricsUsd: number; readonly fixedUsd: number } {
  const metrics = (onAir.cueMetrics + onAir.measureMetrics) * minutesOfMonth().onAir;
  const { customMetrics, dashboards, alarms } = deployed;
  return {
    onAirMetricsUsd: (metrics / 1_000) * PRICES.usdPerThousandMetricsRequested,
    fixedUsd: customMetrics * PRICES.usdPerCustomMetricMonth + dashboards * PRICES.usdPerDashboardMonth + alarms * PRICES.usdPerAlarmMonth,
  };
}

/** What is not counted but assumed. The page lists them. */
export const ASSUMED = {
  targets: 50,
  onAirHoursADay: 4,
  /** Occasions that these hours are made of. */
  occasionsADay: 2,
  /** Warm, with all that is waited for. */
  cueSeconds: 3,
  measureSeconds: 1.5,
  eventSeconds: 1,
  ingestSeconds: 3,
  apiSeconds: 0.2,
  /** Lines of ours and Lambda's own, the metrics among them. */
  logBytesACall: 2_000,
  logRetentionMonths: 3,
  uploadsADay: 24,
  uploadMb: 5,
  writeUnitsAnUpload: 1_000,
  /** Until one can tell whether load rises when the feed says; more where the first ones cannot. */
  targetsAnUpload: 1,
  apiRequestsAMonth: 20_000,
  /** Lambda asks the queue of the warmer for messages with five long polls of 20 seconds. */
  queueRequestsAMinute: 15,
  journalDays: KEEP_DAYS,
} as const;

const DAYS = 365 / 12;
const HOURS = DAYS * 24;
const MINUTES = HOURS * 60;
const MILLION = 1e6;
const GB = 1e9;

/** One line of the bill. */
export type Item = { readonly name: string; readonly counted: string; readonly usd: number };

/** Minutes of a month by what is on in them. */
function minutesOfMonth(): Readonly<Record<"onAir" | "before" | "after" | "quiet", number>> {
  const { onAirHoursADay, occasionsADay } = ASSUMED;
  const onAir = onAirHoursADay * 60 * DAYS;
  const [before, after] = [occasionsADay * MINUTES_BEFORE * DAYS, occasionsADay * MINUTES_AFTER * DAYS];
  return { onAir, before, after, quiet: MINUTES - onAir - before - after };
}

/** What a month costs, line by line. */
export function monthOf({ quiet, onAir, before, after, learning, metricsOfTargets }: CountedMinutes, deployed: Deployed): readonly Item[] {
  const minutes = minutesOfMonth();
  const sum = (of: (minute: Minute) => number): number =>
    of(onAir) * minutes.onAir + of(before) * minutes.before + of(after) * minutes.after + of(quiet) * minutes.quiet + of(learning) * HOURS;
  const planCalls = sum(({ planEvents }) => planEvents);
  const warmCalls = sum(({ warmEvents }) => warmEvents);
  const uploads = ASSUMED.uploadsADay * DAYS;
  const metricsAnUpload = ASSUMED.targetsAnUpload * READINGS_A_TARGET * (metricsOfTargets / ASSUMED.targets);
  const metrics =
    sum(({ cueMetrics, measureMetrics }) => cueMetrics + measureMetrics) + planCalls * metricsOfTargets + uploads * metricsAnUpload;
  const reads = sum(({ readUnits }) => readUnits);
  const writes = sum(({ writeUnits }) => writeUnits) + uploads * ASSUMED.writeUnitsAnUpload;
  const journalGb = ((sum(({ journalBytes }) => journalBytes) / DAYS) * ASSUMED.journalDays) / GB;
  const events = sum(({ events: sent }) => sent);
  const minuteCalls = MINUTES * deployed.everyMinute;
  const calls = minuteCalls + planCalls + warmCalls + uploads + ASSUMED.apiRequestsAMonth;
  const memory = (name: string): number => {
    const gb = deployed.memoryGb.get(name);
    if (gb === undefined) throw new RangeError(`deploy/functions.cjs has no function ${name}`);
    return gb;
  };
  const gbSeconds =
    MINUTES * (memory("cue") * ASSUMED.cueSeconds + memory("measure") * ASSUMED.measureSeconds) +
    (planCalls * memory("plan") + warmCalls * memory("warm-capacity")) * ASSUMED.eventSeconds +
    uploads * memory("ingest") * ASSUMED.ingestSeconds +
    ASSUMED.apiRequestsAMonth * memory("api") * ASSUMED.apiSeconds;
  const logGb = (calls * ASSUMED.logBytesACall) / GB;
  const queueRequests = ASSUMED.queueRequestsAMinute * MINUTES;
  const bucketGb = (uploads * ASSUMED.uploadMb * 1e6) / GB;
  return [
    item("CloudWatch, metrics read", `${millions(metrics)} metrics`, (metrics / 1_000) * PRICES.usdPerThousandMetricsRequested),
    item("DynamoDB, reads", `${millions(reads)} units`, (reads / MILLION) * PRICES.usdPerMillionReadUnits),
    item("DynamoDB, writes", `${millions(writes)} units`, (writes / MILLION) * PRICES.usdPerMillionWriteUnits),
    item(
      "DynamoDB, journal once it is full, and its backup",
      `${journalGb.toFixed(1)} GB`,
      journalGb * (PRICES.usdPerGbMonthOfTable + PRICES.usdPerGbMonthOfBackup),
    ),
    item("Lambda, time", `${millions(gbSeconds)} GB-seconds`, gbSeconds * PRICES.usdPerGbSecond),
    item("Lambda, calls", `${millions(calls)} calls`, (calls / MILLION) * PRICES.usdPerMillionCalls),
    item("CloudWatch, metrics of our own", `${deployed.customMetrics} series`, deployed.customMetrics * PRICES.usdPerCustomMetricMonth),
    item("CloudWatch, dashboard, off when left out", `${deployed.dashboards}`, deployed.dashboards * PRICES.usdPerDashboardMonth),
    item("CloudWatch, alarms", `${deployed.alarms} alarms`, deployed.alarms * PRICES.usdPerAlarmMonth),
    item(
      "CloudWatch, logs",
      `${logGb.toFixed(2)} GB`,
      logGb * (PRICES.usdPerGbOfLogs + ASSUMED.logRetentionMonths * PRICES.usdPerGbMonthOfLogs),
    ),
    item("X-Ray, traces", `${millions(calls)} traces`, (calls / MILLION) * PRICES.usdPerMillionTraces),
    item("EventBridge, events", `${millions(events)} events`, (events / MILLION) * PRICES.usdPerMillionEvents),
    item(
      "EventBridge Scheduler, minutes",
      `${millions(minuteCalls)} calls`,
      (minuteCalls / MILLION) * PRICES.usdPerMillionSchedulerInvocations,
    ),
    item("SQS, polling", `${millions(queueRequests)} requests`, (queueRequests / MILLION) * PRICES.usdPerMillionQueueRequests),
    item(
      "API Gateway",
      `${millions(ASSUMED.apiRequestsAMonth)} requests`,
      (ASSUMED.apiRequestsAMonth / MILLION) * PRICES.usdPerMillionApiRequests,
    ),
    item(
      "S3, feeds of a month",
      `${bucketGb.toFixed(1)} GB`,
      bucketGb * PRICES.usdPerGbMonthOfBucket + (uploads / 1_000) * (PRICES.usdPerThousandPuts + PRICES.usdPerThousandGets),
    ),
  ];
}

function item(name: string, counted: string, usd: number): Item {
  return { name, counted, usd };
}

function millions(count: number): string {
  return `${(count / MILLION).toFixed(2)} M`;
}
