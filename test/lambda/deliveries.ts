import type { Context, EventBridgeEvent, SQSEvent } from "aws-lambda";
import { modeChanged, scheduleChanged, type AnyEvent } from "../../events/index.ts";
import type { Telemetry } from "../../shared/lambda/telemetry.ts";

export const CHANGED: AnyEvent = scheduleChanged.example;
export const MODE: AnyEvent = modeChanged.example;

/** As EventBridge calls a function: the bus's envelope around ours. */
export function delivery(event: AnyEvent, more: Readonly<Record<string, unknown>> = {}): EventBridgeEvent<string, unknown> {
  return {
    version: "0",
    id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": event.type,
    source: event.source,
    account: "111122223333",
    time: "2025-12-31T14:02:12Z",
    region: "eu-west-1",
    resources: [],
    detail: event,
    ...more,
  };
}

/** As SQS calls a function with what a rule put into its queue. */
export function batchOf(...bodies: readonly unknown[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `059f36b4-87a3-44ab-83d2-66197567000${index}`,
      receiptHandle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
      body: typeof body === "string" ? body : JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "1767189732000",
        SenderId: "AIDAIENQZJOLO23YVJ4VO",
        ApproximateFirstReceiveTimestamp: "1767189732010",
      },
      messageAttributes: {},
      md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-west-1:111122223333:calltime-test-warm",
      awsRegion: "eu-west-1",
    })),
  };
}

/** As S3 says through EventBridge that an object was stored; keys are as they are, not encoded. */
export function objectCreated(key: string, more: Readonly<Record<string, unknown>> = {}): EventBridgeEvent<string, unknown> {
  return {
    version: "0",
    id: "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    source: "aws.s3",
    account: "111122223333",
    time: "2025-12-31T14:00:22Z",
    region: "eu-west-1",
    resources: ["arn:aws:s3:::calltime-test-feeds"],
    detail: {
      version: "0",
      bucket: { name: "calltime-test-feeds" },
      object: { key, size: 2_914_337, etag: "b1946ac92492d2347c6235b4d2611184", sequencer: "0062E99A88DC407460" },
      "request-id": "N4N7GDK58NMKJ12R",
      requester: "111122223333",
      "source-ip-address": "192.0.2.1",
      reason: "PutObject",
    },
    ...more,
  };
}

/** What Lambda says of an invocation that has `leftMs` left. */
export function invocationOf(leftMs = 30_000): Context {
  const endsAtMs = performance.now() + leftMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: "calltime-test-plan",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:eu-west-1:111122223333:function:calltime-test-plan",
    memoryLimitInMB: "1024",
    awsRequestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    logGroupName: "/aws/lambda/calltime-test-plan",
    logStreamName: "2025/12/31/[$LATEST]0000",
    getRemainingTimeInMillis: () => Math.max(0, endsAtMs - performance.now()),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

type Line = { readonly level: "info" | "error"; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

/** A telemetry that remembers what was said and counted, and whether it was written out. */
export function heard(): Telemetry & {
  readonly lines: readonly Line[];
  readonly counted: (metric: string) => number;
  readonly flushes: () => number;
} {
  const lines: Line[] = [];
  const counts: { readonly metric: string; readonly value: number }[] = [];
  let flushed = 0;
  return {
    lines,
    counted: (metric) => counts.filter((each) => each.metric === metric).reduce((sum, { value }) => sum + value, 0),
    flushes: () => flushed,
    info: (message, fields = {}) => lines.push({ level: "info", message, fields }),
    error: (message, error, fields = {}) => {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      lines.push({ level: "error", message, fields: { ...fields, code } });
    },
    count: (metric, value) => counts.push({ metric, value }),
    flush: () => (flushed += 1),
  };
}
