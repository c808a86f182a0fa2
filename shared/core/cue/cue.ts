import type { Air } from "../forecast/air.ts";
import type { Occasion } from "../schedule/occasion.ts";
import type { Programme } from "../schedule/programme.ts";
import { MINUTE_MS } from "../time.ts";

/** Viewers expected above the slot's usual, as others are told. */
export type ExpectedAudience = {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly level: 0.9;
  readonly basis: "expectation" | "measured";
};

/** An occasion as the cues see it. Only those above the impact threshold of some target are handed in. */
export type CueSubject = { readonly occasion: Occasion; readonly air: Air; readonly expected: ExpectedAudience };

/** The two ends of an occasion that others want to know of. */
export type CueSide = "starting" | "ending";

/** What was sent of one cue, so that the second time is harmless and a change reaches whoever got the first. */
export type CueRecord = {
  readonly revision: number;
  /** Offsets that are done with under the present facts: sent, or passed over for a nearer one. */
  readonly doneOffsets: readonly number[];
  readonly actualSent: boolean;
  readonly withdrawn: boolean;
  /** Every message that went out, oldest first. */
  readonly sent: readonly { readonly revision: number; readonly timing: CueTiming; readonly sentAtMs: number }[];
  readonly programmes: readonly Programme[];
  readonly name: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly channelIds: readonly string[];
};

/** Some minutes ahead of the instant in the guide, or once the thing itself was seen. */
export type CueTiming = { readonly kind: "ahead"; readonly offsetMinutes: number } | { readonly kind: "actual"; readonly atMs: number };

/** Records by cue id. */
export type CueRecords = Readonly<Record<string, CueRecord>>;

/** One message to send. */
export type Cue =
  | {
      readonly kind: "cue";
      readonly side: CueSide;
      readonly cueId: string;
      readonly revision: number;
      readonly subject: CueSubject;
      readonly timing: CueTiming;
      /** It could not be sent at its offset, because the occasion became known (or important) later. */
      readonly late: boolean;
    }
  | {
      readonly kind: "withdrawal";
      readonly side: CueSide;
      readonly cueId: string;
      readonly revision: number;
      readonly record: CueRecord;
      readonly code: "programme-removed" | "below-threshold";
      readonly reason: string;
    };

/** Minutes ahead of a start or an end at which a cue is sent. */
export const DEFAULT_CUE_OFFSETS: readonly number[] = [120, 30, 10, 0];

// A tick is a minute apart from the next; a cue two ticks behind its offset is late.
const LATE_MS = 2 * MINUTE_MS;
const PASSED_MS = 10 * MINUTE_MS;

/**
 * The cues that are due at `now`, and the records to keep. Of several offsets that have passed only the nearest is sent. A cue that
 * was sent and whose occasion moved is sent again as a new revision; one whose occasion is gone, or is no longer above the
 * threshold before its start, is withdrawn.
 */
export function decideCues(input: {
  readonly subjects: readonly CueSubject[];
  /** Ids of all occasions of the schedule, whatever their impact. */
  readonly listed: ReadonlySet<string>;
  readonly records: CueRecords;
  readonly offsets: readonly number[];
  readonly now: number;
}): { readonly cues: readonly Cue[]; readonly records: CueRecords } {
  const { subjects, records, offsets, now } = input;
  const cues: Cue[] = [];
  const next: Record<string, CueRecord> = { ...records };
  const seen = new Set<string>();
  for (const subject of subjects) {
    for (const side of SIDES) {
      const cueId = cueIdOf(subject.occasion.id, side);
      seen.add(cueId);
      const decided = decideOne({ subject, side, cueId, record: records[cueId], offsets, now });
      cues.push(...decided.cues);
      if (decided.record !== undefined) next[cueId] = decided.record;
    }
  }
  for (const [cueId, record] of Object.entries(records)) {
    if (seen.has(cueId) || record.withdrawn || over(cueId, record, now)) continue;
    const revision = record.revision + 1;
    const withdrawn = { ...record, revision, withdrawn: true };
    next[cueId] = withdrawn;
    const removed = !input.listed.has(occasionIdOf(cueId));
    cues.push({
      kind: "withdrawal",
      side: sideOf(cueId),
      cueId,
      revision,
      record: withdrawn,
      code: removed ? "programme-removed" : "below-threshold",
      reason: removed ? "the guide no longer has it" : "the audience now expected is below the impact threshold of every target",
    });
  }
  return { cues, records: next };
}

