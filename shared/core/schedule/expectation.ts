/**
 * What a person told us about one occasion, and which slots of the guide it is made of. A slot belongs when `title` is contained
 * in its normalised title, its channel is listed, and its start lies in [windowStartMs, windowEndMs).
 */
export type Expectation = {
  /** What people call it; names the occasion in every report. */
  readonly occasion: string;
  readonly title: string;
  readonly channels: readonly string[];
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** Viewers expected at the plateau, over all its channels. */
  readonly viewers: number;
  /** The person's own 90 % interval, if they gave one. */
  readonly interval?: { readonly lower: number; readonly upper: number };
  /** When the crowd comes and goes, where that is not the first slot's start or the last slot's end. */
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
};
