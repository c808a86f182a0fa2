import type { FeedItem } from "../core/schedule/programme.ts";
import { headText, transcoderFor } from "./feed-encoding.ts";
import { HEAD_BYTES, type FeedReader } from "./feed-reader.ts";
import { PeekableBytes } from "./peekable-bytes.ts";
import { xmlBeginning } from "./xmltv-prolog.ts";
import { XmltvScanner } from "./xmltv-scanner.ts";

/** XMLTV: `<tv>` with `<channel>` and `<programme>` elements. Times without a zone are UTC. Entity declarations are refused. */
export const xmltvReader: FeedReader = {
  format: "xmltv",
  looksLike: "XMLTV (an XML document whose root element is <tv>)",
  recognises(head) {
    const beginning = xmlBeginning(headText(head));
    if (beginning.kind === "cut") return "tv".startsWith(beginning.nameSoFar);
    return beginning.kind === "element" && beginning.name === "tv";
  },
  read: readXmltv,
};

async function* readXmltv(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly FeedItem[], void, undefined> {
  const source = new PeekableBytes(bytes);
  try {
    const transcoder = transcoderFor(await source.peek(HEAD_BYTES));
    const scanner = new XmltvScanner();
    for await (const chunk of source) for (const utf8 of transcoder.write(chunk)) yield* scanner.write(utf8);
    transcoder.end();
    yield scanner.end();
  } finally {
    await source.return();
  }
}
