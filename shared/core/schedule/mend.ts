import { HOUR_MS, MINUTE_MS } from "../time.ts";
import { episodesConflict } from "./conflict.ts";
import type { Finding } from "./findings.ts";
import { compareText } from "./programme.ts";
import type { FeedProgramme, ListedProgramme } from "./programme.ts";
import { isFiller, normaliseTitle } from "./title.ts";

/**
 * No real entry of a guide is longer: a day with the hour that a change of clocks adds, and one to spare. Longer ones are notices
 * ("Channel has been ceased", 192 h) or wrong dates.
 */
export const LONGEST_PROGRAMME_MS = 26 * HOUR_MS;

/** One channel's programmes made consistent, in an order that does not depend on the feed's. */
export type MendedChannel = {
  readonly programmes: readonly ListedProgramme[];
  readonly findings: readonly Finding[];
  readonly duplicatesDropped: number;
  readonly rejected: number;
};

/** A programme on its way through the repairs; `endsAtMs` is undefined while it is not known. */
type Entry = { readonly listed: FeedProgramme; readonly filler: boolean; endsAtMs: number | undefined };

/**
 * Mends what a feed says of one channel. Ends before or at the start are rejected; a programme listed twice is kept once, with the
 * later end; a missing end becomes the next start; an overlap is cut at the later start. A filler neither cuts a programme nor is cut:
 * "Sändningsuppehåll" over the last half hour of a match must not end the match. Two programmes that start together stay as they are,
 * since nothing says which is on, and of two crowds the sum is the safe guess. Length is judged last, so that an end on the wrong day
 * is first cut at the next start. On a `parallel` channel the next start says nothing: no end is taken from it, and none is cut at it.
 */
export function mendChannel(channelId: string, listed: readonly FeedProgramme[], parallel = false): MendedChannel {
  const findings: Finding[] = [];
  const note = (kind: Finding["kind"], code: string, entry: Entry, what: string): void => {
    findings.push({ kind, code, what: `"${entry.listed.title}" on ${channelId}: ${what}`, line: entry.listed.line, channelId });
  };
  const reject = (code: string, entry: Entry, what: string): false => {
    note("rejected", code, entry, what);
    rejected++;
    return false;
  };
  let rejected = 0;

  const sound = listed
    .map((programme): Entry => ({ listed: programme, filler: isFiller(programme), endsAtMs: programme.endsAtMs }))
    .filter((entry) => {
      const { startsAtMs, endsAtMs = startsAtMs + 1 } = entry.listed;
      if (!Number.isSafeInteger(startsAtMs) || !Number.isSafeInteger(endsAtMs))
        return reject("time-unreadable", entry, "its times are no instants");
      if (endsAtMs < startsAtMs) return reject("ends-before-start", entry, `it ends ${minutes(startsAtMs - endsAtMs)} before it starts`);
      if (endsAtMs === startsAtMs) return reject("zero-length", entry, "it ends when it starts");
      return true;
    })
    .sort(byContent);

  const entries = withoutDuplicates(sound, (entry) => note("repaired", "duplicate", entry, "listed more than once; kept once"));
  if (!parallel) {
    fillMissingEnds(entries, (entry, lengthMs) =>
      note("repaired", "end-missing", entry, `no end; it now ends at the next start, ${minutes(lengthMs)} after its own`),
    );
    cutOverlaps(entries, (entry, byMs) =>
      note("repaired", "overlap", entry, `it overlapped the next programme by ${minutes(byMs)}; it now ends when that one starts`),
    );
  }
  const nothingAfter = parallel
    ? "no end, and no line-up to take it from"
    : "no end, and no later programme on the channel to take it from";

  const programmes: ListedProgramme[] = [];
  for (const entry of entries) {
    const { endsAtMs } = entry;
    if (endsAtMs === undefined) reject("end-unknown", entry, nothingAfter);
    else if (endsAtMs - entry.listed.startsAtMs > LONGEST_PROGRAMME_MS)
      reject("too-long", entry, `it runs ${minutes(endsAtMs - entry.listed.startsAtMs)}; 26 h is the most`);
    else programmes.push(listedOf(entry.listed, endsAtMs));
  }
  return { programmes, findings, duplicatesDropped: sound.length - entries.length, rejected };
}

/** Keeps of each showing (same start and title, no conflict in sub-title or episode) the first, which byContent makes the longest. */
function withoutDuplicates(entries: readonly Entry[], onDuplicate: (entry: Entry) => void): Entry[] {
  const kept = new Map<string, Entry[]>();
  return entries.filter((entry) => {
    const key = `${entry.listed.startsAtMs} ${normaliseTitle(entry.listed.title)}`;
    const rivals = kept.get(key);
    if (rivals === undefined) kept.set(key, [entry]);
    else if (rivals.some((rival) => episodesConflict(rival.listed, entry.listed) !== true)) {
      onDuplicate(entry);
      return false;
    } else rivals.push(entry);
    return true;
  });
}

function fillMissingEnds(entries: readonly Entry[], onFilled: (entry: Entry, lengthMs: number) => void): void {
  eachWithNextStart(entries, (entry, nextStartMs) => {
    if (entry.endsAtMs !== undefined || nextStartMs === undefined) return;
    entry.endsAtMs = nextStartMs;
    onFilled(entry, nextStartMs - entry.listed.startsAtMs);
  });
}

function cutOverlaps(entries: readonly Entry[], onCut: (entry: Entry, byMs: number) => void): void {
  const programmes = entries.filter((entry) => !entry.filler);
  eachWithNextStart(programmes, (entry, nextStartMs) => {
    if (entry.endsAtMs === undefined || nextStartMs === undefined || entry.endsAtMs <= nextStartMs) return;
    const overlapMs = entry.endsAtMs - nextStartMs;
    entry.endsAtMs = nextStartMs;
    onCut(entry, overlapMs);
  });
}

/** Visits `entries`, sorted by start, with the next strictly later start among them; undefined for the last. */
function eachWithNextStart(entries: readonly Entry[], visit: (entry: Entry, nextStartMs: number | undefined) => void): void {
  let next = 0;
  for (const entry of entries) {
    let candidate = entries[next];
    while (candidate !== undefined && candidate.listed.startsAtMs <= entry.listed.startsAtMs) candidate = entries[++next];
    visit(entry, candidate?.listed.startsAtMs);
  }
}

/** By start, the later end first (a missing one last), then by everything a reader can see: whole, so that the feed's order is forgotten. */
function byContent(a: Entry, b: Entry): number {
  return (
    a.listed.startsAtMs - b.listed.startsAtMs ||
    (b.endsAtMs ?? -Infinity) - (a.endsAtMs ?? -Infinity) ||
    compareText(contentOf(a.listed), contentOf(b.listed))
  );
}

function contentOf({ title, subTitle, episode, description, categories, live, showing, clump }: FeedProgramme): string {
  return JSON.stringify([title, subTitle ?? null, episode ?? null, description ?? null, categories, live, showing ?? null, clump ?? null]);
}

function listedOf({ line: _line, endsAtMs: _listedEnd, ...programme }: FeedProgramme, endsAtMs: number): ListedProgramme {
  return { ...programme, endsAtMs };
}

function minutes(durationMs: number): string {
  return durationMs < MINUTE_MS ? `${durationMs / 1_000} s` : `${Math.round(durationMs / MINUTE_MS)} min`;
}
