import { BatchWriteItemCommand, DynamoDBClient, UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { expect, test } from "vitest";
import { EXPIRES_AT, PARTITION, SORT } from "../../shared/aws/table.ts";
import { emulatedTable } from "./emulated-table.ts";
import { describeWithMoto, type Moto } from "./moto.ts";

/** What the emulator does otherwise than AWS, where it concerns an adapter. */
type Gap = {
  readonly gap: string;
  readonly inAws: string;
  /** The test that holds in the emulator's stead. */
  readonly heldBy: string;
  /** Throws when the emulator has become like AWS: then the gap, and the reason for that test, is gone. */
  readonly isThere: (moto: Moto) => Promise<void>;
};

const dynamo = (moto: Moto) => new DynamoDBClient(moto.client());
const put = (sort: string) => ({ PutRequest: { Item: { [PARTITION]: { S: "p" }, [SORT]: { S: sort } } } });
const event = (Detail: string, EventBusName = "bus") => ({ EventBusName, Source: "calltime", DetailType: "d", Detail });

const GAPS: readonly Gap[] = [
  {
    gap: "DynamoDB takes 26 items in a batch, and never leaves one",
    inAws: "refuses more than 25, and gives back as UnprocessedItems what it had no capacity for",
    heldBy: "table.test.ts: puts 25 items a request, and those that were left again after a wait",
    isThere: async (moto) => {
      const { tableName } = await emulatedTable(moto);
      const batch = Array.from({ length: 26 }, (_, index) => put(`i${index}`));
      const { UnprocessedItems = {} } = await dynamo(moto).send(new BatchWriteItemCommand({ RequestItems: { [tableName]: batch } }));
      expect(UnprocessedItems).toEqual({});
    },
  },
  {
    gap: "DynamoDB collects nothing whose time to live is over",
    inAws: "collects it within some days, and gives it until then",
    heldBy: "table.test.ts: what has expired is not read, collected or not",
    isThere: async (moto) => {
      const table = await emulatedTable(moto);
      const TimeToLiveSpecification = { AttributeName: EXPIRES_AT, Enabled: true };
      await dynamo(moto).send(new UpdateTimeToLiveCommand({ TableName: table.tableName, TimeToLiveSpecification }));
      const key = { partition: "p", sort: "old" };
      await table.put("old", { key, attributes: { [EXPIRES_AT]: { N: "1" } } });
      expect(await table.get("old", key)).toBeDefined();
    },
  },
  {
    gap: "EventBridge takes events of any size, and never half a request",
    inAws: "takes 256 KB a request (1 MB since January 2026), and fails entries one by one",
    heldBy: "event-bus.test.ts: only those of a half-failed request are offered again, and each has its own outcome",
    isThere: async (moto) => {
      const client = new EventBridgeClient(moto.client());
      await client.send(new CreateEventBusCommand({ Name: "bus" }));
      const Entries = Array.from({ length: 4 }, () => event(JSON.stringify({ text: "x".repeat(300_000) })));
      expect((await client.send(new PutEventsCommand({ Entries }))).FailedEntryCount).toBe(0);
    },
  },
  {
    gap: "any credentials do, for ever",
    inAws: "those that are over or may not are refused by name",
    heldBy: "typed-failure.test.ts: ExpiredTokenException with status 400 is aws-credentials",
    isThere: async (moto) => {
      const credentials = { accessKeyId: "NOBODY", secretAccessKey: "wrong", sessionToken: "over" };
      const client = new EventBridgeClient({ ...moto.client(), credentials });
      await expect(client.send(new CreateEventBusCommand({ Name: "bus" }))).resolves.toBeDefined();
    },
  },
  {
    gap: "a bus that is not there fails the whole call",
    inAws: "such events are said to be taken and dropped; a deployment names its own bus, so the name cannot be wrong",
    heldBy: "nothing: without an account it cannot be known",
    isThere: async (moto) => {
      const Entries = [event("{}", "nowhere")];
      await expect(new EventBridgeClient(moto.client()).send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
    },
  },
];

describeWithMoto("where the emulator is not as AWS is", (moto) => {
  test.each(GAPS)("$gap; AWS $inAws (held by $heldBy)", ({ isThere }) => isThere(moto));
});
