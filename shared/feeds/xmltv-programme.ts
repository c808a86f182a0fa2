import type { FeedItem, FeedProgramme, Showing } from "../core/schedule/programme.ts";
import { parseXmltvTime } from "./xmltv-time.ts";

const EXAMPLE = "YYYYMMDDhhmmss ±hhmm, like 20260613180000 +0000";

/** What a `<programme>` says once it can be used. An empty text is one that the feed does not have. */
export type ProgrammeParts = {
  readonly line: number;
  readonly channelId: string;
  readonly title: string;
  readonly subTitle: string;
  readonly episode: string;
  readonly description: string;
  readonly categories: readonly string[];
  readonly live: boolean;
  readonly showing: Showing | undefined;
  readonly clump: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | undefined;
};

/**
 * The programme of a `<programme>` element. An end before the start is handed on as written: what to make of it needs the neighbours,
 * which a reader does not know.
 */
export function programmeItem(parts: ProgrammeParts): FeedItem {
  return { kind: "programme", programme: new ReadProgramme(parts) };
}

/**
 * Built by assignment, what is seldom there last: to spread an object for each field that may be missing takes longer than to read the
 * element, and so does a different shape for each way in which they are missing.
 */
class ReadProgramme implements FeedProgramme {
  readonly channelId: string;
  readonly title: string;
  readonly categories: readonly string[];
  readonly live: boolean;
  readonly startsAtMs: number;
  readonly line: number;
  declare readonly endsAtMs?: number;
  declare readonly description?: string;
  declare readonly episode?: string;
  declare readonly subTitle?: string;
  declare readonly showing?: Showing;
  declare readonly clump?: string;

  constructor(parts: ProgrammeParts) {
    this.channelId = parts.channelId;
    this.title = parts.title;
    this.categories = parts.categories;
    this.live = parts.live;
    this.startsAtMs = parts.startsAtMs;
    this.line = parts.line;
    if (parts.endsAtMs !== undefined) this.endsAtMs = parts.endsAtMs;
    if (parts.description !== "") this.description = parts.description;
    if (parts.episode !== "") this.episode = parts.episode;
    if (parts.subTitle !== "") this.subTitle = parts.subTitle;
    if (parts.showing !== undefined) this.showing = parts.showing;
    if (parts.clump !== "") this.clump = parts.clump;
  }
}

/** The attributes of a `<programme>` as they are written, those it has. */
export type WrittenAttributes = { readonly channel?: string; readonly start?: string; readonly stop?: string };

/** Why a programme cannot be used, or undefined when it can. `title` is "" when it has none that says something. */
export function programmeRejection(line: number, { channel, start, stop }: WrittenAttributes, title: string): FeedItem | undefined {
  const rejected = (code: string, reason: string): FeedItem => ({ kind: "rejected", line, code, reason });
  const channelId = (channel ?? "").trim();
  if (channelId === "") return rejected("channel-missing", 'the programme names no channel; channel="…" would be right');
  if (start === undefined)
    return rejected("start-missing", `the programme on ${excerpt(channelId)} has no start; start="${EXAMPLE}" would be right`);
  const unreadable = (name: "start" | "stop", written: string): FeedItem =>
    rejected(`${name}-unreadable`, `${name}="${excerpt(written)}" on ${excerpt(channelId)} is not a time; ${EXAMPLE}, would be right`);
  if (parseXmltvTime(start.trim()) === undefined) return unreadable("start", start);
  if (stop !== undefined && parseXmltvTime(stop.trim()) === undefined) return unreadable("stop", stop);
  if (title !== "") return undefined;
  return rejected("title-missing", `the programme on ${excerpt(channelId)} at ${start} has no title; <title>…</title> would be right`);
}

/** A `<channel>` as an item: its id, and its first name that says something ("" when none does), else the id again. */
export function channelItem(line: number, id: string, name: string): FeedItem {
  if (id === "") return { kind: "rejected", line, code: "channel-id-missing", reason: 'the channel has no id; id="…" would be right' };
  return { kind: "channel", channel: { id, name: name === "" ? id : name }, line };
}

/** Enough of a feed's text to find it by; a reason must not grow with what it complains of. */
function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