const SIDES: readonly CueSide[] = ["starting", "ending"];

/** The id under which all revisions of one cue are known. */
export function cueIdOf(occasionId: string, side: CueSide): string {
  return `${occasionId}.${side}`;
}

/** The occasion that a cue is about. */
export function occasionIdOf(cueId: string): string {
  return cueId.slice(0, cueId.lastIndexOf("."));
}

function sideOf(cueId: string): CueSide {
  return cueId.endsWith(".starting") ? "starting" : "ending";
}

/** A cue whose instant has passed can no longer be withdrawn: it happened. */
function over(cueId: string, record: CueRecord, now: number): boolean {
  return now >= (sideOf(cueId) === "starting" ? record.startsAtMs : record.endsAtMs);
}

function decideOne(input: {
  readonly subject: CueSubject;
  readonly side: CueSide;
  readonly cueId: string;
  readonly record: CueRecord | undefined;
  readonly offsets: readonly number[];
  readonly now: number;
}): { readonly cues: readonly Cue[]; readonly record: CueRecord | undefined } {
  const { subject, side, cueId, record, offsets, now } = input;
  const { occasion, air } = subject;
  const instantMs = side === "starting" ? occasion.startsAtMs : occasion.endsAtMs;
  const { name, startsAtMs, endsAtMs, channelIds, programmes } = occasion;
  const facts = { name, startsAtMs, endsAtMs, channelIds, programmes };
  const changed = record !== undefined && (record.withdrawn || !sameFacts(record, facts));
  const alreadySent = record === undefined || changed ? [] : record.doneOffsets;
  const due = offsets.filter((offset) => instantMs - offset * MINUTE_MS <= now);
  // What became known only after it had happened is no longer a cue to anybody.
  const passed = record === undefined && now - instantMs > PASSED_MS;
  const open = passed ? [] : due.filter((offset) => !alreadySent.includes(offset));
  const actualMs =
    side === "starting" ? (air.kind === "ahead" ? undefined : air.startedAtMs) : air.kind === "ended" ? air.endedAtMs : undefined;
  const sendActual = actualMs !== undefined && record?.actualSent !== true;

  const cues: Extract<Cue, { kind: "cue" }>[] = [];
  let revision = record?.revision ?? 0;
  const nearest = open.length === 0 ? undefined : Math.min(...open);
  // Once the actual start or end has been told, what the guide had announced is of no use to anybody.
  if (nearest !== undefined && record?.actualSent !== true) {
    if (record === undefined || changed) revision += 1;
    const late = now - (instantMs - nearest * MINUTE_MS) >= LATE_MS;
    cues.push({ kind: "cue", side, cueId, revision, subject, timing: { kind: "ahead", offsetMinutes: nearest }, late });
  }
  if (sendActual && (record !== undefined || cues.length > 0)) {
    revision += 1;
    cues.push({ kind: "cue", side, cueId, revision, subject, timing: { kind: "actual", atMs: actualMs }, late: false });
  }
  if (cues.length === 0) return { cues, record };
  const doneOffsets = [...new Set([...alreadySent, ...due])].sort((a, b) => b - a);
  const actualSent = record?.actualSent === true || sendActual;
  const sent = [...(record?.sent ?? []), ...cues.map((cue) => ({ revision: cue.revision, timing: cue.timing, sentAtMs: now }))];
  return { cues, record: { revision, doneOffsets, actualSent, withdrawn: false, sent, ...facts } };
}

function sameFacts(record: CueRecord, facts: Pick<CueRecord, "name" | "startsAtMs" | "endsAtMs" | "channelIds">): boolean {
  return (
    record.name === facts.name &&
    record.startsAtMs === facts.startsAtMs &&
    record.endsAtMs === facts.endsAtMs &&
    record.channelIds.join("\n") === facts.channelIds.join("\n")
  );
}
