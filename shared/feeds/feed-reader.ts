import type { FeedItem } from "../core/schedule/programme.ts";

/** A reader of one feed format. It sees plain bytes (never gzipped) and holds no more of them than one window. */
export interface FeedReader {
  /** Short name of the format. */
  readonly format: string;
  /** What a feed of this format looks like, for the message that refuses all others. */
  readonly looksLike: string;
  /** Whether a feed that begins with `head` (up to `HEAD_BYTES` bytes, fewer when the feed is shorter) is of this format. */
  recognises(head: Uint8Array): boolean;
  /**
   * The items of the feed, in its order, in batches: to wait for each item takes longer than to read it. Throws CalltimeError
   * `feed-truncated`, `feed-malformed`, `feed-too-large` or `feed-format-unknown`; what was yielded before a throw is half a feed and must not be used.
   * `repeats` is for formats with rules that may go on for ever.
   */
  read(bytes: AsyncIterable<Uint8Array>, repeats: RepeatWindow): AsyncIterable<readonly FeedItem[]>;
}

/** Which showings of what repeats by a rule are told: those that start at `fromMs` or later and before `toMs`. */
export type RepeatWindow = { readonly fromMs: number; readonly toMs: number };

/** How much of a feed a reader is shown to recognise it by: room for a prolog with a licence text. */
export const HEAD_BYTES = 4_096;
