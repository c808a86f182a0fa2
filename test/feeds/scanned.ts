import { CalltimeError } from "../../shared/core/error.ts";
import type { FeedItem } from "../../shared/core/schedule/programme.ts";
import { transcoderFor } from "../../shared/feeds/feed-encoding.ts";
import { HEAD_BYTES } from "../../shared/feeds/feed-reader.ts";
import { XmltvScanner } from "../../shared/feeds/xmltv-scanner.ts";
import { SaxesXmltv } from "../../bench/peers/saxes-xmltv.ts";

/** What came of reading a document: its items, or why it was refused. */
export type Reading = { readonly items: readonly FeedItem[] } | { readonly refused: string };

/** A document read by the scanner through a window of `windowBytes`, given to it in pieces of `chunkBytes`. */
export function scanned(feed: string | Uint8Array, windowBytes?: number, chunkBytes = 65_536): Reading {
  const bytes = typeof feed === "string" ? Buffer.from(feed) : feed;
  const items: FeedItem[] = [];
  try {
    const transcoder = transcoderFor(bytes.subarray(0, HEAD_BYTES));
    const scanner = new XmltvScanner(windowBytes);
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      for (const piece of transcoder.write(bytes.subarray(from, from + chunkBytes)))
        for (const batch of scanner.write(piece)) items.push(...batch);
    }
    transcoder.end();
    items.push(...scanner.end());
    return { items };
  } catch (error) {
    if (error instanceof CalltimeError) return { refused: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** The same document read with saxes. */
export function readWithSaxes(feed: string | Uint8Array, encoding?: string): Reading {
  const bytes = typeof feed === "string" ? Buffer.from(feed) : feed;
  const items: FeedItem[] = [];
  try {
    const parser = new SaxesXmltv(encoding);
    for (let from = 0; from < bytes.length; from += 65_536) items.push(...parser.write(bytes.subarray(from, from + 65_536)));
    items.push(...parser.end());
    return { items };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/** The items of a reading; throws when it was refused. */
export function itemsRead(reading: Reading): readonly FeedItem[] {
  if ("refused" in reading) throw new Error(reading.refused);
  return reading.items;
}
