import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScheduledActionsCommand,
  type ServiceNamespace,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, PutMetricDataCommand, type MetricDatum } from "@aws-sdk/client-cloudwatch";
import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/package/bundle.ts";
import type { Learned } from "../../shared/core/forecast/model.ts";
import type { Plan } from "../../shared/core/plan/plan.ts";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoTable } from "../../shared/aws/table.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithMoto, type Moto } from "../aws/moto.ts";
import { quickPace } from "../aws/pace.ts";
import { makeCluster, makeServices, readersAt, register, serviceAt } from "../aws/seeded.ts";
import { dataFile, describeWithData } from "../data-folder.ts";
import { packagedWhole, type Whole } from "../deploy/packaged.ts";
import { written } from "../deploy/template.ts";
import { deployment, type Deployment } from "./dispatcher.ts";

const LONG_MS = 600_000;
const WEEK_MS = 7 * DAY_MS;
const FROM_MS = Date.parse("2025-12-31T14:00:00Z");
/** The King's New Year speech, on three channels and again on the first, as the guide has it. */
const SPEECH_MS = Date.parse("2025-12-31T16:45:00Z");
const SPEECH_ENDS_MS = Date.parse("2025-12-31T17:30:00Z");
/** Long enough after the end for the crowd to have left and the floor to have come down in stages. */
const RELEASED_MS = SPEECH_ENDS_MS + 121 * MINUTE_MS;
/** The service, the readers of one cluster, and another that is serverless, whose range cannot be booked. */
const TARGETS = ["player-api", "catalogue-db", "session-db"] as const;

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
      "the feed is taken in, though everything comes twice and in the wrong order; the service and both databases are raised before the speech, with bookings where there can be any, and released after it; what it drew is learned",
      async () => {
        await makeServices(moto, ["player-api"], 12);
        await register(moto, serviceAt("player-api"), 12, 900);
        await makeCluster(moto, "catalogue", { readers: 2 });
        await register(moto, readersAt("catalogue"), 2, 15);
        await makeCluster(moto, "sessions", { readers: 1, range: { min: 2, max: 64 } });
        // The evening a week ago, of which nothing was special: without it the usual load is unknown, and nothing would be lowered.
        // A minute in ten of it is enough to know it by, and the emulator goes through every point whenever it is asked for one.
        await carry(moto, FROM_MS - WEEK_MS - 2 * HOUR_MS, FROM_MS - WEEK_MS + 9 * HOUR_MS, 10 * MINUTE_MS);
        await carry(moto, FROM_MS - 2 * HOUR_MS, FROM_MS);
        const deployed = await deployment(moto, whole, FROM_MS);
        running = deployed;
        const documents = dynamoDocumentStore(
          dynamoTable({ client: new DynamoDBClient(moto.client()), tableName: tableOf(whole), pace: quickPace() }),
        );

        const Body = readFileSync(dataFile("epg/clean/Denmark.xml.gz"));
        await new S3Client(moto.client()).send(new PutObjectCommand({ Bucket: deployed.bucket, Key: "feeds/dk/guide.xml.gz", Body }));
        // Everything comes twice and in the wrong order.
        expect(await deployed.deliver(FROM_MS, { twice: true })).toEqual([]);
        for (const id of TARGETS) {
          const planned = (await documents.read(`plan/${id}`))?.value as { readonly plan: Plan } | undefined;
          expect([id, planned?.plan.madeAtMs]).toEqual([id, FROM_MS]);
        }

        const minimums = new Map<number, Minimums>();
        const booked = new Set<string>();
        let carriedMs = FROM_MS;
        for (let atMs = FROM_MS; atMs <= RELEASED_MS; atMs += strideMs(atMs)) {
          await carry(moto, carriedMs, atMs);
          carriedMs = atMs;
          const failures = await deployed.minute(atMs, atMs % (2 * MINUTE_MS) === 0 ? "cue" : "measure");
          expect([new Date(atMs).toISOString(), failures.map(({ message }) => message)]).toEqual([new Date(atMs).toISOString(), []]);
          minimums.set(atMs, await minimumsOf(moto));
          for (const id of await bookedOf(moto)) booked.add(id);
        }
        const [first, before, after] = [FROM_MS, SPEECH_MS, RELEASED_MS].map((atMs) => minimums.get(atMs));
        for (const id of TARGETS) expect([id, (before?.[id] ?? 0) > 2 * (first?.[id] ?? Infinity)]).toEqual([id, true]);
        expect(before?.["player-api"]).toBeGreaterThan(100);
        // What has no scheduled actions has no bookings: its range is set by the minute alone.
        expect([...booked].toSorted()).toEqual(["cluster:catalogue", "service/web/player-api"]);
        const s3 = new S3Client(moto.client());
        const sheet = await s3.send(new GetObjectCommand({ Bucket: deployed.bucket, Key: "sheets/evening-sheet.txt" }));
        expect(await sheet.Body?.transformToString()).toContain("player-api");
        // What the usual load takes is all that is left of it.
        expect(after).toEqual(first);
        const air = (await documents.read("air"))?.value as
          | { readonly air: Readonly<Record<string, { readonly by?: string }>> }
          | undefined;
        expect(Object.values(air?.air ?? {}).map(({ by }) => by)).toContain("crowd");
        // What was said of a series that nobody had seen counts as an episode, and so does what came.
        const learned = (await documents.read("model/learned"))?.value as unknown as Learned | undefined;
        expect(learned?.audience["series/DR1 HD (T).dk/h m kongens nytårstale"]).toMatchObject({ count: 2 });
      },
      LONG_MS,
    );
  });
});

