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
import { diffSchedules, type ScheduleChange } from "../core/schedule/diff.ts";
import { identify } from "../core/schedule/identity.ts";
import {
  addItem,
  beginListing,
  finishListing,
  type Finding,
  type Listing,
  type ListingBounds,
  type ListingCounts,
} from "../core/schedule/listing.ts";
import { clockChanges } from "../core/schedule/lost-hour.ts";
import type { Programme } from "../core/schedule/programme.ts";
import { judgeListing, SANITY_THRESHOLDS, type SanityWarning } from "../core/schedule/sanity.ts";
import { MINUTE_MS } from "../core/time.ts";
import { CalltimeError } from "../core/error.ts";
import { readFeedBatches } from "../feeds/read-feed.ts";
import { packSchedule } from "../feeds/schedule-chunks.ts";
import type { Context } from "./context.ts";
import {
  alreadyDecided,
  decide,
  keepQuarantined,
  quarantineAskedFor,
  readQuarantine,
  readQuarantined,
  signed,
  type AskedDecision,
  type Quarantine,
} from "./quarantine.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { Generation } from "./ports.ts";
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
  /** What a person should see, whatever became of the upload. */
  readonly warnings: readonly SanityWarning[];
  readonly changes: readonly ScheduleChange[];
};

/** An upload of a feed. `storedAtMs`: when it was stored, when that was before it is read. */
export type Upload = { readonly feedId: string; readonly storedAtMs?: number };

/** What is remembered of the newest upload of a feed, whatever became of it. */
export type LastSeen = { readonly receivedAtMs: number; readonly outcome: IngestReport["outcome"] };

const MOST_TRIES = 3;

/**
 * Reads one upload of a feed, judges it and, when it is sane and new, puts it in force. A feed that cannot be read throws and changes
 * nothing; one that is judged insane is quarantined and the last good schedule stays.
 */
export async function ingest(
  context: Context,
  { bytes, ...upload }: Upload & { readonly bytes: AsyncIterable<Uint8Array> },
  now: number,
): Promise<IngestReport> {
  return ingestListing(context, { ...upload, listing: await readListing(bytes, believedUntil(context, now)) }, now);
}

/** A whole feed as one listing; writes nothing, however long it takes. Throws what `readFeed` throws. */
export async function readListing(bytes: AsyncIterable<Uint8Array>, bounds: ListingBounds = {}): Promise<Listing> {
  const underway = beginListing();
  for await (const batch of readFeedBatches(bytes)) for (const item of batch) addItem(underway, item);
  return finishListing(underway, bounds);
}

/** How far ahead a feed that is read at `now` may reach. */
export function believedUntil({ settings }: Context, now: number): ListingBounds {
  return { latestStartMs: now + (settings.feedGate ?? SANITY_THRESHOLDS).furthestAheadMs };
}

/** The second half of `ingest`, for a feed that has been read. Throws `feed-contested`. */
export async function ingestListing(
  context: Context,
  { feedId, listing, storedAtMs }: Upload & { readonly listing: Listing },
  now: number,
): Promise<IngestReport> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const { schedules, chunks } = context.ports;
    const current = await schedules.current(feedId);
    const lastGood = current === undefined ? undefined : await context.schedule(current);
    const { zone, feedGate } = context.settings;
    const judgement = judgeListing({
      listing,
      lastGood,
      now,
      changes: clockChanges(zone),
      ...(feedGate !== undefined && { thresholds: feedGate }),
    });
    const base = { feedId, counts: listing.counts, findings: listing.findings, warnings: judgement.warnings };
    if (judgement.kind === "quarantined") {
      if (current !== undefined && (await wasAccepted(context, current, listing, now))) {
        await remember(context, feedId, { receivedAtMs: now, outcome: "unchanged" });
        return { ...base, outcome: "unchanged", generation: current.generation, quarantine: [], changes: [] };
      }
      const findings = judgement.findings.map(({ code, sentence }) => ({ code, what: sentence }));
      await keepQuarantined(context, { feedId, listing, findings, besideGeneration: current?.generation ?? 0 }, now);
      await remember(context, feedId, { receivedAtMs: now, outcome: "quarantined" });
      const data = { feedId, receivedAt: isoOf(now), findings, generationKept: current?.generation ?? null };
      await publish(context, [newEvent(feedQuarantined, { id: `feed.quarantined/${feedId}/${isoOf(now)}`, atMs: now, data })]);
      return { ...base, outcome: "quarantined", generation: current?.generation, quarantine: findings, changes: [] };
    }
    const schedule = identify(listing, lastGood);
    const packed = packSchedule(schedule);
    if (current?.contentHash === packed.contentHash) {
      if ((await schedules.confirm(feedId, current.generation, storedAtMs ?? now)) === "conflict") continue;
      await remember(context, feedId, { receivedAtMs: now, outcome: "unchanged" });
      return { ...base, outcome: "unchanged", generation: current.generation, quarantine: [], changes: [] };
    }
    const generation = (current?.generation ?? 0) + 1;
    const publishedAtMs = Math.max(Math.min(storedAtMs ?? now, now), current?.confirmedAtMs ?? 0);
    // First: what a generation that can be seen is made of can be read.
    await chunks.keep(packed.chunks);
    if ((await schedules.publish({ feedId, generation, publishedAtMs, contentHash: packed.contentHash })) === "conflict") continue;
    const changes = diffSchedules(lastGood, schedule, now);
    await remember(context, feedId, { receivedAtMs: now, outcome: "published" });
    await publish(context, [changedEvent({ feedId, generation, changes, findings: listing.findings }, now)]);
    return { ...base, outcome: "published", generation, quarantine: [], changes };
  }
  throw new CalltimeError("feed-contested", `${feedId}: other uploads of this feed were published at the same time; send it again`);
}

