import { TokenParser, Tokenizer, TokenType } from "@streamparser/json";
import { CalltimeError } from "../core/error.ts";
import { textOf } from "./feed-text.ts";
import { LineBreaks } from "./line-breaks.ts";

/** A schedule nests seven deep at most; the parser keeps every open bracket. */
const MAX_DEPTH = 64;
/** Bytes of one record: a station of Schedules Direct with two weeks has about 0.2 MB. */
const MAX_RECORD_BYTES = 4_194_304;

/** One part of a JSON document that was asked for. */
export type JsonRecord = {
  /** Keys from the root; an index for a member of a list. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** Line in which it begins. */
  readonly line: number;
  /** Lines of the objects in its lists (`value.x[0]`, `value.x[1]` …), in the order of the document. */
  readonly listLines: readonly number[];
};

/**
 * The parts of a JSON document at `paths` (`$.programmes.*`), each as soon as it is whole; no more than one is held. Throws CalltimeError
 * `feed-truncated`, `feed-malformed` or `feed-too-large`, with the line. UTF-8, or UTF-16 with its mark.
 */
export async function* jsonRecords(
  bytes: AsyncIterable<Uint8Array>,
  paths: readonly string[],
): AsyncGenerator<JsonRecord, void, undefined> {
  const document = new JsonDocument(paths);
  const encoder = new TextEncoder();
  for await (const text of textOf(bytes)) {
    document.write(encoder.encode(text));
    yield* document.take();
  }
  document.end();
  yield* document.take();
}

/** The fields of a JSON object by name. A Map, since `__proto__` is a possible name. */
export type Fields = ReadonlyMap<string, unknown>;

/** The fields of a JSON object; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

/** A text among the fields of a JSON object; "" where there is none, or something else. */
export function textIn(fields: Fields | undefined, name: string): string {
  const value = fields?.get(name);
  return typeof value === "string" ? value : "";
}

/** A number among the fields of a JSON object; undefined where there is none, or something else. */
export function numberIn(fields: Fields | undefined, name: string): number | undefined {
  const value = fields?.get(name);
  return typeof value === "number" ? value : undefined;
}

/** What a JSON document begins with: what could be seen of it in the first bytes. */
export type JsonBeginning = {
  readonly root: "list" | "object";
  /** The root was closed within the bytes. */
  readonly closed: boolean;
  /** Keys with the kinds of brackets above them: `{format`, `[{stationID`. */
  readonly keys: ReadonlySet<string>;
  /** The first key of the root object and its value, when that is plain and whole. */
  readonly first: { readonly key: string; readonly value: unknown } | undefined;
};

/** The beginning of a JSON document; undefined when `text` is not one. Never throws. */
export function jsonBeginning(text: string): JsonBeginning | undefined {
  const start = text.trimStart().charAt(0);
  if (start !== "{" && start !== "[") return undefined;
  const keys = new Set<string>();
  let open = "";
  let closed = false;
  let key: string | undefined;
  let first: JsonBeginning["first"];
  let expectsKey = false;
  const tokenizer = new Tokenizer();
  tokenizer.onToken = ({ token, value }) => {
    if (closed) return;
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) open += token === TokenType.LEFT_BRACE ? "{" : "[";
    else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) {
      open = open.slice(0, -1);
      closed = open === "";
    } else if (expectsKey && token === TokenType.STRING) {
      key = String(value);
      keys.add(open + key);
    } else if (open === "{" && key !== undefined && keys.size === 1 && token !== TokenType.COLON && token !== TokenType.COMMA) {
      first ??= { key, value };
    }
    expectsKey = token === TokenType.LEFT_BRACE || (token === TokenType.COMMA && open.endsWith("{"));
  };
  try {
    tokenizer.write(text);
  } catch {
    // What came before the damage still says which format it is; its reader names the line.
    if (keys.size === 0) return undefined;
  }
  return { root: start === "{" ? "object" : "list", closed, keys, first };
}

/** One document while it is read: bytes go in, whole records come out. */
class JsonDocument {
  readonly #tokenizer = new Tokenizer({ stringBufferSize: 4_096 });
  readonly #parser: TokenParser;
  #records: JsonRecord[] = [];
  /** Line of each bracket that is open, and of the objects begun below it by depth. */
  #open: number[] = [];
  #objectLines: number[][] = [];
  #closedLine = 1;
  #closedObjectLines: readonly number[] = [];
  readonly #lines = new LineBreaks();
  /** Line of the token being read. */
  #line = 1;
  /** Where the record being read began. */
  #recordFrom = 0;

  constructor(paths: readonly string[]) {
    this.#parser = new TokenParser({ paths: [...paths], keepStack: false });
    this.#parser.onValue = ({ key, value, stack }) => {
      const path = [...stack.slice(1).map((level) => level.key), key].filter((step) => step !== undefined);
      this.#records.push({ path, value, line: this.#closedLine, listLines: this.#closedObjectLines });
    };
    this.#tokenizer.onToken = (token) => {
      this.#line = this.#lines.lineAt(token.offset);
      this.#follow(token.token);
      try {
        this.#parser.write(token);
      } catch (cause) {
        throw this.#malformed(`${JSON.stringify(token.value)} stands where JSON has none`, cause);
      }
      if (this.#records.length > 0) this.#recordFrom = token.offset;
    };
    this.#tokenizer.onError = (cause) => {
      throw cause;
    };
  }

  write(bytes: Uint8Array): void {
    this.#lines.add(bytes);
    try {
      this.#tokenizer.write(bytes);
    } catch (cause) {
      if (cause instanceof CalltimeError) throw cause;
      throw this.#malformed(cause instanceof Error ? firstSentence(cause.message) : String(cause), cause);
    }
    if (this.#lines.bytes - this.#recordFrom > MAX_RECORD_BYTES) {
      this.#tooLarge(`one entry is larger than ${MAX_RECORD_BYTES} bytes`);
    }
  }

  end(): void {
    try {
      this.#tokenizer.end();
    } catch (cause) {
      throw this.#truncated(cause);
    }
    if (!this.#parser.isEnded) throw this.#truncated(undefined);
  }

  take(): readonly JsonRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #follow(token: TokenType): void {
    this.#closedLine = this.#line;
    this.#closedObjectLines = [];
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) {
      if (this.#open.length >= MAX_DEPTH) this.#tooLarge(`brackets are nested deeper than ${MAX_DEPTH}`);
      if (token === TokenType.LEFT_BRACE) this.#objectLines[this.#open.length]?.push(this.#line);
      this.#open.push(this.#line);
      // Objects in a list of this object lie two brackets down.
      this.#objectLines[this.#open.length + 1] = [];
    } else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) {
      this.#closedObjectLines = this.#objectLines[this.#open.length + 1] ?? [];
      this.#closedLine = this.#open.pop() ?? this.#line;
    }
  }

  #malformed(what: string, cause: unknown): CalltimeError {
    return new CalltimeError("feed-malformed", `line ${this.#line}: ${what}; well-formed JSON would be right`, { cause });
  }

  #truncated(cause: unknown): CalltimeError {
    return new CalltimeError(
      "feed-truncated",
      `line ${this.#lines.lastLine}: the feed ends too soon; the whole JSON document would be right`,
      { cause },
    );
  }

  #tooLarge(what: string): never {
    throw new CalltimeError("feed-too-large", `line ${this.#line}: ${what}; no schedule needs that`);
  }
}

/** The parser's messages name its own states; the first sentence says what it met. */
function firstSentence(message: string): string {
  return (message.split(/ at chunk | in state |\. /)[0] ?? message).replace(/\.$/, "");
}
