import { HOUR_MS, MINUTE_MS } from "../time.ts";
import { identify } from "./identity.ts";
import type { Finding, Listing } from "./listing.ts";
import type { ListedProgramme, Schedule } from "./programme.ts";
import { commonShift } from "./shift.ts";
import { isFiller } from "./title.ts";

/** From where on a feed is held back. Shares are 0 … 1. */
export type SanityThresholds = {
  readonly goneShare: number;
  readonly goneLeast: number;
  readonly channelsLostShare: number;
  readonly shiftedShare: number;
  readonly shiftedLeast: number;
  readonly fillerShare: number;
  readonly allDayMs: number;
};

/**
 * The first gate's settings. `goneShare` 40 %: a real edition of a guide changes a few per cent of what is still to come, while a
 * publisher that fails half-way loses half and more. `goneLeast` 2: one cancelled programme is news, however short the list.
 * `channelsLostShare` 25 %: channels leave one by one, a broken source takes its whole package along. `shiftedShare` 80 % of at least
 * `shiftedLeast` 4 found again: a wrong zone moves everything, and the rest is room for real changes of the same edition. `fillerShare`
 * 60 %: the real British guide is one third all-day entries and shop windows and still useful. `allDayMs` 23 h: a day, also on the
 * day that clocks go forward.
 */
export const SANITY_THRESHOLDS: SanityThresholds = {
  goneShare: 0.4,
  goneLeast: 2,
  channelsLostShare: 0.25,
  shiftedShare: 0.8,
  shiftedLeast: 4,
  fillerShare: 0.6,
  allDayMs: 23 * HOUR_MS,
};

/** Why a feed is held back. */
export type SanityCode = "no-programmes" | "stale" | "fillers" | "shrunken" | "channels-lost" | "shifted";

/** One reason to hold a feed back, as a sentence for the person on call. */
export type SanityFinding = { readonly code: SanityCode; readonly sentence: string };

/** How often a feed had to be mended, or a part of it left out, one entry for each code of `Finding`. */
export type SanityNote = { readonly code: string; readonly kind: Finding["kind"]; readonly count: number; readonly sentence: string };

/** Whether a feed may replace the schedule in force. */
export type SanityVerdict =
  | { readonly kind: "accepted"; readonly notes: readonly SanityNote[] }
  | { readonly kind: "quarantined"; readonly findings: readonly SanityFinding[] };

/** What the gate looks at; without `lastGood` a feed is judged by what stands alone. */
export type SanityInput = {
  readonly listing: Listing;
  readonly lastGood: Schedule | undefined;
  readonly now: number;
  readonly thresholds?: SanityThresholds;
};

/** Judges a new feed before it may replace the last good schedule. A quarantined verdict names every reason, not only the first. */
export function judgeListing({ listing, lastGood, now, thresholds = SANITY_THRESHOLDS }: SanityInput): SanityVerdict {
  const findings = standingAlone(listing, now, thresholds);
  // Compared with nothing or with the past, everything is gone: that would only say the same again.
  const comparable = findings.every(({ code }) => code === "fillers");
  if (comparable && lastGood !== undefined) findings.push(...comparedWith(lastGood, listing, now, thresholds));
  return findings.length > 0 ? { kind: "quarantined", findings } : { kind: "accepted", notes: notesOf(listing.findings) };
}

function standingAlone({ programmes, counts }: Listing, now: number, thresholds: SanityThresholds): SanityFinding[] {
  if (programmes.length === 0) {
    return [{ code: "no-programmes", sentence: `The feed has no programme that could be kept, of ${counts.programmesRead} read.` }];
  }
  const endsAtMs = programmes.reduce((last, programme) => Math.max(last, programme.endsAtMs), -Infinity);
  if (endsAtMs <= now) {
    return [
      {
        code: "stale",
        sentence: `The feed's last programme ended ${Math.round((now - endsAtMs) / MINUTE_MS)} min ago; nothing in it is still to come.`,
      },
    ];
  }
  const emptyMs = total(programmes.filter((programme) => lengthMs(programme) >= thresholds.allDayMs || isFiller(programme)));
  const share = emptyMs / total(programmes);
  if (share < thresholds.fillerShare) return [];
  return [
    {
      code: "fillers",
      sentence: `${percent(share)} of the feed's programme time is fillers and all-day entries; less than ${percent(thresholds.fillerShare)} is expected.`,
    },
  ];
}

function comparedWith(lastGood: Schedule, listing: Listing, now: number, thresholds: SanityThresholds): SanityFinding[] {
  const findings: SanityFinding[] = [];
  const window = windowOf(listing.programmes);
  // What the new feed should still know of: programmes to come that its own window reaches.
  const expected = lastGood.programmes.filter(
    (programme) => programme.startsAtMs >= Math.max(now, window.fromMs) && programme.startsAtMs < window.toMs && !isFiller(programme),
  );

  const found = new Set(
    identify(listing, lastGood)
      .programmes.filter((programme) => !isFiller(programme))
      .map((programme) => programme.id),
  );
  const gone = expected.filter((programme) => !found.has(programme.id)).length;
  if (gone >= thresholds.goneLeast && gone > expected.length * thresholds.goneShare) {
    findings.push({
      code: "shrunken",
      sentence: `${gone} of ${expected.length} programmes still to come (${percent(gone / expected.length)}) are gone from the feed; ${percent(thresholds.goneShare)} is the most.`,
    });
  }

  const channels = new Set(expected.map((programme) => programme.channelId));
  const served = new Set(listing.programmes.filter((programme) => programme.endsAtMs > now).map((programme) => programme.channelId));
  const lost = [...channels].filter((channelId) => !served.has(channelId));
  if (lost.length > channels.size * thresholds.channelsLostShare) {
    findings.push({
      code: "channels-lost",
      sentence: `${lost.length} of ${channels.size} channels (${percent(lost.length / channels.size)}) have nothing more to come, among them ${lost.slice(0, 3).join(", ")}; ${percent(thresholds.channelsLostShare)} is the most.`,
    });
  }

  const shift = commonShift(lastGood.programmes, listing.programmes);
  if (shift.compared >= thresholds.shiftedLeast && shift.moved >= shift.compared * thresholds.shiftedShare) {
    findings.push({
      code: "shifted",
      sentence: `${shift.moved} of ${shift.compared} programmes moved by the same ${shift.byMs / MINUTE_MS} min; a time zone was probably misread.`,
    });
  }
  return findings;
}

function notesOf(findings: readonly Finding[]): readonly SanityNote[] {
  const groups = new Map<string, { readonly first: Finding; count: number }>();
  for (const finding of findings) {
    const key = `${finding.kind} ${finding.code}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: finding, count: 1 });
    else group.count++;
  }
  return [...groups.values()].map(({ first, count }) => ({
    code: first.code,
    kind: first.kind,
    count,
    sentence: `${count} ${first.kind} (${first.code}), the first: ${first.what}${first.line === undefined ? "" : ` (line ${first.line})`}.`,
  }));
}

function windowOf(programmes: readonly ListedProgramme[]): { readonly fromMs: number; readonly toMs: number } {
  let fromMs = Infinity;
  let toMs = -Infinity;
  for (const programme of programmes) {
    fromMs = Math.min(fromMs, programme.startsAtMs);
    toMs = Math.max(toMs, programme.endsAtMs);
  }
  return { fromMs, toMs };
}

function lengthMs(programme: ListedProgramme): number {
  return programme.endsAtMs - programme.startsAtMs;
}

function total(programmes: readonly ListedProgramme[]): number {
  return programmes.reduce((sum, programme) => sum + lengthMs(programme), 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
