/**
 * A channel as the feed declares it. A `parallel` one is no line-up but a list, as of a league's matches: its programmes may be on at the
 * same time, and there may be days between them.
 */
export type Channel = { readonly id: string; readonly name: string; readonly parallel?: true };

/** First showing of all, or on this channel; first showing of something new; shown before. */
export const SHOWINGS = ["premiere", "new", "repeat"] as const;
export type Showing = (typeof SHOWINGS)[number];

/** One entry of the schedule as a feed lists it, before it has an identity. On air during [startsAtMs, endsAtMs). */
export type ListedProgramme = {
  readonly channelId: string;
  readonly title: string;
  readonly subTitle?: string;
  /** Episode number, as the feed writes it (any numbering system; compared as text). */
  readonly episode?: string;
  readonly description?: string;
  readonly categories: readonly string[];
  /** The feed marks it as live. */
  readonly live: boolean;
  /** What the feed says of earlier showings; absent when it says nothing. */
  readonly showing?: Showing;
  /** Which part of a slot that several programmes share, as the feed writes it: "0/2" is the first of two. */
  readonly clump?: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
};

/** A programme with an identity that outlives moves, changes of length, title and number. */
export type Programme = ListedProgramme & {
  readonly id: string;
  /** When its feed has it, where a person corrected that, with who did and why. */
  readonly corrected?: { readonly startsAtMs: number; readonly endsAtMs: number; readonly author: string; readonly why: string };
};

/** What is on, on which channels. `programmes` are sorted by start, then channel id. */
export type Schedule = { readonly channels: readonly Channel[]; readonly programmes: readonly Programme[] };

/** A programme as a feed reader hands it on: the end may be missing, and the line says where it stood. */
export type FeedProgramme = Omit<ListedProgramme, "endsAtMs"> & { readonly endsAtMs?: number; readonly line: number };

/**
 * What a feed reader yields, in the order of the feed. `repaired` tells of what was read though it is written wrongly (and stands before the
 * item it is in), or of what was assumed in reading. A rejected item never stops the feed; a broken feed throws.
 */
export type FeedItem =
  | { readonly kind: "channel"; readonly channel: Channel; readonly line: number }
  | { readonly kind: "programme"; readonly programme: FeedProgramme }
  /** `times`: as often, one after the other; once when left out. */
  | { readonly kind: "repaired"; readonly line: number; readonly code: string; readonly reason: string; readonly times?: number }
  | { readonly kind: "rejected"; readonly line: number; readonly code: string; readonly reason: string };

/** Programmes in the order in which schedules keep them: by start, then channel, then title. */
export function byStart(a: ListedProgramme, b: ListedProgramme): number {
  return a.startsAtMs - b.startsAtMs || compareText(a.channelId, b.channelId) || compareText(a.title, b.title);
}

/** Code-unit order: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
