import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** Namespace of every metric of ours. */
const METRIC_NAMESPACE = "Calltime";

/** What is worth counting. The alarms and the dashboard of `deploy/` name these, and a test compares. */
export const METRICS = {
  /** Minutes that did their work. */
  handled: ["Handled", MetricUnit.Count],
  /** Invocations, or messages of a batch, that did not. */
  failed: ["Failed", MetricUnit.Count],
  /** Events of a replayed archive, which are no news. */
  replaysIgnored: ["ReplaysIgnored", MetricUnit.Count],
  /** Verdicts given in this minute that page: late, short, or unknown where it matters. */
  verdictsPaging: ["VerdictsPaging", MetricUnit.Count],
  /** Age of the newest upload of the feed that waits longest for one. */
  feedAge: ["FeedAge", MetricUnit.Seconds],
  /** Limits of accounts that will be in the way of the next days' plans, or that could not be looked at. */
  limitFindings: ["LimitFindings", MetricUnit.Count],
  /** Events that the bus has not taken yet. */
  unsentEvents: ["UnsentEvents", MetricUnit.Count],
} as const;

/** What a function says of itself: log lines for people, numbers for alarms. */
export type Telemetry = {
  readonly info: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly error: (message: string, error: unknown, fields?: Readonly<Record<string, unknown>>) => void;
  readonly count: (metric: keyof typeof METRICS, value: number) => void;
  /** Writes out what was counted. Call it at the end of every invocation, failed or not. */
  readonly flush: () => void;
};

/** Structured lines and EMF metrics on standard output, by function and stage. */
export function telemetryOf({ functionName, stage }: { readonly functionName: string; readonly stage: string }): Telemetry {
  const logger = new Logger({ serviceName: functionName, logLevel: "INFO", persistentKeys: { stage } });
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: functionName, defaultDimensions: { stage } });
  return {
    info: (message, fields = {}) => logger.info(message, { ...fields }),
    error: (message, error, fields = {}) =>
      logger.error(message, { ...fields, ...codeOf(error), error: error instanceof Error ? error : new Error(String(error)) }),
    count: (metric, value) => {
      const [name, unit] = METRICS[metric];
      metrics.addMetric(name, unit, value);
    },
    flush: () => metrics.publishStoredMetrics(),
  };
}

function codeOf(error: unknown): { readonly code?: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? { code: error.code } : {};
}
