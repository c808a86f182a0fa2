import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { dynamoSchedules } from "../../shared/aws/schedule-store.ts";
import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoJournal } from "../../shared/aws/journal.ts";
import { dynamoTable, type Item } from "../../shared/aws/table.ts";
import type { JournalEntry } from "../../shared/app/ports.ts";
import { DAY_MS } from "../../shared/core/time.ts";
import { emulatedTable } from "./emulated-table.ts";
import { describeWithMoto } from "./moto.ts";
import { quickPace } from "./pace.ts";
import { awsError, scriptedClient } from "./scripted-client.ts";

const item = (sort: string, text = ""): Item => ({ key: { partition: "p", sort }, attributes: { Text: { S: text } } });
const items = (count: number, from = 0): readonly Item[] => Array.from({ length: count }, (_, index) => item(`i${from + index}`));
const stored = (sort: string) => ({ PK: { S: "p" }, SK: { S: sort }, Text: { S: "" } });

describeWithMoto("the table on an emulated DynamoDB", (moto) => {
  test("puts and gets more items than one request takes", async () => {
    const table = await emulatedTable(moto);
    await table.putAll("items", items(60));
    const got = await table.getAll(
      "items",
      [...items(120), item("never")].map(({ key }) => key),
    );
    expect(got.map(({ key }) => key.sort).sort()).toEqual(
      items(60)
        .map(({ key }) => key.sort)
        .sort(),
    );
  });

  test("reads all pages of what takes more than one: a megabyte", async () => {
    const store = dynamoDocumentStore(await emulatedTable(moto));
    const large = "x".repeat(390_000);
    const keys = ["model/a", "model/b", "model/c", "model/d", "model/e"];
    for (const key of keys) await store.write(key, large, 0);
    expect((await store.list("model/")).map(({ key }) => key)).toEqual(keys);
  });

  test("folders whose names differ by a blank are listed by their keys, not by their names", async () => {
    const store = dynamoDocumentStore(await emulatedTable(moto));
    for (const key of ["a/x", "a b/y", "a", "ab"]) await store.write(key, key, 0);
    expect((await store.list("a")).map(({ key }) => key)).toEqual(["a", "a b/y", "a/x", "ab"]);
  });

  test("a table that is in another Region is not there", async () => {
    await emulatedTable(moto);
    const elsewhere = dynamoTable({ client: new DynamoDBClient(moto.client("us-east-1")), tableName: "calltime-1", pace: quickPace() });
    await expect(dynamoDocumentStore(elsewhere).read("plan/web")).rejects.toMatchObject({
      code: "aws-not-there",
      message: expect.stringMatching(/^document plan\/web: /) as string,
    });
  });
});

