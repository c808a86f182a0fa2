import { instantText, lengthText } from "../instant-text.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import { coverageOf, type ChannelCoverage } from "./coverage.ts";
import { identify } from "./identity.ts";
import type { Finding, Listing } from "./listing.ts";
import { lostHours, type ClockChange, type LostHour } from "./lost-hour.ts";
import { compareText } from "./programme.ts";
import type { ListedProgramme, Schedule } from "./programme.ts";
import { commonShift, type CommonShift } from "./shift.ts";
import { isFiller } from "./title.ts";

/** From where on a feed is held back, or a part of it not believed. Shares are 0 … 1. */
export type SanityThresholds = {
  readonly goneShare: number;
  readonly goneLeast: number;
  readonly channelsLostShare: number;
  readonly shiftedShare: number;
  readonly shiftedLeast: number;
  readonly fillerShare: number;
  readonly allDayMs: number;
  readonly rejectedShare: number;
  readonly rejectedLeast: number;
  readonly cutShare: number;
  readonly cutLeast: number;
  readonly mendedWarnShare: number;
  readonly furthestAheadMs: number;
  readonly gapMs: number;
  readonly emptyChannelsShare: number;
  readonly lostHourWarnShare: number;
  readonly lostHourLeast: number;
  readonly lostHourTimes: number;
  readonly lostHourShare: number;
};

/**
 * The gate's settings; docs/feed-gate.md argues each. `goneShare` 40 %: a real edition of a guide changes a few per cent of what is still
 * to come, while a publisher that fails half-way loses half and more. `goneLeast` 2: one cancelled programme is news, however short the
 * list. `channelsLostShare` 25 %: channels leave one by one, a broken source takes its whole package along. `shiftedShare` 80 % of at
 * least `shiftedLeast` 4 found again: a wrong zone moves everything, and the rest is room for real changes of the same edition.
 * `fillerShare` 60 %: the real British guide is one third all-day entries and shop windows and still useful. `allDayMs` 23 h: a day, also
 * on the day that clocks go forward. `rejectedShare` 25 % of at least `rejectedLeast` 2: the worst real guide loses 5 % of its items.
 * `cutShare` 50 % of at least `cutLeast` 4: one that overlaps at every second programme has wrong ends or wrong starts, and no rule tells
 * which. `mendedWarnShare` 25 %. `furthestAheadMs` 400 days: a calendar of the next season is real, what is further ahead is a misprint.
 * `gapMs` 30 min: shorter ones are breaks. `emptyChannelsShare` 50 % of those declared. A lost hour is told of from `lostHourWarnShare`
 * 5 % of at least `lostHourLeast` 3 channels and `lostHourTimes` 3 times the silence of any other hour; from `lostHourShare` 50 % of
 * the channels the conversion of the whole feed is wrong that night.
 */
export const SANITY_THRESHOLDS: SanityThresholds = {
  goneShare: 0.4,
  goneLeast: 2,
  channelsLostShare: 0.25,
  shiftedShare: 0.8,
  shiftedLeast: 4,
  fillerShare: 0.6,
  allDayMs: 23 * HOUR_MS,
  rejectedShare: 0.25,
  rejectedLeast: 2,
  cutShare: 0.5,
  cutLeast: 4,
  mendedWarnShare: 0.25,
  furthestAheadMs: 400 * DAY_MS,
  gapMs: 30 * MINUTE_MS,
  emptyChannelsShare: 0.5,
  lostHourWarnShare: 0.05,
  lostHourLeast: 3,
  lostHourTimes: 3,
  lostHourShare: 0.5,
};

/** Why a feed is held back. */
export type SanityCode =
  | "no-programmes"
  | "stale"
  | "fillers"
  | "shrunken"
  | "channels-lost"
  | "shifted"
  | "rejected"
  | "cut"
  | "clock-change-hour";

/** One reason to hold a feed back, as a sentence for the person on call. */
export type SanityFinding = { readonly code: SanityCode; readonly sentence: string };

/** Something that a person should see, though it holds nothing back. */
export type SanityWarning = {
  readonly code: "clock-change-hour" | "mended" | "channels-empty" | "gaps" | "channel-gaps";
  readonly sentence: string;
  readonly channelId?: string;
};

/** How often a feed had to be mended, or a part of it left out, one entry for each code of `Finding`. */
export type SanityNote = { readonly code: string; readonly kind: Finding["kind"]; readonly count: number; readonly sentence: string };

/** Whether a feed may replace the schedule in force. Warnings are told either way, what is widest first. */
export type SanityVerdict =
  | { readonly kind: "accepted"; readonly notes: readonly SanityNote[]; readonly warnings: readonly SanityWarning[] }
  | { readonly kind: "quarantined"; readonly findings: readonly SanityFinding[]; readonly warnings: readonly SanityWarning[] };

