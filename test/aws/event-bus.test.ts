import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { modelUpdated, newEvent, parseEvent, type AnyEvent } from "../../events/index.ts";
import { eventBridgeBus } from "../../shared/aws/event-bus.ts";
import { eventBusLaws } from "../laws/event-bus.laws.ts";
import { describeWithMoto } from "./moto.ts";
import { quickPace } from "./pace.ts";
import { drained } from "./queues.ts";
import { awsError, scriptedClient } from "./scripted-client.ts";

const AT_MS = 1_767_200_400_000;
const learned = (id: string, what = "the usual load"): AnyEvent =>
  newEvent(modelUpdated, { id, atMs: AT_MS, data: { modelVersion: 2, previousVersion: 1, cause: "lead", what } });
const taken = (count: number) => Array.from({ length: count }, (_, index) => ({ EventId: `e${index}` }));
const accepted = { kind: "accepted" };

describeWithMoto("the bus on an emulated EventBridge", (moto) => {
  let buses = 0;
  /** A bus whose every event goes into a queue. */
  const makeBus = async () => {
    const name = `calltime-${(buses += 1)}`;
    const events = new EventBridgeClient(moto.client());
    const sqs = new SQSClient(moto.client());
    await events.send(new CreateEventBusCommand({ Name: name }));
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    await events.send(new PutRuleCommand({ EventBusName: name, Name: "all", EventPattern: JSON.stringify({ source: ["calltime"] }) }));
    const Arn = `arn:aws:sqs:eu-west-1:123456789012:${name}`;
    await events.send(new PutTargetsCommand({ EventBusName: name, Rule: "all", Targets: [{ Id: "queue", Arn }] }));
    const arrived = async () => {
      const deliveries = (await drained(sqs, QueueUrl)).map(({ Body = "" }) => JSON.parse(Body) as Record<string, unknown>);
      return deliveries.map((delivery) => ({ delivery, event: parseEvent(delivery["detail"]) }));
    };
    return { bus: eventBridgeBus({ client: events, busName: name, pace: quickPace() }), arrived };
  };

  eventBusLaws("EventBridge", async () => {
    const { bus, arrived } = await makeBus();
    const got: AnyEvent[] = [];
    return {
      bus,
      arrived: async () => {
        got.push(...(await arrived()).map(({ event }) => event));
        return got;
      },
    };
  });

  test("rules see the type as the detail type and the instant as the time", async () => {
    const { bus, arrived } = await makeBus();
    await bus.publish([learned("a")]);
    const [{ delivery } = { delivery: {} }] = await arrived();
    expect(delivery).toMatchObject({ source: "calltime", "detail-type": "calltime.model.updated", time: "2025-12-31T17:00:00Z" });
  });

  test("a bus that is not there is said by its name, for each event", async () => {
    const bus = eventBridgeBus({ client: new EventBridgeClient(moto.client()), busName: "nowhere", pace: quickPace() });
    const outcomes = await bus.publish([learned("a"), learned("b")]);
    const notThere = { kind: "failed", code: "aws-not-there", reason: expect.stringContaining("bus nowhere") as string };
    expect(outcomes).toEqual([notThere, notThere]);
  });
});

