import { CalltimeError } from "../core/error.ts";
import { once } from "../core/once.ts";
import type { ListedDay } from "../core/schedule/guide.ts";
import { scheduleOf, type Manifest } from "../core/schedule/manifest.ts";
import type { Programme, Schedule } from "../core/schedule/programme.ts";
import { unpackDay, unpackManifest } from "../feeds/schedule-chunks.ts";
import type { ChunkStore, Generation } from "./ports.ts";

/** What a generation lists. The same generation again is the same object, frozen where it is shared. */
export type ReadSchedule = (generation: Generation) => Promise<Schedule>;

/** One generation as it was read. */
type ReadGeneration = {
  /** Each channel's programmes of each day, frozen; of two generations of a feed a day that stayed the same is the same array. */
  readonly days: readonly ListedDay[];
  readonly schedule: () => Schedule;
};

/**
 * Reads generations, a feed at a time: of the next one only the chunks that the one read before does not have. Throws `store-unreadable`
 * when a chunk is missing or damaged.
 */
export function feedReader(chunks: ChunkStore): (generation: Generation) => Promise<ReadGeneration> {
  type Known = ReadGeneration & { readonly contentHash: string; readonly byHash: ReadonlyMap<string, ListedDay> };
  const known = new Map<string, Known>();
  return async ({ feedId, contentHash }) => {
    const before = known.get(feedId);
    if (before?.contentHash === contentHash) return before;
    const manifest = await readManifest(chunks, contentHash);
    const hashes = new Set(manifest.channels.flatMap((channel) => channel.chunks.map(([, hash]) => hash)));
    const byHash = await readDays(chunks, hashes, before?.byHash);
    const schedule = once(() => scheduleOf(manifest, (hash) => byHash.get(hash) ?? []));
    const read = { contentHash, byHash, days: [...byHash.values()], schedule };
    known.set(feedId, read);
    return read;
  };
}

/** Reads the schedules of generations as `feedReader` does. */
export function scheduleReader(chunks: ChunkStore): ReadSchedule {
  const read = feedReader(chunks);
  return async (generation) => (await read(generation)).schedule();
}

/** The manifest of a generation with this content hash. Throws `store-unreadable`. */
export async function readManifest(chunks: ChunkStore, contentHash: string): Promise<Manifest> {
  const [bytes] = await chunks.read([contentHash]);
  return unpackManifest({ hash: contentHash, bytes: bytes ?? missing(contentHash) });
}

/** The programmes of each chunk, by hash; those that are `known` are not read again. Throws `store-unreadable`. */
export async function readDays(
  chunks: ChunkStore,
  hashes: ReadonlySet<string>,
  known: ReadonlyMap<string, readonly Programme[]> = new Map(),
): Promise<ReadonlyMap<string, readonly Programme[]>> {
  const wanted = [...hashes].filter((hash) => !known.has(hash));
  const read = await chunks.read(wanted);
  const days = new Map<string, readonly Programme[]>();
  for (const hash of hashes) {
    const programmes = known.get(hash);
    if (programmes !== undefined) days.set(hash, programmes);
  }
  for (const [index, hash] of wanted.entries()) days.set(hash, unpackDay({ hash, bytes: read[index] ?? missing(hash) }));
  return days;
}

function missing(hash: string): never {
  throw new CalltimeError("store-unreadable", `chunk ${hash} of a schedule is missing; send the feed again or put back a copy`);
}
