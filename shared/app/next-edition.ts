import { CHANGE_KINDS, byAge, diffSchedules, type ChangeKind, type ScheduleChange } from "../core/schedule/diff.ts";
import { CalltimeError } from "../core/error.ts";
import { identifyChannel } from "../core/schedule/identity.ts";
import { addToSum, emptySum, sumText } from "../core/schedule/listed-sum.ts";
import { beginFindings, type Findings, type FindingsUnderway } from "../core/schedule/findings.ts";
import { isTooFar, mendedChannel, undeclared, type ListingBounds, type ListingCounts } from "../core/schedule/listing.ts";
import { daysOf, type Manifest, type ManifestChannel } from "../core/schedule/manifest.ts";
import { outlineOf, programmesIn } from "../core/schedule/outline.ts";
import { compareText, type Channel, type FeedProgramme, type Programme } from "../core/schedule/programme.ts";
import {
  addRepair,
  NO_REPAIRS,
  repairsOf,
  sameView,
  viewOf,
  type ChannelView,
  type GateTime,
  type Repairs,
} from "../core/schedule/sanity.ts";
import { beginSurvey, sumOf, type Survey } from "../core/schedule/survey.ts";
import { packDay, packListed, unpackListed, type Chunk } from "../feeds/schedule-chunks.ts";
import type { ChunkStore } from "./ports.ts";
import { readDays } from "./schedules.ts";

/** Opens a feed; it is read more than once, the same bytes each time. */
export type ReadBytes = () => AsyncIterable<Uint8Array>;

/** How often each kind of change was found. */
export type ChangeCounts = Readonly<Record<ChangeKind, number>>;

/**
 * The schedule that a feed lists, as far as it differs from the one in force. Its findings are of what was read, and of channels that were
 * looked at; what was wrong on the others is counted in `counts` alone.
 */
export type Edition = Findings & {
  readonly manifest: Manifest;
  /** What the one in force does not have. */
  readonly chunks: readonly Chunk[];
  /** What the gate looks at: every channel listed or in force. */
  readonly views: readonly ChannelView[];
  readonly counts: ListingCounts;
  readonly repairs: Repairs;
  /** By start; of a great many those nearest to now. */
  readonly changes: readonly ScheduleChange[];
  readonly changeCounts: ChangeCounts;
};

/** Programmes held as objects while a feed is read again; the others wait packed. */
const LOOSE_PROGRAMMES = 5_000;
/** Channels whose programmes in force are read from the store together. */
const CHANNELS_AT_ONCE = 50;
/** Changes kept with all they say; a desk's own edits are a few hundred, a whole new guide is a hundred thousand. */
const MOST_CHANGES = 5_000;

/** The first reading of a feed, which keeps nothing of its programmes but a sum a channel. Throws what `readFeed` throws. */
export async function surveyFeed(read: ReadBytes, bounds: ListingBounds): Promise<Survey> {
  const surveyor = beginSurvey(bounds);
  const { readFeedBatches } = await import("../feeds/read-feed.ts");
  for await (const batch of readFeedBatches(read(), { repeats: bounds.repeats })) for (const item of batch) surveyor.add(item);
  return surveyor.end();
}

/** Whether a feed lists what is in force, channel by channel. */
export function listsTheSame(survey: Survey, inForce: Manifest | undefined): boolean {
  if (inForce === undefined) return false;
  const ids = new Set([...survey.channels.keys(), ...survey.listed.keys()]);
  return (
    ids.size === inForce.channels.length &&
    inForce.channels.every((was) => ids.has(was.id) && was.name === declared(survey, was.id).name && isSame(survey, was))
  );
}

/**
 * What becomes of a feed beside the schedule in force. Only the channels that list something else are read again, mended and identified,
 * each whole, as both need it. What they list waits packed, so that memory grows with what changed, and slowly. Throws what `readFeed`
 * throws, and `feed-unreadable` when its bytes are not those that were surveyed.
 */
