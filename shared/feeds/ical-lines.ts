import { CalltimeError } from "../core/error.ts";

/** Bytes of one line, folds undone: a description with all its pictures has a tenth of it. */
const MAX_LINE_BYTES = 1_048_576;
/** Pieces of a line that are put together at a time: each by itself takes more room than its bytes. */
const MOST_PIECES = 1_000;
const BEYOND_ASCII = /[\u0080-\u00ff]/;

/** A line of an iCalendar with its folds undone, and the line of the feed that it begins in. `ended` is false of a last one without a line break. */
export type UnfoldedLine = { readonly text: string; readonly line: number; readonly ended: boolean };

/**
 * Bytes of an iCalendar go in, whole lines come out. Folds are undone before the bytes become characters, since they may stand within one (RFC
 * 5545, 3.1): until then each byte is one character of a string, which is fast to cut. Throws CalltimeError `feed-malformed` on bytes that
 * are not UTF-8 and on zero bytes, and `feed-too-large`.
 */
export class UnfoldedLines {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #pieces: string[] = [];
  #heldBytes = 0;
  /** Line of the feed that what is held begins in, and the one that is being read. */
  #from = 1;
  #line = 1;
  /** A line has ended, and the next byte says whether it goes on. */
  #broken = false;

  *write(chunk: Uint8Array): Generator<UnfoldedLine, void, undefined> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1");
    let from = 0;
    while (from < bytes.length) {
      if (this.#broken) {
        this.#broken = false;
        const next = bytes[from];
        if (next === " " || next === "\t") from++;
        else {
          yield* this.#whole();
          this.#from = this.#line;
        }
      }
      const at = bytes.indexOf("\n", from);
      this.#hold(bytes.slice(from, at < 0 ? bytes.length : at));
      if (at < 0) return;
      this.#dropReturn();
      this.#broken = true;
      this.#line++;
      from = at + 1;
    }
  }

  *end(): Generator<UnfoldedLine, void, undefined> {
    this.#dropReturn();
    yield* this.#whole(this.#broken);
  }

  #hold(piece: string): void {
    if (piece === "") return;
    this.#heldBytes += piece.length;
    if (this.#heldBytes > MAX_LINE_BYTES) {
      const what = `the line is longer than ${MAX_LINE_BYTES} bytes`;
      throw new CalltimeError("feed-too-large", `line ${this.#from}: ${what}; no calendar needs that`);
    }
    this.#pieces.push(piece);
    if (this.#pieces.length > MOST_PIECES) this.#pieces = [this.#pieces.join("")];
  }

  #dropReturn(): void {
    const last = this.#pieces.at(-1);
    if (last?.endsWith("\r") === true) this.#pieces[this.#pieces.length - 1] = last.slice(0, -1);
  }

  *#whole(ended = true): Generator<UnfoldedLine, void, undefined> {
    const [only = "", ...more] = this.#pieces;
    const bytes = more.length === 0 ? only : this.#pieces.join("");
    this.#pieces = [];
    this.#heldBytes = 0;
    if (bytes === "") return;
    if (bytes.includes("\0")) {
      throw new CalltimeError("feed-malformed", `line ${this.#from}: the character U+0000 has no place in iCalendar; text would be right`);
    }
    yield { text: BEYOND_ASCII.test(bytes) ? this.#decoded(bytes) : bytes, line: this.#from, ended };
  }

  #decoded(bytes: string): string {
    try {
      return this.#decoder.decode(Buffer.from(bytes, "latin1"));
    } catch (cause) {
      const message = `line ${this.#from}: the bytes are not UTF-8; UTF-8 throughout would be right`;
      throw new CalltimeError("feed-malformed", message, { cause });
    }
  }
}

/** One property of a component: `DTSTART;TZID=Europe/Paris:19980610T173000`. Names are in upper case. */
export type Property = {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly value: string;
  readonly line: number;
};

/** A parameter: a name, then values in quotes or without. */
const PARAMETER = /;([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)/y;
const NONE: ReadonlyMap<string, string> = new Map();
const NAME = /[A-Za-z0-9-]+/y;

/** The property that a line holds; undefined when it is none. */
export function propertyOf({ text, line }: UnfoldedLine): Property | undefined {
  NAME.lastIndex = 0;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  if (text[name.length] === ":") return { name: name.toUpperCase(), parameters: NONE, value: text.slice(name.length + 1), line };
  const parameters = new Map<string, string>();
  let at = name.length;
  for (;;) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(text);
    if (found === null) break;
    const [whole, parameter = "", value = ""] = found;
    parameters.set(parameter.toUpperCase(), value.replaceAll('"', ""));
    at += whole.length;
  }
  return text[at] === ":" ? { name: name.toUpperCase(), parameters, value: text.slice(at + 1), line } : undefined;
}
