import fc from "fast-check";

import { assembleListing, type Listing } from "../../../shared/core/schedule/listing.ts";
import type { FeedItem, FeedProgramme, ListedProgramme, Programme, Schedule } from "../../../shared/core/schedule/programme.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { readFeed } from "../../../shared/feeds/read-feed.ts";
import { createReadStream } from "node:fs";
import { dataFile } from "../../data-folder.ts";

/** 31 December 2025, 20:00 UTC. */
export const EIGHT_PM = Date.UTC(2025, 11, 31, 20);

/** A programme of an hour at `minute` past eight, changed as the test needs it. */
export function listed(
  changes: Partial<ListedProgramme> & { readonly minute?: number; readonly lengthMinutes?: number } = {},
): ListedProgramme {
  const { minute = 0, lengthMinutes = 60, ...rest } = changes;
  const startsAtMs = EIGHT_PM + minute * MINUTE_MS;
  return {
    channelId: "one",
    title: "The evening film",
    categories: [],
    live: false,
    startsAtMs,
    endsAtMs: startsAtMs + lengthMinutes * MINUTE_MS,
    ...rest,
  };
}

/** `listed` with an identity. */
export function programme(changes: Parameters<typeof listed>[0] & { readonly id: string }): Programme {
  const { id, ...rest } = changes;
  return { ...listed(rest), id };
}

/** A schedule of just these programmes. */
export function scheduleOf(programmes: readonly Programme[]): Schedule {
  return { channels: [], programmes };
}

/** The items of a feed with `programmes`, as a reader would hand them on; `endsAtMs: undefined` stands for a missing end. */
export function items(programmes: readonly (Omit<ListedProgramme, "endsAtMs"> & { readonly endsAtMs?: number | undefined })[]): FeedItem[] {
  const channels = [...new Set(programmes.map(({ channelId }) => channelId))];
  return [
    ...channels.map((id, line): FeedItem => ({ kind: "channel", channel: { id, name: id }, line: line + 1 })),
    ...programmes.map(({ endsAtMs, ...rest }, i): FeedItem => {
      const read: FeedProgramme = { ...rest, ...(endsAtMs !== undefined && { endsAtMs }), line: 100 + i };
      return { kind: "programme", programme: read };
    }),
  ];
}

/** The listing of a feed with just these programmes. */
export function listingOf(programmes: Parameters<typeof items>[0]): Listing {
  return assembleListing(items(programmes));
}

/** The listing of a real feed in the data folder. */
export async function realListing(path: string): Promise<Listing> {
  const read: FeedItem[] = [];
  for await (const item of readFeed(createReadStream(dataFile(path)))) read.push(item);
  return assembleListing(read);
}

/** Few channels, titles and minutes, so that chance makes overlaps, simulcasts, duplicates and marathons. */
export const anyListed: fc.Arbitrary<ListedProgramme> = fc
  .record({
    channelId: fc.constantFrom("one", "two", "three", "__proto__"),
    title: fc.constantFrom("News", "news!", "Premier League", "Premier League (Live)", "Derby", "Kanalpause", "TBA", ""),
    subTitle: fc.option(fc.constantFrom("A v B", "C v D"), { nil: undefined }),
    episode: fc.option(fc.constantFrom("1.0.", "1.1."), { nil: undefined }),
    description: fc.option(fc.constantFrom("first half", "second half"), { nil: undefined }),
    minute: fc.integer({ min: 0, max: 30 }).map((n) => n * 1.5),
    lengthMinutes: fc.integer({ min: 1, max: 120 }),
  })
  .map(({ subTitle, episode, description, ...rest }) =>
    listed({
      ...rest,
      ...(subTitle !== undefined && { subTitle }),
      ...(episode !== undefined && { episode }),
      ...(description !== undefined && { description }),
    }),
  );
