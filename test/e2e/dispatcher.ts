import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Moto } from "../aws/moto.ts";
import type { Whole } from "../deploy/packaged.ts";
import { at, environmentOf, ofType, written, type Template, type Value } from "../deploy/template.ts";
import { lambdaEnvironment, startFunction, type Running } from "./lambda.ts";
import { ownDoing } from "./own-doing.ts";

/** What a deployment is, over an emulated AWS: what its template makes, and its functions, called as AWS would. */
export type Deployment = {
  readonly bucket: string;
  /** Calls the functions of the minute, and everything that follows from it, at an instant. Returns what failed. */
  readonly minute: (atMs: number, first: "cue" | "measure") => Promise<readonly Error[]>;
  /** Delivers what lies in the queues, and what follows from it. `twice`: every message comes a second time, and the last comes first. */
  readonly deliver: (atMs: number, how?: { readonly twice: boolean }) => Promise<readonly Error[]>;
  readonly stop: () => void;
};

/** Makes what the template says, and starts every function at `atMs`. */
export async function deployment(moto: Moto, whole: Whole, atMs: number): Promise<Deployment> {
  const { template } = whole;
  const sqs = new SQSClient(moto.client());
  const events = new EventBridgeClient(moto.client());
  const s3 = new S3Client(moto.client());
  const [[, table] = []] = ofType(template, "AWS::DynamoDB::Table");
  const { TableName, BillingMode, AttributeDefinitions, KeySchema } = table as unknown as CreateTableCommandInput;
  await new DynamoDBClient(moto.client()).send(new CreateTableCommand({ TableName, BillingMode, AttributeDefinitions, KeySchema }));
  const bucket = "calltime-e2e-feeds";
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } }),
  );
  const [[, bus] = []] = ofType(template, "AWS::Events::EventBus");
  const busName = written(bus?.["Name"]);
  await events.send(new CreateEventBusCommand({ Name: busName }));

  // Rules that call a function call a queue here: the emulator cannot call functions, so the dispatcher does.
  const queues: { readonly url: string; readonly calls: string; readonly batches: boolean }[] = [];
  for (const [id, rule] of ofType(template, "AWS::Events::Rule")) {
    const { QueueUrl: url = "" } = await sqs.send(new CreateQueueCommand({ QueueName: id }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }));
    const onBus = rule["EventBusName"] === undefined ? {} : { EventBusName: busName };
    const pattern = JSON.stringify(resolved(rule["EventPattern"] ?? null, bucket));
    await events.send(new PutRuleCommand({ Name: id, EventPattern: pattern, ...onBus }));
    await events.send(new PutTargetsCommand({ Rule: id, Targets: [{ Id: "queue", Arn: Attributes?.["QueueArn"] }], ...onBus }));
    const called = written(at(rule["Targets"], 0, "Arn", "Fn::GetAtt", 0));
    queues.push({ url, calls: functionBehind(template, called), batches: called.endsWith("Queue") });
  }

  const valueOf = (id: string): string => ({ Table: String(TableName), Bucket: bucket, Bus: busName })[id] ?? id;
  const running = new Map<string, Running>();
  for (const packaged of whole.functions) {
    const env = { ...lambdaEnvironment(moto), ...environmentOf(template, packaged.name, valueOf) };
    running.set(packaged.name, await startFunction(packaged, env, atMs));
  }
  const invoke = async (name: string, event: unknown, now: number, failures: Error[]): Promise<unknown> => {
    try {
      return await running.get(name)?.invoke(event, now);
    } catch (error) {
      failures.push(error as Error);
      return undefined;
    }
  };

  const { fireBooked, followBounds, publishCapacity } = ownDoing(moto);
  const deliver: Deployment["deliver"] = async (now, { twice } = { twice: false }) => {
    const failures: Error[] = [];
    // What an event sets off sets off no more than this: design of the rules, and `chain-too-long` would say so.
    for (let round = 0; round < 5; round += 1) {
      let delivered = 0;
      for (const { url, calls, batches } of queues) {
        const bodies = await drained(sqs, url);
        delivered += bodies.length;
        const arriving = twice ? [...bodies, ...bodies].toReversed() : bodies;
        if (!batches) for (const body of arriving) await invoke(calls, JSON.parse(body), now, failures);
        else if (arriving.length > 0) {
          const answer = await invoke(calls, batchOf(arriving), now, failures);
          const failed = (answer as { batchItemFailures: unknown[] } | undefined)?.batchItemFailures ?? [];
          if (failed.length > 0) failures.push(new Error(`${calls} handed back ${failed.length} messages`));
        }
      }
      if (delivered === 0) break;
    }
    return failures;
  };

  return {
    bucket,
    deliver,
    minute: async (now, first) => {
      await fireBooked(now);
      await followBounds();
      await publishCapacity(now);
      const failures: Error[] = [];
      for (const name of first === "cue" ? ["cue", "measure"] : ["measure", "cue"]) await invoke(name, {}, now, failures);
      failures.push(...(await deliver(now)));
      await followBounds();
      return failures;
    },
    stop: () => running.forEach((each) => each.stop()),
  };
}

/** The function that a rule's target leads to, by its folder's name; `WarmQueue` is what warm-capacity reads. */
function functionBehind({ Resources }: Template, logicalId: string): string {
  if (logicalId === "WarmQueue") return "warm-capacity";
  return written(Resources[logicalId]?.Properties?.["FunctionName"]).replace(/^calltime-[a-z]+-/, "");
}

/** A value with the bucket in place of what refers to it. */
function resolved(value: Value, bucket: string): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: Value) => resolved(each, bucket));
  if ("Ref" in value) return bucket;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, bucket)]));
}

async function drained(sqs: SQSClient, QueueUrl: string): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

function batchOf(bodies: readonly string[]) {
  return { Records: bodies.map((body, index) => ({ messageId: `message-${index}`, body, eventSource: "aws:sqs" })) };
}