// Shapes as DynamoDB sends them, which the emulator never does.
describe("the table, reply by reply", () => {
  const over = (...replies: readonly (object | Error)[]) => {
    const client = scriptedClient(...replies);
    const pace = quickPace();
    return { client, pace, table: dynamoTable({ client, tableName: "T", pace }) };
  };
  const putsIn = (input: Record<string, unknown> | undefined) =>
    (input as { RequestItems: { T: { PutRequest: { Item: { SK: { S: string } } } }[] } }).RequestItems.T.map(
      ({ PutRequest }) => PutRequest.Item.SK.S,
    );

  test("puts 25 items a request, and those that were left again after a wait", async () => {
    const left = (...sorts: readonly string[]) => ({
      UnprocessedItems: { T: sorts.map((sort) => ({ PutRequest: { Item: stored(sort) } })) },
    });
    const { client, pace, table } = over(left("i0", "i24"), left("i25"), {}, left("i24"), { UnprocessedItems: {} });
    await table.putAll("chunks", items(51));
    expect(client.asked.map(({ input }) => putsIn(input).length)).toEqual([25, 25, 1, 3, 1]);
    expect(putsIn(client.asked[3]?.input)).toEqual(["i0", "i24", "i25"]);
    expect(putsIn(client.asked[4]?.input)).toEqual(["i24"]);
    expect(pace.waited).toEqual([100, 200]);
  });

  test("says how many items are put when some are never taken", async () => {
    const left = { UnprocessedItems: { T: [{ PutRequest: { Item: stored("i1") } }] } };
    const { client, table } = over(left, left, left, left, left);
    await expect(table.putAll("chunks", items(2))).rejects.toMatchObject({
      code: "aws-throttled",
      message: "chunks: 1 of 2 items are done after 5 tries; do all of it again",
    });
    expect(client.asked).toHaveLength(5);
  });

  test("gets 100 items a request, consistently, and those that were left again", async () => {
    const { client, table } = over(
      { Responses: { T: [stored("i0")] }, UnprocessedKeys: { T: { Keys: [{ PK: { S: "p" }, SK: { S: "i1" } }] } } },
      { Responses: { T: [] } },
      { Responses: { T: [stored("i1")] }, UnprocessedKeys: {} },
    );
    const got = await table.getAll(
      "chunks",
      items(101).map(({ key }) => key),
    );
    expect(got.map(({ key }) => key.sort)).toEqual(["i0", "i1"]);
    const asked = client.asked.map(
      ({ input }) => (input as { RequestItems: { T: { Keys: unknown[]; ConsistentRead: boolean } } }).RequestItems.T,
    );
    expect(asked.map(({ Keys, ConsistentRead }) => [Keys.length, ConsistentRead])).toEqual([
      [100, true],
      [1, true],
      [1, true],
    ]);
  });

  test("a query goes on from where a page ended, even after an empty one, and is consistent", async () => {
    const lastKey = { PK: { S: "p" }, SK: { S: "i0" } };
    const { client, table } = over(
      { Items: [stored("i0")], LastEvaluatedKey: lastKey },
      { Items: [], LastEvaluatedKey: lastKey },
      { Items: [stored("i1")] },
    );
    expect((await table.query("items", "p", { beginning: "i" })).map(({ key }) => key.sort)).toEqual(["i0", "i1"]);
    expect(client.asked.map(({ input }) => [input["ConsistentRead"], input["ExclusiveStartKey"]])).toEqual([
      [true, undefined],
      [true, lastKey],
      [true, lastKey],
    ]);
  });

  test.each([
    ["ExpiredTokenException", 400, "aws-credentials"],
    ["ProvisionedThroughputExceededException", 400, "aws-throttled"],
    ["ThrottlingException", 400, "aws-throttled"],
    ["InternalServerError", 500, "aws-unavailable"],
    ["TimeoutError", undefined, "aws-no-answer"],
  ])("%s with status %s is %s, with the document's name", async (name, status, code) => {
    const said = { code, message: expect.stringMatching(/^document plan\/web: /) as string };
    const failing = () => dynamoDocumentStore(over(awsError(name, status)).table);
    await expect(failing().read("plan/web")).rejects.toMatchObject(said);
    await expect(failing().write("plan/web", 1, 1)).rejects.toMatchObject(said);
    await expect(failing().remove("plan/web", 1)).rejects.toMatchObject(said);
    await expect(failing().list("plan/")).rejects.toMatchObject({ code });
  });

  /** What DynamoDB answers when the condition does not hold, the item that is there with it. */
  const inTheWay = (Item?: Record<string, { S: string } | { N: string }>) =>
    new ConditionalCheckFailedException({
      message: "The conditional request failed",
      $metadata: { httpStatusCode: 400 },
      ...(Item && { Item }),
    });

  test("a write whose answer was lost is written when the SDK's second try finds our own", async () => {
    const asked: Record<string, unknown>[] = [];
    const send = async ({ input }: { readonly input: Record<string, unknown> }) => {
      asked.push(input);
      // What the first try has written is what the second one finds.
      throw inTheWay(input["Item"] as Record<string, { S: string }>);
    };
    const store = dynamoDocumentStore(dynamoTable({ client: { send: send as never }, tableName: "T", pace: quickPace() }));
    expect(await store.write("plan/web", 1, 3)).toBe("written");
    expect(asked[0]).toMatchObject({ ReturnValuesOnConditionCheckFailure: "ALL_OLD", ConditionExpression: "Version = :expected" });
  });

  test("a generation whose answer was lost is published when the SDK's second try finds our own", async () => {
    const send = async ({ input }: { readonly input: Record<string, unknown> }) => {
      // Nothing was published before; what the first try has written is what the second one finds.
      if (input["Item"] === undefined) return {};
      throw inTheWay(input["Item"] as Record<string, { S: string }>);
    };
    const { schedules } = dynamoSchedules(dynamoTable({ client: { send: send as never }, tableName: "T", pace: quickPace() }));
    const first = { feedId: "guide", generation: 1, publishedAtMs: 1_000, contentHash: "abc" };
    expect(await schedules.publish(first)).toBe("written");
  });

  test("what somebody else wrote is a conflict, whether or not DynamoDB shows it", async () => {
    const theirs = { PK: { S: "document/plan" }, SK: { S: "plan/web" }, Version: { N: "4" }, Mark: { S: "theirs" } };
    for (const there of [theirs, undefined]) {
      expect(await dynamoDocumentStore(over(inTheWay(there)).table).write("plan/web", 1, 3)).toBe("conflict");
    }
  });

  test("a folder is listed before its first document is there, once", async () => {
    const { client, table } = over({}, {}, {});
    const store = dynamoDocumentStore(table);
    await store.write("plan/a", 1, 0);
    await store.write("plan/b", 1, 0);
    expect(client.asked.map(({ input }) => (input["Item"] as { SK: { S: string } }).SK.S)).toEqual(["plan", "plan/a", "plan/b"]);
  });
});

