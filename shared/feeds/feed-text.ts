import { CalltimeError } from "../core/error.ts";
import { encodingOfMark, linesBeforeDamage, type FeedDecoder } from "./feed-encoding.ts";
import { PeekableBytes } from "./peekable-bytes.ts";

/** Bytes decoded at a time: bounds what is held between two yields. */
const WINDOW_BYTES = 65_536;
/** What has to be seen from the first byte beyond ASCII to tell UTF-8 from Windows-1252: chance does not write 4 KiB of UTF-8. */
const EVIDENCE_BYTES = 4_096;

/** `fallback`: read bytes that are no UTF-8 as Windows-1252 where nothing is declared, and say so once. */
export type TextOptions = { readonly fallback?: { readonly onAssumed: (line: number) => void } };

/**
 * The text of a feed whose format declares no encoding: by its byte order mark, else UTF-8. Throws CalltimeError `feed-malformed`, with
 * the line, on bytes that are not in the encoding; `right` says what would be. The pieces depend on the chunks, their sum does not.
 */
export async function* textOf(bytes: AsyncIterable<Uint8Array>, { fallback }: TextOptions = {}): AsyncGenerator<string, void, undefined> {
  const source = new PeekableBytes(bytes);
  try {
    const marked = encodingOfMark(await source.peek(3));
    let decoder: FeedDecoder = new TextDecoder(marked ?? "utf-8", { fatal: true });
    let decided = marked !== undefined || fallback === undefined;
    let line = 1;
    for (;;) {
      const next = await source.next();
      if (next.done === true) break;
      let chunk = next.value;
      if (!decided && fallback !== undefined) {
        const from = chunk.findIndex((byte) => byte >= 0x80);
        if (from >= 0) {
          decided = true;
          const rest = await source.peek(EVIDENCE_BYTES);
          const evidence = joined(chunk.subarray(from), rest).subarray(0, EVIDENCE_BYTES);
          if (!isUtf8Beginning(evidence)) {
            decoder = new TextDecoder("windows-1252", { fatal: true });
            fallback.onAssumed(line + linesIn(chunk.subarray(0, from)));
          }
        }
      }
      for (; chunk.length > 0; chunk = chunk.subarray(WINDOW_BYTES)) {
        const text = decoded(decoder, chunk.subarray(0, WINDOW_BYTES), line);
        for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) line++;
        if (text !== "") yield text;
      }
    }
    try {
      decoder.decode();
    } catch (cause) {
      throw new CalltimeError("feed-truncated", `line ${line}: the feed ends within a character; the whole file would be right`, { cause });
    }
  } finally {
    await source.return();
  }
}

/** One line of a text, without its end. `line` counts from 1; `ended` is false of a last line that has no line break. */
export type TextLine = { readonly text: string; readonly line: number; readonly ended: boolean };

/** The lines of a text (LF or CRLF). Throws CalltimeError `feed-too-large` when one is longer than `maxCharacters`. */
export async function* linesOf(pieces: AsyncIterable<string>, maxCharacters: number): AsyncGenerator<TextLine, void, undefined> {
  let line = 1;
  let held = "";
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", from)) {
      yield { text: withoutReturn(checked(held + piece.slice(from, at))), line, ended: true };
      held = "";
      from = at + 1;
      line++;
    }
    held = checked(held + piece.slice(from));
  }
  if (held !== "") yield { text: withoutReturn(held), line, ended: false };

  function checked(text: string): string {
    if (text.length <= maxCharacters) return text;
    throw new CalltimeError("feed-too-large", `line ${line}: the line is longer than ${maxCharacters} characters; no feed needs that`);
  }
}

function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function decoded(decoder: FeedDecoder, bytes: Uint8Array, line: number): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    const encoding = decoder.encoding.toUpperCase();
    const where = line + linesBeforeDamage(decoder.encoding, bytes);
    throw new CalltimeError("feed-malformed", `line ${where}: the bytes are not ${encoding}; UTF-8 throughout would be right`, { cause });
  }
}

function isUtf8Beginning(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function linesIn(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