/**
 * Puts the upload of a feed that is set aside in force, for the person who looked at it; the second time is harmless. Throws as
 * `quarantineAskedFor`, `quarantine-decided` when it was rejected, `quarantine-outdated` when another generation than the one that it
 * was judged beside is in force, `quarantine-not-kept`, and `feed-contested`.
 */
export async function acceptQuarantined(
  context: Context,
  asked: AskedDecision,
  now: number,
): Promise<{ readonly quarantine: Quarantine; readonly outcome: "accepted" | "unchanged"; readonly changes: readonly ScheduleChange[] }> {
  const { feedId } = asked;
  const held = await quarantineAskedFor(context, asked, now);
  if (held.decision?.kind === "accepted") return { quarantine: held, outcome: "unchanged", changes: [] };
  if (held.decision !== undefined) throw alreadyDecided(held, held.decision);
  const { schedules, chunks } = context.ports;
  const current = await schedules.current(feedId);
  const lastGood = current === undefined ? undefined : await context.schedule(current);
  const schedule = identify(await readQuarantined(context, held), lastGood);
  const packed = packSchedule(schedule);
  // Already there: an acceptance that was cut short after it had been put in force.
  const inForce = current?.contentHash === packed.contentHash;
  if (!inForce && (current?.generation ?? 0) !== held.besideGeneration) {
    const [was, is] = [held.besideGeneration === 0 ? "no schedule" : `generation ${held.besideGeneration}`, current?.generation];
    const what = `it was judged beside ${was}, and generation ${is} is in force since`;
    throw new CalltimeError("quarantine-outdated", `${feedId}: ${what}; send it again to have it judged beside that one`);
  }
  const generation = inForce ? current.generation : held.besideGeneration + 1;
  if (!inForce) {
    const publishedAtMs = Math.max(now, current?.confirmedAtMs ?? 0);
    await chunks.keep(packed.chunks);
    const outcome = await schedules.publish({ feedId, generation, publishedAtMs, contentHash: packed.contentHash });
    if (outcome === "conflict")
      throw new CalltimeError("feed-contested", `${feedId}: another upload of this feed was published at the same time; look again`);
  }
  const changes = inForce ? [] : diffSchedules(lastGood, schedule, now);
  await remember(context, feedId, { receivedAtMs: held.receivedAtMs, outcome: "published" });
  if (!inForce) await publish(context, [changedEvent({ feedId, generation, changes, findings: [] }, now)]);
  const quarantine = await decide(context, held, { kind: "accepted", ...signed(asked), atMs: now, generation });
  return { quarantine, outcome: "accepted", changes };
}

/** Whether a person accepted this very upload, and it is what is in force: sent again it is judged no more. */
async function wasAccepted(context: Context, current: Generation, listing: Listing, now: number): Promise<boolean> {
  if ((await readQuarantine(context, current.feedId, now))?.decision?.kind !== "accepted") return false;
  return packSchedule(identify(listing, await context.schedule(current))).contentHash === current.contentHash;
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
  const counts = { added: 0, cancelled: 0, moved: 0, extended: 0, shortened: 0, retitled: 0, revised: 0 };
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