export async function nextEdition(
  { read, survey, bounds, inForce }: { read: ReadBytes; survey: Survey; bounds: ListingBounds; inForce: Manifest | undefined },
  chunks: ChunkStore,
  time: GateTime,
): Promise<Edition> {
  const before = new Map(inForce?.channels.map((channel) => [channel.id, channel]));
  const ids = [...new Set([...survey.channels.keys(), ...survey.listed.keys(), ...before.keys()])].sort(compareText);
  const rebuilt = new Map<string, Rebuilt>();
  const changed = ids.filter((id) => !isSame(survey, before.get(id) ?? { id, chunks: [] }) || !isListed(survey, id));
  const changes = nearestChanges();
  const findings = beginFindings(survey);
  for (const id of ids) if (!survey.channels.has(id) && survey.listed.has(id)) findings.add(undeclared(id, survey.listed.get(id)?.line));
  const listedOn = await readChannels(read, changed, survey, bounds);
  for (let at = 0; at < changed.length; at += CHANNELS_AT_ONCE) {
    const group = changed.slice(at, at + CHANNELS_AT_ONCE);
    const hashes = group.flatMap((id) => before.get(id)?.chunks.map(([, hash]) => hash) ?? []);
    const days = await readDays(chunks, new Set(hashes));
    for (const id of group) {
      const was = before.get(id);
      const previous = was?.chunks.flatMap(([, hash]) => days.get(hash) ?? []) ?? [];
      const beside = { was, previous };
      rebuilt.set(id, rebuild(declared(survey, id), listedOn(id), beside, { bounds, time, changes, findings, sum: sumOf(survey, id) }));
    }
  }
  return assembled(ids, { survey, before, rebuilt, time, changes, findings });
}

type Rebuilt = {
  readonly channel: ManifestChannel;
  readonly chunks: readonly Chunk[];
  readonly view: ChannelView;
};

function rebuild(
  channel: Channel,
  listed: readonly FeedProgramme[],
  { was, previous }: { readonly was: ManifestChannel | undefined; readonly previous: readonly Programme[] },
  {
    bounds,
    time,
    changes,
    findings,
    sum,
  }: {
    readonly bounds: ListingBounds;
    readonly time: GateTime;
    readonly changes: NearestChanges;
    readonly findings: FindingsUnderway;
    readonly sum: string | undefined;
  },
): Rebuilt {
  const { id } = channel;
  const mended = mendedChannel(channel, listed, bounds);
  for (const finding of mended.findings) findings.add(finding);
  const programmes = identifyChannel(mended.programmes, previous);
  changes.add(diffSchedules({ channels: [], programmes: previous }, { channels: [], programmes }, time.now));
  const packed = daysOf(programmes).map((day) => ({ day: day.day, chunk: packDay(id, day.programmes) }));
  const known = new Set(was?.chunks.map(([, hash]) => hash));
  const outline = outlineOf(programmes);
  const repairs = mended.findings.reduce(addRepair, NO_REPAIRS);
  const { duplicatesDropped, rejected } = mended;
  return {
    channel: {
      ...channel,
      chunks: packed.map(({ day, chunk }) => [day, chunk.hash]),
      ...(sum !== undefined && { listed: { sum, outline, duplicatesDropped, rejected, repairs } }),
    },
    chunks: packed.flatMap(({ chunk }) => (known.has(chunk.hash) ? [] : [chunk])),
    view: viewOf({ channelId: id, parallel: channel.parallel === true, outline }, { before: previous, after: programmes }, time),
  };
}

function assembled(
  ids: readonly string[],
  {
    survey,
    before,
    rebuilt,
    time,
    changes,
    findings,
  }: {
    readonly survey: Survey;
    readonly before: ReadonlyMap<string, ManifestChannel>;
    readonly rebuilt: ReadonlyMap<string, Rebuilt>;
    readonly time: GateTime;
    readonly changes: NearestChanges;
    readonly findings: FindingsUnderway;
  },
): Edition {
  const channels: ManifestChannel[] = [];
  const views: ChannelView[] = [];
  const chunks: Chunk[] = [];
  let repairs = repairsOf(survey.findingCounts);
  for (const id of ids) {
    const again = rebuilt.get(id);
    for (const chunk of again?.chunks ?? []) chunks.push(chunk);
    // One that is declared and has no programme is nothing to look at again, in force or not.
    const channel: ManifestChannel = again?.channel ?? { chunks: [], ...before.get(id), ...declared(survey, id) };
    const { listed, parallel = false } = channel;
    views.push(again?.view ?? sameView({ channelId: id, parallel, outline: listed?.outline ?? [] }, time));
    if (!isListed(survey, id)) continue;
    channels.push(channel);
    repairs = { cut: repairs.cut + (listed?.repairs.cut ?? 0), mended: repairs.mended + (listed?.repairs.mended ?? 0) };
  }
  const manifest = { channels };
  return {
    manifest,
    chunks,
    views,
    counts: countsOf(manifest, survey),
    repairs,
    ...findings.all(),
    ...changes.all(),
  };
}

