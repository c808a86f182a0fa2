import { SaxesParser } from "saxes";
import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { decodePiece, decoderFor, headText, type FeedDecoder } from "./feed-encoding.ts";
import { HEAD_BYTES, type FeedReader } from "./feed-reader.ts";
import { PeekableBytes } from "./peekable-bytes.ts";
import { channelItem, programmeItem, takeField, type ProgrammeDraft, type XmltvAttributes } from "./xmltv-programme.ts";
import { xmlBeginning } from "./xmltv-prolog.ts";

/** Bytes given to the parser at a time: bounds what is queued between two yields. */
const WINDOW_BYTES = 65_536;
/** XMLTV nests five deep. The parser keeps every open element, so depth is memory. */
const MAX_DEPTH = 64;
/** Characters of one tag, text or comment, and of one programme together. The longest real description seen has a few thousand. */
const MAX_CHARACTERS = 1_048_576;

/** What the parser says of an & that begins no entity. */
const BARE_AMPERSAND = "disallowed character in entity name";

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

async function* readXmltv(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem, void, undefined> {
  const source = new PeekableBytes(bytes);
  try {
    const decoder = decoderFor(await source.peek(HEAD_BYTES));
    const document = new XmltvDocument();
    for await (const chunk of source) {
      for (let from = 0; from < chunk.length; from += WINDOW_BYTES) {
        document.write(decodePiece(decoder, chunk.subarray(from, from + WINDOW_BYTES), document.line));
        yield* document.take();
      }
    }
    document.end(decoder);
    yield* document.take();
  } finally {
    await source.return();
  }
}

/** One document while it is read: text goes in, whole items come out. */
class XmltvDocument {
  readonly #parser = new SaxesParser();
  #items: FeedItem[] = [];
  #depth = 0;
  #atEnd = false;
  /** Where the tag being read began. */
  #tagLine = 1;
  /** Characters since the parser last finished a tag, text or comment: what it holds. The line where that stood. */
  #held = 0;
  #heldSinceLine = 1;
  /** The programme or channel being read, and the child of it being read. */
  #programme: ProgrammeDraft | undefined;
  #channel: { readonly line: number; readonly attributes: XmltvAttributes; name?: string } | undefined;
  #field: string | undefined;
  #fieldText = "";
  #programmeCharacters = 0;

  constructor() {
    const parser = this.#parser;
    const finished = () => this.#finished();
    const text = (piece: string) => {
      this.#finished();
      this.#text(piece);
    };
    parser.on("opentagstart", () => {
      this.#finished();
      // The parser has read one character past the name; a line break there belongs to the next line.
      this.#tagLine = parser.columnIndex === 0 ? parser.line - 1 : parser.line;
    });
    parser.on("opentag", (tag) => this.#open(tag.name, tag.attributes));
    parser.on("closetag", (tag) => this.#close(tag.name));
    parser.on("text", text);
    parser.on("cdata", text);
    parser.on("comment", finished);
    parser.on("processinginstruction", finished);
    parser.on("xmldecl", finished);
    parser.on("doctype", (doctype) => {
      this.#finished();
      if (/<!ENTITY/i.test(doctype)) {
        throw new CalltimeError(
          "feed-malformed",
          `line ${this.line}: the feed declares XML entities, which are refused; the text itself would be right`,
        );
      }
    });
    parser.on("error", (cause) => {
      throw this.#broken(cause);
    });
  }

  /** The line the next character stands in; the first is 1. */
  get line(): number {
    return this.#parser.line;
  }

  write(text: string): void {
    this.#parser.write(text);
    this.#held += text.length;
    if (this.#held > MAX_CHARACTERS + WINDOW_BYTES) {
      this.#refuseBareAmpersand();
      this.#tooLarge(`one tag, text or comment is longer than ${MAX_CHARACTERS} characters`);
    }
  }

  end(decoder: FeedDecoder): void {
    if (this.#depth > 0) this.#refuseBareAmpersand();
    this.#atEnd = true;
    try {
      decoder.decode();
    } catch (cause) {
      throw this.#broken(cause);
    }
    this.#parser.close();
  }

  take(): readonly FeedItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #open(name: string, attributes: XmltvAttributes): void {
    this.#finished();
    this.#depth++;
    if (this.#depth > MAX_DEPTH) this.#tooLarge(`elements are nested deeper than ${MAX_DEPTH}`);
    if (this.#depth === 1 && name !== "tv") {
      throw new CalltimeError("feed-format-unknown", `line ${this.#tagLine}: the root element is <${name}>; <tv> would be right for XMLTV`);
    }
    if (this.#depth === 2) {
      if (name === "programme") this.#programme = { line: this.#tagLine, attributes, categories: [], live: false };
      if (name === "channel") this.#channel = { line: this.#tagLine, attributes };
      this.#programmeCharacters = 0;
    }
    if (this.#depth === 3 && (this.#programme ?? this.#channel) !== undefined) {
      this.#field = name;
      this.#fieldText = "";
    }
  }

  #text(piece: string): void {
    if (this.#field === undefined) return;
    this.#programmeCharacters += piece.length;
    if (this.#programmeCharacters > MAX_CHARACTERS) this.#tooLarge(`one programme has more than ${MAX_CHARACTERS} characters`);
    this.#fieldText += piece;
  }

  #close(name: string): void {
    this.#finished();
    if (this.#depth === 3 && this.#field !== undefined) {
      if (this.#programme !== undefined) takeField(this.#programme, this.#field, this.#fieldText);
      if (this.#channel !== undefined && name === "display-name" && this.#fieldText.trim() !== "") this.#channel.name ??= this.#fieldText;
      this.#field = undefined;
    }
    if (this.#depth === 2) {
      if (this.#programme !== undefined) this.#items.push(programmeItem(this.#programme));
      if (this.#channel !== undefined) this.#items.push(channelItem(this.#channel.line, this.#channel.attributes, this.#channel.name));
      this.#programme = undefined;
      this.#channel = undefined;
    }
    this.#depth--;
  }

  #finished(): void {
    this.#held = 0;
    this.#heldSinceLine = this.#parser.line;
  }

  /**
   * The parser takes everything from a bare & to the next semicolon for the name of an entity, however far off it is. Where it would
   * complain of something else, one semicolon more makes it name that. Only for a document that is refused anyway.
   */
  #refuseBareAmpersand(): void {
    try {
      this.#parser.write(";");
    } catch (error) {
      if (error instanceof CalltimeError && error.message.includes(BARE_AMPERSAND)) throw error;
    }
  }

  #tooLarge(what: string): never {
    throw new CalltimeError("feed-too-large", `line ${this.line}: ${what}; no XMLTV feed needs that`);
  }

  #broken(cause: unknown): CalltimeError {
    // The parser's messages begin with line:column; the line is said once, in our words.
    const what = cause instanceof Error ? cause.message.replace(/^\d+:\d+: /, "").replace(/\.$/, "") : String(cause);
    if (this.#atEnd) {
      return new CalltimeError(
        "feed-truncated",
        `line ${this.line}: the feed ends too soon (${what}); a feed that ends in </tv> would be right`,
        {
          cause,
        },
      );
    }
    if (what === BARE_AMPERSAND) {
      const where = `in the text that begins in line ${this.#heldSinceLine}`;
      return new CalltimeError("feed-malformed", `${where}: an & stands alone (${what}); &amp; would be right`, { cause });
    }
    return new CalltimeError("feed-malformed", `line ${this.line}: ${what}; well-formed XML would be right`, { cause });
  }
}
