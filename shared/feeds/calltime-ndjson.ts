import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { beginsOurs, calltimeJsonReader, checkVersion } from "./calltime-json.ts";
import { CALLTIME_FORMAT, CalltimeEntries } from "./calltime-fields.ts";
import { inBatches, rejected } from "./feed-items.ts";
import { headText } from "./feed-encoding.ts";
import type { FeedReader } from "./feed-reader.ts";
import { linesOf, textOf } from "./feed-text.ts";
import { fieldsOf, jsonBeginning } from "./json-records.ts";

/** Characters of one line: one programme. */
const MAX_LINE = 1_048_576;
const KINDS = '"kind": "channel", "programme" or "end" would be right';

/**
 * Our own format line by line: the name and version, then one channel or programme a line, then a line of kind `end` that counts the
 * programmes. Without that line half a file would pass for the whole.
 */
export const calltimeNdjsonReader: FeedReader = {
  format: "calltime-ndjson",
  looksLike: `our own NDJSON (its first line is {"format": "${CALLTIME_FORMAT}", "version": 1})`,
  recognises(head) {
    const beginning = jsonBeginning(headText(head));
    return beginning !== undefined && beginsOurs(beginning) && beginning.closed && !calltimeJsonReader.recognises(head);
  },
  read: inBatches(readCalltimeNdjson),
};

async function* readCalltimeNdjson(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem, void, undefined> {
  const entries = new CalltimeEntries();
  let last = 1;
  let programmes = 0;
  let state: "head" | "body" | "ended" = "head";
  for await (const { text, line, ended } of linesOf(textOf(bytes), MAX_LINE)) {
    last = line;
    if (text.trim() === "") continue;
    if (state === "ended") {
      throw new CalltimeError("feed-malformed", `line ${line}: something follows the line that ends the feed; nothing would be right`);
    }
    const fields = lineFields(text, line, ended);
    if (state === "head") {
      checkVersion(fields.get("version"), line);
      state = "body";
      continue;
    }
    const entry = Object.fromEntries(fields);
    switch (fields.get("kind")) {
      case "channel":
        yield* entries.channel(entry, line, ["kind"]);
        break;
      case "programme":
        programmes++;
        yield* entries.programme(entry, line, ["kind"]);
        break;
      case "end":
        checkCount(fields.get("programmes"), programmes, line);
        state = "ended";
        break;
      default:
        yield rejected(line, "kind-unknown", `the line has no kind that is known; ${KINDS}`);
    }
  }
  if (state !== "ended") {
    throw new CalltimeError(
      "feed-truncated",
      `line ${last}: the feed ends too soon; a last line {"kind": "end", "programmes": ${programmes}} would be right`,
    );
  }
}

function lineFields(text: string, line: number, ended: boolean): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const what = ended ? "the line is no JSON" : "the feed ends within a line";
    throw new CalltimeError(ended ? "feed-malformed" : "feed-truncated", `line ${line}: ${what}; one whole object a line would be right`, {
      cause,
    });
  }
  const fields = fieldsOf(value);
  if (fields === undefined) {
    throw new CalltimeError("feed-malformed", `line ${line}: the line is no JSON object; one whole object a line would be right`);
  }
  return fields;
}

function checkCount(counted: unknown, programmes: number, line: number): void {
  if (counted === programmes) return;
  throw new CalltimeError(
    "feed-truncated",
    `line ${line}: the feed says it has ${JSON.stringify(counted) ?? "no number of"} programmes, ${programmes} were found; the whole file would be right`,
  );
}