/** What the gate looks at; without `lastGood` a feed is judged by what stands alone, without `changes` clocks never change. */
export type SanityInput = {
  readonly listing: Listing;
  readonly lastGood: Schedule | undefined;
  readonly now: number;
  /** When the clocks change that the guide goes by. */
  readonly changes?: readonly ClockChange[];
  readonly thresholds?: SanityThresholds;
};

/** Judges a new feed before it may replace the last good schedule. A quarantined verdict names every reason, not only the first. */
export function judgeListing({ listing, lastGood, now, changes = [], thresholds = SANITY_THRESHOLDS }: SanityInput): SanityVerdict {
  // Days between the matches of a league are no gap.
  const lists = new Set(listing.channels.filter(({ parallel }) => parallel === true).map(({ id }) => id));
  const coverage = coverageOf(listing.programmes.filter(({ channelId }) => !lists.has(channelId)));
  const lost = lostHours(coverage, changes, {
    share: thresholds.lostHourWarnShare,
    least: thresholds.lostHourLeast,
    timesElsewhere: thresholds.lostHourTimes,
  });
  const findings = standingAlone(listing, now, thresholds);
  // Compared with nothing or with the past, everything is gone: that would only say the same again.
  const comparable = findings.every(({ code }) => code !== "no-programmes" && code !== "stale");
  if (comparable && lastGood !== undefined) findings.push(...comparedWith(lastGood, listing, { now, changes, thresholds }));
  const [wrong, few] = split(lost, ({ silent, channels }) => silent >= channels * thresholds.lostHourShare);
  findings.push(...wrong.map((hour) => ({ code: "clock-change-hour" as const, sentence: lostHourSentence(hour) })));
  const warnings = [
    ...few.map((hour) => ({ code: "clock-change-hour" as const, sentence: lostHourSentence(hour) })),
    ...warningsOf(listing, coverage, now, thresholds),
  ];
  return findings.length > 0
    ? { kind: "quarantined", findings, warnings }
    : { kind: "accepted", notes: notesOf(listing.findings), warnings };
}

function standingAlone(
  { programmes, counts, findings: findingsRead }: Listing,
  now: number,
  thresholds: SanityThresholds,
): SanityFinding[] {
  if (programmes.length === 0) {
    return [{ code: "no-programmes", sentence: `The feed has no programme that could be kept, of ${counts.programmesRead} read.` }];
  }
  const endsAtMs = programmes.reduce((last, programme) => Math.max(last, programme.endsAtMs), -Infinity);
  if (endsAtMs <= now) {
    return [
      {
        code: "stale",
        sentence: `The feed's last programme ended ${lengthText(now - endsAtMs)} ago; nothing in it is still to come.`,
      },
    ];
  }
  const emptyMs = total(programmes.filter((programme) => lengthMs(programme) >= thresholds.allDayMs || isFiller(programme)));
  const share = emptyMs / total(programmes);
  const findings = mistrusted(findingsRead, counts, thresholds);
  if (share >= thresholds.fillerShare) {
    findings.push({
      code: "fillers",
      sentence: `${percent(share)} of the feed's programme time is fillers and all-day entries; less than ${percent(thresholds.fillerShare)} is expected.`,
    });
  }
  return findings;
}

/** Whether so much had to be left out or cut that the rest is not to be believed either. */
function mistrusted(read: readonly Finding[], counts: Listing["counts"], thresholds: SanityThresholds): SanityFinding[] {
  const findings: SanityFinding[] = [];
  const items = counts.programmesRead + counts.itemsUnreadable;
  const rejected = counts.programmesRejected + counts.itemsUnreadable;
  if (rejected >= thresholds.rejectedLeast && rejected > items * thresholds.rejectedShare) {
    findings.push({
      code: "rejected",
      sentence: `${rejected} of ${items} items (${percent(rejected / items)}) had to be left out; ${percent(thresholds.rejectedShare)} is the most.`,
    });
  }
  const cut = read.filter(({ code }) => code === CUT).length;
  if (cut >= thresholds.cutLeast && cut > counts.programmesRead * thresholds.cutShare) {
    findings.push({
      code: "cut",
      sentence: `${cut} of ${counts.programmesRead} programmes (${percent(cut / counts.programmesRead)}) run into the next one; ${percent(thresholds.cutShare)} is the most, since beyond it neither starts nor ends can be believed.`,
    });
  }
  return findings;
}

/** Code of a programme whose end was cut at the next start. */
const CUT = "overlap";
/** Repairs that only write out what the format leaves to the reader: no sign of a broken feed. */
const ORDINARY: ReadonlySet<string> = new Set(["end-missing", "channel-undeclared", "channel-declared-twice"]);

