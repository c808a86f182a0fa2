import { randomUUID } from "node:crypto";
import type { ChunkStore, Generation, ScheduleStore } from "../app/ports.ts";
import { compareText } from "../core/schedule/programme.ts";
import { numberOf, PARTITION, textOf, type Condition, type Item, type ItemKey, type Table } from "./table.ts";

const FEEDS = "schedules";
const CHUNKS = "chunk/";
const WHAT = "chunks of schedules";

// An item holds 400 KB, its keys and the names of its attributes included.
const PART_BYTES = 350_000;

// What was in force is asked for hours later, and a feed may come every few minutes; so many are 30 KB.
const MOST_KEPT = 200;

/** The generations of one feed, oldest first, and how often the item was written. */
type Kept = { readonly generations: readonly Generation[]; readonly version: number };

/**
 * Schedules in the table. The generations of a feed are one item, so that one conditional write makes the next one visible; the newest 200
 * are kept. Chunks are items of their own, of several
 * parts where they are large, spread by their hash; they stay for good.
 */
export function dynamoSchedules(table: Table): { readonly schedules: ScheduleStore; readonly chunks: ChunkStore } {
  const read = async (feedId: string): Promise<Kept> => {
    const item = await table.get(`schedules of ${feedId}`, placeOf(feedId));
    return item === undefined ? { generations: [], version: 0 } : keptOf(item);
  };
  /** Writes what follows from `before`, unless somebody wrote since. */
  const write = async (feedId: string, { version }: Kept, generations: readonly Generation[]): Promise<"written" | "conflict"> => {
    // Our own mark: should the answer be lost, the SDK asks again, and finds that somebody wrote first: ourselves.
    const Mark = { S: randomUUID() };
    const attributes = { Json: { S: JSON.stringify(generations.slice(-MOST_KEPT)) }, Version: { N: String(version + 1) }, Mark };
    const outcome = await table.put(`schedules of ${feedId}`, { key: placeOf(feedId), attributes }, stillAt(version));
    if (outcome.kind === "written") return "written";
    return textOf(outcome.there?.attributes["Mark"]) === Mark.S ? "written" : "conflict";
  };

  const parts = async (keys: readonly ItemKey[]): Promise<ReadonlyMap<string, Item>> =>
    new Map((await table.getAll(WHAT, keys)).map((item) => [keyOf(item.key), item]));

  return {
    schedules: {
      current: async (feedId) => (await read(feedId)).generations.at(-1),
      inForceAt: async (feedId, atMs) => (await read(feedId)).generations.findLast(({ publishedAtMs }) => publishedAtMs <= atMs),
      publish: async (next) => {
        const before = await read(next.feedId);
        const current = before.generations.at(-1);
        if (next.generation !== (current?.generation ?? 0) + 1) return "conflict";
        if (current !== undefined && current.confirmedAtMs > next.publishedAtMs) return "conflict";
        return write(next.feedId, before, [...before.generations, { ...next, confirmedAtMs: next.publishedAtMs }]);
      },
      confirm: async (feedId, generation, storedAtMs) => {
        const before = await read(feedId);
        const current = before.generations.at(-1);
        if (current?.generation !== generation) return "conflict";
        if (storedAtMs <= current.confirmedAtMs) return "written";
        return write(feedId, before, [...before.generations.slice(0, -1), { ...current, confirmedAtMs: storedAtMs }]);
      },
      feeds: async () => (await table.query("feeds", FEEDS)).map(({ key }) => key.sort).sort(compareText),
    },
    chunks: {
      read: async (hashes) => {
        const firsts = await parts([...new Set(hashes)].map((hash) => partPlace(hash, 0)));
        const others = await parts(
          [...firsts.values()].flatMap((item) =>
            Array.from({ length: partsOf(item) - 1 }, (_, index) => partPlace(hashOf(item), index + 1)),
          ),
        );
        return hashes.map((hash) => {
          const first = firsts.get(keyOf(partPlace(hash, 0)));
          if (first === undefined) return undefined;
          return joined(
            Array.from(
              { length: partsOf(first) },
              (_, index) => firsts.get(keyOf(partPlace(hash, index))) ?? others.get(keyOf(partPlace(hash, index))),
            ),
          );
        });
      },
      keep: async (chunks) => {
        const fresh = new Map(chunks.map(({ hash, bytes }) => [hash, bytes]));
        for (const item of (await parts([...fresh.keys()].map((hash) => partPlace(hash, 0)))).values()) fresh.delete(hashOf(item));
        const items = [...fresh].map(([hash, bytes]) => itemsOf(hash, bytes));
        // The first part last: where it is, all of them are.
        await table.putAll(
          WHAT,
          items.flatMap(([, ...others]) => others),
        );
        await table.putAll(
          WHAT,
          items.flatMap(([first]) => (first === undefined ? [] : [first])),
        );
      },
    },
  };
}

const placeOf = (feedId: string) => ({ partition: FEEDS, sort: feedId });
const partPlace = (hash: string, part: number): ItemKey => ({ partition: `${CHUNKS}${hash}`, sort: String(part).padStart(4, "0") });
const keyOf = ({ partition, sort }: ItemKey): string => `${partition}/${sort}`;
const hashOf = ({ key }: Item): string => key.partition.slice(CHUNKS.length);
const partsOf = ({ attributes }: Item): number => numberOf(attributes["Parts"]);

/** A chunk as items, each within what an item may hold. */
function itemsOf(hash: string, bytes: Uint8Array): readonly Item[] {
  const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
  return Array.from({ length: count }, (_, part) => ({
    key: partPlace(hash, part),
    attributes: { Bytes: { B: bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES) }, Parts: { N: String(count) } },
  }));
}

/** The bytes of all parts, or undefined when one is missing. */
function joined(items: readonly (Item | undefined)[]): Uint8Array | undefined {
  const bytes = items.map((item) => item?.attributes["Bytes"]?.B);
  if (bytes.some((each) => each === undefined)) return undefined;
  const [only, ...more] = bytes as readonly Uint8Array[];
  return more.length === 0 ? only : new Uint8Array(Buffer.concat(bytes as readonly Uint8Array[]));
}

function keptOf({ attributes }: Item): Kept {
  return { generations: JSON.parse(textOf(attributes["Json"])) as readonly Generation[], version: numberOf(attributes["Version"]) };
}

function stillAt(version: number): Condition {
  if (version === 0) return { expression: `attribute_not_exists(${PARTITION})` };
  return { expression: "Version = :version", values: { ":version": { N: String(version) } } };
}
