/** A part of an object. */
export type ByteRange = { readonly offset: number; readonly length: number };

/** Something that a player fetches. The whole of it when `range` is left out. */
export type MediaObject = { readonly url: string; readonly range?: ByteRange };

/** One rendition: what a player fetches of it first. */
export type Track = {
  readonly init: readonly MediaObject[];
  /** The first segments, in the order of play. */
  readonly segments: readonly MediaObject[];
};

/** What a manifest sends a player to fetch next. */
export type Manifest =
  /** A list of playlists, one a rendition. */
  | { readonly kind: "multivariant"; readonly playlists: readonly string[] }
  /** Renditions whose segments do not change any more. */
  | { readonly kind: "media"; readonly tracks: readonly Track[] }
  /** Another one in seconds: what it lists now nobody will ask for when the programme starts. */
  | { readonly kind: "live"; readonly why: string };

/** How a manifest is read. */
export type ManifestReading = {
  /** Where the manifest was fetched from: what is relative in it starts there. */
  readonly url: string;
  /** How many segments of each rendition. */
  readonly segments: number;
};
