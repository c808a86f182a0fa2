import type { Channel, ListedProgramme, Schedule } from "../core/schedule/programme.ts";
import { CALLTIME_FORMAT, CALLTIME_VERSION } from "./calltime-fields.ts";

/**
 * A schedule in our own format, in pieces that together are the feed: reading it again gives the same channels and programmes, in their
 * order. Ids are left out, since feeds have none: the schedule in force hands them on. Throws RangeError on a time no calendar has.
 */
export function* writeFeed(
  { channels, programmes }: Pick<Schedule, "channels"> & { readonly programmes: readonly ListedProgramme[] },
  format: "json" | "ndjson",
): Generator<string, void, undefined> {
  const head = { format: CALLTIME_FORMAT, version: CALLTIME_VERSION };
  if (format === "ndjson") {
    yield `${JSON.stringify(head)}\n`;
    for (const channel of channels) yield `${JSON.stringify({ kind: "channel", ...channelFields(channel) })}\n`;
    for (const programme of programmes) yield `${JSON.stringify({ kind: "programme", ...programmeFields(programme) })}\n`;
    yield `${JSON.stringify({ kind: "end", programmes: programmes.length })}\n`;
    return;
  }
  yield `{\n"format": ${JSON.stringify(head.format)},\n"version": ${head.version},\n"channels": [`;
  yield* listed(channels, channelFields);
  yield `],\n"programmes": [`;
  yield* listed(programmes, programmeFields);
  yield "]\n}\n";
}

function* listed<T>(entries: readonly T[], fieldsOf: (entry: T) => object): Generator<string, void, undefined> {
  for (const [index, entry] of entries.entries()) yield `${index === 0 ? "" : ","}\n${JSON.stringify(fieldsOf(entry))}`;
}

function channelFields({ id, name, parallel }: Channel): object {
  return { id, name, parallel };
}

function programmeFields(programme: ListedProgramme): object {
  const { channelId, title, subTitle, episode, description, categories, live, showing, clump, startsAtMs, endsAtMs } = programme;
  const [startsAt, endsAt] = [new Date(startsAtMs).toISOString(), new Date(endsAtMs).toISOString()];
  return { channelId, title, subTitle, episode, description, categories, live, showing, clump, startsAt, endsAt };
}
