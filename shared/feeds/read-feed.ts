import { Readable, pipeline, type Transform } from "node:stream";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { headText } from "./feed-encoding.ts";
import { calltimeJsonReader } from "./calltime-json.ts";
import { calltimeNdjsonReader } from "./calltime-ndjson.ts";
import { csvReader } from "./csv.ts";
import { HEAD_BYTES, type FeedReader, type RepeatWindow } from "./feed-reader.ts";
import { icalendarReader } from "./icalendar.ts";
import { PeekableBytes } from "./peekable-bytes.ts";
import { schedulesDirectReader } from "./schedules-direct.ts";
import { tvmazeReader } from "./tvmaze.ts";
import { xmltvReader } from "./xmltv.ts";
import { zstdFrames } from "./zstd-frames.ts";

const READERS: readonly FeedReader[] = [
  xmltvReader,
  calltimeJsonReader,
  calltimeNdjsonReader,
  tvmazeReader,
  schedulesDirectReader,
  icalendarReader,
  csvReader,
];

/** A week of a whole country in XMLTV is 0.2 GB; five times that is a mistake or an attack. */
const DEFAULT_MAX_BYTES = 1_073_741_824;

/** Unpacked at a time: as much as a reader looks at together. */
const UNPACKED_CHUNK_BYTES = 65_536;
/** The real feeds we have pack to a tenth of their size; the most that deflate can do is a thousandth. Asked only beyond a small feed. */
const MAX_RATIO = 200;
const RATIO_MATTERS_FROM_BYTES = 8_388_608;

/**
 * `maxBytes`: bytes of the feed, unpacked, beyond which it is refused. `repeats`: which showings are told of what repeats by a rule; all of
 * them when left out, so that a rule without an end is left out.
 */
export type ReadFeedOptions = { readonly maxBytes?: number; readonly repeats?: RepeatWindow | undefined };

const ALL_REPEATS: RepeatWindow = { fromMs: -Infinity, toMs: Infinity };

/**
 * The items of a feed in any format we read, plain or packed with gzip or zstd; both are seen by content, never by name. Memory is bounded whatever the
 * feed's size. Throws CalltimeError `feed-empty`, `feed-truncated`, `feed-malformed`, `feed-format-unknown`, `feed-too-large`, or
 * `feed-unreadable` when the bytes themselves stop with an error. Only an iteration that ends without a throw has seen the whole feed.
 */
export async function* readFeed(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadFeedOptions = {},
): AsyncGenerator<FeedItem, void, undefined> {
  for await (const batch of readFeedBatches(bytes, options)) for (const item of batch) yield item;
}

/** As `readFeed`, a batch at a time (a window of the feed; it may be empty): for a feed of a million items. */
export async function* readFeedBatches(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadFeedOptions = {},
): AsyncGenerator<readonly FeedItem[], void, undefined> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const packed = new PeekableBytes(readable(bytes));
  const plain = new PeekableBytes(limited(unpacked(packed), maxBytes));
  try {
    const head = await plain.peek(HEAD_BYTES);
    const beginning = headText(head);
    if (head.length < HEAD_BYTES && beginning.trim() === "") {
      throw new CalltimeError("feed-empty", `the feed is empty; ${rightFormats()} would be right`);
    }
    const reader = READERS.find((candidate) => candidate.recognises(head));
    if (reader === undefined) {
      const excerpt = JSON.stringify(beginning.trimStart().slice(0, 60));
      throw new CalltimeError("feed-format-unknown", `the feed begins with ${excerpt}; ${rightFormats()} would be right`);
    }
    yield* reader.read(plain, options.repeats ?? ALL_REPEATS);
  } finally {
    // The first ends the unpacking; the second waits until the source is closed, which unpacking leaves to happen later.
    await plain.return();
    await packed.return();
  }
}

function rightFormats(): string {
  return `${READERS.map((reader) => reader.looksLike).join(" or ")}, plain or packed with gzip or zstd,`;
}

