/**
 * List prices in US dollars, eu-west-1, November 2026, without free tiers, which belong to a whole account. Those of Lambda, EventBridge, alarms,
 * dashboards and S3 are as Infracost's recorded estimates have them (us-east-1, where eu-west-1 is the same); those marked are
 * remembered: look them up before a decision rests on one.
 */
export const PRICES = {
  usdPerThousandMetricsRequested: 0.01, // remembered
  usdPerMillionReadUnits: 0.1415, // remembered
  usdPerMillionWriteUnits: 0.705, // remembered
  usdPerGbMonthOfTable: 0.283, // remembered
  /** Continuous backups of the table. */
  usdPerGbMonthOfBackup: 0.226, // remembered
  usdPerMillionCalls: 0.2,
  /** arm64. */
  usdPerGbSecond: 0.0000133334,
  usdPerMillionSchedulerInvocations: 1, // remembered
  usdPerMillionEvents: 1,
  usdPerMillionQueueRequests: 0.4, // remembered
  usdPerMillionApiRequests: 1.11, // remembered
  usdPerCustomMetricMonth: 0.3, // remembered
  usdPerAlarmMonth: 0.1,
  usdPerDashboardMonth: 3,
  usdPerGbOfLogs: 0.57, // remembered
  usdPerGbMonthOfLogs: 0.03, // remembered
  usdPerMillionTraces: 5, // remembered
  usdPerGbMonthOfBucket: 0.023,
  usdPerThousandPuts: 0.005,
  usdPerThousandGets: 0.0004,
} as const;