describe("the journal, reply by reply", () => {
  const entry = (targetId: string, atMs: number, floorUnits: number): JournalEntry => ({
    atMs,
    targetId,
    tick: { mode: "active", floorUnits, wantedUnits: floorUnits, limit: undefined, refused: false },
    reasons: [],
    sentences: [],
    forecast: undefined,
  });
  const keptItem = (one: JournalEntry, expiresAtSeconds: number) => ({
    PK: { S: "journal/api" },
    SK: { S: String(one.atMs).padStart(16, "0") },
    Json: { S: JSON.stringify(one) },
    ExpiresAt: { N: String(expiresAtSeconds) },
  });

  test("an entry expires by its age, and what is left out of one call is what came second", async () => {
    const client = scriptedClient({}, {});
    const journal = dynamoJournal(dynamoTable({ client, tableName: "T", pace: quickPace() }), { keepDays: 2 });
    await journal.append([entry("api", 120_500, 4), entry("api", 130_000, 9), entry("web", 120_500, 9)]);
    const written = client.asked.map(({ input }) => input["Item"] as Record<string, { S: string; N: string }>);
    expect(written.map((one) => [one["PK"]?.S, one["SK"]?.S, one["ExpiresAt"]?.N])).toEqual([
      ["journal/api", "0000000000120000", String(120 + (2 * DAY_MS) / 1000)],
      ["journal/web", "0000000000120000", String(120 + (2 * DAY_MS) / 1000)],
    ]);
    expect((JSON.parse(written[0]?.["Json"]?.S ?? "") as JournalEntry).tick.floorUnits).toBe(4);
  });

  test("what has expired is not read, collected or not", async () => {
    const client = scriptedClient({ Items: [keptItem(entry("api", 60_000, 1), 1_000), keptItem(entry("api", 120_000, 2), 1_001)] });
    const journal = dynamoJournal(dynamoTable({ client, tableName: "T", pace: { ...quickPace(), nowMs: () => 1_000_000 } }));
    expect((await journal.read("api", 0, 1_000_000)).map(({ atMs }) => atMs)).toEqual([120_000]);
  });

  test("asks nothing for a stretch that is none: DynamoDB refuses bounds that are the wrong way round", async () => {
    const client = scriptedClient();
    const journal = dynamoJournal(dynamoTable({ client, tableName: "T", pace: quickPace() }));
    expect(await journal.read("api", 60_000, 60_000)).toEqual([]);
    expect(await journal.read("api", 120_000, 60_000)).toEqual([]);
  });

  test("a failure names the target and the minute", async () => {
    const client = scriptedClient(awsError("ProvisionedThroughputExceededException", 400));
    const journal = dynamoJournal(dynamoTable({ client, tableName: "T", pace: quickPace() }));
    await expect(journal.append([entry("api", 60_000, 1)])).rejects.toMatchObject({
      code: "aws-throttled",
      message: expect.stringMatching(/^journal of api at 60000: /) as string,
    });
  });
});
