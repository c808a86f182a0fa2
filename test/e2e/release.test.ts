import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScheduledActionsCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/package/bundle.ts";
import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoTable } from "../../shared/aws/table.ts";
import { bookingName } from "../../shared/core/warm/bookings.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { describeWithMoto } from "../aws/moto.ts";
import { quickPace } from "../aws/pace.ts";
import { makeServices } from "../aws/seeded.ts";
import { packagedWhole, type Whole } from "../deploy/packaged.ts";
import { environmentOf, ofType } from "../deploy/template.ts";
import { lambdaEnvironment, startFunction } from "./lambda.ts";

const LONG_MS = 240_000;
const NOW_MS = Date.parse("2025-12-31T16:00:00Z");
const SCALABLE = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;
const SERVICE = { ...SCALABLE, ResourceId: "service/web/player-api" } as const;

let whole: Whole;
beforeAll(async () => {
  whole = await packagedWhole(join(ROOT, "test/fixtures/deploy/new-year.yaml"));
}, LONG_MS);
afterAll(() => whole?.remove());

describeWithMoto("deleting the stack, on an emulated AWS", (moto) => {
  test(
    "removes our bookings, gives the service its own minimum back, and answers CloudFormation; a stack that is made changes nothing",
    async () => {
      await makeServices(moto, ["player-api"], 12);
      const scaling = new ApplicationAutoScalingClient(moto.client());
      const dynamo = new DynamoDBClient(moto.client());
      const [[, table] = []] = ofType(whole.template, "AWS::DynamoDB::Table");
      const { TableName = "", BillingMode, AttributeDefinitions, KeySchema } = table as unknown as CreateTableCommandInput;
      await dynamo.send(new CreateTableCommand({ TableName, BillingMode, AttributeDefinitions, KeySchema }));
      const documents = dynamoDocumentStore(dynamoTable({ client: dynamo, tableName: TableName, pace: quickPace() }));

      const atMs = NOW_MS + HOUR_MS;
      await scaling.send(new RegisterScalableTargetCommand({ ...SERVICE, MinCapacity: 60, MaxCapacity: 900 }));
      for (const [ScheduledActionName, MinCapacity] of [
        [bookingName(atMs), 200],
        ["evening-scale-up", 30],
      ] as const) {
        const Schedule = `at(${new Date(atMs).toISOString().slice(0, 19)})`;
        await scaling.send(
          new PutScheduledActionCommand({ ...SERVICE, ScheduledActionName, Schedule, ScalableTargetAction: { MinCapacity } }),
        );
      }
      await documents.write("floor/player-api", { intendedUnits: 60, customerUnits: 12, failures: 0, booked: [{ atMs, units: 200 }] }, 0);
      const found = async () => {
        const { ScalableTargets = [] } = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }));
        const { ScheduledActions = [] } = await scaling.send(new DescribeScheduledActionsCommand({ ServiceNamespace: "ecs" }));
        const names = ScheduledActions.map(({ ScheduledActionName }) => ScheduledActionName ?? "").toSorted();
        return [ScalableTargets[0]?.MinCapacity, ScalableTargets[0]?.MaxCapacity, names];
      };

      const answers: unknown[] = [];
      const server = createServer((request, response) => {
        let text = "";
        request.on("data", (chunk: Buffer) => (text += chunk.toString()));
        request.on("end", () => {
          answers.push(JSON.parse(text));
          response.end();
        });
      });
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
      onTestFinished(() => void server.close());
      const packaged = whole.functions.find(({ name }) => name === "release");
      if (packaged === undefined) throw new Error("there is no function release");
      const valueOf = (id: string): string => (id === "Table" ? TableName : id);
      const env = { ...lambdaEnvironment(moto), ...environmentOf(whole.template, "release", valueOf) };
      const running = await startFunction(packaged, env, NOW_MS);
      onTestFinished(running.stop);
      const ask = (RequestType: string) => ({
        RequestType,
        ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed`,
        StackId: "arn:aws:cloudformation:eu-west-1:123456789012:stack/calltime-test/1",
        RequestId: RequestType,
        LogicalResourceId: "TargetsGivenBack",
      });

      await running.invoke(ask("Create"), NOW_MS);
      expect(await found()).toEqual([60, 900, [bookingName(atMs), "evening-scale-up"].toSorted()]);
      await running.invoke(ask("Delete"), NOW_MS);
      expect(await found()).toEqual([12, 900, ["evening-scale-up"]]);
      expect(answers).toMatchObject([
        { Status: "SUCCESS", RequestId: "Create" },
        { Status: "SUCCESS", RequestId: "Delete" },
      ]);
      expect((await documents.read("modes"))?.value).toMatchObject({ all: { mode: "observe", author: "CloudFormation" } });
    },
    LONG_MS,
  );
});
