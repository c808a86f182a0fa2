import { isUtf8 } from "node:buffer";
import { CalltimeError } from "../core/error.ts";
import type { FeedItem, Showing } from "../core/schedule/programme.ts";
import { decodePiece } from "./feed-encoding.ts";
import { channelItem, programmeItem, programmeRejection, type WrittenAttributes } from "./xmltv-programme.ts";
import { withoutReferences } from "./xmltv-references.ts";
import { parseXmltvTime, XmltvClock } from "./xmltv-time.ts";

/** Bytes looked at together: large enough that what is looked at twice, the tail of a window, is one part in a hundred. */
const WINDOW_BYTES = 65_536;
/** What the window grows to for one programme, tag or comment. The longest real programme seen has some thousand bytes. */
const MAX_ELEMENT_BYTES = 1_048_576;
/** XMLTV nests five deep. */
const MAX_DEPTH = 64;
/** XMLTV has at most eight; each is compared with those before it. */
const MAX_ATTRIBUTES = 64;
/** Channel ids remembered as text that is used again; the largest real feed has 11,000. */
const MAX_INTERNED = 65_536;
/** Zeroes after what is scanned: every loop over bytes ends at the first, since a zero in the feed is refused before. */
const PADDING = 16;

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const BANG = 33;
const DOUBLE_QUOTE = 34;
const AMPERSAND = 38;
const SINGLE_QUOTE = 39;
const SLASH = 47;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const QUESTION = 63;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const CDATA = "<![CDATA[";
const DOCTYPE = "<!DOCTYPE";

/** What a byte may be: part of a name, the start of one, white space; and what it makes of a text it stands in. */
const IN_NAME = 1;
const STARTS_NAME = 2;
const IS_SPACE = 4;
/** A text that has none of these is its bytes, one for one. */
const IS_HIGH = 8;
const IS_REFERENCE = 16;
const IS_BREAK = 32;
const BYTE_KINDS = byteKinds();

function byteKinds(): Uint8Array {
  const kinds = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const letter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95 || byte === 58 || byte >= 128;
    const digit = (byte >= 48 && byte <= 57) || byte === 45 || byte === 46;
    const space = byte === SPACE || byte === TAB || byte === NEWLINE || byte === RETURN;
    kinds[byte] =
      (letter ? IN_NAME | STARTS_NAME : digit ? IN_NAME : 0) |
      (space ? IS_SPACE : 0) |
      (space && byte !== SPACE ? IS_BREAK : 0) |
      (byte >= 128 ? IS_HIGH : 0) |
      (byte === AMPERSAND ? IS_REFERENCE : 0);
  }
  return kinds;
}

/** The elements of a programme that are kept. */
const OTHER = 0;
const TITLE = 1;
const SUB_TITLE = 2;
const DESCRIPTION = 3;
const EPISODE = 4;
const CATEGORY = 5;
const LIVE = 6;
const PREMIERE = 7;
const NEW = 8;
const REPEAT = 9;
const NO_CATEGORIES: readonly string[] = [];

/** Thrown, one object for all, when what is being read goes on behind the window. */
const WINDOW_ENDS = new Error("the window ends");

/** Numbers a tag's attributes are kept as, for each: where its name and its value begin and end. */
const ATTRIBUTE_FIELDS = 4;

/**
 * Reads one XMLTV document: UTF-8 bytes go in, whole items come out, a batch for each window. The window is decoded once as Latin-1, so
 * that an index in the text is an offset in the bytes. A programme or channel is read in one go; one that the window cuts is read again
 * from its "<" when more bytes are there, so that no half of it is ever kept. Text that is handed out is a copy and holds no window.
 *
 * What is wrong outside of what is kept (an & between elements, a name no one asks for) is not looked for, but nesting, quotes, the
 * encoding, and characters XML does not have are checked everywhere. Throws CalltimeError `feed-malformed`, `feed-truncated`,
 * `feed-too-large` or `feed-format-unknown`, before anything of that window is handed out.
 */
