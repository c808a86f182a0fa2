import { CalltimeError } from "../core/error.ts";
import type { Channel, FeedItem, Showing } from "../core/schedule/programme.ts";
import { headText } from "./feed-encoding.ts";
import { excerpt, inBatches, rejected } from "./feed-items.ts";
import { HEAD_BYTES, type FeedReader } from "./feed-reader.ts";
import { parseIsoInstant } from "./iso-time.ts";
import {
  fieldsOf,
  jsonBeginning,
  jsonRecords,
  numberIn,
  textIn,
  type Fields,
  type JsonBeginning,
  type JsonRecord,
} from "./json-records.ts";
import { PeekableBytes } from "./peekable-bytes.ts";
import { DetailsById } from "./schedules-direct-details.ts";

/** Channels declared by name; more than any platform has. */
const MOST_CHANNELS = 100_000;
const RIGHT_INSTANT = "ISO-8601 with its offset, like 2026-06-13T18:00:00Z, would be right";
const RIGHT_PROGRAMS = "the answer to /programs before that to /schedules in one list (jq -s flatten programs.json schedules.json)";

/**
 * What Schedules Direct answers to `/schedules`: a list of stations, or one station alone. It names programmes by `programID` only; their
 * titles are in the answer to `/programs`, the names of stations in that to `/lineups/ID`. Both are read where their entries stand in the
 * same list before the schedules that need them. A programme whose title is not there is left out.
 */
export const schedulesDirectReader: FeedReader = {
  format: "schedules-direct",
  looksLike: "Schedules Direct's answers to /programs and /schedules in one list (programID with titles, stationID with programs)",
  recognises: (head) => answerIn(head) !== undefined,
  read: inBatches(readSchedulesDirect),
};

/** Which of its answers a document is: `checksums` tell which days to ask for, `failure` is the answer to a request that failed. */
type Answer = "list" | "station" | "checksums" | "failure";

function answerIn(head: Uint8Array): Answer | undefined {
  const beginning = jsonBeginning(headText(head));
  if (beginning === undefined) return undefined;
  return beginning.root === "list" ? listIn(beginning) : objectIn(beginning);
}

function listIn({ keys }: JsonBeginning): Answer | undefined {
  const isLineup = keys.has("[{map") && keys.has("[{[{stationID");
  return keys.has("[{stationID") || keys.has("[{programID") || isLineup ? "list" : undefined;
}