// Shapes as EventBridge documents and sends them; the emulator never half-fails.
describe("the bus on EventBridge, reply by reply", () => {
  const over = (...replies: readonly (object | Error)[]) => {
    const client = scriptedClient(...replies);
    const pace = quickPace();
    return { client, pace, bus: eventBridgeBus({ client, busName: "calltime", pace }) };
  };
  const sent = (client: { readonly asked: readonly { readonly input: Record<string, unknown> }[] }) =>
    client.asked.map(({ input }) =>
      (input["Entries"] as readonly { readonly Detail: string }[]).map(({ Detail }) => (JSON.parse(Detail) as AnyEvent).id),
    );

  test("only those of a half-failed request are offered again, and each has its own outcome", async () => {
    const { bus, client, pace } = over(
      {
        FailedEntryCount: 3,
        Entries: [
          { EventId: "1" },
          { ErrorCode: "ThrottlingException", ErrorMessage: "Rate exceeded" },
          { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." },
          { ErrorCode: "InternalFailure", ErrorMessage: "Unexpected error" },
        ],
      },
      { FailedEntryCount: 1, Entries: [{ EventId: "2" }, { ErrorCode: "InternalFailure" }] },
      { FailedEntryCount: 0, Entries: [{ EventId: "3" }] },
    );
    const outcomes = await bus.publish(["a", "b", "c", "d"].map((id) => learned(id)));
    const denied = { kind: "failed", code: "aws-denied", reason: expect.stringContaining("NotAuthorizedForSourceException") as string };
    expect(outcomes).toEqual([accepted, accepted, denied, accepted]);
    expect(sent(client)).toEqual([["a", "b", "c", "d"], ["b", "d"], ["d"]]);
    expect(pace.waited).toEqual([100, 200]);
  });

  test("what stays throttled is given up after five tries, and says so", async () => {
    const throttled = { FailedEntryCount: 1, Entries: [{ ErrorCode: "ThrottlingException", ErrorMessage: "Rate exceeded" }] };
    const { bus, pace } = over(throttled, throttled, throttled, throttled, throttled);
    expect(await bus.publish([learned("a")])).toEqual([
      { kind: "failed", code: "aws-throttled", reason: "bus calltime: ThrottlingException: Rate exceeded" },
    ]);
    expect(pace.waited).toEqual([100, 200, 400, 799]);
  });

  test("an event that the reply says nothing of was not taken, whatever the count says", async () => {
    const { bus } = over({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] });
    expect(await bus.publish([learned("a"), learned("b")])).toEqual([
      accepted,
      { kind: "failed", code: "aws-no-answer", reason: expect.stringContaining("says nothing") as string },
    ]);
  });

  test.each([
    ["credentials that are over", awsError("ExpiredTokenException", 400), "aws-credentials"],
    ["a role that may not", awsError("AccessDeniedException", 400), "aws-denied"],
    ["no answer", awsError("TimeoutError", undefined), "aws-no-answer"],
  ])("%s: nothing is offered again, and the others are still offered", async (_what, failure, code) => {
    const { bus, client } = over(failure, { FailedEntryCount: 0, Entries: taken(1) });
    const outcomes = await bus.publish(Array.from({ length: 11 }, (_, index) => learned(`e${index}`)));
    expect(outcomes.slice(0, 10).map((outcome) => (outcome.kind === "failed" ? outcome.code : outcome.kind))).toEqual(Array(10).fill(code));
    expect(outcomes[10]).toEqual(accepted);
    expect(client.asked).toHaveLength(2);
  });

  test("a request stays within ten events and 256 KB as EventBridge counts them", async () => {
    const { bus, client } = over(
      { FailedEntryCount: 0, Entries: taken(2) },
      { FailedEntryCount: 0, Entries: taken(10) },
      { FailedEntryCount: 0, Entries: taken(2) },
    );
    const large = (id: string) => learned(id, "x".repeat(120_000));
    const events = [large("a"), large("b"), large("c"), ...Array.from({ length: 11 }, (_, index) => learned(`e${index}`))];
    expect(await bus.publish(events)).toEqual(events.map(() => accepted));
    expect(sent(client).map((ids) => ids.length)).toEqual([2, 10, 2]);
    expect(sent(client).flat()).toEqual(events.map(({ id }) => id));
    for (const { input } of client.asked) {
      const entries = input["Entries"] as readonly { Detail: string; DetailType: string; Source: string }[];
      const bytes = entries.map(({ Detail, DetailType, Source }) => 14 + Buffer.byteLength(Detail + DetailType + Source));
      expect(bytes.reduce((sum, more) => sum + more, 0)).toBeLessThanOrEqual(262_144);
    }
  });
});
