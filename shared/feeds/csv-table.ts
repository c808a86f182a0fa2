import { parse } from "csv-parse/sync";
import { CalltimeError } from "../core/error.ts";

/** The rows of a CSV that is in memory, cells trimmed and blank rows left out; commas, semicolons and tabs all part cells. Throws `csv-malformed`. */
export function csvTable(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { delimiter: [",", ";", "\t"], skip_empty_lines: true, relax_column_count: true, trim: true });
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new CalltimeError("csv-malformed", `${what}; CSV with as many quotes opened as closed would be right`, { cause });
  }
}
