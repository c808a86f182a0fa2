import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";

/** The same for every file of every zip, so that the same content is the same bytes: what zip calls the beginning. */
const MODIFIED = new Date(1980, 0, 1);
const READABLE_BY_ALL = 0o100644;

/** Writes files, by the name that each has in it, into a zip. The same content gives the same bytes. */
export async function writeZip(path: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    zip.addBuffer(Buffer.from(content), name, { mtime: MODIFIED, mode: READABLE_BY_ALL, forceDosTimestamp: true, compressionLevel: 9 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
