import type { Channel, FeedItem } from "../core/schedule/programme.ts";
import { headText } from "./feed-encoding.ts";
import { collapsed, excerpt, inBatches, rejected, repaired } from "./feed-items.ts";
import type { FeedReader } from "./feed-reader.ts";
import { parseIsoInstant } from "./iso-time.ts";
import { fieldsOf, jsonBeginning, jsonRecords, numberIn, textIn, type Fields } from "./json-records.ts";

/** Channels declared by name; more than TVmaze has. */
const MOST_CHANNELS = 100_000;
const MINUTE_MS = 60_000;
const RIGHT_INSTANT = "ISO-8601 with its offset, like 2026-06-13T18:00:00+00:00, would be right";

/**
 * What TVmaze answers to `/schedule`, `/schedule/web` and `/schedule/full`: episodes with the show they belong to. It lists what it follows, not
 * all that is on. An episode of which only the day is known is left out, since its airstamp is then noon and means nothing.
 */
export const tvmazeReader: FeedReader = {
  format: "tvmaze",
  looksLike: "TVmaze's answer to /schedule (a list of episodes, each with airdate, airtime and show)",
  recognises(head) {
    const beginning = jsonBeginning(headText(head));
    return beginning?.root === "list" && beginning.keys.has("[{airdate") && beginning.keys.has("[{airtime");
  },
  read: inBatches(readTvmaze),
};

async function* readTvmaze(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<FeedItem, void, undefined> {
  const declared = new Set<string>();
  for await (const { value, line } of jsonRecords(bytes, ["$.*"])) {
    const episode = fieldsOf(value);
    if (episode === undefined) {
      yield rejected(line, "entry-not-object", `the episode is ${excerpt(value)}; {…} would be right`);
      continue;
    }
    // Only /schedule has the show beside the episode's own fields.
    const show = fieldsOf(episode.get("show")) ?? fieldsOf(fieldsOf(episode.get("_embedded"))?.get("show"));
    const channel = channelOf(show);
    if (channel !== undefined && !declared.has(channel.id) && declared.size < MOST_CHANNELS) {
      declared.add(channel.id);
      yield { kind: "channel", channel, line };
    }
    yield* programmeOf(episode, show, channel, line);
  }
}

function* programmeOf(
  episode: Fields,
  show: Fields | undefined,
  channel: Channel | undefined,
  line: number,
): Generator<FeedItem, void, undefined> {
  const title = collapsed(textIn(show, "name"));
  if (title === "") {
    yield rejected(
      line,
      "title-missing",
      `the episode ${excerpt(episode.get("name") ?? "")} has no show with a name; "show" would be right`,
    );
    return;
  }
  const what = excerpt(title);
  if (channel === undefined) {
    yield rejected(line, "channel-missing", `${what} has neither network nor webChannel; one with a name would be right`);
    return;
  }
  const stamp = episode.get("airstamp");
  if (episode.get("airtime") === "" || stamp === null || stamp === undefined || stamp === "") {
    const day = excerpt(episode.get("airdate") ?? "");
    yield rejected(line, "start-missing", `${what} on ${excerpt(channel.name)} has a day (${day}) and no time; an airtime would be right`);
    return;
  }
  const startsAtMs = typeof stamp === "string" ? parseIsoInstant(stamp) : undefined;
  if (startsAtMs === undefined) {
    yield rejected(line, "start-unreadable", `airstamp ${excerpt(stamp)} of ${what} is no instant; ${RIGHT_INSTANT}`);
    return;
  }
  const { minutes, items } = lengthOf(episode, show, what, line);
  yield* items;
  if (minutes === "unreadable") return;
  const subTitle = collapsed(textIn(episode, "name"));
  const number = numberOf(episode);
  const description = plainText(textIn(episode, "summary"));
  const genres = show?.get("genres");
  const categories = [show?.get("type"), ...(Array.isArray(genres) ? (genres as readonly unknown[]) : [])];
  yield {
    kind: "programme",
    programme: {
      channelId: channel.id,
      title,
      ...(subTitle !== "" && { subTitle }),
      ...(number !== undefined && { episode: number }),
      ...(description !== "" && { description }),
      categories: categories.filter((category) => typeof category === "string" && category !== "").map((category) => String(category)),
      live: false,
      startsAtMs,
      ...(minutes !== undefined && { endsAtMs: startsAtMs + minutes * MINUTE_MS }),
      line,
    },
  };
}

/** Lists of what is followed, not line-ups: a gap says nothing, and a web channel brings out a season at once. Countries may have a "Fox" each. */
function channelOf(show: Fields | undefined): Channel | undefined {
  const held = fieldsOf(show?.get("network")) ?? fieldsOf(show?.get("webChannel"));
  const name = collapsed(textIn(held, "name"));
  if (name === "") return undefined;
  const country = textIn(fieldsOf(held?.get("country")), "code");
  return { id: country === "" ? name : `${name} (${country})`, name, parallel: true };
}

/** The episode's own length, else what its show usually takes; undefined when nothing says it. */
function lengthOf(
  episode: Fields,
  show: Fields | undefined,
  what: string,
  line: number,
): { readonly minutes: number | "unreadable" | undefined; readonly items: readonly FeedItem[] } {
  const own = episode.get("runtime");
  if (own !== null && own !== undefined) {
    if (typeof own === "number" && own >= 0) return { minutes: own, items: [] };
    const reason = `runtime ${excerpt(own)} of ${what} is no number of minutes; 60 would be right`;
    return { minutes: "unreadable", items: [rejected(line, "duration-unreadable", reason)] };
  }
  const usual = numberIn(show, "runtime") ?? numberIn(show, "averageRuntime");
  if (usual === undefined || usual <= 0) return { minutes: undefined, items: [] };
  return {
    minutes: usual,
    items: [repaired(line, "length-of-show", `${what} has no runtime; the ${usual} min that its show usually takes were taken`)],
  };
}

function numberOf(episode: Fields): string | undefined {
  const [season, number] = [numberIn(episode, "season"), numberIn(episode, "number")];
  return season === undefined || number === undefined ? undefined : `S${season}E${number}`;
}

/** TVmaze writes its summaries in HTML. */
function plainText(html: string): string {
  return collapsed(html.replaceAll(/<[^<>]*>/g, " ").replaceAll("&amp;", "&"));
}
