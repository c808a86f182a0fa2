import { hash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { CalltimeError } from "../core/error.ts";
import { channelsOf, daysOf, type Manifest, type ManifestChannel } from "../core/schedule/manifest.ts";
import type { FeedProgramme, Programme, Schedule } from "../core/schedule/programme.ts";

/** Something kept under the hash of what it holds: the programmes of a channel and day, or a manifest. Never changed, only kept or not. */
export type Chunk = { readonly hash: string; readonly bytes: Uint8Array };

/** 128 bits of SHA-256: no two chunks share a hash by accident, nor can a publisher make two that do in any time that matters. */
const HASH_DIGITS = 32;

/** A programme as its chunk has it, which names its channel once: every field there is, so that a new one cannot be forgotten. */
type Row = { readonly [Field in Exclude<keyof Programme, "channelId" | "corrected">]-?: Programme[Field] | undefined };
type Day = { readonly channelId: string; readonly programmes: readonly Omit<Programme, "channelId">[] };

/** The chunk of one channel's programmes of one day. The same programmes make the same chunk, whatever the order of their fields. */
export function packDay(channelId: string, programmes: readonly Programme[]): Chunk {
  return chunkOf({ channelId, programmes: programmes.map(rowOf) });
}

/** The programmes of a chunk, frozen: they are handed out again and again. Throws `store-unreadable`. */
export function unpackDay(chunk: Chunk): readonly Programme[] {
  const { channelId, programmes } = unpacked(chunk) as Day;
  return programmes.map((row) => {
    Object.freeze(row.categories);
    return Object.freeze({ channelId, ...row });
  });
}

/** What a feed lists on a channel, packed: a tenth of what it takes as objects. */
export function packListed(programmes: readonly FeedProgramme[]): Uint8Array {
  return compressed(JSON.stringify(programmes));
}

/** What `packListed` packed. */
export function unpackListed(bytes: Uint8Array): readonly FeedProgramme[] {
  return JSON.parse(zstdDecompressSync(bytes).toString("utf8")) as readonly FeedProgramme[];
}

/** The chunk of a manifest. */
export function packManifest({ channels }: Manifest): Chunk {
  return chunkOf({ channels });
}

/** The manifest of a chunk. Throws `store-unreadable`. */
export function unpackManifest(chunk: Chunk): Manifest {
  return unpacked(chunk) as Manifest;
}

/** A whole schedule as chunks, each once, the manifest's last. */
export function packSchedule(schedule: Schedule): {
  readonly manifest: Manifest;
  readonly contentHash: string;
  readonly chunks: readonly Chunk[];
} {
  const chunks = new Map<string, Chunk>();
  const channels = channelsOf(schedule).map(({ programmes, ...channel }): ManifestChannel => {
    const days = daysOf(programmes).map((day) => ({ ...day, chunk: packDay(channel.id, day.programmes) }));
    for (const { chunk } of days) chunks.set(chunk.hash, chunk);
    return { ...channel, chunks: days.map(({ day, chunk }) => [day, chunk.hash]) };
  });
  const manifest = { channels };
  const packed = packManifest(manifest);
  return { manifest, contentHash: packed.hash, chunks: [...chunks.values(), packed] };
}

function rowOf(programme: Programme): Row {
  const { id, startsAtMs, endsAtMs, title, subTitle, episode, description, categories, live, showing, clump } = programme;
  return { id, startsAtMs, endsAtMs, title, subTitle, episode, description, categories, live, showing, clump };
}

function chunkOf(value: unknown): Chunk {
  const json = JSON.stringify(value);
  return { hash: hashOf(json), bytes: compressed(json) };
}

/** A copy: what the compressor returns is a piece of the 16 kB and more that it wrote into, and would keep all of them. */
function compressed(json: string): Uint8Array {
  return Uint8Array.from(zstdCompressSync(json));
}

function unpacked(chunk: Chunk): unknown {
  try {
    const json = zstdDecompressSync(chunk.bytes).toString("utf8");
    if (hashOf(json) !== chunk.hash) throw new TypeError("it holds something else than was kept");
    return JSON.parse(json);
  } catch (cause) {
    throw new CalltimeError("store-unreadable", `chunk ${chunk.hash} of a schedule is damaged; send the feed again or put back a copy`, {
      cause,
    });
  }
}

function hashOf(json: string): string {
  return hash("sha256", json, "hex").slice(0, HASH_DIGITS);
}
