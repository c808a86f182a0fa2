import { addItem, beginListing, finishListing, type Listing, type ListingBounds } from "../core/schedule/listing.ts";
import { boundsAt, SANITY_THRESHOLDS } from "../core/schedule/sanity.ts";
import type { Context } from "./context.ts";

/** A whole feed as one listing; writes nothing, however long it takes. Throws what `readFeed` throws. */
export async function readListing(bytes: AsyncIterable<Uint8Array>, bounds: ListingBounds = {}): Promise<Listing> {
  const underway = beginListing();
  // The readers of seven formats, for the few who read a feed.
  const { readFeedBatches } = await import("../feeds/read-feed.ts");
  for await (const batch of readFeedBatches(bytes, { repeats: bounds.repeats })) for (const item of batch) addItem(underway, item);
  return finishListing(underway, bounds);
}

/** How far ahead a feed that is read at `now` may reach. */
export function believedUntil({ settings }: Context, now: number): ListingBounds {
  return boundsAt(now, settings.feedGate ?? SANITY_THRESHOLDS);
}