/** The source's own failures, told apart from the feed's. */
async function* readable(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes;
  } catch (cause) {
    if (cause instanceof CalltimeError) throw cause;
    throw new CalltimeError("feed-unreadable", `the feed could not be read to its end: ${messageOf(cause)}; read it again`, { cause });
  }
}

async function* limited(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  for await (const chunk of bytes) {
    seen += chunk.length;
    if (seen > maxBytes) {
      throw new CalltimeError(
        "feed-too-large",
        `the feed is larger than ${maxBytes} bytes unpacked; fewer channels or fewer days would be right`,
      );
    }
    yield chunk;
  }
}

async function* unpacked(packed: PeekableBytes): AsyncGenerator<Uint8Array, void, undefined> {
  const packing = packingOf(await packed.peek(LONGEST_MAGIC));
  if (packing === undefined) {
    yield* packed;
    return;
  }
  if (packing.unpack === undefined) {
    throw new CalltimeError(
      "feed-format-unknown",
      `the feed is packed as ${packing.name}, which is not read; the same file plain, or packed with gzip or zstd, would be right`,
    );
  }
  const stream = packing.unpack();
  let packedBytes = 0;
  let unpackedBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of packing?.framed?.(packed) ?? packed) {
      packedBytes += chunk.length;
      yield chunk;
    }
  }
  // The callback is needed to keep a failure from being unhandled; it is thrown by the iteration below.
  pipeline(Readable.from(counted(), { objectMode: false }), stream, () => undefined);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      unpackedBytes += chunk.length;
      if (unpackedBytes > RATIO_MATTERS_FROM_BYTES && unpackedBytes > MAX_RATIO * packedBytes) {
        throw new CalltimeError(
          "feed-too-large",
          `the ${packing.name} feed unpacks to more than ${MAX_RATIO} times its size; the schedule itself would be right`,
        );
      }
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof CalltimeError) throw cause;
    if (codeOf(cause) === "Z_BUF_ERROR") {
      throw new CalltimeError("feed-truncated", `the ${packing.name} feed is cut short; the whole file would be right`, { cause });
    }
    if (codeOf(cause) === "ZSTD_error_frameParameter_windowTooLarge") {
      const right = "zstd without --long and --ultra would be right";
      throw new CalltimeError("feed-too-large", `the zstd feed takes more than ${2 ** ZSTD_WINDOW_LOG} bytes to unpack; ${right}`, {
        cause,
      });
    }
    const damaged = `the ${packing.name} feed is damaged: ${messageOf(cause)}; the file as it was published would be right`;
    throw new CalltimeError("feed-malformed", damaged, { cause });
  }
}

/** A way to pack a file, by its first bytes; one without `unpack` is known, and not read. `framed`: the file in the chunks that takes. */
type Packing = {
  readonly name: string;
  readonly magic: readonly number[];
  readonly framed?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  readonly unpack?: () => Transform;
};

/** What zstd looks back over at its highest ordinary level (19); a frame may ask for sixteen times that. */
const ZSTD_WINDOW_LOG = 23;
const ZSTD_LIMITS = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
const PACKINGS: readonly Packing[] = [
  { name: "gzipped", magic: [0x1f, 0x8b], unpack: () => createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES }) },
  {
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    framed: zstdFrames,
    unpack: () => createZstdDecompress({ chunkSize: UNPACKED_CHUNK_BYTES, params: ZSTD_LIMITS }),
  },
  { name: "a zip archive", magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: "an empty zip archive", magic: [0x50, 0x4b, 0x05, 0x06] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68] },
  { name: "a 7z archive", magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { name: "a rar archive", magic: [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07] },
  { name: "compress (.Z)", magic: [0x1f, 0x9d] },
  { name: "lz4", magic: [0x04, 0x22, 0x4d, 0x18] },
];
const LONGEST_MAGIC = Math.max(...PACKINGS.map(({ magic }) => magic.length));
function packingOf(head: Uint8Array): Packing | undefined {
  return PACKINGS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
