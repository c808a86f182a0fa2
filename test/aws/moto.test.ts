import { CreateEventBusCommand, EventBridgeClient, ListEventBusesCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { describeWithMoto } from "./moto.ts";

describeWithMoto("the emulated AWS", (moto) => {
  const buses = async (region?: string) => {
    const { EventBuses = [] } = await new EventBridgeClient(moto.client(region)).send(new ListEventBusesCommand({}));
    return EventBuses.map(({ Name }) => Name);
  };

  test("keeps what a test makes, in its Region", async () => {
    await new EventBridgeClient(moto.client()).send(new CreateEventBusCommand({ Name: "calltime" }));
    expect(await buses()).toContain("calltime");
    expect(await buses("us-east-1")).not.toContain("calltime");
  });

  test("is empty again before the next test", async () => {
    expect(await buses()).toEqual(["default"]);
  });

  test("has an account of its own", async () => {
    const sqs = new SQSClient(moto.client());
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "dead-letters" }));
    expect(QueueUrl).toContain("/123456789012/dead-letters");
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toEqual([QueueUrl]);
  });
});
