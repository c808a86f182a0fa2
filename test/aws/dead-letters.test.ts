import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { modelUpdated, newEvent, type AnyEvent } from "../../events/index.ts";
import { sqsDeadLetters } from "../../shared/aws/dead-letters.ts";
import { eventBridgeBus } from "../../shared/aws/event-bus.ts";
import { delivery } from "../lambda/deliveries.ts";
import { describeWithMoto } from "./moto.ts";
import { quickPace } from "./pace.ts";
import { drained } from "./queues.ts";
import { awsError, scriptedClient } from "./scripted-client.ts";

const AT_MS = 1_767_200_400_000;
const learned = (id: string): AnyEvent =>
  newEvent(modelUpdated, { id, atMs: AT_MS, data: { modelVersion: 2, previousVersion: 1, cause: "lead", what: "x" } });
const text = (StringValue: string) => ({ DataType: "String", StringValue });
/** What EventBridge puts beside a delivery that it gave up. */
const GIVEN_UP = {
  ERROR_CODE: text("INVOCATION_TIMEOUT"),
  ERROR_MESSAGE: text("the function did not answer"),
  EXHAUSTED_RETRY_CONDITION: text("MaximumRetryAttempts"),
  RETRY_ATTEMPTS: text("5"),
  RULE_ARN: text("arn:aws:events:eu-west-1:123456789012:rule/calltime/warm"),
};
const noLambda = scriptedClient();

describeWithMoto("dead letters in an emulated SQS", (moto) => {
  const made = async () => {
    const sqs = new SQSClient(moto.client());
    const queue = async (QueueName: string) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? "";
    const dead = await queue("warm-dead");
    const warm = await queue("warm");
    const queues = [{ subscriber: "warm", queueUrl: dead, takes: { kind: "queue" as const, queueUrl: warm } }];
    const give = async (event: AnyEvent, attributes: object = GIVEN_UP) =>
      (
        await sqs.send(
          new SendMessageCommand({ QueueUrl: dead, MessageBody: JSON.stringify(delivery(event)), MessageAttributes: { ...attributes } }),
        )
      ).MessageId;
    return { sqs, dead, warm, give, letters: sqsDeadLetters({ sqs, lambda: noLambda, queues }) };
  };
  const ids = (letters: readonly { readonly event: AnyEvent | undefined }[]) => letters.map(({ event }) => event?.id ?? "none");

  test("looking loses nothing and hides nothing: more letters than one request gives, twice", async () => {
    const { give, letters } = await made();
    const events = Array.from({ length: 23 }, (_, index) => `m${String(index).padStart(2, "0")}`);
    for (const id of events) await give(learned(id));
    expect(ids(await letters.deadLetters()).toSorted()).toEqual(events);
    expect(ids(await letters.deadLetters()).toSorted()).toEqual(events);
  });

  test("a letter says which event, who could not take it, how often it was tried and why, oldest first", async () => {
    const { give, letters } = await made();
    const before = Date.now();
    const id = await give(learned("first"));
    await sleep(5);
    await give(learned("second"), {});
    const [first, second] = await letters.deadLetters();
    expect(first).toEqual({
      id,
      event: learned("first"),
      subscriber: "warm",
      tries: 6,
      diedAtMs: expect.any(Number) as number,
      reason: "INVOCATION_TIMEOUT: the function did not answer",
    });
    expect(first?.diedAtMs).toBeGreaterThanOrEqual(before);
    expect(second).toMatchObject({ event: { id: "second" }, tries: undefined, reason: "warm failed; its log says how" });
  });

  test("a redriven letter goes to its subscriber's queue as it was, and lies here no more; the others stay", async () => {
    const { sqs, warm, give, letters } = await made();
    for (const id of ["a", "b", "c"]) await give(learned(id));
    const wanted = (await letters.deadLetters()).find(({ event }) => event?.id === "b");
    expect(await letters.redrive(wanted?.id ?? "", 0)).toEqual(wanted);
    expect((await drained(sqs, warm)).map(({ Body }) => Body)).toEqual([JSON.stringify(delivery(learned("b")))]);
    expect(ids(await letters.deadLetters()).toSorted()).toEqual(["a", "c"]);
    expect(await letters.redrive(wanted?.id ?? "", 0)).toBeUndefined();
    expect(await drained(sqs, warm)).toEqual([]);
  });

  test("what is no event of this release is shown, and can be sent again all the same", async () => {
    const { sqs, dead, warm, letters } = await made();
    await sqs.send(new SendMessageCommand({ QueueUrl: dead, MessageBody: "not JSON" }));
    const [letter] = await letters.deadLetters();
    expect(letter).toMatchObject({ event: undefined, reason: expect.stringContaining("no event of this release") as string });
    expect(await letters.redrive(letter?.id ?? "", 0)).toEqual(letter);
    expect((await drained(sqs, warm)).map(({ Body }) => Body)).toEqual(["not JSON"]);
  });

  test("a subscriber whose queue is gone loses nothing", async () => {
    const { sqs, dead, give } = await made();
    const takes = { kind: "queue" as const, queueUrl: dead.replace("warm-dead", "gone") };
    const letters = sqsDeadLetters({ sqs, lambda: noLambda, queues: [{ subscriber: "warm", queueUrl: dead, takes }] });
    await give(learned("a"));
    const [letter] = await letters.deadLetters();
    await expect(letters.redrive(letter?.id ?? "", 0)).rejects.toMatchObject({ code: "aws-not-there" });
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: dead, VisibilityTimeout: 0 }));
  });

  test("what a bus puts into a queue is what is read from it", async () => {
    const { sqs, dead, letters } = await made();
    const events = new EventBridgeClient(moto.client());
    await events.send(new CreateEventBusCommand({ Name: "bus" }));
    await events.send(new PutRuleCommand({ EventBusName: "bus", Name: "all", EventPattern: JSON.stringify({ source: ["calltime"] }) }));
    const Targets = [{ Id: "dead", Arn: "arn:aws:sqs:eu-west-1:123456789012:warm-dead" }];
    await events.send(new PutTargetsCommand({ EventBusName: "bus", Rule: "all", Targets }));
    await eventBridgeBus({ client: events, busName: "bus", pace: quickPace() }).publish([learned("a")]);
    expect((await letters.deadLetters()).map(({ event }) => event)).toEqual([learned("a")]);
    expect(await drained(sqs, dead)).toHaveLength(1);
  });
});

