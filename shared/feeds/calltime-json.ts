import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { CALLTIME_FORMAT, CALLTIME_VERSION, CalltimeEntries } from "./calltime-fields.ts";
import { headText } from "./feed-encoding.ts";
import type { FeedReader } from "./feed-reader.ts";
import { inBatches } from "./feed-items.ts";
import { jsonBeginning, jsonRecords, type JsonBeginning } from "./json-records.ts";

/** Our own format as one JSON document: `format`, `version`, then lists of `channels` and `programmes`. */
export const calltimeJsonReader: FeedReader = {
  format: "calltime-json",
  looksLike: `our own JSON (an object that begins with "format": "${CALLTIME_FORMAT}")`,
  recognises(head) {
    const beginning = jsonBeginning(headText(head));
    // A root that is closed with nothing but its name and version is the first line of NDJSON.
    return beginning !== undefined && beginsOurs(beginning) && !(beginning.closed && !holdsLists(beginning));
  },
  read: inBatches(readCalltimeJson),
};

/** Whether a JSON document names our own format first. */
export function beginsOurs(beginning: JsonBeginning): boolean {
  return beginning.first?.key === "format" && beginning.first.value === CALLTIME_FORMAT;
}

/** Throws CalltimeError `feed-format-unknown` when `version` is not one that is read. */
export function checkVersion(version: unknown, line: number): void {
  if (version === CALLTIME_VERSION) return;
  throw new CalltimeError(
    "feed-format-unknown",
    `line ${line}: version ${JSON.stringify(version) ?? "none"} of ${CALLTIME_FORMAT} is not known; "version": ${CALLTIME_VERSION} would be right`,
  );
}

function holdsLists({ keys }: JsonBeginning): boolean {
  return keys.has("{channels") || keys.has("{programmes");
}

async function* readCalltimeJson(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem, void, undefined> {
  const entries = new CalltimeEntries();
  let versioned = false;
  for await (const { path, value, line } of jsonRecords(bytes, ["$.version", "$.channels.*", "$.programmes.*"])) {
    if (path[0] === "version") {
      checkVersion(value, line);
      versioned = true;
      continue;
    }
    if (!versioned) checkVersion(undefined, line);
    yield* path[0] === "channels" ? entries.channel(value, line) : entries.programme(value, line);
  }
  if (!versioned) checkVersion(undefined, 1);
}
