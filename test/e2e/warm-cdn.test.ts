import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { premiere, startOrigin, type Answer } from "../../bench/edges/origin.ts";
import { newEvent, programmeStarting } from "../../events/index.ts";
import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoSchedules } from "../../shared/aws/schedule-store.ts";
import { dynamoTable } from "../../shared/aws/table.ts";
import { parseContent } from "../../shared/config/content.ts";
import { occasionsOf } from "../../shared/core/schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { SETTINGS_FILE, type OwnersSettings } from "../../shared/deployed/settings.ts";
import { describeWithMoto } from "../aws/moto.ts";
import { quickPace } from "../aws/pace.ts";
import { packagedWhole, type Whole } from "../deploy/packaged.ts";
import { environmentOf, ofType } from "../deploy/template.ts";
import { delivery } from "../lambda/deliveries.ts";
import { publishSchedule } from "../schedules.ts";
import { lambdaEnvironment, startFunction } from "./lambda.ts";

const LONG_MS = 240_000;
const STARTS_MS = Date.parse("2026-06-13T19:00:00Z");
const NOW_MS = STARTS_MS - 28 * MINUTE_MS;

let whole: Whole;
beforeAll(async () => {
  whole = await packagedWhole();
}, LONG_MS);
afterAll(() => whole?.remove());

/** A cache as viewers meet it: the first GET of a path is a miss, each one after it a hit. */
function caching(answers: Readonly<Record<string, Answer>>): Readonly<Record<string, Answer>> {
  const has = new Set<string>();
  const through = (path: string, answer: Answer): Answer => {
    return (request, response) => {
      const key = `${path} ${request.headers["accept-encoding"]}`;
      response.setHeader("x-cache", has.has(key) ? "Hit" : "Miss");
      has.add(key);
      answer(request, response);
    };
  };
  return Object.fromEntries(Object.entries(answers).map(([path, answer]) => [path, through(path, answer)]));
}

describeWithMoto("the bundled function that warms edges, on an emulated AWS", (moto) => {
  test(
    "told that a premiere starts it has the edge hold all of it, tells the bus, and keeps what it saw for the verdict",
    async () => {
      const edge = await startOrigin(caching(premiere({ renditions: 2, segments: 3, segmentBytes: 5_000 })));
      onTestFinished(edge.stop);
      const packaged = whole.functions.find(({ name }) => name === "warm-cdn");
      if (packaged === undefined) throw new Error("there is no function warm-cdn");
      const file = join(dirname(packaged.bundle), SETTINGS_FILE);
      const owners = JSON.parse(readFileSync(file, "utf8")) as OwnersSettings;
      const content = parseContent(
        `hosts: [www.example]
edges: [{ id: lab, address: 127.0.0.1, port: ${edge.port}, scheme: http, private: true }]
acceptEncodings: [gzip, br]
budget: { perSecond: 1000 }
content:
  - occasion: the premiere
    title: harbour lights
    channels: [one]
    window: [2026-06-13T18:00:00Z, 2026-06-13T20:00:00Z]
    urls: [http://www.example/, http://www.example/film/master.m3u8, http://www.example/nowhere]
    segments: 2
`,
        "content.yaml",
      );
      writeFileSync(file, JSON.stringify({ ...owners, content }));
      const dynamo = new DynamoDBClient(moto.client());
      const [[, made] = []] = ofType(whole.template, "AWS::DynamoDB::Table");
      const { TableName = "", BillingMode, AttributeDefinitions, KeySchema } = made as unknown as CreateTableCommandInput;
      await dynamo.send(new CreateTableCommand({ TableName, BillingMode, AttributeDefinitions, KeySchema }));
      const table = dynamoTable({ client: dynamo, tableName: TableName, pace: quickPace() });
      const times = { startsAtMs: STARTS_MS, endsAtMs: STARTS_MS + HOUR_MS };
      const schedule = {
        channels: [{ id: "one", name: "One" }],
        programmes: [{ id: "premiere", channelId: "one", title: "Harbour Lights", categories: [], live: false, ...times }],
      };
      await publishSchedule(dynamoSchedules(table), { feedId: "guide", generation: 1, publishedAtMs: NOW_MS - HOUR_MS }, schedule);
      const [occasion] = occasionsOf(schedule, []);

      const events = new EventBridgeClient(moto.client());
      const sqs = new SQSClient(moto.client());
      await events.send(new CreateEventBusCommand({ Name: "calltime-test" }));
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "heard" }));
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
      const onBus = { EventBusName: "calltime-test" };
      await events.send(new PutRuleCommand({ Name: "all", EventPattern: JSON.stringify({ source: ["calltime"] }), ...onBus }));
      await events.send(new PutTargetsCommand({ Rule: "all", Targets: [{ Id: "heard", Arn: Attributes?.["QueueArn"] }], ...onBus }));

      const valueOf = (id: string): string => (id === "Bus" ? "calltime-test" : id === "Table" ? TableName : id);
      const env = { ...lambdaEnvironment(moto), ...environmentOf(whole.template, "warm-cdn", valueOf) };
      const running = await startFunction(packaged, env, NOW_MS);
      onTestFinished(running.stop);
      const { data } = programmeStarting.example;
      const starting = { ...data, occasionId: occasion?.id ?? "", name: "the premiere" };
      const cue = newEvent(programmeStarting, { id: "programme.starting/1", atMs: NOW_MS, data: starting });
      await running.invoke(delivery(cue), NOW_MS);

      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      const told = Messages.map(({ Body = "" }) => JSON.parse(Body) as { readonly "detail-type": string; readonly detail: unknown });
      // The page and the film in two encodings each: a master, two playlists, two beginnings and two segments of each rendition.
      const held = { edgeId: "lab", objects: 22, warm: 20, unproven: 0, refused: 2, failed: 0 };
      expect(told).toMatchObject([
        {
          "detail-type": "calltime.content.warmed",
          detail: { correlationId: "programme.starting/1 > warm-cdn", data: { startsAt: "2026-06-13T19:00:00.000Z", edges: [held] } },
        },
      ]);
      // Each object once to have it, once to prove it; what is not there is asked for once.
      expect(new Set(edge.asked.values())).toEqual(new Set([2]));
      const seen = (await dynamoDocumentStore(table).read("warm-ups/content"))?.value;
      expect(seen).toMatchObject({ [occasion?.id ?? ""]: { startsAtMs: STARTS_MS, seen: { edges: [{ edgeId: "lab" }] } } });
      expect(seen).not.toMatchObject({ [occasion?.id ?? ""]: { busyUntilMs: expect.anything() as unknown } });
    },
    LONG_MS,
  );
});
