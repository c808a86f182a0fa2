/** What is used of mpd-parser, which has no types of its own: the step before it lists every segment, and the step that lists them. */
declare module "mpd-parser" {
  export type SegmentTimelineEntry = { readonly t?: number; readonly d: number; readonly r?: number };

  export type SegmentTemplate = {
    readonly duration?: number;
    readonly timescale?: number;
    readonly startNumber?: number;
    /** As it is written: a number, or text. */
    readonly endNumber?: number | string;
  };

  export type SegmentList = { readonly segmentUrls: readonly unknown[] };

  export type SegmentBase = { readonly initialization?: { readonly range?: string } };

  export type Representation = {
    readonly attributes: {
      readonly type: string;
      readonly mimeType?: string;
      /** Seconds. */
      readonly periodStart: number;
      /** Seconds; undefined when only the whole presentation has a length. */
      readonly periodDuration?: number;
      /** Seconds; 0 when nothing tells. */
      readonly sourceDuration: number;
      readonly baseUrl: string;
    };
    readonly segmentInfo: {
      readonly template?: SegmentTemplate;
      readonly segmentTimeline?: readonly SegmentTimelineEntry[];
      readonly list?: SegmentList;
      readonly base?: SegmentBase;
    };
  };

  export type Piece = {
    /** As it is written; empty where nothing is. */
    readonly uri: string;
    readonly resolvedUri: string;
    readonly byterange?: { readonly offset: number | bigint; readonly length: number | bigint };
    readonly map?: Piece;
  };

  export function inheritAttributes(
    mpd: unknown,
    options: { readonly manifestUri: string; readonly NOW: number },
  ): { readonly representationInfo: readonly Representation[] };

  export function toPlaylists(
    representations: readonly Representation[],
  ): readonly { readonly segments?: readonly Piece[]; readonly sidx?: Piece }[];
}
