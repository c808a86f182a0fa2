import type { FeedItem } from "../../shared/core/schedule/programme.ts";
import { headText } from "../../shared/feeds/feed-encoding.ts";
import { inBatches, rejected } from "../../shared/feeds/feed-items.ts";
import type { FeedReader } from "../../shared/feeds/feed-reader.ts";
import { linesOf, textOf } from "../../shared/feeds/feed-text.ts";
import { parseIsoInstant } from "../../shared/feeds/iso-time.ts";

const LONGEST_LINE = 10_000;

/** Lines of `channel|start|end|title` below the line `LINES/1`. */
export const linesReader: FeedReader = {
  format: "lines",
  looksLike: "lines (LINES/1, then channel|start|end|title)",
  recognises: (head) => headText(head).startsWith("LINES/1\n"),
  read: inBatches(async function* lines(bytes) {
    for await (const { text, line } of linesOf(textOf(bytes), LONGEST_LINE)) if (line > 1) yield itemOf(text, line);
  }),
};

function itemOf(text: string, line: number): FeedItem {
  const [channelId = "", start = "", end = "", title = ""] = text.split("|");
  const [startsAtMs, endsAtMs] = [parseIsoInstant(start), parseIsoInstant(end)];
  if (startsAtMs === undefined || endsAtMs === undefined)
    return rejected(line, "time-unreadable", `${start} to ${end} are no instants; 2026-06-13T18:00:00Z would be right`);
  return { kind: "programme", programme: { channelId, title, categories: [], live: false, startsAtMs, endsAtMs, line } };
}
