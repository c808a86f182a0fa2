import { statSync } from "node:fs";
import { basename } from "node:path";
import { CalltimeError } from "../shared/core/error.ts";
import { addItem, beginListing, finishListing, type Listing, type ListingBounds } from "../shared/core/schedule/listing.ts";
import type { FeedProgramme } from "../shared/core/schedule/programme.ts";
import { readFeedBatches } from "../shared/feeds/read-feed.ts";
import { bytesOf } from "./files.ts";
import { whole } from "./text.ts";

/** A feed of a file: as one listing, and each channel's programmes as the feed has them, before any repair. */
export type ReadFile = { readonly listing: Listing; readonly raw: ReadonlyMap<string, readonly FeedProgramme[]> };

const TELL_EVERY_MS = 200;

/** Reads a feed to its end and tells how far it is, where somebody watches. Throws `file-unreadable` and what `readFeed` throws, with the file's name. */
export async function readFeedFile(file: string, bounds: ListingBounds = {}): Promise<ReadFile> {
  const underway = beginListing();
  const progress = progressOf(file);
  try {
    for await (const batch of readFeedBatches(progress.through(bytesOf(file, file)), { repeats: bounds.repeats })) {
      for (const item of batch) addItem(underway, item);
      progress.tell(underway.programmesRead);
    }
  } catch (error) {
    if (!(error instanceof CalltimeError) || error.code === "file-unreadable") throw error;
    throw new CalltimeError(error.code, `${file}: ${error.message}`, { cause: error });
  } finally {
    progress.clear();
  }
  return { listing: finishListing(underway, bounds), raw: underway.programmes };
}

/** One line on standard error that is written over again, and nothing where nobody watches. */
function progressOf(file: string) {
  const size = process.stderr.isTTY ? sizeOf(file) : undefined;
  let read = 0;
  let toldAtMs = performance.now();
  let told = false;
  return {
    async *through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of bytes) {
        yield chunk;
        read += chunk.length;
      }
    },
    tell(programmes: number): void {
      if (size === undefined || performance.now() - toldAtMs < TELL_EVERY_MS) return;
      toldAtMs = performance.now();
      told = true;
      process.stderr.write(`\r\u001B[Kreading ${basename(file)}: ${Math.floor((read / size) * 100)} %, ${whole(programmes)} programmes`);
    },
    clear(): void {
      if (told) process.stderr.write("\r\u001B[K");
    },
  };
}

function sizeOf(file: string): number | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size > 0 ? size : undefined;
}
