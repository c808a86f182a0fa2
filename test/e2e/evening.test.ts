import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScheduledActionsCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/package/bundle.ts";
import type { Plan } from "../../shared/core/plan/plan.ts";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoTable } from "../../shared/aws/table.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithMoto, type Moto } from "../aws/moto.ts";
import { quickPace } from "../aws/pace.ts";
import { makeServices } from "../aws/seeded.ts";
import { dataFile, describeWithData } from "../data-folder.ts";
import { packagedWhole, type Whole } from "../deploy/packaged.ts";
import { written } from "../deploy/template.ts";
import { deployment, type Deployment } from "./dispatcher.ts";

const LONG_MS = 600_000;
const FROM_MS = Date.parse("2025-12-31T14:00:00Z");
/** The King's New Year speech, on three channels and again on the first, as the guide has it. */
const SPEECH_MS = Date.parse("2025-12-31T16:45:00Z");
const SPEECH_ENDS_MS = Date.parse("2025-12-31T17:30:00Z");
const SERVICE = "service/web/player-api";
const SCALABLE = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;

let whole: Whole;
let running: Deployment | undefined;

beforeAll(async () => {
  const targets = join(ROOT, "test/fixtures/deploy/new-year.yaml");
  whole = await packagedWhole(targets, join(ROOT, "test/fixtures/new-year/expect.yaml"));
}, LONG_MS);
afterAll(() => {
  running?.stop();
  whole?.remove();
});

describeWithData("the evening of 31 December 2025, on an emulated AWS", () => {
  describeWithMoto("with the bundled functions and the packaged template", (moto) => {
    test(
      "the feed is taken in, though everything comes twice and in the wrong order, and the service is raised and booked before the speech",
      async () => {
        await makeServices(moto, ["player-api"], 12);
        const scaling = new ApplicationAutoScalingClient(moto.client());
        await scaling.send(new RegisterScalableTargetCommand({ ...SCALABLE, ResourceId: SERVICE, MinCapacity: 12, MaxCapacity: 900 }));
        await carry(moto, FROM_MS - 120 * MINUTE_MS, FROM_MS);
        const deployed = await deployment(moto, whole, FROM_MS);
        running = deployed;
        const documents = dynamoDocumentStore(
          dynamoTable({ client: new DynamoDBClient(moto.client()), tableName: tableOf(whole), pace: quickPace() }),
        );

        const Body = readFileSync(dataFile("epg/clean/Denmark.xml.gz"));
        await new S3Client(moto.client()).send(new PutObjectCommand({ Bucket: deployed.bucket, Key: "feeds/dk/guide.xml.gz", Body }));
        // Everything comes twice and in the wrong order.
        expect(await deployed.deliver(FROM_MS, { twice: true })).toEqual([]);
        const planned = (await documents.read("plan/player-api"))?.value as { readonly plan: Plan } | undefined;
        expect(planned?.plan.madeAtMs).toBe(FROM_MS);

        const minimums = new Map<number, number>();
        let booked = 0;
        let carriedMs = FROM_MS;
        for (let atMs = FROM_MS; atMs <= SPEECH_MS + 2 * MINUTE_MS; atMs += strideMs(atMs)) {
          await carry(moto, carriedMs, atMs);
          carriedMs = atMs;
          const failures = await deployed.minute(atMs, atMs % (2 * MINUTE_MS) === 0 ? "cue" : "measure");
          expect([new Date(atMs).toISOString(), failures.map(({ message }) => message)]).toEqual([new Date(atMs).toISOString(), []]);
          const { ScalableTargets = [] } = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }));
          minimums.set(atMs, ScalableTargets[0]?.MinCapacity ?? Number.NaN);
          const { ScheduledActions = [] } = await scaling.send(new DescribeScheduledActionsCommand({ ServiceNamespace: "ecs" }));
          booked = Math.max(booked, ScheduledActions.length);
        }
        const before = minimums.get(SPEECH_MS) ?? 0;
        expect(minimums.get(FROM_MS)).toBeLessThan(before / 2);
        expect(before).toBeGreaterThan(100);
        expect(booked).toBeGreaterThan(0);
      },
      LONG_MS,
    );
  });
});

/** Every minute when the crowd comes; before that fewer, and the minutes that are missed are made good. */
function strideMs(atMs: number): number {
  if (atMs < SPEECH_MS - 60 * MINUTE_MS) return 60 * MINUTE_MS;
  return atMs < SPEECH_MS - 5 * MINUTE_MS ? 5 * MINUTE_MS : MINUTE_MS;
}

function tableOf({ template }: Whole): string {
  return written(template.Resources["Table"]?.Properties?.["TableName"]);
}

/** What CloudWatch has of the minutes of [fromMs, toMs): a crowd of 1.3 million for the speech, over an ordinary afternoon. */
async function carry(moto: Moto, fromMs: number, toMs: number): Promise<void> {
  const client = new CloudWatchClient(moto.client());
  for (let atMs = fromMs; atMs < toMs; atMs += MINUTE_MS) {
    const there = atMs < SPEECH_MS ? 0 : Math.exp(-Math.max(0, atMs - SPEECH_ENDS_MS) / (4 * MINUTE_MS));
    const viewers = { DR1: 30_000 + 670_000 * there, TV2: 25_000 + 475_000 * there, News: 5_000 + 95_000 * there };
    const watching = Object.values(viewers).reduce((sum, each) => sum + each, 0);
    const Timestamp = new Date(atMs);
    const request = { MetricName: "RequestCount", Timestamp, Value: watching * 0.024 * 60 };
    const Dimensions = [{ Name: "LoadBalancer", Value: "app/player/50dc6c495c0c9188" }];
    await client.send(new PutMetricDataCommand({ Namespace: "AWS/ApplicationELB", MetricData: [{ ...request, Dimensions }] }));
    const MetricData = Object.entries(viewers).map(([channel, Value]) => ({
      MetricName: "Viewers",
      Dimensions: [{ Name: "Channel", Value: channel }],
      Timestamp,
      Value,
    }));
    await client.send(new PutMetricDataCommand({ Namespace: "Acme/Audience", MetricData }));
  }
}
