/**
 * What one minute carried, or that we do not know. Unknown is a value of its own: a gap in the metrics is never read as zero
 * (design rule 4).
 */
export type LoadMinute =
  | {
      readonly kind: "known";
      /** Start of the minute. */
      readonly atMs: number;
      /** Mean requests (or queries) a second that arrived in this minute, refused ones included. */
      readonly loadRps: number;
      /** Of `loadRps`, what was refused or lost for want of capacity; undefined where nobody counts it. */
      readonly unservedRps: number | undefined;
      /** Units that were serving in this minute; undefined where nobody counts them. */
      readonly servingUnits: number | undefined;
    }
  | { readonly kind: "unknown"; readonly atMs: number; readonly reason: string };

/** Viewers of each channel in one minute. A channel that is missing from `viewers` was not reported: unknown, not empty. */
export type AudienceMinute =
  | { readonly kind: "known"; readonly atMs: number; readonly viewers: Readonly<Record<string, number>> }
  | { readonly kind: "unknown"; readonly atMs: number; readonly reason: string };
