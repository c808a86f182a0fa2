import {
  feedQuarantined,
  fitting,
  isoOf,
  MAX_FINDING_CHARACTERS,
  MAX_LISTED_CHANGES,
  MAX_EVENT_FINDINGS,
  newEvent,
  scheduleChanged,
} from "../../events/index.ts";
import { stableHash } from "../core/hash.ts";
import { diffSchedules, type ScheduleChange } from "../core/schedule/diff.ts";
import { identify } from "../core/schedule/identity.ts";
import { addItem, beginListing, finishListing, type Finding, type Listing, type ListingCounts } from "../core/schedule/listing.ts";
import type { Programme } from "../core/schedule/programme.ts";
import { judgeListing } from "../core/schedule/sanity.ts";
import { MINUTE_MS } from "../core/time.ts";
import { CalltimeError } from "../core/error.ts";
import { readFeedBatches } from "../feeds/read-feed.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { publish } from "./publish.ts";

/** What became of one upload of a feed. */
export type IngestReport = {
  readonly feedId: string;
  readonly outcome: "published" | "unchanged" | "quarantined";
  /** The generation in force afterwards, or undefined when there never was one. */
  readonly generation: number | undefined;
  readonly counts: ListingCounts;
  /** Repairs and rejected items, with their lines. */
  readonly findings: readonly Finding[];
  /** Why it was quarantined; empty otherwise. */
  readonly quarantine: readonly { readonly code: string; readonly what: string }[];
  readonly changes: readonly ScheduleChange[];
};

/** What is remembered of the newest upload of a feed, whatever became of it. */
export type LastSeen = { readonly receivedAtMs: number; readonly outcome: IngestReport["outcome"] };

const MOST_TRIES = 3;

/**
 * Reads one upload of a feed, judges it and, when it is sane and new, puts it in force. A feed that cannot be read throws and changes
 * nothing; one that is judged insane is quarantined and the last good schedule stays.
 */
export async function ingest(
  context: Context,
  upload: { readonly feedId: string; readonly bytes: AsyncIterable<Uint8Array> },
  now: number,
): Promise<IngestReport> {
  return ingestListing(context, { feedId: upload.feedId, listing: await readListing(upload.bytes) }, now);
}

/** A whole feed as one listing; writes nothing, however long it takes. Throws what `readFeed` throws. */
export async function readListing(bytes: AsyncIterable<Uint8Array>): Promise<Listing> {
  const underway = beginListing();
  for await (const batch of readFeedBatches(bytes)) for (const item of batch) addItem(underway, item);
  return finishListing(underway);
}

/** The second half of `ingest`, for a feed that has been read. Throws `feed-contested`. */
export async function ingestListing(
  context: Context,
  { feedId, listing }: { readonly feedId: string; readonly listing: Listing },
  now: number,
): Promise<IngestReport> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const current = await context.ports.schedules.current(feedId);
    const base = { feedId, counts: listing.counts, findings: listing.findings };
    const judgement = judgeListing({ listing, lastGood: current?.schedule, now });
    if (judgement.kind === "quarantined") {
      const findings = judgement.findings.map(({ code, sentence }) => ({ code, what: sentence }));
      await remember(context, feedId, { receivedAtMs: now, outcome: "quarantined" });
      const data = { feedId, receivedAt: isoOf(now), findings, generationKept: current?.generation ?? null };
      await publish(context, [newEvent(feedQuarantined, { id: `feed.quarantined/${feedId}/${isoOf(now)}`, atMs: now, data })]);
      return { ...base, outcome: "quarantined", generation: current?.generation, quarantine: findings, changes: [] };
    }
    const schedule = identify(listing, current?.schedule);
    const contentHash = stableHash(JSON.stringify(schedule));
    if (current?.contentHash === contentHash) {
      await remember(context, feedId, { receivedAtMs: now, outcome: "unchanged" });
      return { ...base, outcome: "unchanged", generation: current.generation, quarantine: [], changes: [] };
    }
    const generation = (current?.generation ?? 0) + 1;
    const outcome = await context.ports.schedules.publish({ feedId, generation, publishedAtMs: now, contentHash, schedule });
    if (outcome === "conflict") continue;
    const changes = diffSchedules(current?.schedule, schedule, now);
    await remember(context, feedId, { receivedAtMs: now, outcome: "published" });
    await publish(context, [changedEvent({ feedId, generation, changes, findings: listing.findings }, now)]);
    return { ...base, outcome: "published", generation, quarantine: [], changes };
  }
  throw new CalltimeError("feed-contested", `${feedId}: other uploads of this feed were published at the same time; send it again`);
}

async function remember(context: Context, feedId: string, seen: LastSeen): Promise<void> {
  // Of two uploads at once the one that was judged last is remembered.
  await updateDocument<LastSeen>(context.ports.documents, lastSeenKey(feedId), () => seen);
}

/** The newest upload of a feed, or undefined when there never was one. */
export async function readLastSeen(context: Context, feedId: string): Promise<LastSeen | undefined> {
  return (await readDocument<LastSeen>(context.ports.documents, lastSeenKey(feedId)))?.value;
}

function lastSeenKey(feedId: string): string {
  return `feed/${feedId}`;
}

type Published = {
  readonly feedId: string;
  readonly generation: number;
  readonly changes: readonly ScheduleChange[];
  readonly findings: readonly Finding[];
};

function changedEvent({ feedId, generation, changes, findings }: Published, now: number) {
  const counts = { added: 0, cancelled: 0, moved: 0, extended: 0, shortened: 0, retitled: 0 };
  for (const change of changes) counts[change.kind] += 1;
  const listed = changes.slice(0, MAX_LISTED_CHANGES).map((change) => {
    const before = change.kind === "added" ? undefined : change.before;
    const after = change.kind === "cancelled" ? undefined : change.after;
    return {
      kind: change.kind,
      programmeId: change.programmeId,
      channelId: (after ?? before)?.channelId ?? "",
      before: before === undefined ? null : slotOf(before),
      after: after === undefined ? null : slotOf(after),
      minutesBeforeAir: Math.floor(change.ageMs / MINUTE_MS),
    };
  });
  const { items } = fitting(listed, MAX_LISTED_CHANGES);
  const data = {
    feedId,
    generation,
    previousGeneration: generation > 1 ? generation - 1 : null,
    counts,
    changes: items,
    truncated: changes.length > items.length,
    ...(findings.length > 0 && { feedFindings: findingsOf(findings) }),
  };
  return newEvent(scheduleChanged, { id: `schedule.changed/${feedId}/${generation}`, atMs: now, data });
}

function findingsOf(findings: readonly Finding[]) {
  const repaired = findings.filter(({ kind }) => kind === "repaired").length;
  const first = findings.slice(0, MAX_EVENT_FINDINGS).map(({ kind, code, what, line }) => ({
    kind,
    code,
    what: what.length > MAX_FINDING_CHARACTERS ? `${what.slice(0, MAX_FINDING_CHARACTERS - 1)}…` : what,
    line: line ?? null,
  }));
  return { repaired, rejected: findings.length - repaired, first };
}

function slotOf(programme: Programme) {
  return { startsAt: isoOf(programme.startsAtMs), endsAt: isoOf(programme.endsAtMs), title: programme.title };
}