describe("dead letters, reply by reply", () => {
  const message = (MessageId: string, atMs = AT_MS) => ({
    MessageId,
    ReceiptHandle: `handle-${MessageId}`,
    Body: JSON.stringify(delivery(learned(MessageId))),
    Attributes: { SentTimestamp: String(atMs) },
  });
  const none = { Messages: [] };
  const queues = [{ subscriber: "plan", queueUrl: "dead", takes: { kind: "function" as const, functionName: "calltime-plan" } }];

  test("SQS is asked again when it gives nothing: one reply without letters is no proof of none", async () => {
    const sqs = scriptedClient(
      {},
      { Messages: [message("a")] },
      { Messages: [message("a")] },
      none,
      { Messages: [message("b", 1)] },
      none,
      none,
      none,
      {},
    );
    const letters = sqsDeadLetters({ sqs, lambda: noLambda, queues });
    expect((await letters.deadLetters()).map(({ id }) => id)).toEqual(["b", "a"]);
    expect(sqs.asked.at(-1)).toMatchObject({
      command: "ChangeMessageVisibilityBatchCommand",
      input: {
        Entries: [
          { ReceiptHandle: "handle-a", VisibilityTimeout: 0 },
          { ReceiptHandle: "handle-b", VisibilityTimeout: 0 },
        ],
      },
    });
  });

  test("letters that cannot be shown again come back by themselves: they are still told of", async () => {
    const sqs = scriptedClient({ Messages: [message("a")] }, none, none, none, awsError("ServiceUnavailable", 503));
    expect(await sqsDeadLetters({ sqs, lambda: noLambda, queues }).deadLetters()).toHaveLength(1);
  });

  test("a function's letter is handed to that function, and deleted only then", async () => {
    const sqs = scriptedClient({ Messages: [message("x"), message("a"), message("y")] }, {}, {});
    const lambda = scriptedClient({ StatusCode: 202 });
    expect((await sqsDeadLetters({ sqs, lambda, queues }).redrive("a", 0))?.id).toBe("a");
    expect(lambda.asked[0]?.input).toMatchObject({ FunctionName: "calltime-plan", InvocationType: "Event" });
    expect(String(lambda.asked[0]?.input["Payload"])).toBe(message("a").Body);
    expect(sqs.asked.map(({ command }) => command)).toEqual([
      "ReceiveMessageCommand",
      "ChangeMessageVisibilityBatchCommand",
      "DeleteMessageCommand",
    ]);
    const shown = sqs.asked[1]?.input["Entries"] as readonly { readonly ReceiptHandle: string }[];
    expect(shown.map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(["handle-x", "handle-y"]);
    expect(sqs.asked[2]?.input["ReceiptHandle"]).toBe("handle-a");
  });

  test.each([
    ["refuses it", awsError("TooManyRequestsException", 429), "aws-throttled"],
    ["answers otherwise than it should", { StatusCode: 200 }, "aws-no-answer"],
  ])("a function that %s leaves the letter where it lies", async (_what, reply, code) => {
    const sqs = scriptedClient({ Messages: [message("a")] });
    await expect(sqsDeadLetters({ sqs, lambda: scriptedClient(reply), queues }).redrive("a", 0)).rejects.toMatchObject({ code });
    expect(sqs.asked).toHaveLength(1);
  });

  test("a queue's reply that names no message is no answer", async () => {
    const sqs = scriptedClient({ Messages: [message("a")] }, {});
    const toQueue = [{ subscriber: "warm", queueUrl: "dead", takes: { kind: "queue" as const, queueUrl: "warm" } }];
    await expect(sqsDeadLetters({ sqs, lambda: noLambda, queues: toQueue }).redrive("a", 0)).rejects.toMatchObject({
      code: "aws-no-answer",
    });
    expect(sqs.asked).toHaveLength(2);
  });

  test("a queue that cannot be looked into is a failure, not a queue without letters", async () => {
    const sqs = scriptedClient(awsError("AccessDenied", 403));
    await expect(sqsDeadLetters({ sqs, lambda: noLambda, queues }).deadLetters()).rejects.toMatchObject({
      code: "aws-denied",
      message: expect.stringContaining("the dead letters of plan") as string,
    });
  });
});
