import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { ConditionalOutcome, Condition, Item, ItemKey, Table } from "../../shared/aws/table.ts";
import { PARTITION, SORT } from "../../shared/aws/table.ts";

const READ_UNIT_BYTES = 4_096;
const WRITE_UNIT_BYTES = 1_024;

/** What a table was asked since it was last reset, in request units on demand; every read is consistent. */
export type Asked = { readUnits: number; writeUnits: number; journalBytes: number };

/** A table in memory that counts what DynamoDB would bill. Its conditions are those that our stores use; it throws for another. */
export function countedTable(nowMs: () => number): { readonly table: Table; readonly asked: Asked } {
  const items = new Map<string, Item>();
  const asked: Asked = { readUnits: 0, writeUnits: 0, journalBytes: 0 };
  const read = (bytes: number): void => void (asked.readUnits += Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)));
  const wrote = (item: Item | undefined, before: Item | undefined): void => {
    const bytes = Math.max(item === undefined ? 0 : bytesOf(item), before === undefined ? 0 : bytesOf(before));
    asked.writeUnits += Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
  };
  const put = (item: Item): void => {
    wrote(item, items.get(idOf(item.key)));
    items.set(idOf(item.key), item);
    if (item.key.partition.startsWith("journal/")) asked.journalBytes += bytesOf(item);
  };
  const unless = (key: ItemKey, condition: Condition | undefined, change: () => void): ConditionalOutcome => {
    const there = items.get(idOf(key));
    if (condition === undefined || holds(condition, there)) {
      change();
      return { kind: "written" };
    }
    // A write that is refused is billed all the same.
    wrote(undefined, there);
    return { kind: "conflict", there };
  };
  const table: Table = {
    nowMs,
    get: async (_, key) => {
      const item = items.get(idOf(key));
      read(item === undefined ? 0 : bytesOf(item));
      return item;
    },
    put: async (_, item, condition) => unless(item.key, condition, () => put(item)),
    remove: async (_, key, condition) =>
      unless(key, condition, () => {
        wrote(undefined, items.get(idOf(key)));
        items.delete(idOf(key));
      }),
    query: async (_, partition, range) => {
      const isIn = (sort: string): boolean => {
        if (range === undefined) return true;
        return "beginning" in range ? sort.startsWith(range.beginning) : sort >= range.from && sort <= range.to;
      };
      const found = [...items.values()].filter(({ key }) => key.partition === partition && isIn(key.sort));
      read(found.reduce((sum, item) => sum + bytesOf(item), 0));
      return found.sort((a, b) => (a.key.sort < b.key.sort ? -1 : 1));
    },
    putAll: async (_, all) => all.forEach(put),
    getAll: async (_, keys) =>
      keys.flatMap((key) => {
        const item = items.get(idOf(key));
        read(item === undefined ? 0 : bytesOf(item));
        return item ?? [];
      }),
  };
  return { table, asked };
}

const idOf = ({ partition, sort }: ItemKey): string => JSON.stringify([partition, sort]);

function holds({ expression, values }: Condition, there: Item | undefined): boolean {
  return expression.split(" OR ").some((part) => {
    if (part === `attribute_not_exists(${PARTITION})`) return there === undefined;
    if (part === "Version = :expected") return there?.attributes["Version"]?.N === values?.[":expected"]?.N;
    throw new RangeError(`a condition that nobody counts: ${part}`);
  });
}

/** Bytes of an item as DynamoDB counts them: names and values; a number takes about a byte for two digits. */
function bytesOf({ key, attributes }: Item): number {
  const sizes = Object.entries(attributes).map(([name, value]) => name.length + bytesOfValue(value));
  return PARTITION.length + Buffer.byteLength(key.partition) + SORT.length + Buffer.byteLength(key.sort) + sizes.reduce((a, b) => a + b, 0);
}

function bytesOfValue({ S, N, B }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  return N === undefined ? (B?.length ?? 0) : Math.ceil(N.length / 2) + 1;
}
