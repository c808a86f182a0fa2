import { instant, listOf, text, timeWindow } from "./fields.ts";
import { parseInstant } from "./instant.ts";
import type { Sound } from "./parse-yaml.ts";
import type { Finding, Path } from "./problem.ts";
import { repeated } from "./repeated.ts";

/** The keys that name an occasion and its slots; an expectation and a simulated world have them in common. */
export const occasionKeys = {
  occasion: text("what people call it"),
  title: text("contained in the titles of its slots in the guide"),
  channels: listOf(text("a channel id of the guide"), "the channels it is on", 1),
  window: timeWindow("its slots start in here"),
  startsAt: instant("when the crowd comes, where that is not the first slot's start").optional(),
  endsAt: instant("when the crowd goes, where that is not the last slot's end").optional(),
};

/** The slots of an occasion, and its times, in the terms of the core. */
export type OccasionSlots = {
  readonly occasion: string;
  readonly title: string;
  readonly channels: readonly string[];
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
};

/** Takes the common keys of an entry over into the core's terms. */
export function occasionSlots(entry: {
  readonly occasion: string;
  readonly title: string;
  readonly channels: readonly string[];
  readonly window: readonly [number, number];
  readonly startsAt?: number | undefined;
  readonly endsAt?: number | undefined;
}): OccasionSlots {
  return {
    occasion: entry.occasion,
    title: entry.title,
    channels: entry.channels,
    windowStartMs: entry.window[0],
    windowEndMs: entry.window[1],
    ...(entry.startsAt !== undefined && { startsAtMs: entry.startsAt }),
    ...(entry.endsAt !== undefined && { endsAtMs: entry.endsAt }),
  };
}

type WrittenOccasion = {
  readonly occasion: string;
  readonly channels: readonly string[];
  readonly window: readonly [string, string];
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
};

/** What is wrong with a list of occasions as wholes: a name or a channel given twice, a window or a crowd that ends before it starts. */
export function occasionFindings(list: string, entries: Sound<readonly WrittenOccasion[]> = []): Finding[] {
  const names = repeated(entries.map((entry) => entry?.occasion)).map(({ index, value }) => ({
    path: [list, index, "occasion"],
    what: `the occasion ${JSON.stringify(value)} stands above already`,
    right: "right would be one entry for each, or another name",
  }));
  return [...names, ...entries.flatMap((entry, index) => (entry === undefined ? [] : entryFindings([list, index], entry)))];
}

function entryFindings(path: Path, entry: Sound<WrittenOccasion>): Finding[] {
  const channels = repeated(entry.channels).map(({ index, value }) => ({
    path: [...path, "channels", index],
    what: `the channel ${JSON.stringify(value)} stands in this list already`,
    right: "right would be each channel once",
  }));
  return [
    ...channels,
    ...reversed([...path, "window"], "the window", entry.window?.[0], entry.window?.[1]),
    ...reversed([...path, "endsAt"], "the crowd", entry.startsAt, entry.endsAt),
  ];
}

/** A finding when a stretch of time ends at or before its start; what is not known is not judged. */
export function reversed(path: Path, name: string, from: string | undefined, to: string | undefined): Finding[] {
  if (from === undefined || to === undefined) return [];
  const startsAt = parseInstant(from);
  const endsAt = parseInstant(to);
  if (startsAt === undefined || endsAt === undefined || startsAt < endsAt) return [];
  return [{ path, what: `${name} ends at ${to}, which is not after its start ${from}`, right: "right would be the earlier instant first" }];
}