export class XmltvScanner {
  #bytes: Buffer;
  #words: Int32Array;
  /** The offsets of the window's line breaks, and how many there are. */
  #breaks: Int32Array;
  #breakCount = 0;
  /** Line breaks before what was last asked for; only ever grows inside a window. */
  #breaksPassed = 0;
  /** The window as Latin-1. */
  #text = "";
  /** Bytes in the window; of them, those that can be scanned (all but the beginning of a character that is cut). */
  #filled = 0;
  #end = 0;
  /** Where the scan stands, and where it goes back to when the window ends too soon. */
  #at = 0;
  #restart = 0;
  /** The next "<" behind the tag that was last read; `#end` when the window has none. */
  #nextTag = 0;
  /** Line that the window begins in; the first is 1. */
  #firstLine = 1;
  /** No more bytes come. */
  #last = false;
  /** Bytes since the last "<": text between elements that is passed over. */
  #passedOver = 0;
  /** Elements that are open between programmes and channels, outermost first. */
  readonly #open: string[] = [];
  #rootSeen = false;
  #begun = false;
  #items: FeedItem[] = [];
  /** How many of the items belong to what was read whole. */
  #itemsWhole = 0;

  readonly #attributes = new Int32Array(MAX_ATTRIBUTES * ATTRIBUTE_FIELDS);
  #attributeCount = 0;
  /** Names of the elements open inside a programme or channel: where each begins and ends. */
  readonly #nested = new Int32Array(MAX_DEPTH * 2);
  /** By the bytes they are written with, as Latin-1; and the last one. A map: "__proto__" is a possible id. */
  readonly #channelIds = new Map<string, string>();
  #lastWritten = "";
  #lastChannelId = "";
  readonly #clock = new XmltvClock();

  /** `windowBytes`: bytes looked at together; tests make it small. */
  constructor(windowBytes: number = WINDOW_BYTES) {
    const memory = new ArrayBuffer(sizeFor(windowBytes));
    this.#bytes = Buffer.from(memory);
    this.#words = new Int32Array(memory);
    this.#breaks = new Int32Array(this.#bytes.length);
  }