function objectIn({ keys }: JsonBeginning): Answer | undefined {
  if (keys.has("{stationID")) return "station";
  if ([...keys].some((key) => /^\{\{\d{4}-\d\d-\d\d$/.test(key))) return "checksums";
  return keys.has("{code") && keys.has("{serverID") ? "failure" : undefined;
}

async function* readSchedulesDirect(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem, void, undefined> {
  const source = new PeekableBytes(bytes);
  try {
    const answer = answerIn(await source.peek(HEAD_BYTES));
    if (answer === "checksums") {
      const what = "these are the checksums that Schedules Direct answers to /schedules/md5, in which no programme is listed";
      throw new CalltimeError("feed-format-unknown", `line 1: ${what}; ${RIGHT_PROGRAMS} would be right`);
    }
    const guide = new Guide();
    // A list is taken apart while it is read; a single object is one station, which is small.
    for await (const record of jsonRecords(source, [answer === "list" ? "$.*" : "$"])) {
      if (answer === "failure") throw failed(record);
      yield* guide.entry(record);
    }
  } finally {
    await source.return();
  }
}

function failed({ value, line }: JsonRecord): CalltimeError {
  const fields = fieldsOf(value);
  const said = `${excerpt(fields?.get("response") ?? fields?.get("code"))}, ${excerpt(fields?.get("message") ?? "")}`;
  return new CalltimeError(
    "feed-format-unknown",
    `line ${line}: Schedules Direct answered with a failure (${said}); its schedule would be right`,
  );
}

/** The stations and titles seen so far. */
class Guide {
  readonly #details = new DetailsById();
  readonly #names = new Map<string, string>();
  readonly #declared = new Set<string>();

  *entry({ value, line, listLines }: JsonRecord): Generator<FeedItem, void, undefined> {
    const fields = fieldsOf(value);
    if (fields === undefined) {
      yield rejected(line, "entry-not-object", `the entry is ${excerpt(value)}; {…} would be right`);
    } else if (fields.has("programID")) {
      this.#details.add(fields, line);
    } else if (Array.isArray(fields.get("stations"))) {
      for (const station of fields.get("stations") as readonly unknown[]) this.#name(fieldsOf(station));
    } else if (textIn(fields, "stationID") === "") {
      yield rejected(line, "channel-missing", 'the entry has neither "stationID" nor "programID"; one of them would be right');
    } else {
      yield* this.#station(textIn(fields, "stationID"), fields, line, listLines);
    }
  }

  #name(station: Fields | undefined): void {
    const name = textIn(station, "name") || textIn(station, "callsign");
    if (name !== "" && this.#names.size < MOST_CHANNELS) this.#names.set(textIn(station, "stationID"), name);
  }

  *#station(stationId: string, fields: Fields, line: number, lines: readonly number[]): Generator<FeedItem, void, undefined> {
    const programs = fields.get("programs");
    if (!Array.isArray(programs)) {
      const said = fields.has("code") ? ` but ${excerpt(fields.get("response") ?? fields.get("code"))}` : "";
      const reason = `station ${excerpt(stationId)} has no list of programs${said}; "programs": […] would be right`;
      yield rejected(line, "station-without-programs", reason);
      return;
    }
    // A station comes once for each day.
    if (!this.#declared.has(stationId) && this.#declared.size < MOST_CHANNELS) {
      this.#declared.add(stationId);
      const channel: Channel = { id: stationId, name: this.#names.get(stationId) ?? stationId };
      yield { kind: "channel", channel, line };
    }
    for (const [index, program] of (programs as readonly unknown[]).entries())
      yield this.#programme(stationId, program, lines[index] ?? line);
  }

  #programme(channelId: string, program: unknown, line: number): FeedItem {
    const fields = fieldsOf(program);
    if (fields === undefined) return rejected(line, "entry-not-object", `the programme is ${excerpt(program)}; {…} would be right`);
    const id = textIn(fields, "programID");
    const what = `${excerpt(id)} on ${excerpt(channelId)}`;
    const written = fields.get("airDateTime");
    if (written === undefined || written === null || written === "") {
      return rejected(line, "start-missing", `${what} has no start; "airDateTime", ${RIGHT_INSTANT}`);
    }
    const startsAtMs = typeof written === "string" ? parseIsoInstant(written) : undefined;
    if (startsAtMs === undefined) {
      return rejected(line, "start-unreadable", `airDateTime ${excerpt(written)} of ${what} is no instant; ${RIGHT_INSTANT}`);
    }
    const length = fields.get("duration") ?? undefined;
    if (length !== undefined && !(typeof length === "number" && length >= 0)) {
      return rejected(line, "duration-unreadable", `duration ${excerpt(length)} of ${what} is no number of seconds; 1800 would be right`);
    }
    const details = this.#details.of(id);
    if (details === undefined) {
      return rejected(line, "title-missing", `the title of ${what} stands in another answer; ${RIGHT_PROGRAMS} would be right`);
    }
    const showing = showingOf(fields);
    return {
      kind: "programme",
      programme: {
        channelId,
        ...details,
        live: fields.get("liveTapeDelay") === "Live",
        ...(showing !== undefined && { showing }),
        startsAtMs,
        ...(length !== undefined && { endsAtMs: startsAtMs + (numberIn(fields, "duration") ?? 0) * 1_000 }),
        line,
      },
    };
  }
}

/** What is shown again keeps its mark as the first of a season. */
function showingOf(fields: Fields): Showing | undefined {
  const isNew = fields.get("new") === true;
  if (fields.get("premiere") === true || (isNew && textIn(fields, "isPremiereOrFinale").includes("Premiere"))) return "premiere";
  if (isNew) return "new";
  return fields.get("repeat") === true ? "repeat" : undefined;
}
