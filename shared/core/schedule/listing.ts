import { instantText } from "../instant-text.ts";
import { beginFindings, type Finding, type Findings, type FindingsUnderway } from "./findings.ts";
import { mendChannel, type MendedChannel } from "./mend.ts";
import { byStart, compareText } from "./programme.ts";
import type { Channel, FeedItem, FeedProgramme, ListedProgramme } from "./programme.ts";

/** How much was read, and what became of it: `programmesRead` = kept + `duplicatesDropped` + `programmesRejected`. */
export type ListingCounts = {
  /** Different channels that the feed declares. */
  readonly channelsDeclared: number;
  /** Channels of which at least one programme was kept. */
  readonly channelsWithProgrammes: number;
  /** Programmes that the feed's reader handed on, before any repair. */
  readonly programmesRead: number;
  readonly programmesKept: number;
  readonly duplicatesDropped: number;
  readonly programmesRejected: number;
  /** Items that the feed's reader could not read at all. */
  readonly itemsUnreadable: number;
};

/** A feed as one consistent list. `channels` are sorted by id; `programmes` by start, then channel, then title. */
export type Listing = Findings & {
  readonly channels: readonly Channel[];
  readonly programmes: readonly ListedProgramme[];
  readonly counts: ListingCounts;
};

/** A listing that is still being read. Grows in place, since a feed has up to a million items. */
export type ListingUnderway = {
  readonly channels: Map<string, Channel>;
  // Maps, never objects: "__proto__" is a possible channel id.
  readonly programmes: Map<string, FeedProgramme[]>;
  readonly findings: FindingsUnderway;
  programmesRead: number;
  itemsUnreadable: number;
};

/** A listing with nothing in it yet. */
export function beginListing(): ListingUnderway {
  return { channels: new Map(), programmes: new Map(), findings: beginFindings(), programmesRead: 0, itemsUnreadable: 0 };
}

/** Takes one more item into `listing`, which it changes and returns. Of two declarations of a channel the first counts. */
export function addItem(listing: ListingUnderway, item: FeedItem): ListingUnderway {
  switch (item.kind) {
    case "channel":
      addChannel(listing, item.channel, item.line);
      return listing;
    case "programme":
      addProgramme(listing, item.programme);
      return listing;
    case "repaired":
      listing.findings.add({ kind: "repaired", code: item.code, what: item.reason, line: item.line }, item.times);
      return listing;
    case "rejected":
      listing.itemsUnreadable++;
      listing.findings.add({ kind: "rejected", code: item.code, what: item.reason, line: item.line });
      return listing;
    default:
      return item satisfies never;
  }
}

/**
 * What a listing may say at all. A programme that starts at `latestStartMs` or later is left out: its date is a misprint. Of what repeats by a
 * rule only the showings that start in `repeats` are told, from `fromMs` to before `toMs`; all of them when it is left out.
 */
export type ListingBounds = { readonly latestStartMs?: number; readonly repeats?: { readonly fromMs: number; readonly toMs: number } };

/** The listing of everything taken in: contradictions on a channel are mended, what cannot be mended is left out, each with a finding. */
export function finishListing(underway: ListingUnderway, bounds: ListingBounds = {}): Listing {
  const channels = new Map(underway.channels);
  const findings = beginFindings(underway.findings.all());
  const programmes: ListedProgramme[] = [];
  let channelsWithProgrammes = 0;
  let duplicatesDropped = 0;
  let programmesRejected = 0;
  for (const [channelId, listed] of underway.programmes) {
    if (!channels.has(channelId)) {
      channels.set(channelId, { id: channelId, name: channelId });
      findings.add(undeclared(channelId, listed[0]?.line));
    }
    const mended = mendedChannel(channels.get(channelId) ?? { id: channelId }, listed, bounds);
    if (mended.programmes.length > 0) channelsWithProgrammes++;
    duplicatesDropped += mended.duplicatesDropped;
    programmesRejected += mended.rejected;
    for (const programme of mended.programmes) programmes.push(programme);
    for (const finding of mended.findings) findings.add(finding);
  }
  // Within a channel mendChannel leaves an order that the feed's own has no part in; this sort is stable.
  programmes.sort(byStart);
  return {
    channels: [...channels.values()].sort((a, b) => compareText(a.id, b.id)),
    programmes,
    ...findings.all(),
    counts: {
      channelsDeclared: underway.channels.size,
      channelsWithProgrammes,
      programmesRead: underway.programmesRead,
      programmesKept: programmes.length,
      duplicatesDropped,
      programmesRejected,
      itemsUnreadable: underway.itemsUnreadable,
    },
  };
}

/** What becomes of all that a feed lists on one channel: what starts too far ahead is left out, the rest mended. */
export function mendedChannel(
  { id, parallel }: Pick<Channel, "id" | "parallel">,
  listed: readonly FeedProgramme[],
  bounds: ListingBounds,
): MendedChannel {
  // Before the rest is mended: a misprint must neither cut nor end another programme.
  const tooFar = listed.filter((programme) => isTooFar(programme, bounds));
  const believed = tooFar.length === 0 ? listed : listed.filter((programme) => !isTooFar(programme, bounds));
  const mended = mendChannel(id, believed, parallel);
  if (tooFar.length === 0) return mended;
  const findings = [...tooFar.map((programme) => tooFarAhead(programme, bounds.latestStartMs ?? Infinity)), ...mended.findings];
  return { ...mended, findings, rejected: mended.rejected + tooFar.length };
}

/** Whether a programme starts too far ahead to be believed. */
export function isTooFar({ startsAtMs }: FeedProgramme, { latestStartMs = Infinity }: ListingBounds): boolean {
  return startsAtMs >= latestStartMs && Number.isFinite(startsAtMs);
}

/** A channel that has programmes and no declaration. */
export function undeclared(channelId: string, line: number | undefined): Finding {
  const what = `channel "${channelId}" has programmes but no declaration; it was added under its id`;
  return { kind: "repaired", code: "channel-undeclared", what, ...(line !== undefined && { line }), channelId };
}

/** The listing of all `items`. */
export function assembleListing(items: Iterable<FeedItem>): Listing {
  const listing = beginListing();
  for (const item of items) addItem(listing, item);
  return finishListing(listing);
}

function tooFarAhead({ title, channelId, startsAtMs, line }: FeedProgramme, latestStartMs: number): Finding {
  const what = `"${title}" on ${channelId}: it starts at ${instantText(startsAtMs)}; ${instantText(latestStartMs)} is the furthest that is believed`;
  return { kind: "rejected", code: "too-far-ahead", what, line, channelId };
}

function addChannel(listing: ListingUnderway, channel: Channel, line: number): void {
  if (!listing.channels.has(channel.id)) {
    listing.channels.set(channel.id, channel);
    return;
  }
  listing.findings.add({
    kind: "repaired",
    code: "channel-declared-twice",
    what: `channel "${channel.id}" is declared again; the first declaration counts`,
    line,
    channelId: channel.id,
  });
}

function addProgramme(listing: ListingUnderway, programme: FeedProgramme): void {
  listing.programmesRead++;
  const onChannel = listing.programmes.get(programme.channelId);
  if (onChannel === undefined) listing.programmes.set(programme.channelId, [programme]);
  else onChannel.push(programme);
}