  /** Takes in the next bytes; gives a batch of items for each window they fill. */
  *write(chunk: Uint8Array): Generator<readonly FeedItem[], void, undefined> {
    let from = 0;
    while (from < chunk.length) {
      const taken = Math.min(chunk.length - from, this.#capacity - this.#filled);
      this.#bytes.set(chunk.subarray(from, from + taken), this.#filled);
      this.#filled += taken;
      from += taken;
      if (this.#filled === this.#capacity) yield this.#scan();
    }
  }

  /** The items of what is left. Throws `feed-truncated` when the document is not whole. */
  end(): readonly FeedItem[] {
    this.#last = true;
    const items = this.#scan();
    if (!this.#rootSeen) this.#tooSoon("there is no <tv>");
    if (this.#open.length > 0) this.#tooSoon(`<${shown(this.#open.at(-1) ?? "")}> is not closed`);
    if (this.#filled > 0) this.#tooSoon("in the middle of a character");
    return items;
  }

  get #capacity(): number {
    return this.#bytes.length - PADDING;
  }

  #scan(): readonly FeedItem[] {
    this.#items = [];
    const cut = this.#prepare();
    try {
      this.#document();
    } catch (error) {
      if (error !== WINDOW_ENDS) throw error;
      if (this.#last) this.#cutShort();
      this.#items.length = this.#itemsWhole;
      this.#at = this.#restart;
    }
    this.#firstLine = this.#lineAt(this.#at);
    this.#bytes.set(cut, this.#end);
    this.#bytes.copyWithin(0, this.#at, this.#filled);
    this.#filled -= this.#at;
    if (this.#filled > MAX_ELEMENT_BYTES) this.#tooLong(this.#firstLine);
    if (this.#filled * 2 > this.#capacity) this.#grow();
    return this.#items;
  }

  /** Makes the window ready: encoding and characters checked, line breaks found, decoded. Returns the bytes of a cut character. */
  #prepare(): Uint8Array {
    const bytes = this.#bytes;
    const end = this.#filled - bytesOfCutCharacter(bytes, this.#filled);
    const cut = Uint8Array.from(bytes.subarray(end, this.#filled));
    bytes.fill(0, end, end + PADDING);
    this.#end = end;
    const whole = bytes.subarray(0, end);
    // Before anything is read of it: a title with a broken character must not be handed out and then taken back.
    if (!isUtf8(whole)) decodePiece(new TextDecoder("utf-8", { fatal: true }), whole, this.#firstLine);
    this.#survey();
    this.#text = bytes.toString("latin1", 0, end);
    this.#at = !this.#begun && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.#begun = true;
    return cut;
  }

  /** Finds the line breaks and refuses characters that XML does not have, eight bytes at a time. */
  #survey(): void {
    const words = this.#words;
    const breaks = this.#breaks;
    const wordCount = (this.#end + 3) >> 2;
    let found = 0;
    this.#breaksPassed = 0;
    for (let at = 0; at < wordCount; at += 2) {
      const one = words[at] ?? 0;
      const two = words[at + 1] ?? 0;
      // Of a byte below 32 the highest bit is set when 32 is taken from it; of others only where it was set before, or by a borrow.
      if (((((one - 0x20202020) & ~one) | ((two - 0x20202020) & ~two)) & 0x80808080) === 0) continue;
      for (let offset = at << 2; offset < (at << 2) + 8; offset++) {
        const byte = this.#bytes[offset] ?? 0;
        if (byte >= SPACE || byte === TAB || byte === RETURN || offset >= this.#end) continue;
        if (byte === NEWLINE) breaks[found++] = offset;
        else {
          const character = `U+${byte.toString(16).toUpperCase().padStart(4, "0")}`;
          throw malformed(this.#firstLine + found, `the character ${character}, which XML does not have`);
        }
      }
    }
    this.#breakCount = found;
  }

  #grow(): void {
    const memory = new ArrayBuffer(sizeFor(this.#capacity * 2));
    const larger = Buffer.from(memory);
    larger.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = larger;
    this.#words = new Int32Array(memory);
    this.#breaks = new Int32Array(larger.length);
  }

  /** Reads everything that the window has whole. What stands outside of programmes and channels is passed over here. */
  #document(): void {
    for (;;) {
      const found = this.#text.indexOf("<", this.#at);
      const tag = found < 0 ? this.#end : found;
      if (this.#open.length === 0) this.#expectSpace(this.#at, tag);
      this.#passedOver += tag - this.#at;
      if (this.#passedOver > MAX_ELEMENT_BYTES) this.#tooLong(this.#lineAt(this.#at));
      this.#at = tag;
      if (found < 0) return;
      this.#passedOver = 0;
      this.#restart = tag;
      this.#itemsWhole = this.#items.length;
      const next = this.#bytes[tag + 1];
      if (next === SLASH) this.#closeTag(tag);
      else if (next === BANG) this.#at = this.#declaration(tag);
      else if (next === QUESTION) this.#at = this.#behind("?>", tag + 2);
      else this.#openTag(tag);
    }
  }

  #openTag(tag: number): void {
    const nameEnd = this.#nameEnd(tag + 1);
    if (this.#open.length === 1) {
      if (this.#is(tag + 1, nameEnd, "programme")) return this.#programme(tag, nameEnd);
      if (this.#is(tag + 1, nameEnd, "channel")) return this.#channel(tag, nameEnd);
    }
    const name = this.#bytes.toString("utf8", tag + 1, nameEnd);
    const empty = this.#restOfTag(nameEnd);
    if (this.#open.length === 0) {
      if (this.#rootSeen) throw malformed(this.#lineAt(tag), `<${shown(name)}> stands behind the end of the document`);
      if (name !== "tv") {
        const what = `the root element is <${shown(name)}>; <tv> would be right for XMLTV`;
        throw new CalltimeError("feed-format-unknown", `line ${this.#lineAt(tag)}: ${what}`);
      }
      this.#rootSeen = true;
    }
    if (this.#open.length >= MAX_DEPTH) this.#tooDeep(tag);
    if (!empty) this.#open.push(name);
  }

  #closeTag(tag: number): void {
    const nameEnd = this.#nameEnd(tag + 2);
    const name = this.#bytes.toString("utf8", tag + 2, nameEnd);
    const end = this.#pastSpace(nameEnd);
    if (this.#bytes[end] !== GREATER) this.#unexpected(end);
    if (this.#open.at(-1) !== name) this.#wrongClose(tag, name, this.#open.at(-1));
    this.#open.pop();
    this.#at = end + 1;
  }

  /** Behind the comment, CDATA section or document type that begins at `tag`. */
  #declaration(tag: number): number {
    if (this.#text.startsWith("<!--", tag)) return this.#behind("-->", tag + 4);
    if (this.#text.startsWith(CDATA, tag) && this.#open.length > 0) return this.#behind("]]>", tag + CDATA.length);
    if (this.#text.startsWith(DOCTYPE, tag) && !this.#rootSeen) return this.#documentType(tag + DOCTYPE.length);
    // The window may cut what makes it one of these.
    return this.#unexpected(this.#end - tag < CDATA.length ? this.#end : tag + 1);
  }

  #documentType(from: number): number {
    let inside = false;
    for (let at = from; ; at++) {
      const byte = this.#bytes[at];
      if (byte === 0) throw WINDOW_ENDS;
      if (byte === DOUBLE_QUOTE) at = this.#behind('"', at + 1) - 1;
      else if (byte === SINGLE_QUOTE) at = this.#behind("'", at + 1) - 1;
      else if (byte === OPEN_BRACKET) inside = true;
      else if (byte === CLOSE_BRACKET) inside = false;
      else if (byte === GREATER && !inside) return at + 1;
      else if (byte === LESS) {
        if (this.#text.startsWith("<!--", at)) at = this.#behind("-->", at + 4) - 1;
        else if (this.#text.startsWith("<?", at)) at = this.#behind("?>", at + 2) - 1;
        else if (this.#text.slice(at, at + 8).toUpperCase() === "<!ENTITY") {
          const what = "the feed declares XML entities, which are refused; the text itself would be right";
          throw new CalltimeError("feed-malformed", `line ${this.#lineAt(at)}: ${what}`);
        }
      }
    }
  }

  #channel(tag: number, nameEnd: number): void {
    const line = this.#lineAt(tag);
    const empty = this.#restOfTag(nameEnd);
    let id = "";
    for (let each = 0; each < this.#attributeCount; each++) if (this.#attributeIs(each, "id")) id = this.#channelId(each);
    let name = "";
    for (let child = this.#firstChild(tag + 1, nameEnd, empty); child >= 0; child = this.#nextChild(tag + 1, nameEnd)) {
      const childEnd = this.#nameEnd(child);
      if (this.#restOfTag(childEnd)) continue;
      if (name === "" && this.#is(child, childEnd, "display-name")) name = this.#textOf(child, childEnd);
      else this.#skip(child, childEnd);
    }
    this.#items.push(channelItem(line, id, name));
  }

  #programme(tag: number, nameEnd: number): void {
    const line = this.#lineAt(tag);
    const empty = this.#restOfTag(nameEnd);
    let channelId = "";
    let startsAtMs: number | undefined;
    let endsAtMs: number | undefined;
    let endUnreadable = false;
    let clump = "";
    for (let each = 0; each < this.#attributeCount; each++) {
      if (this.#attributeIs(each, "start")) startsAtMs = this.#time(each);
      else if (this.#attributeIs(each, "stop")) {
        endsAtMs = this.#time(each);
        endUnreadable = endsAtMs === undefined;
      } else if (this.#attributeIs(each, "channel")) channelId = this.#channelId(each);
      else if (this.#attributeIs(each, "clumpidx")) clump = this.#attribute(each).trim();
    }
    // Kept apart: the attributes of a child are read into the same numbers.
    const written = channelId === "" || startsAtMs === undefined || endUnreadable ? this.#writtenAttributes() : undefined;
    let title = "";
    let subTitle = "";
    let episode = "";
    let description = "";
    let categories: string[] | undefined;
    let live = false;
    let showing: Showing | undefined;
    for (let child = this.#firstChild(tag + 1, nameEnd, empty); child >= 0; child = this.#nextChild(tag + 1, nameEnd)) {
      const childEnd = this.#nameEnd(child);
      const field = this.#fieldOf(child, childEnd);
      const nothing = this.#restOfTag(childEnd);
      // Of several the first that says something counts; the others are passed over.
      if (field === TITLE && title === "") title = nothing ? "" : this.#textOf(child, childEnd);
      else if (field === SUB_TITLE && subTitle === "") subTitle = nothing ? "" : this.#textOf(child, childEnd);
      else if (field === DESCRIPTION && description === "") description = nothing ? "" : this.#textOf(child, childEnd);
      else if (field === EPISODE && episode === "") episode = nothing ? "" : this.#textOf(child, childEnd);
      else if (field === CATEGORY) {
        const category = nothing ? "" : this.#textOf(child, childEnd);
        if (category !== "") (categories ??= []).push(category);
      } else {
        if (field === LIVE) live = true;
        else if (field === PREMIERE) showing = "premiere";
        else if (field === NEW && showing !== "premiere") showing = "new";
        else if (field === REPEAT) showing ??= "repeat";
        if (!nothing) this.#skip(child, childEnd);
      }
    }
    if (startsAtMs === undefined || written !== undefined || title === "") {
      const rejection = programmeRejection(line, written ?? this.#attributesAgain(tag, nameEnd), title);
      if (rejection !== undefined) this.#items.push(rejection);
      return;
    }
    this.#items.push(
      programmeItem({
        line,
        channelId,
        title,
        subTitle,
        episode,
        description,
        categories: categories ?? NO_CATEGORIES,
        live,
        showing,
        clump,
        startsAtMs,
        endsAtMs,
      }),
    );
  }

  #attributesAgain(tag: number, nameEnd: number): WrittenAttributes {
    const behind = this.#at;
    this.#restOfTag(nameEnd);
    this.#at = behind;
    return this.#writtenAttributes();
  }

  #writtenAttributes(): WrittenAttributes {
    const written: { channel?: string; start?: string; stop?: string } = {};
    for (let each = 0; each < this.#attributeCount; each++) {
      for (const name of ["channel", "start", "stop"] as const) if (this.#attributeIs(each, name)) written[name] = this.#attribute(each);
    }
    return written;
  }

  /** Which of the fields that are kept an element of a programme is. */
  #fieldOf(from: number, to: number): number {
    switch (to - from) {
      case 3:
        return this.#is(from, to, "new") ? NEW : OTHER;
      case 4:
        return this.#is(from, to, "desc") ? DESCRIPTION : this.#is(from, to, "live") ? LIVE : OTHER;
      case 5:
        return this.#is(from, to, "title") ? TITLE : OTHER;
      case 8:
        return this.#is(from, to, "category") ? CATEGORY : this.#is(from, to, "premiere") ? PREMIERE : OTHER;
      case 9:
        return this.#is(from, to, "sub-title") ? SUB_TITLE : OTHER;
      case 11:
        return this.#is(from, to, "episode-num") ? EPISODE : OTHER;
      case 16:
        return this.#is(from, to, "previously-shown") ? REPEAT : OTHER;
      default:
        return OTHER;
    }
  }

  #firstChild(from: number, to: number, empty: boolean): number {
    return empty ? -1 : this.#nextChild(from, to);
  }

  /** Where the name of the next element inside the one named `[from, to)` begins; -1 when that one is closed, which is then read. */
  #nextChild(from: number, to: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      while (((BYTE_KINDS[bytes[at] ?? 0] ?? 0) & IS_SPACE) !== 0) at++;
      if (bytes[at] !== LESS) at = this.#tagFrom(at);
      const next = bytes[at + 1];
      if (next === SLASH) {
        this.#at = this.#closed(at, from, to);
        return -1;
      }
      if (next === BANG) at = this.#declaration(at);
      else if (next === QUESTION) at = this.#behind("?>", at + 2);
      else return at + 1;
    }
  }

  /** The text of the element named `[from, to)` whose tag was just read: white space made single spaces, "" when it says nothing. */
  #textOf(from: number, to: number): string {
    const start = this.#at;
    const tag = this.#nextTag;
    const behind = this.#leafEnd(tag, from, to);
    if (behind < 0) return collapsed(this.#content(from, to, true));
    this.#at = behind;
    return this.#wordsBetween(start, tag);
  }

  #wordsBetween(start: number, tag: number): string {
    const bytes = this.#bytes;
    let from = start;
    let to = tag;
    while (from < to && ((BYTE_KINDS[bytes[from] ?? 0] ?? 0) & IS_SPACE) !== 0) from++;
    while (to > from && ((BYTE_KINDS[bytes[to - 1] ?? 0] ?? 0) & IS_SPACE) !== 0) to--;
    let kinds = 0;
    let before = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0;
      kinds |= BYTE_KINDS[byte] ?? 0;
      if (byte === SPACE && before === SPACE) kinds |= IS_BREAK;
      before = byte;
    }
    if ((kinds & (IS_HIGH | IS_REFERENCE | IS_BREAK)) === 0) return this.#copied(from, to);
    const text = bytes.toString("utf8", from, to);
    return collapsed((kinds & IS_REFERENCE) === 0 ? text : this.#withoutReferences(text, from));
  }

  /** ASCII bytes as text that does not hold the window's. V8 makes slices shorter than 13 characters copies by itself. */
  #copied(from: number, to: number): string {
    return to - from < 13 ? this.#text.slice(from, to) : this.#bytes.toString("latin1", from, to);
  }

  /** `text`, which stands at `from`, with its references replaced; what is wrong with those is told. */
  #withoutReferences(text: string, from: number): string {
    if (!text.includes("&")) return text;
    return withoutReferences(text, ({ kind, at, code, reason }) => {
      const line = this.#lineAt(from + Buffer.byteLength(text.slice(0, at)));
      if (kind === "refused") throw malformed(line, reason);
      this.#items.push({ kind, line, code, reason });
    });
  }

  /** Passes over the rest of the element named `[from, to)` whose tag was just read. */
  #skip(from: number, to: number): void {
    const behind = this.#leafEnd(this.#nextTag, from, to);
    if (behind < 0) this.#content(from, to, false);
    else this.#at = behind;
  }

  /** All text in the element named `[from, to)` whose tag was just read, or "" when it is not `kept`; what is nested is gone through. */
  #content(from: number, to: number, kept: boolean): string {
    const nested = this.#nested;
    let text = "";
    let depth = 0;
    nested[0] = from;
    nested[1] = to;
    for (;;) {
      const tag = this.#tagFrom(this.#at);
      if (kept && tag > this.#at) text += this.#withoutReferences(this.#bytes.toString("utf8", this.#at, tag), this.#at);
      const next = this.#bytes[tag + 1];
      if (next === SLASH) {
        this.#at = this.#closed(tag, nested[depth * 2] ?? 0, nested[depth * 2 + 1] ?? 0);
        if (--depth < 0) return text;
      } else if (next === BANG) {
        this.#at = this.#declaration(tag);
        if (kept && this.#bytes[tag + 2] === OPEN_BRACKET) text += this.#bytes.toString("utf8", tag + CDATA.length, this.#at - 3);
      } else if (next === QUESTION) this.#at = this.#behind("?>", tag + 2);
      else {
        const nameEnd = this.#nameEnd(tag + 1);
        if (this.#restOfTag(nameEnd)) continue;
        depth++;
        if (depth + 3 > MAX_DEPTH) this.#tooDeep(tag);
        nested[depth * 2] = tag + 1;
        nested[depth * 2 + 1] = nameEnd;
      }
    }
  }

  /** Behind the closing tag at `tag` when it closes the element named `[from, to)`; -1 when it is none, or needs a second look. */
  #leafEnd(tag: number, from: number, to: number): number {
    const bytes = this.#bytes;
    if (bytes[tag + 1] !== SLASH) return -1;
    let at = tag + 2;
    for (let name = from; name < to; name++, at++) if (bytes[at] !== bytes[name]) return -1;
    return bytes[at] === GREATER ? at + 1 : -1;
  }

  /** Behind the closing tag at `tag`, which must close the element named `[from, to)`. */
  #closed(tag: number, from: number, to: number): number {
    const simple = this.#leafEnd(tag, from, to);
    if (simple >= 0) return simple;
    const nameEnd = this.#nameEnd(tag + 2);
    const end = this.#pastSpace(nameEnd);
    if (this.#bytes[end] !== GREATER) this.#unexpected(end);
    const name = this.#bytes.toString("utf8", tag + 2, nameEnd);
    const open = this.#bytes.toString("utf8", from, to);
    if (name !== open) this.#wrongClose(tag, name, open);
    return end + 1;
  }

  /**
   * Reads the attributes and the end of the tag whose name ends at `from`. Afterwards the scan stands behind its ">", and `#nextTag` is
   * the next "<", since a tag has none. Returns whether the element is empty (`/>`).
   */
  #restOfTag(from: number): boolean {
    const bytes = this.#bytes;
    const text = this.#text;
    const attributes = this.#attributes;
    const found = text.indexOf("<", from);
    const nextTag = found < 0 ? this.#end : found;
    this.#nextTag = nextTag;
    let at = from;
    let count = 0;
    for (;;) {
      const byte = bytes[at];
      if (byte === GREATER || byte === SLASH) {
        const empty = byte === SLASH;
        if (empty && bytes[++at] !== GREATER) this.#unexpected(at);
        this.#at = at + 1;
        this.#attributeCount = count;
        if (count > 1) this.#expectDifferent();
        return empty;
      }
      const nameStart = this.#pastSpace(at);
      if (nameStart === at) this.#unexpected(at);
      at = nameStart;
      if (((BYTE_KINDS[bytes[at] ?? 0] ?? 0) & STARTS_NAME) === 0) {
        if (bytes[at] === GREATER || bytes[at] === SLASH) continue;
        this.#unexpected(at);
      }
      const nameEnd = this.#nameEnd(at);
      at = this.#pastSpace(nameEnd);
      if (bytes[at] !== EQUALS) this.#unexpected(at);
      at = this.#pastSpace(at + 1);
      const quote = bytes[at];
      if (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE) this.#unexpected(at);
      const valueEnd = text.indexOf(quote === DOUBLE_QUOTE ? '"' : "'", at + 1);
      if (valueEnd < 0 || valueEnd > nextTag) this.#unexpected(nextTag);
      if (count === MAX_ATTRIBUTES) this.#tooLarge(this.#lineAt(from), `a tag has more than ${MAX_ATTRIBUTES} attributes`);
      const base = count * ATTRIBUTE_FIELDS;
      attributes[base] = nameStart;
      attributes[base + 1] = nameEnd;
      attributes[base + 2] = at + 1;
      attributes[base + 3] = valueEnd;
      count++;
      at = valueEnd + 1;
    }
  }

  #expectDifferent(): void {
    const attributes = this.#attributes;
    for (let one = 1; one < this.#attributeCount; one++) {
      const from = attributes[one * ATTRIBUTE_FIELDS] ?? 0;
      const to = attributes[one * ATTRIBUTE_FIELDS + 1] ?? 0;
      for (let other = 0; other < one; other++) {
        const start = attributes[other * ATTRIBUTE_FIELDS] ?? 0;
        if ((attributes[other * ATTRIBUTE_FIELDS + 1] ?? 0) - start !== to - from) continue;
        let same = 0;
        while (same < to - from && this.#bytes[from + same] === this.#bytes[start + same]) same++;
        if (same === to - from) {
          throw malformed(this.#lineAt(from), `duplicate attribute: ${shown(this.#bytes.toString("utf8", from, to))}`);
        }
      }
    }
  }

  #attributeIs(each: number, name: string): boolean {
    const base = each * ATTRIBUTE_FIELDS;
    return this.#is(this.#attributes[base] ?? 0, this.#attributes[base + 1] ?? 0, name);
  }

  /** The value of an attribute: each line break or tab a space, then references replaced. */
  #attribute(each: number): string {
    const base = each * ATTRIBUTE_FIELDS;
    const from = this.#attributes[base + 2] ?? 0;
    const written = this.#bytes.toString("utf8", from, this.#attributes[base + 3] ?? 0);
    return this.#withoutReferences(written.replaceAll(/\r\n|[\t\n\r]/g, " "), from);
  }

  /** The value of an attribute as the id of a channel: the same text for the same bytes. */
  #channelId(each: number): string {
    const base = each * ATTRIBUTE_FIELDS;
    const from = this.#attributes[base + 2] ?? 0;
    const to = this.#attributes[base + 3] ?? 0;
    if (to - from === this.#lastWritten.length && this.#text.startsWith(this.#lastWritten, from)) return this.#lastChannelId;
    const written = this.#bytes.toString("latin1", from, to);
    let id = this.#channelIds.get(written);
    if (id === undefined) {
      const told = this.#items.length;
      id = this.#attribute(each).trim();
      // What was mended is told each time.
      if (this.#items.length > told) return id;
      if (this.#channelIds.size >= MAX_INTERNED) this.#channelIds.clear();
      this.#channelIds.set(written, id);
    }
    this.#lastWritten = written;
    this.#lastChannelId = id;
    return id;
  }

  #time(each: number): number | undefined {
    const base = each * ATTRIBUTE_FIELDS;
    const from = this.#attributes[base + 2] ?? 0;
    return this.#clock.read(this.#bytes, from, this.#attributes[base + 3] ?? 0) ?? parseXmltvTime(this.#attribute(each).trim());
  }

  #is(from: number, to: number, name: string): boolean {
    return to - from === name.length && this.#text.startsWith(name, from);
  }

  /** Where the name that begins at `from` ends. */
  #nameEnd(from: number): number {
    const bytes = this.#bytes;
    if (((BYTE_KINDS[bytes[from] ?? 0] ?? 0) & STARTS_NAME) === 0) this.#unexpected(from);
    let at = from + 1;
    while (((BYTE_KINDS[bytes[at] ?? 0] ?? 0) & IN_NAME) !== 0) at++;
    return at;
  }

  #pastSpace(from: number): number {
    let at = from;
    while (((BYTE_KINDS[this.#bytes[at] ?? 0] ?? 0) & IS_SPACE) !== 0) at++;
    return at;
  }

  #tagFrom(from: number): number {
    const tag = this.#text.indexOf("<", from);
    if (tag < 0) throw WINDOW_ENDS;
    return tag;
  }

  /** Behind the next `mark`. */
  #behind(mark: string, from: number): number {
    const found = this.#text.indexOf(mark, from);
    if (found < 0) throw WINDOW_ENDS;
    return found + mark.length;
  }

  /** The line of an offset in the window. Quick when the offsets asked for rise. */
  #lineAt(offset: number): number {
    const breaks = this.#breaks;
    let passed = this.#breaksPassed;
    while (passed < this.#breakCount && (breaks[passed] ?? 0) < offset) passed++;
    while (passed > 0 && (breaks[passed - 1] ?? 0) >= offset) passed--;
    this.#breaksPassed = passed;
    return this.#firstLine + passed;
  }

  #expectSpace(from: number, to: number): void {
    const at = this.#pastSpace(from);
    if (at < to) {
      const what = `${this.#excerpt(at)} stands outside of <tv>`;
      throw malformed(this.#lineAt(at), what);
    }
  }

  /** A character that XML does not allow where it stands; behind the window's end nothing is known yet. */
  #unexpected(at: number): never {
    if (at >= this.#end) throw WINDOW_ENDS;
    throw malformed(this.#lineAt(at), `${this.#excerpt(at)} is unexpected inside a tag`);
  }

  #excerpt(at: number): string {
    const text = this.#bytes.toString("utf8", at, Math.min(at + 20, this.#end)).replace(/\uFFFD$/, "");
    return JSON.stringify(text);
  }

  #wrongClose(tag: number, name: string, open: string | undefined): never {
    const right = open === undefined ? "it closes nothing" : `</${shown(open)}> would be right there`;
    throw malformed(this.#lineAt(tag), `unmatched closing tag </${shown(name)}>: ${right}`);
  }

  #tooDeep(tag: number): never {
    return this.#tooLarge(this.#lineAt(tag), `elements are nested deeper than ${MAX_DEPTH}`);
  }

  #tooLong(line: number): never {
    return this.#tooLarge(line, `one programme, tag, text or comment is longer than ${MAX_ELEMENT_BYTES} bytes`);
  }

  #tooLarge(line: number, what: string): never {
    throw new CalltimeError("feed-too-large", `line ${line}: ${what}; no XMLTV feed needs that`);
  }

  /** The last window ends inside of something. */
  #cutShort(): never {
    const begun = `inside of what begins with ${this.#excerpt(this.#restart)} in line ${this.#lineAt(this.#restart)}`;
    this.#firstLine = this.#lineAt(this.#end);
    return this.#tooSoon(begun);
  }

  #tooSoon(what: string): never {
    const message = `line ${this.#firstLine}: the feed ends too soon (${what}); a feed that ends in </tv> would be right`;
    throw new CalltimeError("feed-truncated", message);
  }
}

/** Bytes that a window's memory has: whole pairs of words, and the padding. */
function sizeFor(windowBytes: number): number {
  return ((windowBytes + 7) & ~7) + PADDING;
}

/** How many of the last bytes begin a character whose other bytes are not there yet. */
function bytesOfCutCharacter(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Leading and trailing white space dropped, any other run of it one space. */
function collapsed(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

/** Enough of a name to find it by. */
function shown(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

function malformed(line: number, what: string): CalltimeError {
  return new CalltimeError("feed-malformed", `line ${line}: ${what}; well-formed XML would be right`);
}
