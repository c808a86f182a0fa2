import { clockChanges } from "../core/schedule/lost-hour.ts";
import type { Findings } from "../core/schedule/findings.ts";
import type { Listing, ListingBounds, ListingCounts } from "../core/schedule/listing.ts";
import { sameSchedule, type Manifest } from "../core/schedule/manifest.ts";
import { lastEndMs } from "../core/schedule/outline.ts";
import {
  judgeViews,
  leavesOutTooMuch,
  SANITY_THRESHOLDS,
  type SanityFinding,
  type SanityThresholds,
  type SanityWarning,
} from "../core/schedule/sanity.ts";
import type { Survey } from "../core/schedule/survey.ts";
import { packManifest, type Chunk } from "../feeds/schedule-chunks.ts";
import type { Context } from "./context.ts";
import { believedUntil, readListing } from "./feed-listing.ts";
import { checkLoad, loadWarnings, type LoadCheck } from "./load-check.ts";
import { countsOf, listsTheSame, nextEdition, surveyFeed, type Edition, type ReadBytes } from "./next-edition.ts";
import type { Generation } from "./ports.ts";
import { readQuarantine } from "./quarantine.ts";
import { readManifest } from "./schedules.ts";

/**
 * An upload of a feed. `storedAtMs`: when it was stored, when that was before it is read. `bounds`: what it may say at all; as far ahead as
 * the gate's settings allow when left out.
 */
export type Upload = {
  readonly feedId: string;
  readonly read: ReadBytes;
  readonly storedAtMs?: number | undefined;
  readonly bounds?: ListingBounds;
};

/** An upload that was read to its end and judged beside what was in force. Nothing of it is written yet. */
export type Examined = Findings & {
  readonly feedId: string;
  readonly storedAtMs: number | undefined;
  readonly current: Generation | undefined;
  readonly counts: ListingCounts;
  readonly warnings: readonly SanityWarning[];
  readonly load: LoadCheck;
  readonly verdict:
    | { readonly kind: "unchanged"; readonly current: Generation }
    /** An upload that was stored later is in force, or confirmed what is. */
    | { readonly kind: "outdated"; readonly current: Generation }
    | { readonly kind: "quarantined"; readonly against: readonly SanityFinding[]; readonly listing: Listing }
    | ({ readonly kind: "next"; readonly contentHash: string; readonly chunks: readonly Chunk[] } & Pick<
        Edition,
        "changes" | "changeCounts"
      >);
};

/** Reads an upload and judges it; writes nothing, however long it takes. Throws what `readFeed` throws. */
export async function examine(context: Context, upload: Upload, now: number): Promise<Examined> {
  const { feedId, read, storedAtMs } = upload;
  const { schedules, chunks } = context.ports;
  const bounds = upload.bounds ?? believedUntil(context, now);
  const survey = await surveyFeed(read, bounds);
  const current = await schedules.current(feedId);
  const inForce = current === undefined ? undefined : await readManifest(chunks, current.contentHash);
  const told = { feedId, storedAtMs, current };
  const { zone, feedGate: thresholds = SANITY_THRESHOLDS } = context.settings;
  if (current !== undefined && inForce !== undefined && isJudgedAlready(survey, inForce, now, thresholds)) {
    const { findings, findingCounts } = survey;
    // Its warnings were told when it was put in force. Load has been measured since.
    const load = await checkLoad(context, inForce, now);
    const verdict = { kind: isOutdated(current, storedAtMs, now) ? ("outdated" as const) : ("unchanged" as const), current };
    return { ...told, counts: countsOf(inForce, survey), findings, findingCounts, warnings: loadWarnings(load), load, verdict };
  }
  const time = { now, changes: clockChanges(zone) };
  const edition = await nextEdition({ read, survey, bounds, inForce }, chunks, time);
  const judgement = judgeViews({ ...edition, ...time, compared: inForce !== undefined, thresholds });
  const load = await checkLoad(context, edition.manifest, now);
  const warnings = [...loadWarnings(load), ...judgement.warnings];
  const { counts, findings, findingCounts } = edition;
  const base = { ...told, counts, findings, findingCounts, warnings, load };
  if (current !== undefined && isOutdated(current, storedAtMs, now)) return { ...base, verdict: { kind: "outdated", current } };
  const unchanged = current !== undefined && inForce !== undefined && sameSchedule(edition.manifest, inForce);
  if (judgement.findings.length > 0) {
    // A person accepted this very upload, and it is what is in force: sent again it is judged no more.
    const accepted = (await readQuarantine(context, feedId, now))?.decision?.kind === "accepted";
    if (unchanged && accepted) return { ...base, verdict: { kind: "unchanged", current } };
    // Read once more, and whole: it is kept for a person to look at.
    const listing = await readListing(read(), bounds);
    const of = { findings: listing.findings, findingCounts: listing.findingCounts };
    return { ...base, ...of, verdict: { kind: "quarantined", against: withLoad(judgement.findings, load), listing } };
  }
  if (unchanged) return { ...base, verdict: { kind: "unchanged", current } };
  const manifest = packManifest(edition.manifest);
  const { changes, changeCounts } = edition;
  return { ...base, verdict: { kind: "next", contentHash: manifest.hash, chunks: [...edition.chunks, manifest], changes, changeCounts } };
}

/** A feed that moved as a whole may be the one that is right: load says which, where it can. */
function withLoad(findings: readonly SanityFinding[], { kind, sentence }: LoadCheck): readonly SanityFinding[] {
  if (kind === "unknown") return findings;
  return findings.map((finding) => (finding.code === "shifted" ? { ...finding, sentence: `${finding.sentence} ${sentence}` } : finding));
}

/** Of two uploads the one stored later wins, whichever is read first. One without a time of its own is stored as it is read. */
function isOutdated({ confirmedAtMs }: Generation, storedAtMs: number | undefined, now: number): boolean {
  return storedAtMs !== undefined && Math.min(storedAtMs, now) < confirmedAtMs;
}

/** Whether the gate would say what it said when this was put in force; what cannot be read changes from upload to upload. */
function isJudgedAlready(survey: Survey, inForce: Manifest, now: number, thresholds: SanityThresholds): boolean {
  return listsTheSame(survey, inForce) && !isOver(inForce, now) && !leavesOutTooMuch(countsOf(inForce, survey), thresholds);
}

/** Whether the last programme has ended: then nobody has looked at the feed for long, however often it is sent. */
function isOver({ channels }: Manifest, now: number): boolean {
  return channels.every(({ listed }) => (lastEndMs(listed?.outline ?? []) ?? now) <= now);
}
