import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { checkOrder, dateOrder, type OrderVerdict, type SeenDate } from "./csv-dates.ts";
import { csvLayout, type CsvField, type CsvLayout } from "./csv-header.ts";
import { midnightOf, parseLength, parseMoment, type WrittenMoment } from "./csv-moment.ts";
import { csvRows, type CsvRow } from "./csv-records.ts";
import { headText } from "./feed-encoding.ts";
import { collapsed, excerpt, inBatches, rejected, repaired } from "./feed-items.ts";
import { HEAD_BYTES, type FeedReader } from "./feed-reader.ts";
import { textOf } from "./feed-text.ts";
import { PeekableBytes } from "./peekable-bytes.ts";
import { clockNote, instantOf, zoneNamed, type WallInstant, type ZoneTime } from "./zone-time.ts";

/** Rows looked at before the first is handed on: what tells which number of a date is the day. */
const EVIDENCE_ROWS = 1_000;
/** Channels declared by name; more than any platform has. */
const MOST_CHANNELS = 100_000;
const DAY_MS = 86_400_000;
const YES: ReadonlySet<string> = new Set(["1", "x", "y", "yes", "true", "live", "ja", "j", "oui", "si", "sí", "sand", "wahr"]);
const RIGHT_TIME = "2026-06-13 20:00, with an offset or a zone, would be right";

/**
 * CSV with a header row. Columns are known by name in several languages; the delimiter, the order of day and month and where times come
 * from are found out and said in one note. Times that say no zone are UTC. 24:30 is half past midnight of the next day.
 */
export const csvReader: FeedReader = {
  format: "csv",
  looksLike: "CSV (a header row that names channel, title and start)",
  recognises: (head) => csvLayout(headText(head)) !== undefined,
  read: inBatches(readCsv),
};

/** A row with its times as written; `line` names it. */
type Row = CsvRow & { readonly start: WrittenMoment | undefined; readonly end: WrittenMoment | undefined };

