import { isUtf8 } from "node:buffer";
import { CalltimeError } from "../core/error.ts";
import type { FeedItem, Showing } from "../core/schedule/programme.ts";
import { decodePiece } from "./feed-encoding.ts";
import { channelItem, programmeItem, programmeRejection, type WrittenAttributes } from "./xmltv-programme.ts";
import { isCharacter, withoutReferences } from "./xmltv-references.ts";
import { parseXmltvTime, XmltvClock } from "./xmltv-time.ts";

/** Bytes looked at together: large enough that what is looked at twice, the tail of a window, is one part in a hundred. */
const WINDOW_BYTES = 65_536;
/** What the window grows to for one programme, tag or comment. The longest real programme seen has some thousand bytes. */
const MAX_ELEMENT_BYTES = 1_048_576;
/** XMLTV nests five deep. */
const MAX_DEPTH = 64;
/** XMLTV has at most eight; each is compared with those before it. */
const MAX_ATTRIBUTES = 64;
/** Repairs of one element that are told one by one; the longest real descriptions have a few. */
const MOST_TOLD = 256;
/** Channel ids remembered as text that is used again; the largest real feed has 11,000. */
const MAX_INTERNED = 16_384;
/** Zeroes after what is scanned: every loop over bytes ends at the first, since a zero in the feed is refused before. */
const PADDING = 16;
/** Words of four bytes that are surveyed at a time. */
const SURVEY_WORDS = 256;

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const BANG = 33;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const AMPERSAND = 38;
const SINGLE_QUOTE = 39;
const SLASH = 47;
const SEMICOLON = 59;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const QUESTION = 63;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const SMALL_X = 120;
const CDATA = "<![CDATA[";
const DOCTYPE = "<!DOCTYPE";

declare global {
  /** What `toString` calls once it has looked up the name of the encoding, which for a short text takes as long as the text. */
  interface Buffer {
    latin1Slice(start: number, end: number): string;
    utf8Slice(start: number, end: number): string;
  }
}

/** What a byte may be: part of a name, the start of one, white space; and what it makes of a text it stands in. */
const IN_NAME = 1;
const STARTS_NAME = 2;
const IS_SPACE = 4;
/** A text that has none of these is its bytes, one for one. */
const IS_HIGH = 8;
const IS_REFERENCE = 16;
const IS_BREAK = 32;
/** White space beyond ASCII begins with such a byte; so do many others. */
const LEADS_SPACE = 64;
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
      (byte === AMPERSAND ? IS_REFERENCE : 0) |
      (byte === 0xc2 || byte === 0xe1 || byte === 0xe2 || byte === 0xe3 || byte === 0xef ? LEADS_SPACE : 0);
  }
  return kinds;
}

/** The names that mean something: attributes and children of a programme or channel. */
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
const START = 10;
const STOP = 11;
const CHANNEL = 12;
const CLUMP = 13;
const ID = 14;
const DISPLAY_NAME = 15;
const PROGRAMME = 16;
const NAMES = new Map([
  ["title", TITLE],
  ["sub-title", SUB_TITLE],
  ["desc", DESCRIPTION],
  ["episode-num", EPISODE],
  ["category", CATEGORY],
  ["live", LIVE],
  ["premiere", PREMIERE],
  ["new", NEW],
  ["previously-shown", REPEAT],
  ["start", START],
  ["stop", STOP],
  ["channel", CHANNEL],
  ["clumpidx", CLUMP],
  ["id", ID],
  ["display-name", DISPLAY_NAME],
  ["programme", PROGRAMME],
]);
const XML_ENTITIES = new Map([
  ["amp", AMPERSAND],
  ["lt", LESS],
  ["gt", GREATER],
  ["quot", DOUBLE_QUOTE],
  ["apos", SINGLE_QUOTE],
]);
const LONGEST_NAME = 16;
/** The names by length and the first and last letter: no two of them share a place. */
const NAME_BY_PLACE = namesByPlace();
const MEANING_BY_PLACE = NAME_BY_PLACE.map((name) => NAMES.get(name) ?? OTHER);