/** How much of a surveyed feed was kept, by the manifest made from it. */
export function countsOf({ channels }: Manifest, survey: Survey): ListingCounts {
  const { programmesRead, itemsUnreadable } = survey;
  const counts = { channelsWithProgrammes: 0, programmesKept: 0, duplicatesDropped: 0, programmesRejected: 0 };
  for (const { listed } of channels) {
    if (listed === undefined) continue;
    if (listed.outline.length > 0) counts.channelsWithProgrammes++;
    counts.programmesKept += programmesIn(listed.outline);
    counts.duplicatesDropped += listed.duplicatesDropped;
    counts.programmesRejected += listed.rejected;
  }
  return { channelsDeclared: survey.channels.size, programmesRead, itemsUnreadable, ...counts };
}

/** What a feed lists on some channels, one of them after the other as it is asked for. */
type ReadAgain = (id: string) => readonly FeedProgramme[];

/** Reads the programmes of these channels again and holds them packed. Throws `feed-unreadable` when they are not those surveyed. */
async function readChannels(read: ReadBytes, ids: readonly string[], survey: Survey, bounds: ListingBounds): Promise<ReadAgain> {
  const packed = new Map<string, Uint8Array[]>(ids.filter((id) => survey.listed.has(id)).map((id) => [id, []]));
  const loose = new Map<string, FeedProgramme[]>();
  let count = 0;
  const pack = (): void => {
    for (const [id, programmes] of loose) packed.get(id)?.push(packListed(programmes));
    loose.clear();
    count = 0;
  };
  if (packed.size > 0) {
    const { readFeedBatches } = await import("../feeds/read-feed.ts");
    for await (const batch of readFeedBatches(read(), { repeats: bounds.repeats })) {
      for (const item of batch) {
        if (item.kind !== "programme" || !packed.has(item.programme.channelId)) continue;
        const { programme } = item;
        const onChannel = loose.get(programme.channelId);
        if (onChannel === undefined) loose.set(programme.channelId, [programme]);
        else onChannel.push(programme);
        if (++count === LOOSE_PROGRAMMES) pack();
      }
    }
  }
  pack();
  return (id) => {
    const programmes = (packed.get(id) ?? []).flatMap(unpackListed);
    const sum = emptySum();
    for (const programme of programmes) addToSum(sum, programme, isTooFar(programme, bounds));
    if (sumText(sum) === (sumOf(survey, id) ?? sumText(emptySum()))) return programmes;
    const what = `the feed was changed while it was read (${id.slice(0, 80)} lists something else)`;
    throw new CalltimeError("feed-unreadable", `${what}; send it again`);
  };
}

function isListed(survey: Survey, id: string): boolean {
  return survey.channels.has(id) || survey.listed.has(id);
}

/** Whether the feed lists on a channel what it listed when `was` was made from it. */
function isSame(survey: Survey, was: ManifestChannel): boolean {
  if (declared(survey, was.id).parallel !== was.parallel) return false;
  const sum = sumOf(survey, was.id);
  return sum === undefined ? was.chunks.length === 0 : sum === was.listed?.sum;
}

/** A channel as it is declared, or under its id. */
function declared(survey: Survey, id: string): Channel {
  return survey.channels.get(id) ?? { id, name: id };
}

type NearestChanges = {
  readonly add: (changes: readonly ScheduleChange[]) => void;
  readonly all: () => Pick<Edition, "changes" | "changeCounts">;
};

/** Counts all changes and keeps those whose start is nearest to now, which is when a change matters most. */
function nearestChanges(): NearestChanges {
  const counts = Object.fromEntries(CHANGE_KINDS.map((kind) => [kind, 0])) as Record<ChangeKind, number>;
  let kept: ScheduleChange[] = [];
  const nearest = (): void => {
    if (kept.length <= MOST_CHANGES) return;
    kept = kept.sort((a, b) => Math.abs(a.ageMs) - Math.abs(b.ageMs) || byAge(a, b)).slice(0, MOST_CHANGES);
  };
  return {
    add: (changes) => {
      for (const change of changes) {
        counts[change.kind]++;
        kept.push(change);
      }
      if (kept.length > 2 * MOST_CHANGES) nearest();
    },
    all: () => {
      nearest();
      return { changes: kept.sort(byAge), changeCounts: counts };
    },
  };
}