function comparedWith(
  lastGood: Schedule,
  listing: Listing,
  { now, changes, thresholds }: { readonly now: number; readonly changes: readonly ClockChange[]; readonly thresholds: SanityThresholds },
): SanityFinding[] {
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
  if (isShift(shift, thresholds)) {
    findings.push({
      code: "shifted",
      sentence: `${shift.moved} of ${shift.compared} programmes moved by the same ${shift.byMs / MINUTE_MS} min; a time zone was probably misread.`,
    });
    return findings;
  }
  for (const { atMs } of changes) {
    // A zone that was not changed with the clocks moves one side of the change alone.
    const since = (programmes: readonly ListedProgramme[]) => programmes.filter(({ startsAtMs }) => startsAtMs >= atMs);
    const until = (programmes: readonly ListedProgramme[]) => programmes.filter(({ startsAtMs }) => startsAtMs < atMs);
    for (const [side, of] of [
      ["after", since],
      ["before", until],
    ] as const) {
      const part = commonShift(of(lastGood.programmes), of(listing.programmes));
      if (!isShift(part, thresholds)) continue;
      findings.push({
        code: "shifted",
        sentence: `${part.moved} of ${part.compared} programmes ${side} the change of clocks at ${instantText(atMs)} moved by the same ${part.byMs / MINUTE_MS} min; the change was probably left out, or made twice.`,
      });
    }
  }
  return findings;
}

function isShift({ byMs, moved, compared }: CommonShift, thresholds: SanityThresholds): boolean {
  return byMs !== 0 && compared >= thresholds.shiftedLeast && moved >= compared * thresholds.shiftedShare;
}

function lostHourSentence({ change, atMs, silent, channels, examples, elsewhere }: LostHour): string {
  const others = elsewhere === 0 ? "none" : `at most ${elsewhere}`;
  const then = atMs === change.atMs ? "then" : `at ${instantText(atMs)}`;
  return (
    `Clocks change at ${instantText(change.atMs)}, and ${then} ${silent} of ${channels} channels ` +
    `(${percent(silent / channels)}) have nothing on air though they have programmes before and after, among them ${examples.join(", ")}; ` +
    `at any other hour within a day ${others} ${elsewhere === 1 ? "has" : "have"}. The ${lengthText(change.byMs)} of the change was probably converted wrongly.`
  );
}

function warningsOf(
  { counts, findings }: Listing,
  coverage: readonly ChannelCoverage[],
  now: number,
  thresholds: SanityThresholds,
): readonly SanityWarning[] {
  const warnings: SanityWarning[] = [];
  const mended = findings.filter(({ kind, code }) => kind === "repaired" && !ORDINARY.has(code)).length;
  if (mended > counts.programmesRead * thresholds.mendedWarnShare) {
    warnings.push({
      code: "mended",
      sentence: `${mended} repairs on ${counts.programmesRead} programmes (${percent(mended / counts.programmesRead)}); more than ${percent(thresholds.mendedWarnShare)} is worth asking whoever makes the feed about.`,
    });
  }
  const empty = counts.channelsDeclared - counts.channelsWithProgrammes;
  if (empty > counts.channelsDeclared * thresholds.emptyChannelsShare) {
    warnings.push({
      code: "channels-empty",
      sentence: `${empty} of the ${counts.channelsDeclared} channels that the feed declares have no programme.`,
    });
  }
  return [...warnings, ...gapWarnings(coverage, now, thresholds)];
}

/** One warning for all, then one a channel, the longest silence first. A gap that is over is nobody's business. */
function gapWarnings(coverage: readonly ChannelCoverage[], now: number, { gapMs }: SanityThresholds): readonly SanityWarning[] {
  const silent = coverage
    .map(({ channelId, gaps }) => ({ channelId, gaps: gaps.filter(({ fromMs, toMs }) => toMs > now && toMs - fromMs >= gapMs) }))
    .filter(({ gaps }) => gaps.length > 0)
    .map(({ channelId, gaps }) => ({
      channelId,
      gaps,
      totalMs: gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
      longest: gaps.reduce((most, gap) => (gap.toMs - gap.fromMs > most.toMs - most.fromMs ? gap : most)),
    }))
    .sort((a, b) => b.totalMs - a.totalMs || compareText(a.channelId, b.channelId));
  if (silent.length === 0) return [];
  const totalMs = silent.reduce((sum, channel) => sum + channel.totalMs, 0);
  return [
    {
      code: "gaps",
      sentence: `${silent.length} of ${coverage.length} channels ${silent.length === 1 ? "has" : "have"} gaps of ${lengthText(gapMs)} and more still to come, ${lengthText(totalMs)} together.`,
    },
    ...silent.map(({ channelId, gaps, totalMs: channelMs, longest }) => ({
      code: "channel-gaps" as const,
      sentence:
        gaps.length === 1
          ? `${channelId} has nothing on for ${lengthText(channelMs)} from ${instantText(longest.fromMs)}.`
          : `${channelId} has nothing on for ${lengthText(channelMs)} in ${gaps.length} gaps, the longest ${lengthText(longest.toMs - longest.fromMs)} from ${instantText(longest.fromMs)}.`,
      channelId,
    })),
  ];
}

function split<T>(items: readonly T[], holds: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
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
