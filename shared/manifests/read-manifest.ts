import { CalltimeError } from "../core/error.ts";
import type { Manifest, ManifestReading } from "./manifest.ts";

/** Bytes of a manifest: a film of ten hours in segments of two seconds stays below. */
export const MAX_MANIFEST_BYTES = 2 * 1024 * 1024;

/** An HLS playlist or a DASH presentation, told apart by how it begins. Throws CalltimeError `manifest-invalid`. */
export async function readManifest(bytes: Uint8Array, reading: ManifestReading): Promise<Manifest> {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new CalltimeError("manifest-invalid", `${reading.url}: ${bytes.length} bytes; right would be at most ${MAX_MANIFEST_BYTES}`);
  }
  // A byte order mark is left out by the decoder.
  const text = new TextDecoder().decode(bytes);
  // Each parser is made when the first manifest of its kind is read: a function that starts would make both, and mostly needs neither.
  if (/^\s*#EXTM3U/.test(text)) return (await import("./hls.ts")).readHls(text, reading);
  if (/^\s*</.test(text)) return (await import("./dash.ts")).readDash(text, reading);
  const right = "right would be #EXTM3U, or XML with an MPD";
  throw new CalltimeError("manifest-invalid", `${reading.url}: it begins with ${JSON.stringify(text.slice(0, 20))}; ${right}`);
}