function placeOf(length: number, first: number, last: number): number {
  return (length << 5) | ((first + last) & 31);
}

function namesByPlace(): readonly string[] {
  const names = Array.from({ length: (LONGEST_NAME + 1) << 5 }, () => "");
  for (const name of NAMES.keys()) {
    const place = placeOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
    if (names[place] !== "") throw new Error(`${name} and ${names[place]} are in one place`);
    names[place] = name;
  }
  return names;
}

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
  #referenceEnd = 0;
  /** Where text is written that is not as it stands. */
  #spelling = Buffer.alloc(4_096);

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
    this.#text = bytes.latin1Slice(0, end);
    this.#at = !this.#begun && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.#begun = true;
    return cut;
  }

  /** Finds the line breaks and refuses characters that XML does not have. */
  #survey(): void {
    this.#breaksPassed = 0;
    this.#breakCount = 0;
    const wordCount = (this.#end + 3) >> 2;
    // Piece by piece: V8 compiles a function that is often called sooner, and better, than a loop that is long.
    for (let from = 0; from < wordCount; from += SURVEY_WORDS) this.#surveyWords(from, Math.min(from + SURVEY_WORDS, wordCount));
  }

  #surveyWords(from: number, to: number): void {
    const words = this.#words;
    for (let at = from; at < to; at += 4) {
      const one = bytesBelowSpace(words[at] ?? 0);
      const two = bytesBelowSpace(words[at + 1] ?? 0);
      const three = bytesBelowSpace(words[at + 2] ?? 0);
      const four = bytesBelowSpace(words[at + 3] ?? 0);
      if ((one | two | three | four) === 0) continue;
      if (one !== 0) this.#lowBytes(at << 2, one);
      if (two !== 0) this.#lowBytes((at << 2) + 4, two);
      if (three !== 0) this.#lowBytes((at << 2) + 8, three);
      if (four !== 0) this.#lowBytes((at << 2) + 12, four);
    }
  }

  /** Takes in the bytes below 32 among four, which `marks` has the highest bits of. */
  #lowBytes(from: number, marks: number): void {
    const bytes = this.#bytes;
    for (let left = marks; left !== 0; left &= left - 1) {
      const offset = from + ((31 - Math.clz32(left & -left)) >> 3);
      const byte = bytes[offset] ?? 0;
      if (byte === NEWLINE) this.#breaks[this.#breakCount++] = offset;
      else if (byte < SPACE && byte !== TAB && byte !== RETURN && offset < this.#end) {
        const character = `U+${byte.toString(16).toUpperCase().padStart(4, "0")}`;
        throw malformed(this.#firstLine + this.#breakCount, `the character ${character}, which XML does not have`);
      }
    }
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
      const meaning = this.#meaningOf(tag + 1, nameEnd);
      if (meaning === PROGRAMME) return this.#programme(tag, nameEnd);
      if (meaning === CHANNEL) return this.#channel(tag, nameEnd);
    }
    const name = this.#bytes.utf8Slice(tag + 1, nameEnd);
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
    const name = this.#bytes.utf8Slice(tag + 2, nameEnd);
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
    for (let each = 0; each < this.#attributeCount; each++) if (this.#meaningOfAttribute(each) === ID) id = this.#channelId(each);
    let name = "";
    for (let child = this.#firstChild(tag + 1, nameEnd, empty); child >= 0; child = this.#nextChild(tag + 1, nameEnd)) {
      const childEnd = this.#nameEnd(child);
      if (this.#restOfTag(childEnd)) continue;
      if (name === "" && this.#meaningOf(child, childEnd) === DISPLAY_NAME) name = this.#textOf(child, childEnd);
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
      const meaning = this.#meaningOfAttribute(each);
      if (meaning === START) startsAtMs = this.#time(each);
      else if (meaning === STOP) {
        endsAtMs = this.#time(each);
        endUnreadable = endsAtMs === undefined;
      } else if (meaning === CHANNEL) channelId = this.#channelId(each);
      else if (meaning === CLUMP) clump = this.#attribute(each).trim();
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
      const field = this.#meaningOf(child, childEnd);
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
      const meaning = this.#meaningOfAttribute(each);
      if (meaning === CHANNEL) written.channel = this.#attribute(each);
      else if (meaning === START) written.start = this.#attribute(each);
      else if (meaning === STOP) written.stop = this.#attribute(each);
    }
    return written;
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
    if (to - from >= 16) return this.#longWords(from, to);
    let kinds = 0;
    let before = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0;
      kinds |= BYTE_KINDS[byte] ?? 0;
      if (byte === SPACE && before === SPACE) kinds |= IS_BREAK;
      before = byte;
    }
    if ((kinds & (IS_HIGH | IS_REFERENCE | IS_BREAK)) === 0) return this.#copied(from, to);
    return this.#spelled(from, to);
  }

  /** As above for text of some length, four bytes at a time; when in doubt it is looked at one by one. */
  #longWords(from: number, to: number): string {
    const words = this.#words;
    const last = (to - 1) >> 2;
    let doubt = 0;
    let high = 0;
    let spacesBefore = 0;
    // The words at both ends may hold bytes of the neighbours; what those make doubtful is seen not to be.
    for (let at = from >> 2; at <= last; at++) {
      const four = words[at] ?? 0;
      const spaces = zeroBytes(four ^ 0x20202020);
      high |= four;
      doubt |= bytesBelowSpace(four) | zeroBytes(four ^ 0x26262626) | (spaces & ((spaces << 8) | (spacesBefore >>> 24)));
      spacesBefore = spaces;
    }
    if (doubt !== 0) return this.#spelled(from, to);
    if ((high & 0x80808080) === 0) return this.#bytes.latin1Slice(from, to);
    return this.#mayHaveWideSpace(from, to) && hasWideSpace(this.#bytes, from, to)
      ? this.#collapsedText(from, to)
      : this.#bytes.utf8Slice(from, to);
  }

  /** Whether there is a byte that white space beyond ASCII can begin with: 0xC2, or 0xE0 to 0xEF. */
  #mayHaveWideSpace(from: number, to: number): boolean {
    const words = this.#words;
    const last = (to - 1) >> 2;
    let leads = 0;
    for (let at = from >> 2; at <= last; at++) {
      const four = words[at] ?? 0;
      leads |= (four & (four << 1) & (four << 2) & ~(four << 3)) | zeroBytes(four ^ 0xc2c2c2c2);
    }
    return (leads & 0x80808080) !== 0;
  }

  /**
   * Text with its references and its white space put right, byte by byte. Where that is not enough (white space beyond ASCII, a reference
   * that is wrong) it is done again on the text itself.
   */
  #spelled(from: number, to: number): string {
    const bytes = this.#bytes;
    // What a reference stands for is never longer than the reference.
    if (this.#spelling.length < to - from) this.#spelling = Buffer.alloc((to - from) * 2);
    const spelled = this.#spelling;
    let length = 0;
    let kinds = 0;
    let at = from;
    while (at < to) {
      let run = at;
      for (; run < to; run++) {
        const kind = BYTE_KINDS[bytes[run] ?? 0] ?? 0;
        if ((kind & (IS_REFERENCE | IS_BREAK)) !== 0) break;
        // A single space stays as it is.
        if ((kind & IS_SPACE) !== 0 && ((BYTE_KINDS[bytes[run + 1] ?? 0] ?? 0) & IS_SPACE) !== 0) break;
        kinds |= kind;
      }
      if (run - at > 24) length += bytes.copy(spelled, length, at, run);
      else for (; at < run; at++) spelled[length++] = bytes[at] ?? 0;
      at = run;
      if (at === to) break;
      let code = SPACE;
      if (bytes[at] === AMPERSAND) {
        code = this.#reference(at, to);
        if (code < 0) return this.#collapsedText(from, to);
        at = this.#referenceEnd + 1;
      }
      if (code >= 0x80) {
        const next = writeUtf8(spelled, length, code);
        kinds |= BYTE_KINDS[spelled[length] ?? 0] ?? 0;
        length = next;
      } else if (((BYTE_KINDS[code] ?? 0) & IS_SPACE) === 0) spelled[length++] = code;
      else {
        if (length > 0 && spelled[length - 1] !== SPACE) spelled[length++] = SPACE;
        at = this.#pastSpace(at);
      }
    }
    if (length > 0 && spelled[length - 1] === SPACE) length--;
    if ((kinds & IS_HIGH) === 0) return spelled.latin1Slice(0, length);
    if ((kinds & LEADS_SPACE) !== 0 && hasWideSpace(spelled, 0, length)) return this.#collapsedText(from, to);
    return spelled.utf8Slice(0, length);
  }

  /**
   * The code point that the reference at `at` stands for, its semicolon then being at `#referenceEnd`. -1 when it is not one of XML's five
   * or a decimal or hexadecimal number of a character, and not to be settled here.
   */
  #reference(at: number, to: number): number {
    const bytes = this.#bytes;
    let end = at + 1;
    while (end < to && end - at <= 8 && bytes[end] !== SEMICOLON) end++;
    if (end >= to || bytes[end] !== SEMICOLON) return -1;
    this.#referenceEnd = end;
    if (bytes[at + 1] !== HASH) {
      const code = XML_ENTITIES.get(this.#text.slice(at + 1, end));
      return code ?? -1;
    }
    const base = bytes[at + 2] === SMALL_X ? 16 : 10;
    let code = 0;
    const from = base === 16 ? at + 3 : at + 2;
    if (from === end) return -1;
    for (let digit = from; digit < end; digit++) {
      const value = digitOf(bytes[digit] ?? 0);
      if (value >= base) return -1;
      code = code * base + value;
    }
    return isCharacter(code) ? code : -1;
  }

  #collapsedText(from: number, to: number): string {
    return collapsed(this.#withoutReferences(this.#bytes.utf8Slice(from, to), from));
  }

  /** ASCII bytes as text that does not hold the window's. V8 makes slices shorter than 13 characters copies by itself. */
  #copied(from: number, to: number): string {
    return to - from < 13 ? this.#text.slice(from, to) : this.#bytes.latin1Slice(from, to);
  }

  /** `text`, which stands at `from`, with its references replaced; what is wrong with those is told. */
  #withoutReferences(text: string, from: number): string {
    if (!text.includes("&")) return text;
    let behind = 0;
    let byte = from;
    return withoutReferences(text, ({ kind, at, code, reason }) => {
      // From one to the next: a text of nothing else would be measured as often as it is long.
      byte += Buffer.byteLength(text.slice(behind, at));
      behind = at;
      const line = this.#lineAt(byte);
      if (kind === "refused") throw malformed(line, reason);
      this.#repaired({ kind, line, code, reason });
    });
  }

  /** Tells of a repair; beyond `MOST_TOLD` of an element the same again is counted with the last, since each may be of one byte. */
  #repaired(item: Extract<FeedItem, { kind: "repaired" }>): void {
    const last = this.#items.at(-1);
    const same = last?.kind === "repaired" && last.line === item.line && last.code === item.code && last.reason === item.reason;
    if (same && this.#items.length > this.#itemsWhole + MOST_TOLD)
      this.#items[this.#items.length - 1] = { ...item, times: (last.times ?? 1) + 1 };
    else this.#items.push(item);
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
      if (kept && tag > this.#at) text += this.#withoutReferences(this.#bytes.utf8Slice(this.#at, tag), this.#at);
      const next = this.#bytes[tag + 1];
      if (next === SLASH) {
        this.#at = this.#closed(tag, nested[depth * 2] ?? 0, nested[depth * 2 + 1] ?? 0);
        if (--depth < 0) return text;
      } else if (next === BANG) {
        this.#at = this.#declaration(tag);
        if (kept && this.#bytes[tag + 2] === OPEN_BRACKET) text += this.#bytes.utf8Slice(tag + CDATA.length, this.#at - 3);
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
    const name = this.#bytes.utf8Slice(tag + 2, nameEnd);
    const open = this.#bytes.utf8Slice(from, to);
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
          throw malformed(this.#lineAt(from), `duplicate attribute: ${shown(this.#bytes.utf8Slice(from, to))}`);
        }
      }
    }
  }

  #meaningOfAttribute(each: number): number {
    const base = each * ATTRIBUTE_FIELDS;
    return this.#meaningOf(this.#attributes[base] ?? 0, this.#attributes[base + 1] ?? 0);
  }

  /** The value of an attribute: each line break or tab a space, then references replaced. */
  #attribute(each: number): string {
    const base = each * ATTRIBUTE_FIELDS;
    const from = this.#attributes[base + 2] ?? 0;
    const written = this.#bytes.utf8Slice(from, this.#attributes[base + 3] ?? 0);
    return this.#withoutReferences(written.replaceAll(/\r\n|[\t\n\r]/g, " "), from);
  }

  /** The value of an attribute as the id of a channel: the same text for the same bytes. */
  #channelId(each: number): string {
    const base = each * ATTRIBUTE_FIELDS;
    const from = this.#attributes[base + 2] ?? 0;
    const to = this.#attributes[base + 3] ?? 0;
    if (to - from === this.#lastWritten.length && this.#text.startsWith(this.#lastWritten, from)) return this.#lastChannelId;
    const written = this.#bytes.latin1Slice(from, to);
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

  /** What a name means to us. */
  #meaningOf(from: number, to: number): number {
    if (to - from > LONGEST_NAME) return OTHER;
    const bytes = this.#bytes;
    const place = placeOf(to - from, bytes[from] ?? 0, bytes[to - 1] ?? 0);
    const name = NAME_BY_PLACE[place] ?? "";
    if (name === "") return OTHER;
    for (let at = 0; at < name.length; at++) if (bytes[from + at] !== name.charCodeAt(at)) return OTHER;
    return MEANING_BY_PLACE[place] ?? OTHER;
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
    const text = this.#bytes.utf8Slice(at, Math.min(at + 20, this.#end)).replace(/\uFFFD$/, "");
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

/**
 * The highest bit of each of four bytes that is below 32; a byte behind such a one may be marked too and has to be looked at. The first
 * byte is the lowest of the number, as on every processor that Node is built for here (x64 and arm64).
 */
function bytesBelowSpace(four: number): number {
  return (four - 0x20202020) & ~four & 0x80808080;
}

/** The same of each of four bytes that is zero. */
function zeroBytes(four: number): number {
  return (four - 0x01010101) & ~four & 0x80808080;
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

/**
 * Whether the bytes from `from` to `to` (excluded) have white space beyond ASCII: U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029,
 * U+202F, U+205F, U+3000, U+FEFF.
 */
function hasWideSpace(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (((BYTE_KINDS[byte] ?? 0) & LEADS_SPACE) === 0) continue;
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    if (byte === 0xc2 && second === 0xa0) return true;
    if (byte === 0xe1 && second === 0x9a && third === 0x80) return true;
    if (byte === 0xe2 && second === 0x80 && (third <= 0x8a || third === 0xa8 || third === 0xa9 || third === 0xaf)) return true;
    if (byte === 0xe2 && second === 0x81 && third === 0x9f) return true;
    if (byte === 0xe3 && second === 0x80 && third === 0x80) return true;
    if (byte === 0xef && second === 0xbb && third === 0xbf) return true;
  }
  return false;
}

/** Writes a code point from 0x80 on as UTF-8; returns where it ends. */
function writeUtf8(bytes: Uint8Array, at: number, code: number): number {
  let end = at;
  if (code < 0x800) bytes[end++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) bytes[end++] = 0xe0 | (code >> 12);
    else {
      bytes[end++] = 0xf0 | (code >> 18);
      bytes[end++] = 0x80 | ((code >> 12) & 63);
    }
    bytes[end++] = 0x80 | ((code >> 6) & 63);
  }
  bytes[end++] = 0x80 | (code & 63);
  return end;
}

/** The value of a digit to the base of 16, or 16 when it is none. */
function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : 16;
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
