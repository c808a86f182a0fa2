import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import type { Pace } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import { backOff, MOST_TRIES } from "./back-off.ts";
import { orTypedFailure } from "./typed-failure.ts";

/** Names of the table's two keys, both strings, and of the attribute that its time to live reads, epoch seconds. */
export const PARTITION = "PK";
export const SORT = "SK";
export const EXPIRES_AT = "ExpiresAt";

/** Most puts in one request, and most gets. */
const MOST_PUTS = 25;
const MOST_GETS = 100;

/** Where the table is. */
export type TableSettings = { readonly client: Pick<DynamoDBClient, "send">; readonly tableName: string; readonly pace: Pace };

/** The key of one item. DynamoDB sorts those of a partition by the bytes of `sort`: of ASCII text that is code-unit order. */
export type ItemKey = { readonly partition: string; readonly sort: string };

/** One item: its key, and what else it holds. */
export type Item = { readonly key: ItemKey; readonly attributes: Readonly<Record<string, AttributeValue>> };

/** What has to hold of the item that is there, in DynamoDB's own words, for a write to happen. */
export type Condition = { readonly expression: string; readonly values?: Readonly<Record<string, AttributeValue>> };

/** What became of a conditional write. `there`: the item that was in its way, where DynamoDB gives it. */
export type ConditionalOutcome = { readonly kind: "written" } | { readonly kind: "conflict"; readonly there: Item | undefined };

/** Which items of a partition: all, those whose sort key has a beginning, or those from one sort key to another, both included. */
export type SortRange = { readonly beginning: string } | { readonly from: string; readonly to: string } | undefined;

/** The one table, as the stores over it see it. Every read is consistent, and every page of it is read; failures are `aws-…`. */
export type Table = {
  /** What this instant is, in epoch milliseconds: what expired is garbage, whether or not DynamoDB has collected it. */
  nowMs(): number;
  get(what: string, key: ItemKey): Promise<Item | undefined>;
  /** Puts an item where `condition` holds. */
  put(what: string, item: Item, condition?: Condition): Promise<ConditionalOutcome>;
  /** Removes an item where `condition` holds. */
  remove(what: string, key: ItemKey, condition?: Condition): Promise<ConditionalOutcome>;
  /** Items of one partition, by sort key. */
  query(what: string, partition: string, range?: SortRange): Promise<readonly Item[]>;
  /** Puts all items, none twice, whatever is there. Throws `aws-throttled` when some are still not taken after the last try. */
  putAll(what: string, items: readonly Item[]): Promise<void>;
  /** The items of these keys that are there, none twice, in no order. Throws as `putAll`. */
  getAll(what: string, keys: readonly ItemKey[]): Promise<readonly Item[]>;
};

type Stored = Record<string, AttributeValue>;

/** The table behind `client`. */
export function dynamoTable({ client, tableName, pace }: TableSettings): Table {
  const TableName = tableName;

  const putBatch = async (requests: readonly Stored[]): Promise<readonly Stored[]> => {
    const RequestItems = { [TableName]: requests.map((one) => ({ PutRequest: { Item: one } })) };
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems }));
    return (UnprocessedItems?.[TableName] ?? []).flatMap(({ PutRequest }) => (PutRequest?.Item === undefined ? [] : [PutRequest.Item]));
  };

  return {
    nowMs: () => pace.nowMs(),
    get: async (what, key) => {
      const { Item: found } = await orTypedFailure(
        what,
        client.send(new GetItemCommand({ TableName, Key: storedKey(key), ConsistentRead: true })),
      );
      return found === undefined ? undefined : itemOf(found);
    },
    put: (what, item, condition) =>
      conditional(what, () => client.send(new PutItemCommand({ TableName, Item: storedItem(item), ...conditionOf(condition) }))),
    remove: (what, key, condition) =>
      conditional(what, () => client.send(new DeleteItemCommand({ TableName, Key: storedKey(key), ...conditionOf(condition) }))),
    query: async (what, partition, range) => {
      const items: Item[] = [];
      let start: Stored | undefined;
      do {
        const page = await orTypedFailure(
          what,
          client.send(
            new QueryCommand({
              TableName,
              ConsistentRead: true,
              ...keyCondition(partition, range),
              ...(start && { ExclusiveStartKey: start }),
            }),
          ),
        );
        items.push(...(page.Items ?? []).map(itemOf));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      return items;
    },
    putAll: (what, items) => inBatches(what, pace, MOST_PUTS, items.map(storedItem), putBatch),
    getAll: async (what, keys) => {
      const found: Item[] = [];
      await inBatches(what, pace, MOST_GETS, keys.map(storedKey), async (Keys) => {
        const asked = { RequestItems: { [TableName]: { Keys: [...Keys], ConsistentRead: true } } };
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand(asked));
        found.push(...(Responses?.[TableName] ?? []).map(itemOf));
        return UnprocessedKeys?.[TableName]?.Keys ?? [];
      });
      return found;
    },
  };
}

