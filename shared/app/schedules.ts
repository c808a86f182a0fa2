import { CalltimeError } from "../core/error.ts";
import { scheduleOf, type Manifest } from "../core/schedule/manifest.ts";
import type { Programme, Schedule } from "../core/schedule/programme.ts";
import { unpackDay, unpackManifest } from "../feeds/schedule-chunks.ts";
import type { ChunkStore, Generation } from "./ports.ts";

/** What a generation lists. The same generation again is the same object, frozen where it is shared. */
export type ReadSchedule = (generation: Generation) => Promise<Schedule>;

/**
 * Reads schedules, a feed at a time: of the next generation only the chunks that the one read before does not have. Throws
 * `store-unreadable` when a chunk is missing or damaged.
 */
export function scheduleReader(chunks: ChunkStore): ReadSchedule {
  type Known = { readonly contentHash: string; readonly schedule: Schedule; readonly days: ReadonlyMap<string, readonly Programme[]> };
  const known = new Map<string, Known>();
  return async ({ feedId, contentHash }) => {
    const before = known.get(feedId);
    if (before?.contentHash === contentHash) return before.schedule;
    const manifest = await readManifest(chunks, contentHash);
    const hashes = new Set(manifest.channels.flatMap((channel) => channel.chunks.map(([, hash]) => hash)));
    const days = await readDays(chunks, hashes, before?.days);
    const schedule = scheduleOf(manifest, (hash) => days.get(hash) ?? []);
    known.set(feedId, { contentHash, schedule, days });
    return schedule;
  };
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
