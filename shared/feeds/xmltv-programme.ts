import type { FeedItem, FeedProgramme } from "../core/schedule/programme.ts";
import { parseXmltvTime } from "./xmltv-time.ts";

/** The attributes of an element, as the parser hands them over. */
export type XmltvAttributes = { readonly [name: string]: string | undefined };

/** A `<programme>` while it is being read. */
export type ProgrammeDraft = {
  readonly line: number;
  readonly attributes: XmltvAttributes;
  readonly categories: string[];
  title?: string;
  subTitle?: string;
  description?: string;
  episode?: string;
  live: boolean;
};

const EXAMPLE = "YYYYMMDDhhmmss ±hhmm, like 20260613180000 +0000";

/** Takes in a child element of a programme. Of title, sub-title, desc and episode-num the first that says something counts. */
export function takeField(draft: ProgrammeDraft, name: string, rawText: string): void {
  if (name === "live") {
    draft.live = true;
    return;
  }
  const text = collapsed(rawText);
  if (text === "") return;
  if (name === "title") draft.title ??= text;
  else if (name === "sub-title") draft.subTitle ??= text;
  else if (name === "desc") draft.description ??= text;
  else if (name === "episode-num") draft.episode ??= text;
  else if (name === "category") draft.categories.push(text);
}

/**
 * The programme of a whole `<programme>` element, or why it cannot be used. An end before the start is handed on as written: what to
 * make of it needs the neighbours, which a reader does not know.
 */
export function programmeItem(draft: ProgrammeDraft): FeedItem {
  const rejected = (code: string, reason: string): FeedItem => ({ kind: "rejected", line: draft.line, code, reason });
  const channelId = (draft.attributes["channel"] ?? "").trim();
  if (channelId === "") return rejected("channel-missing", 'the programme names no channel; channel="…" would be right');
  const start = draft.attributes["start"];
  if (start === undefined)
    return rejected("start-missing", `the programme on ${excerpt(channelId)} has no start; start="${EXAMPLE}" would be right`);
  const startsAtMs = parseXmltvTime(start.trim());
  if (startsAtMs === undefined) {
    return rejected("start-unreadable", `start="${excerpt(start)}" on ${excerpt(channelId)} is not a time; ${EXAMPLE}, would be right`);
  }
  const stop = draft.attributes["stop"];
  const endsAtMs = stop === undefined ? undefined : parseXmltvTime(stop.trim());
  if (stop !== undefined && endsAtMs === undefined) {
    return rejected("stop-unreadable", `stop="${excerpt(stop)}" on ${excerpt(channelId)} is not a time; ${EXAMPLE}, would be right`);
  }
  if (draft.title === undefined) {
    return rejected("title-missing", `the programme on ${excerpt(channelId)} at ${start} has no title; <title>…</title> would be right`);
  }
  const programme: FeedProgramme = {
    channelId,
    title: draft.title,
    ...(draft.subTitle !== undefined && { subTitle: draft.subTitle }),
    ...(draft.episode !== undefined && { episode: draft.episode }),
    ...(draft.description !== undefined && { description: draft.description }),
    categories: draft.categories,
    live: draft.live,
    startsAtMs,
    ...(endsAtMs !== undefined && { endsAtMs }),
    line: draft.line,
  };
  return { kind: "programme", programme };
}

/** A `<channel>` as an item: its id, and the first of its names that says something, else the id again. */
export function channelItem(line: number, attributes: XmltvAttributes, rawName: string | undefined): FeedItem {
  const id = (attributes["id"] ?? "").trim();
  if (id === "") return { kind: "rejected", line, code: "channel-id-missing", reason: 'the channel has no id; id="…" would be right' };
  return { kind: "channel", channel: { id, name: collapsed(rawName ?? "") || id }, line };
}

/** Leading and trailing white space dropped, any other run of it one space. */
function collapsed(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

/** Enough of a feed's text to find it by; a reason must not grow with what it complains of. */
function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