/** Has `send` do all of `all`, at most `most` at once; what it gives back as not done is tried again, after a wait. */
async function inBatches<T>(
  what: string,
  pace: Pace,
  most: number,
  all: readonly T[],
  send: (batch: readonly T[]) => Promise<readonly T[]>,
): Promise<void> {
  let left = all;
  for (let tried = 0; left.length > 0; tried += 1) {
    if (tried === MOST_TRIES) {
      const done = all.length - left.length;
      throw new CalltimeError(
        "aws-throttled",
        `${what}: ${done} of ${all.length} items are done after ${MOST_TRIES} tries; do all of it again`,
      );
    }
    if (tried > 0) await backOff(pace, tried);
    const undone: T[] = [];
    for (let first = 0; first < left.length; first += most) {
      undone.push(...(await orTypedFailure(what, send(left.slice(first, first + most)))));
    }
    left = undone;
  }
}

async function conditional(what: string, send: () => Promise<unknown>): Promise<ConditionalOutcome> {
  try {
    await orTypedFailure(what, send());
    return { kind: "written" };
  } catch (error) {
    const cause = error instanceof CalltimeError ? error.cause : undefined;
    if (!(cause instanceof ConditionalCheckFailedException)) throw error;
    return { kind: "conflict", there: cause.Item === undefined ? undefined : itemOf(cause.Item) };
  }
}

function conditionOf(condition: Condition | undefined): object {
  if (condition === undefined) return {};
  const { expression, values } = condition;
  return {
    ConditionExpression: expression,
    ...(values !== undefined && { ExpressionAttributeValues: { ...values } }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

function keyCondition(
  partition: string,
  range: SortRange,
): { readonly KeyConditionExpression: string; readonly ExpressionAttributeValues: Stored } {
  const of = `${PARTITION} = :partition`;
  const values: Stored = { ":partition": { S: partition } };
  if (range === undefined) return { KeyConditionExpression: of, ExpressionAttributeValues: values };
  if ("beginning" in range) {
    return {
      KeyConditionExpression: `${of} AND begins_with(${SORT}, :beginning)`,
      ExpressionAttributeValues: { ...values, ":beginning": { S: range.beginning } },
    };
  }
  return {
    KeyConditionExpression: `${of} AND ${SORT} BETWEEN :from AND :to`,
    ExpressionAttributeValues: { ...values, ":from": { S: range.from }, ":to": { S: range.to } },
  };
}

function storedKey({ partition, sort }: ItemKey): Stored {
  return { [PARTITION]: { S: partition }, [SORT]: { S: sort } };
}

function storedItem({ key, attributes }: Item): Stored {
  return { ...storedKey(key), ...attributes };
}

function itemOf(stored: Stored): Item {
  const { [PARTITION]: partition, [SORT]: sort, ...attributes } = stored;
  return { key: { partition: textOf(partition), sort: textOf(sort) }, attributes };
}

/** An attribute that is text; empty when it is none. */
export function textOf(value: AttributeValue | undefined): string {
  return value?.S ?? "";
}

/** An attribute that is a number; NaN when it is none. */
export function numberOf(value: AttributeValue | undefined): number {
  return Number(value?.N);
}