async function* readCsv(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem, void, undefined> {
  const source = new PeekableBytes(bytes);
  try {
    const layout = csvLayout(headText(await source.peek(HEAD_BYTES)));
    if (layout === undefined) throw new CalltimeError("feed-format-unknown", `line 1: the header is no schedule's; ${csvReader.looksLike}`);
    if (!layout.columns.has("channel") && !layout.columns.has("channelId")) {
      throw new CalltimeError(
        "feed-malformed",
        `line ${layout.linesBefore + 1}: no column names the channel; a column "channel" would be right`,
      );
    }
    let assumed: FeedItem | undefined;
    const onAssumed = (line: number) => {
      assumed = repaired(line, "encoding-assumed", "the bytes are not UTF-8 and were read as Windows-1252; UTF-8 would be right");
    };
    const rows = csvRows(textOf(source, { fallback: { onAssumed } }), layout);
    const table = new CsvTable(layout);
    let evidence: Row[] | undefined = [];
    for await (const row of rows) {
      table.checkWhole(row);
      const timed = table.timed(row);
      if (evidence === undefined) yield* table.items(timed);
      else if (evidence.push(timed) === EVIDENCE_ROWS) {
        yield table.decide(evidence);
        for (const held of evidence) yield* table.items(held);
        evidence = undefined;
      }
    }
    if (evidence !== undefined) {
      yield table.decide(evidence);
      for (const held of evidence) yield* table.items(held);
    }
    if (assumed !== undefined) yield assumed;
  } finally {
    await source.return();
  }
}

/** Rows as items, once it is decided how dates are read. */
class CsvTable {
  readonly #layout: CsvLayout;
  readonly #channels = new Set<string>();
  #verdict: OrderVerdict;
  #cutShort = false;

  constructor(layout: CsvLayout) {
    this.#layout = layout;
  }

  /** Throws CalltimeError `feed-truncated` when the last row stops short in a feed whose rows are all whole. */
  checkWhole({ cells, line, ended }: CsvRow): void {
    const short = cells.length < this.#layout.width;
    if (short && !ended && !this.#cutShort) {
      throw new CalltimeError(
        "feed-truncated",
        `line ${line}: the last row has ${cells.length} of ${this.#layout.width} columns and no line break; the whole file would be right`,
      );
    }
    this.#cutShort ||= short;
  }

  timed(row: CsvRow): Row {
    return {
      ...row,
      start: this.#moment(row, "start", "startDate", "startTime"),
      end: this.#moment(row, "end", "endDate", "endTime"),
    };
  }

  /** Decides how dates are read, and says how the feed was read. Throws CalltimeError `feed-malformed` when that cannot be known. */
  decide(rows: readonly Row[]): FeedItem {
    this.#verdict = dateOrder(rows.flatMap((row) => seenDates(row)));
    const { delimiter, unread, linesBefore } = this.#layout;
    const words = [
      `${delimiter === "\t" ? "tab" : `"${delimiter}"`} between columns`,
      ...(this.#verdict === undefined ? [] : [this.#verdict.words]),
      this.#zoneWords(rows),
      ...(this.#layout.columns.has("length") ? [`lengths in ${this.#layout.lengthUnitMs === 1_000 ? "seconds" : "minutes"}`] : []),
    ];
    const rest = unread.length === 0 ? "" : `; not read: ${excerpt(unread.join(", "))}`;
    return repaired(linesBefore + 1, "csv-read-as", `read with ${words.join(", ")}${rest}`);
  }

  *items(row: Row): Generator<FeedItem, void, undefined> {
    const { line } = row;
    const extra = row.cells.slice(this.#layout.width).some((cell) => cell.trim() !== "");
    if (extra) {
      const right = "a cell that holds the delimiter in quotes would be right";
      yield rejected(line, "columns-too-many", `the row has ${row.cells.length} columns, the header ${this.#layout.width}; ${right}`);
      return;
    }
    const channelName = this.#text(row, "channel");
    const channelId = this.#text(row, "channelId") || channelName;
    if (channelId === "") {
      yield rejected(line, "channel-missing", "the row names no channel; a name in every row would be right");
      return;
    }
    if (!this.#channels.has(channelId) && this.#channels.size < MOST_CHANNELS) {
      this.#channels.add(channelId);
      yield { kind: "channel", channel: { id: channelId, name: channelName || channelId }, line };
    }
    yield* this.#programme(row, channelId);
  }

  *#programme(row: Row, channelId: string): Generator<FeedItem, void, undefined> {
    const { line } = row;
    const on = excerpt(channelId);
    const written = this.#written(row, "start", "startDate", "startTime");
    if (written === "") {
      yield rejected(line, "start-missing", `the programme on ${on} has no start; ${RIGHT_TIME}`);
      return;
    }
    const zone = this.#zoneOf(row);
    if (zone === undefined) {
      const name = excerpt(this.#text(row, "zone"));
      yield rejected(
        line,
        "zone-unknown",
        `the programme on ${on} is in the zone ${name}; a name such as Europe/Copenhagen would be right`,
      );
      return;
    }
    const start = this.#instant(row.start, zone, line);
    if (start === undefined) {
      yield rejected(line, "start-unreadable", `${excerpt(written)} on ${on} is no date and time; ${RIGHT_TIME}`);
      return;
    }
    const end = this.#end(row, start, zone);
    if (end.kind === "unreadable") {
      yield rejected(
        line,
        end.code,
        `${excerpt(end.text)} on ${on} is no ${end.code === "stop-unreadable" ? "time" : "length"}; ${end.right}`,
      );
      return;
    }
    const title = this.#text(row, "title");
    if (title === "") {
      yield rejected(line, "title-missing", `the programme on ${on} at ${written} has no title; a title in every row would be right`);
      return;
    }
    for (const at of [start, ...(end.kind === "wall" ? [end.at] : [])]) if (at.how !== "plain") yield clockNote(at, zone, line);
    const [subTitle, description, episode] = [this.#text(row, "subTitle"), this.#text(row, "description"), this.#episode(row)];
    yield {
      kind: "programme",
      programme: {
        channelId,
        title,
        ...(subTitle !== "" && { subTitle }),
        ...(episode !== "" && { episode }),
        ...(description !== "" && { description }),
        categories: this.#text(row, "category")
          .split(/[,;|]/)
          .map(collapsed)
          .filter((category) => category !== ""),
        live: YES.has(this.#text(row, "live").toLowerCase()),
        startsAtMs: start.atMs,
        ...(end.kind !== "none" && { endsAtMs: end.kind === "wall" ? end.at.atMs : end.atMs }),
        line,
      },
    };
  }

  #end(row: Row, start: Start, zone: ZoneTime): End {
    const text = this.#written(row, "end", "endDate", "endTime");
    const lengthText = this.#text(row, "length");
    if (text === "") {
      if (lengthText === "") return { kind: "none" };
      const lengthMs = parseLength(lengthText, this.#layout.lengthUnitMs);
      if (lengthMs !== undefined) return { kind: "instant", atMs: start.atMs + lengthMs };
      return { kind: "unreadable", code: "duration-unreadable", text: lengthText, right: "90, 1:30 or PT90M would be right" };
    }
    const unreadable = { kind: "unreadable", code: "stop-unreadable", text, right: RIGHT_TIME } as const;
    if (row.end === undefined) return unreadable;
    if (row.end.atMs !== undefined || row.end.date !== undefined) {
      const at = this.#instant(row.end, zone, row.line);
      return at === undefined ? unreadable : { kind: "wall", at };
    }
    const { clockMs } = row.end;
    // A time of day alone needs the start's day, which an instant since the epoch does not have.
    if (clockMs === undefined || start.midnightMs === undefined || start.wallMs === undefined) return unreadable;
    // The end is the first such time after the start: 23:30 to 00:30 ends the next day.
    let wallMs = start.midnightMs + clockMs;
    while (wallMs <= start.wallMs) wallMs += DAY_MS;
    const offset = row.end.offsetMinutes ?? row.start?.offsetMinutes;
    return { kind: "wall", at: offset === undefined ? instantOf(wallMs, zone) : { atMs: wallMs - offset * 60_000, how: "plain" } };
  }

  #instant(moment: WrittenMoment | undefined, zone: ZoneTime, line: number): Start | undefined {
    if (moment?.atMs !== undefined) return { atMs: moment.atMs, how: "plain" };
    if (moment?.date === undefined || moment.clockMs === undefined) return undefined;
    if (moment.date.kind === "ordered" && this.#verdict !== undefined) {
      checkOrder({ date: moment.date, line }, this.#verdict.order, this.#verdict.words);
    } else if (moment.date.kind === "ordered" && moment.date.first !== moment.date.second) {
      this.#verdict = dateOrder([{ date: moment.date, line }]);
    }
    const midnightMs = midnightOf(moment.date, this.#verdict?.order ?? "day-first");
    if (midnightMs === undefined) return undefined;
    const wallMs = midnightMs + moment.clockMs;
    const at: WallInstant =
      moment.offsetMinutes === undefined ? instantOf(wallMs, zone) : { atMs: wallMs - moment.offsetMinutes * 60_000, how: "plain" };
    return { ...at, midnightMs, wallMs };
  }

  #zoneOf(row: Row): ZoneTime | undefined {
    return zoneNamed(this.#text(row, "zone") || "UTC");
  }

  #zoneWords(rows: readonly Row[]): string {
    const timed = rows.filter(({ start }) => start !== undefined);
    const ways = new Set(timed.map((row) => this.#zoneWord(row)));
    return ways.size === 0 ? "no times" : [...ways].join(" and ");
  }

  #zoneWord(row: Row): string {
    if (row.start?.atMs !== undefined) return "times counted from the epoch";
    if (row.start?.offsetMinutes !== undefined) return "times with their own offset";
    if (this.#text(row, "zone") !== "") return "times in the zone of their row";
    return this.#layout.saysUtc ? "times in UTC, as the header says" : "times in UTC, since nothing says otherwise";
  }

  #moment(row: CsvRow, whole: CsvField, date: CsvField, time: CsvField): WrittenMoment | undefined {
    const texts = [whole, date, time].map((field) => this.#text(row, field));
    const moments = texts.map((text) => (text === "" ? undefined : parseMoment(text)));
    // One cell that says nothing readable makes the moment unreadable: the others would be half of it.
    if (texts.some((text, index) => text !== "" && moments[index] === undefined)) return undefined;
    const [ofWhole, ofDate, ofTime] = moments;
    const atMs = ofWhole?.atMs ?? ofDate?.atMs ?? ofTime?.atMs;
    const day = ofWhole?.date ?? ofDate?.date ?? ofTime?.date;
    const clockMs = ofWhole?.clockMs ?? ofTime?.clockMs ?? ofDate?.clockMs;
    const offsetMinutes = ofWhole?.offsetMinutes ?? ofTime?.offsetMinutes ?? ofDate?.offsetMinutes;
    return {
      ...(atMs !== undefined && { atMs }),
      ...(day !== undefined && { date: day }),
      ...(clockMs !== undefined && { clockMs }),
      ...(offsetMinutes !== undefined && { offsetMinutes }),
    };
  }

  #written(row: CsvRow, whole: CsvField, date: CsvField, time: CsvField): string {
    return [whole, date, time]
      .map((field) => this.#text(row, field))
      .filter((text) => text !== "")
      .join(" ");
  }

  #episode(row: CsvRow): string {
    const [season, episode] = [this.#text(row, "season"), this.#text(row, "episode")];
    return /^\d+$/.test(season) && /^\d+$/.test(episode) ? `S${season}E${episode}` : episode;
  }

  #text(row: CsvRow, field: CsvField): string {
    const column = this.#layout.columns.get(field);
    return column === undefined ? "" : collapsed(row.cells[column] ?? "");
  }
}

/** A start: its instant, and the wall time it was written as where it was one. */
type Start = WallInstant & { readonly midnightMs?: number; readonly wallMs?: number };

type End =
  | { readonly kind: "none" }
  | { readonly kind: "instant"; readonly atMs: number }
  | { readonly kind: "wall"; readonly at: WallInstant }
  | {
      readonly kind: "unreadable";
      readonly code: "stop-unreadable" | "duration-unreadable";
      readonly text: string;
      readonly right: string;
    };

function seenDates({ start, end, line }: Row): readonly SeenDate[] {
  return [start, end].flatMap((moment) => (moment?.date?.kind === "ordered" ? [{ date: moment.date, line }] : []));
}
