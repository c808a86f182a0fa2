import { Readable, pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { CalltimeError } from "../core/error.ts";
import type { CsvLayout } from "./csv-header.ts";
import { LineBreaks } from "./line-breaks.ts";

/** Bytes of one record. */
const MAX_RECORD_BYTES = 1_048_576;

/** One row of a CSV feed: its cells, and the line it begins in. `ended` is false of a last row without a line break. */
export type CsvRow = { readonly cells: readonly string[]; readonly line: number; readonly ended: boolean };

/** The rows after the header, blank ones left out. Throws CalltimeError `feed-truncated`, `feed-malformed` or `feed-too-large`. */
export async function* csvRows(
  text: AsyncIterable<string>,
  { delimiter, linesBefore }: CsvLayout,
): AsyncGenerator<CsvRow, void, undefined> {
  const lines = new CountedText();
  const parser = parse({
    delimiter,
    // A quote inside a cell that does not begin with one is a quote: 12" Remixes.
    relax_quotes: true,
    relax_column_count: true,
    info: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  // The callback is needed to keep a failure from being unhandled; it is thrown by the iteration below.
  pipeline(Readable.from(lines.counted(text), { objectMode: false }), parser, () => undefined);
  let from = 0;
  let skipped = 0;
  let header = false;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { bytes: number } }>) {
      const line = lines.lineAt(from);
      from = info.bytes;
      if (skipped < linesBefore) skipped++;
      else if (record.every((cell) => cell.trim() === "")) continue;
      else if (!header) header = true;
      else yield { cells: record, line, ended: !lines.isOpenAt(from) };
    }
  } catch (cause) {
    if (cause instanceof CalltimeError) throw cause;
    // The stream drops the rows it had ready when it fails, so the row is found by what the parser had finished.
    const finished = cause instanceof CsvError ? Number(cause["bytes_records"]) : from;
    throw brokenAt(lines.lineAt(finished), cause);
  }
}

function brokenAt(line: number, cause: unknown): CalltimeError {
  const code = cause instanceof CsvError ? cause.code : undefined;
  if (code === "CSV_QUOTE_NOT_CLOSED") {
    const message = `line ${line}: a quote in the row that begins here is never closed; the whole file, with every quote closed, would be right`;
    return new CalltimeError("feed-truncated", message, { cause });
  }
  if (code === "CSV_MAX_RECORD_SIZE") {
    const message = `line ${line}: the row that begins here is longer than ${MAX_RECORD_BYTES} bytes; no schedule needs that, a quote is probably not closed`;
    return new CalltimeError("feed-too-large", message, { cause });
  }
  const what = cause instanceof Error ? cause.message : String(cause);
  return new CalltimeError("feed-malformed", `line ${line}: ${what}; CSV with one header row would be right`, { cause });
}

/** A text as bytes, with where its lines break: the parser counts those inside quotes twice. */
class CountedText {
  readonly #encoder = new TextEncoder();
  readonly #lines = new LineBreaks();
  #ended = false;
  #last = 0x0a;

  async *counted(text: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of text) {
      const bytes = this.#encoder.encode(piece);
      this.#lines.add(bytes);
      this.#last = bytes.at(-1) ?? this.#last;
      yield bytes;
    }
    this.#ended = true;
  }

  /** The line that the byte at `offset` stands in; offsets never go back. */
  lineAt(offset: number): number {
    return this.#lines.lineAt(offset);
  }

  /** Whether the text ends at `offset` without a line break. */
  isOpenAt(offset: number): boolean {
    return this.#ended && offset >= this.#lines.bytes && this.#last !== 0x0a && this.#last !== 0x0d;
  }
}