type Minimums = Readonly<Record<(typeof TARGETS)[number], number>>;
const NAMESPACES: readonly ServiceNamespace[] = ["ecs", "rds"];

/** The minimums as the control planes have them. */
async function minimumsOf(moto: Moto): Promise<Minimums> {
  const scaling = new ApplicationAutoScalingClient(moto.client());
  const [tasks, readers] = await Promise.all(
    NAMESPACES.map(async (ServiceNamespace) => {
      const { ScalableTargets = [] } = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace }));
      return ScalableTargets[0]?.MinCapacity ?? Number.NaN;
    }),
  );
  const named = new DescribeDBClustersCommand({ DBClusterIdentifier: "sessions" });
  const { DBClusters: [cluster] = [] } = await new RDSClient(moto.client()).send(named);
  const units = cluster?.ServerlessV2ScalingConfiguration?.MinCapacity;
  return { "player-api": tasks ?? Number.NaN, "catalogue-db": readers ?? Number.NaN, "session-db": units ?? Number.NaN };
}

/** What has raises booked. */
async function bookedOf(moto: Moto): Promise<readonly string[]> {
  const scaling = new ApplicationAutoScalingClient(moto.client());
  const found = await Promise.all(
    NAMESPACES.map((ServiceNamespace) => scaling.send(new DescribeScheduledActionsCommand({ ServiceNamespace }))),
  );
  return found.flatMap(({ ScheduledActions = [] }) => ScheduledActions.flatMap(({ ResourceId }) => ResourceId ?? []));
}

/**
 * Every minute when the crowd comes; before that fewer, and the minutes that are missed are made good. Afterwards two in a row every five
 * minutes: a release takes two that agree.
 */
function strideMs(atMs: number): number {
  if (atMs < SPEECH_MS - 60 * MINUTE_MS) return 60 * MINUTE_MS;
  if (atMs < SPEECH_MS - 5 * MINUTE_MS) return 5 * MINUTE_MS;
  if (atMs < SPEECH_MS + 2 * MINUTE_MS) return MINUTE_MS;
  return atMs % (5 * MINUTE_MS) === 0 ? MINUTE_MS : 5 * MINUTE_MS - (atMs % (5 * MINUTE_MS));
}

function tableOf({ template }: Whole): string {
  return written(template.Resources["Table"]?.Properties?.["TableName"]);
}

/**
 * What CloudWatch has of the minutes of [fromMs, toMs), or of some of them: a crowd of 1.3 million for the speech, which leaves as crowds do, over an ordinary
 * afternoon.
 */
async function carry(moto: Moto, fromMs: number, toMs: number, everyMs = MINUTE_MS): Promise<void> {
  const client = new CloudWatchClient(moto.client());
  const counted: { readonly Namespace: string; readonly datum: MetricDatum }[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) {
    const there = atMs < SPEECH_MS ? 0 : Math.exp(-Math.max(0, atMs - SPEECH_ENDS_MS) / (12 * MINUTE_MS));
    const viewers = { DR1: 30_000 + 670_000 * there, TV2: 25_000 + 475_000 * there, News: 5_000 + 95_000 * there };
    const watching = Object.values(viewers).reduce((sum, each) => sum + each, 0);
    const Timestamp = new Date(atMs);
    const Dimensions = [{ Name: "LoadBalancer", Value: "app/player/50dc6c495c0c9188" }];
    const requests = { MetricName: "RequestCount", Dimensions, Timestamp, Value: watching * 0.024 * 60 };
    counted.push({ Namespace: "AWS/ApplicationELB", datum: requests });
    const ofCluster = (Value: string) => [{ Name: "Cluster", Value }];
    const queries = { MetricName: "Queries", Dimensions: ofCluster("catalogue"), Timestamp, Value: watching * 0.0065 * 60 };
    const perSecond = { MetricName: "QueriesPerSecond", Dimensions: ofCluster("sessions"), Timestamp, Value: watching * 0.002 };
    counted.push(...[queries, perSecond].map((datum) => ({ Namespace: "Acme/Databases", datum })));
    for (const [channel, Value] of Object.entries(viewers)) {
      const datum = { MetricName: "Viewers", Dimensions: [{ Name: "Channel", Value: channel }], Timestamp, Value };
      counted.push({ Namespace: "Acme/Audience", datum });
    }
  }
  for (const [Namespace, ofOne] of Map.groupBy(counted, (one) => one.Namespace)) {
    for (let first = 0; first < ofOne.length; first += MOST_DATA) {
      const MetricData = ofOne.slice(first, first + MOST_DATA).map(({ datum }) => datum);
      await client.send(new PutMetricDataCommand({ Namespace, MetricData }));
    }
  }
}

// CloudWatch takes 1,000 in a request.
const MOST_DATA = 500;
