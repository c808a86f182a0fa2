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

/** What a cue says of its occasion: when one of these changes, whoever got the cue must know. */
export type CueFacts = Pick<Occasion, "name" | "startsAtMs" | "endsAtMs" | "channelIds" | "programmes">;

/** What was sent of one cue, so that the second time is harmless and a change reaches whoever got the first. */
export type CueRecord = CueFacts & {
  readonly revision: number;
  /** Offsets that are done with under the present facts: sent, or passed over for a nearer one. */
  readonly doneOffsets: readonly number[];
  readonly actualSent: boolean;
  readonly withdrawn: boolean;
  /** Every message that went out, oldest first. */
  readonly sent: readonly { readonly revision: number; readonly timing: CueTiming; readonly sentAtMs: number }[];
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
      readonly code: keyof typeof WITHDRAWN_BECAUSE;
      readonly reason: string;
    };

/** Minutes ahead of a start or an end at which a cue is sent. */
export const DEFAULT_CUE_OFFSETS: readonly number[] = [120, 30, 10, 0];

const WITHDRAWN_BECAUSE = {
  "programme-removed": "the guide no longer has it",
  "programme-moved": "it was moved, and no cue of its new time is due yet",
  "below-threshold": "the audience now expected is below the impact threshold of every target",
} as const;

// A tick is a minute apart from the next; a cue two ticks behind its offset is late.
const LATE_MS = 2 * MINUTE_MS;
// What is longer over than this is announced to nobody.
const OVER_MS = 10 * MINUTE_MS;

/**
 * The cues that are due at `now`, and the records to keep. Of several offsets that have passed only the nearest is sent. A cue that
 * was sent and whose occasion changed is sent again as a new revision, or withdrawn when none is due any more; one whose occasion is
 * gone, or is no longer above the threshold before its start, is withdrawn.
 */
