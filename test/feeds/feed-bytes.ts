import { readFeed, type ReadFeedOptions } from "../../shared/feeds/read-feed.ts";
import type { FeedItem } from "../../shared/core/schedule/programme.ts";
import { CalltimeError } from "../../shared/core/error.ts";

/** A feed as it arrives: in chunks of `size` bytes. */
export async function* inChunks(feed: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = typeof feed === "string" ? new TextEncoder().encode(feed) : feed;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All items of a feed; throws what the reading throws. */
export async function itemsOf(feed: string | Uint8Array, size?: number, options?: ReadFeedOptions): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readFeed(inChunks(feed, size), options)) items.push(item);
  return items;
}

/** How a feed fails, as `code: message`; throws when it does not. */
export async function failureOf(feed: string | Uint8Array | AsyncIterable<Uint8Array>, options?: ReadFeedOptions): Promise<string> {
  const bytes = typeof feed === "string" || feed instanceof Uint8Array ? inChunks(feed) : feed;
  try {
    for await (const _item of readFeed(bytes, options)) void _item;
  } catch (error) {
    if (error instanceof CalltimeError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("the feed was read to its end");
}
