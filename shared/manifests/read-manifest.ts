import { CalltimeError } from "../core/error.ts";
import { readDash } from "./dash.ts";
import { readHls } from "./hls.ts";
import type { Manifest, ManifestReading } from "./manifest.ts";

/** Bytes of a manifest: a film of ten hours in segments of two seconds stays below. */
export const MAX_MANIFEST_BYTES = 2 * 1024 * 1024;

/** An HLS playlist or a DASH presentation, told apart by how it begins. Throws CalltimeError `manifest-invalid`. */
export function readManifest(bytes: Uint8Array, reading: ManifestReading): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new CalltimeError("manifest-invalid", `${reading.url}: ${bytes.length} bytes; right would be at most ${MAX_MANIFEST_BYTES}`);
  }
  // A byte order mark is left out by the decoder.
  const text = new TextDecoder().decode(bytes);
  if (/^\s*#EXTM3U/.test(text)) return readHls(text, reading);
  if (/^\s*</.test(text)) return readDash(text, reading);
  const right = "right would be #EXTM3U, or XML with an MPD";
  throw new CalltimeError("manifest-invalid", `${reading.url}: it begins with ${JSON.stringify(text.slice(0, 20))}; ${right}`);
}
