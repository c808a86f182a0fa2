import * as hls from "hls-parser";
import { CalltimeError } from "../core/error.ts";
import type { ByteRange, Manifest, ManifestReading, MediaObject } from "./manifest.ts";
import { unique } from "./unique.ts";

// What is only not as it should be is read all the same, and without a word on the console.
hls.setOptions({ strictMode: false, silent: true });

/** An HLS playlist (RFC 8216). Throws CalltimeError `manifest-invalid`. */
export function readHls(text: string, { url, segments }: ManifestReading): Manifest {
  const playlist = parsed(text, url);
  const absolute = (uri: unknown): string => absoluteUrl(uri, url);
  if (isMultivariant(playlist)) {
    // Playlists for fast-forward are left out: nobody begins with one.
    const variants = playlist.variants.filter(({ isIFrameOnly }) => isIFrameOnly !== true);
    const renditions = variants.flatMap(({ audio, video, subtitles }) => [...audio, ...video, ...subtitles]);
    // A rendition without an address is part of its variant's own segments.
    const uris = [...variants, ...renditions].flatMap(({ uri }) => (uri === undefined ? [] : [absolute(uri)]));
    if (uris.length === 0)
      throw new CalltimeError("manifest-invalid", `${url}: the playlist lists no rendition; right would be one at least`);
    return { kind: "multivariant", playlists: unique(uris) };
  }
  // A playlist of the type VOD must not change (RFC 8216, 4.3.3.5), whether it says where it ends or not.
  if (!playlist.endlist && playlist.playlistType !== "VOD") {
    return { kind: "live", why: "the playlist has no EXT-X-ENDLIST: it changes every few seconds" };
  }
  const first = playlist.segments.slice(0, segments);
  if (first.length === 0) throw new CalltimeError("manifest-invalid", `${url}: the playlist lists no segment; right would be one at least`);
  const object = ({ uri, byterange }: { uri: unknown; byterange?: ByteRange }): MediaObject => ({
    url: absolute(uri),
    ...(byterange !== undefined && { range: rangeOf(byterange, url) }),
  });
  return {
    kind: "media",
    tracks: [{ init: unique(first.flatMap(({ map }) => (map ? [object(map)] : []))), segments: unique(first.map(object)) }],
  };
}

type Playlist = ReturnType<typeof hls.parse>;
type Multivariant = Extract<Playlist, { isMasterPlaylist: true }>;

function isMultivariant(playlist: Playlist): playlist is Multivariant {
  return playlist.isMasterPlaylist;
}

function parsed(text: string, url: string): Playlist {
  try {
    return hls.parse(text);
  } catch (error) {
    throw new CalltimeError("manifest-invalid", `${url}: not a playlist that can be read: ${String(error)}`, { cause: error });
  }
}

/** Of a playlist that is not as it should be, the parser takes anything for an address. */
function absoluteUrl(uri: unknown, base: string): string {
  if (typeof uri === "string" && uri !== "" && URL.canParse(uri, base)) return new URL(uri, base).href;
  const found = typeof uri === "string" ? JSON.stringify(uri) : "something";
  throw new CalltimeError("manifest-invalid", `${base}: where an address should be it lists ${found}, which is none`);
}

function rangeOf({ offset, length }: ByteRange, url: string): ByteRange {
  if (offset >= 0 && length > 0) return { offset, length };
  throw new CalltimeError(
    "manifest-invalid",
    `${url}: a range of ${length} bytes from ${offset}; right would be one byte at least, from 0 on`,
  );
}