export function decideCues(input: {
  readonly subjects: readonly CueSubject[];
  /** All occasions of the schedule by id, whatever their impact. */
  readonly listed: Pick<ReadonlyMap<string, Pick<Occasion, "startsAtMs" | "endsAtMs">>, "get">;
  readonly records: CueRecords;
  readonly offsets: readonly number[];
  readonly now: number;
}): { readonly cues: readonly Cue[]; readonly records: CueRecords } {
  const { subjects, listed, records, offsets, now } = input;
  const cues: Cue[] = [];
  const next: Record<string, CueRecord> = { ...records };
  const announced = new Set<string>();
  const moved = new Set<string>();
  for (const subject of subjects) {
    for (const side of SIDES) {
      const cueId = cueIdOf(subject.occasion.id, side);
      const decided = announce({ subject, side, cueId, record: records[cueId], offsets, now });
      if (decided === "moved") {
        moved.add(cueId);
        continue;
      }
      announced.add(cueId);
      cues.push(...decided.cues);
      if (decided.record !== undefined) next[cueId] = decided.record;
    }
  }
  for (const [cueId, record] of Object.entries(records)) {
    if (announced.has(cueId) || record.withdrawn) continue;
    const side = sideOf(cueId);
    const code = moved.has(cueId) ? "programme-moved" : whyWithdrawn(side, record, listed.get(occasionIdOf(cueId)), now);
    if (code === undefined) continue;
    const revision = record.revision + 1;
    const withdrawn = { ...record, revision, withdrawn: true };
    next[cueId] = withdrawn;
    cues.push({ kind: "withdrawal", side, cueId, revision, record: withdrawn, code, reason: WITHDRAWN_BECAUSE[code] });
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

function instantOf(side: CueSide, facts: Pick<Occasion, "startsAtMs" | "endsAtMs">): number {
  return side === "starting" ? facts.startsAtMs : facts.endsAtMs;
}

/** Why a cue of an occasion that is no longer above the threshold is withdrawn, or undefined when it stands: what has happened cannot be taken back. */
function whyWithdrawn(
  side: CueSide,
  record: CueRecord,
  listed: Pick<Occasion, "startsAtMs" | "endsAtMs"> | undefined,
  now: number,
): keyof typeof WITHDRAWN_BECAUSE | undefined {
  const toldMs = instantOf(side, record);
  if (record.actualSent || now - toldMs > OVER_MS) return undefined;
  if (listed !== undefined && instantOf(side, listed) !== toldMs) return "programme-moved";
  if (now >= toldMs) return undefined;
  if (listed === undefined) return "programme-removed";
  // On air it has the impact it has: its end will come, whatever is now thought of its audience.
  return now < record.startsAtMs ? "below-threshold" : undefined;
}

type Announced = { readonly cues: readonly Cue[]; readonly record: CueRecord | undefined };

function announce(input: {
  readonly subject: CueSubject;
  readonly side: CueSide;
  readonly cueId: string;
  readonly record: CueRecord | undefined;
  readonly offsets: readonly number[];
  readonly now: number;
}): Announced | "moved" {
  const { subject, side, cueId, record, offsets, now } = input;
  const { name, startsAtMs, endsAtMs, channelIds, programmes } = subject.occasion;
  const facts: CueFacts = { name, startsAtMs, endsAtMs, channelIds, programmes };
  const nothing: Announced = { cues: [], record };
  // Once the actual start or end has been told, what the guide says of it is of no use to anybody.
  if (record?.actualSent === true) return nothing;
  const standing = record === undefined || record.withdrawn ? undefined : record;
  const instantMs = instantOf(side, facts);
  const toldMs = standing === undefined ? instantMs : instantOf(side, standing);
  const actualMs = actualOf(side, subject.air);
  const isOver = now - Math.max(instantMs, toldMs) > OVER_MS;
  const send = (timing: CueTiming, late: boolean, doneOffsets: readonly number[]): Announced => {
    const told = standing !== undefined && timing.kind === "ahead" && sameFacts(standing, facts);
    const revision = (record?.revision ?? 0) + (told ? 0 : 1);
    const sent = [...(record?.sent ?? []), { revision, timing, sentAtMs: now }];
    return {
      cues: [{ kind: "cue", side, cueId, revision, subject, timing, late }],
      record: { revision, doneOffsets, actualSent: timing.kind === "actual", withdrawn: false, sent, ...facts },
    };
  };
  const doneOffsets = standing !== undefined && sameFacts(standing, facts) ? standing.doneOffsets : [];
  const due = offsets.filter((offset) => instantMs - offset * MINUTE_MS <= now);
  const allDone = [...new Set([...doneOffsets, ...due])].sort((a, b) => b - a);
  if (actualMs !== undefined && (standing !== undefined || !isOver)) return send({ kind: "actual", atMs: actualMs }, false, allDone);
  if (isOver) return nothing;
  const open = due.filter((offset) => !doneOffsets.includes(offset));
  if (open.length > 0) {
    const offsetMinutes = Math.min(...open);
    return send({ kind: "ahead", offsetMinutes }, now - (instantMs - offsetMinutes * MINUTE_MS) >= LATE_MS, allDone);
  }
  // Whoever got it knows something that no longer holds, and no cue is due that would correct it.
  return standing !== undefined && !sameFacts(standing, facts) ? "moved" : nothing;
}

function actualOf(side: CueSide, air: Air): number | undefined {
  if (side === "starting") return air.kind === "ahead" ? undefined : air.startedAtMs;
  return air.kind === "ended" ? air.endedAtMs : undefined;
}

function sameFacts(a: CueFacts, b: CueFacts): boolean {
  return (
    a.name === b.name &&
    a.startsAtMs === b.startsAtMs &&
    a.endsAtMs === b.endsAtMs &&
    sameList(a.channelIds, b.channelIds, (one, other) => one === other) &&
    sameList(a.programmes, b.programmes, sameSlot)
  );
}

/** Whether two slots are the same as far as a cue tells. */
function sameSlot(a: Programme, b: Programme): boolean {
  return a.id === b.id && a.title === b.title && a.channelId === b.channelId && a.startsAtMs === b.startsAtMs && a.endsAtMs === b.endsAtMs;
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((one, index) => b[index] !== undefined && same(one, b[index]));
}
