import { CalltimeError } from "../core/error.ts";

/** A strict decoder: it throws on bytes that are not in its encoding. */
export type FeedDecoder = InstanceType<typeof TextDecoder>;

const DECLARED_ENCODING = /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']+)["']/;
const REPLACEMENT = "\uFFFD";

/**
 * A strict decoder for a feed that begins with `head`: by its byte order mark, else by the encoding it declares, else UTF-8.
 * ISO-8859-1 is read as Windows-1252, as browsers do. Throws CalltimeError `feed-malformed` when the encoding is not one we can read.
 */
function decoderFor(head: Uint8Array): FeedDecoder {
  const marked = encodingOfMark(head);
  if (marked !== undefined) return new TextDecoder(marked, { fatal: true });
  const declared = DECLARED_ENCODING.exec(new TextDecoder("latin1").decode(head))?.[1] ?? "utf-8";
  const decoder = knownDecoder(declared);
  if (decoder === undefined || decoder.encoding.startsWith("utf-16")) {
    const why = decoder === undefined ? "which is not known" : "but its bytes are not";
    throw new CalltimeError("feed-malformed", `line 1: the feed declares the encoding ${declared}, ${why}; UTF-8 would be right`);
  }
  return decoder;
}

/** Characters of a feed in another encoding that are made UTF-8 at a time. */
const PIECE_BYTES = 65_536;

/**
 * What makes UTF-8 of a feed that begins with `head`. A feed in UTF-8 goes through as it is, unchecked. Throws CalltimeError
 * `feed-malformed` when the encoding is not one we can read.
 */
export function transcoderFor(head: Uint8Array): FeedTranscoder {
  return new FeedTranscoder(decoderFor(head));
}

/** Bytes of a feed go in, the same in UTF-8 comes out. */
export class FeedTranscoder {
  readonly #decoder: FeedDecoder;
  #line = 1;

  constructor(decoder: FeedDecoder) {
    this.#decoder = decoder;
  }

  /** Throws CalltimeError `feed-malformed`, with the line, when the bytes are not in the encoding. */
  *write(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    if (this.#decoder.encoding === "utf-8") {
      yield chunk;
      return;
    }
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const text = decodePiece(this.#decoder, chunk.subarray(from, from + PIECE_BYTES), this.#line);
      this.#line += text.split("\n").length - 1;
      yield Buffer.from(text, "utf8");
    }
  }

  /** Throws CalltimeError `feed-truncated` when a character was begun and not ended. */
  end(): void {
    if (this.#decoder.encoding === "utf-8") return;
    try {
      this.#decoder.decode();
    } catch (cause) {
      const what = "in the middle of a character";
      const message = `line ${this.#line}: the feed ends too soon (${what}); a feed that ends in </tv> would be right`;
      throw new CalltimeError("feed-truncated", message, { cause });
    }
  }
}

/** The beginning of a feed as text, as far as it can be read; never throws. */
export function headText(head: Uint8Array): string {
  return new TextDecoder(encodingOfMark(head) ?? "utf-8").decode(head, { stream: true });
}

/**
 * The next piece of text. `lineBefore` is the line that `bytes` begin in (1 is the first). Throws CalltimeError `feed-malformed`, with
 * the line, when the bytes are not in the encoding: nothing is replaced, since a mended title is a different title.
 */
export function decodePiece(decoder: FeedDecoder, bytes: Uint8Array, lineBefore: number): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    const line = lineBefore + linesBeforeDamage(decoder.encoding, bytes);
    const encoding = decoder.encoding.toUpperCase();
    const right = `${encoding} throughout, or the encoding it is really in declared as <?xml version="1.0" encoding="…"?>, would be right`;
    throw new CalltimeError("feed-malformed", `line ${line}: the bytes are not ${encoding}, as the feed says they are; ${right}`, {
      cause,
    });
  }
}

/** Line breaks before the first byte of `bytes` that is not in `encoding`. */
export function linesBeforeDamage(encoding: string, bytes: Uint8Array): number {
  // Bytes that continue a character of the piece before are whole there and look damaged here.
  let from = 0;
  while (encoding === "utf-8" && from < 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
  const lenient = new TextDecoder(encoding).decode(bytes.subarray(from));
  const damage = lenient.indexOf(REPLACEMENT);
  return lenient.slice(0, Math.max(0, damage)).split("\n").length - 1;
}

/** The encoding that a byte order mark says, if there is one. */
export function encodingOfMark(head: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  return undefined;
}

function knownDecoder(label: string): FeedDecoder | undefined {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}
