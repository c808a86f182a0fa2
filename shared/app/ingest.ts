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
import { countOf, type Findings } from "../core/schedule/findings.ts";
import type { ListingCounts } from "../core/schedule/listing.ts";
import { sameSchedule } from "../core/schedule/manifest.ts";
import type { Programme } from "../core/schedule/programme.ts";
import type { SanityWarning } from "../core/schedule/sanity.ts";
import { MINUTE_MS } from "../core/time.ts";
import { CalltimeError } from "../core/error.ts";
import { packSchedule } from "../feeds/schedule-chunks.ts";
import type { Context } from "./context.ts";
import {
  alreadyDecided,
  decide,
  keepQuarantined,
  quarantineAskedFor,
  readQuarantined,
  signed,
  type AskedDecision,
  type Quarantine,
} from "./quarantine.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { examine, type Examined, type Upload } from "./examine.ts";
import type { LoadCheck } from "./load-check.ts";
import type { ChangeCounts } from "./next-edition.ts";
import { publish } from "./publish.ts";
import { readManifest } from "./schedules.ts";

/** What became of one upload of a feed; its findings are repairs and rejected items, with their lines. */
export type IngestReport = Findings & {
  readonly feedId: string;
  /** `outdated`: an upload that was stored later is in force already, and stays. */
  readonly outcome: "published" | "unchanged" | "quarantined" | "outdated";
  /** The generation in force afterwards, or undefined when there never was one. */
  readonly generation: number | undefined;
  readonly counts: ListingCounts;
  /** Why it was quarantined; empty otherwise. */
  readonly quarantine: readonly { readonly code: string; readonly what: string }[];
  /** What a person should see, whatever became of the upload. */
  readonly warnings: readonly SanityWarning[];
  /** Whether load rose when the feed says. */
  readonly load: LoadCheck;
  /** By start; of more than some thousands those nearest to now. */
  readonly changes: readonly ScheduleChange[];
  /** All of them. */
  readonly changeCounts: ChangeCounts;
};

/** What is remembered of the newest upload of a feed, whatever became of it. */
export type LastSeen = { readonly receivedAtMs: number; readonly outcome: Exclude<IngestReport["outcome"], "outdated"> };

const MOST_TRIES = 3;
const NO_CHANGES: ChangeCounts = { added: 0, cancelled: 0, moved: 0, extended: 0, shortened: 0, retitled: 0, revised: 0 };

/**
 * Reads one upload of a feed, judges it and, when it is sane and new, puts it in force. A feed that cannot be read throws and changes
 * nothing; one that is judged insane is quarantined and the last good schedule stays. Throws `feed-contested`.
 */
export async function ingest(context: Context, upload: Upload, now: number): Promise<IngestReport> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const report = await settle(context, await examine(context, upload, now), now);
    if (report !== undefined) return report;
  }
  throw contested(upload.feedId);
}

/** What `ingest` throws when other uploads of the feed are faster again and again. */
export function contested(feedId: string): CalltimeError {
  return new CalltimeError("feed-contested", `${feedId}: other uploads of this feed were published at the same time; send it again`);
}

/** The second half of `ingest`: writes what was found, or undefined when another upload was put in force since it was examined. */
export async function settle(context: Context, examined: Examined, now: number): Promise<IngestReport | undefined> {
  const { feedId, storedAtMs, current, counts, findings, findingCounts, warnings, load, verdict } = examined;
  const { schedules, chunks } = context.ports;
  const base = { feedId, counts, findings, findingCounts, warnings, load, quarantine: [], changes: [], changeCounts: NO_CHANGES };
  if (verdict.kind === "outdated") return { ...base, outcome: "outdated", generation: verdict.current.generation };
  const orderedAtMs = Math.max(Math.min(storedAtMs ?? now, now), current?.confirmedAtMs ?? 0);
  if (verdict.kind === "unchanged") {
    const { generation } = verdict.current;
    if ((await schedules.confirm(feedId, generation, orderedAtMs)) === "conflict") return undefined;
    await remember(context, feedId, { receivedAtMs: now, outcome: "unchanged" });
    return { ...base, outcome: "unchanged", generation };
  }
  if (verdict.kind === "quarantined") {
    if ((await schedules.current(feedId))?.generation !== current?.generation) return undefined;
    const quarantine = verdict.against.map(({ code, sentence }) => ({ code, what: sentence }));
    const beside = current?.generation;
    await keepQuarantined(context, { feedId, listing: verdict.listing, findings: quarantine, besideGeneration: beside ?? 0 }, now);
    await remember(context, feedId, { receivedAtMs: now, outcome: "quarantined" });
    const data = { feedId, receivedAt: isoOf(now), findings: quarantine, generationKept: beside ?? null };
    await publish(context, [newEvent(feedQuarantined, { id: `feed.quarantined/${feedId}/${isoOf(now)}`, atMs: now, data })]);
    return { ...base, outcome: "quarantined", generation: beside, quarantine };
  }
  const { contentHash, changes, changeCounts } = verdict;
  const generation = (current?.generation ?? 0) + 1;
  // First: what a generation that can be seen is made of can be read.
  await chunks.keep(verdict.chunks);
  if ((await schedules.publish({ feedId, generation, publishedAtMs: orderedAtMs, contentHash })) === "conflict") return undefined;
  await remember(context, feedId, { receivedAtMs: now, outcome: "published" });
  await publish(context, [changedEvent({ feedId, generation, changes, changeCounts, findings, findingCounts }, now)]);
  return { ...base, outcome: "published", generation, changes, changeCounts };
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
  const inForce = current !== undefined && sameSchedule(packed.manifest, await readManifest(chunks, current.contentHash));
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
  if (!inForce)
    await publish(context, [
      changedEvent({ feedId, generation, changes, changeCounts: countsOf(changes), findings: [], findingCounts: [] }, now),
    ]);
  const quarantine = await decide(context, held, { kind: "accepted", ...signed(asked), atMs: now, generation });
  return { quarantine, outcome: "accepted", changes };
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

type Published = Findings & {
  readonly feedId: string;
  readonly generation: number;
  readonly changes: readonly ScheduleChange[];
  readonly changeCounts: ChangeCounts;
};

function countsOf(changes: readonly ScheduleChange[]): ChangeCounts {
  const counts = { ...NO_CHANGES };
  for (const change of changes) counts[change.kind] += 1;
  return counts;
}

function changedEvent({ feedId, generation, changes, changeCounts, findings, findingCounts }: Published, now: number) {
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
    counts: { ...changeCounts },
    changes: items,
    truncated: Object.values(changeCounts).reduce((sum, count) => sum + count, 0) > items.length,
    ...(findings.length > 0 && { feedFindings: findingsOf({ findings, findingCounts }) }),
  };
  return newEvent(scheduleChanged, { id: `schedule.changed/${feedId}/${generation}`, atMs: now, data });
}

function findingsOf({ findings, findingCounts }: Findings) {
  const first = findings.slice(0, MAX_EVENT_FINDINGS).map(({ kind, code, what, line }) => ({
    kind,
    code,
    what: what.length > MAX_FINDING_CHARACTERS ? `${what.slice(0, MAX_FINDING_CHARACTERS - 1)}…` : what,
    line: line ?? null,
  }));
  return { repaired: countOf(findingCounts, "repaired"), rejected: countOf(findingCounts, "rejected"), first };
}

function slotOf(programme: Programme) {
  return { startsAt: isoOf(programme.startsAtMs), endsAt: isoOf(programme.endsAtMs), title: programme.title };
}
