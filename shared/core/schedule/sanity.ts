import { instantText, lengthText } from "../instant-text.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import { channelCoverage, type ChannelCoverage } from "./coverage.ts";
import { identifyChannel } from "./identity.ts";
import type { Finding, FindingCount, Findings } from "./findings.ts";
import type { Listing, ListingBounds, ListingCounts } from "./listing.ts";
import { lostHours, type ClockChange, type LostHour } from "./lost-hour.ts";
import { LONGEST_PROGRAMME_MS } from "./mend.ts";
import { outlineOf, slotsOf, type Outline } from "./outline.ts";
import { compareText } from "./programme.ts";
import type { Programme, Schedule } from "./programme.ts";
import { inPlace, mostVoted, shiftVotes, type CommonShift, type ShiftVotes } from "./shift.ts";
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

/**
 * What a feed that is read at `now` may say. What repeats is told from what may still be on air to as far ahead as is believed, in whole days, so
 * that a feed that did not change is another one once a day at most.
 */
export function boundsAt(now: number, { furthestAheadMs }: Pick<SanityThresholds, "furthestAheadMs">): Required<ListingBounds> {
  const latestStartMs = now + furthestAheadMs;
  const dayOf = (atMs: number) => Math.floor(atMs / DAY_MS) * DAY_MS;
  return { latestStartMs, repeats: { fromMs: dayOf(now - LONGEST_PROGRAMME_MS), toMs: dayOf(latestStartMs) } };
}

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
  readonly code: "clock-change-hour" | "load-shifted" | "mended" | "channels-empty" | "gaps" | "channel-gaps";
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
  const lists = new Set(listing.channels.filter(({ parallel }) => parallel === true).map(({ id }) => id));
  const is = Map.groupBy(listing.programmes, ({ channelId }) => channelId);
  const was = Map.groupBy(lastGood?.programmes ?? [], ({ channelId }) => channelId);
  const views = [...new Set([...is.keys(), ...was.keys()])].sort(compareText).map((channelId) => {
    const listed = is.get(channelId) ?? [];
    const before = was.get(channelId) ?? [];
    const channel = { channelId, parallel: lists.has(channelId), outline: outlineOf(listed) };
    return viewOf(channel, { before, after: identifyChannel(listed, before) }, { now, changes });
  });
  const { counts } = listing;
  const repairs = repairsOf(listing.findingCounts);
  const { findings: against, warnings } = judgeViews({
    views,
    counts,
    repairs,
    compared: lastGood !== undefined,
    now,
    changes,
    thresholds,
  });
  return against.length > 0
    ? { kind: "quarantined", findings: against, warnings }
    : { kind: "accepted", notes: notesOf(listing), warnings };
}

/** One channel as the new feed lists it. `parallel`: it is a list and no line-up. */
export type OutlinedChannel = { readonly channelId: string; readonly parallel: boolean; readonly outline: Outline };

/** What the gate looks at of one channel. */
export type ChannelView = OutlinedChannel & {
  /** Starts of programmes still to come that are in force, fillers aside; and of those among them that the new feed does not have. */
  readonly expectedMs: readonly number[];
  readonly goneMs: readonly number[];
  /** How it moved: over all, then after and before each change of clocks. */
  readonly shifts: readonly ShiftVotes[];
};

/** When the gate looks, and when the clocks change that the guide goes by. */
export type GateTime = { readonly now: number; readonly changes: readonly ClockChange[] };

/** Repairs that say something of the feed: ends cut at the next start, and all that are not ordinary, those included. */
export type Repairs = { readonly cut: number; readonly mended: number };

export const NO_REPAIRS: Repairs = { cut: 0, mended: 0 };

/** `repairs` with one finding more. */
export function addRepair(repairs: Repairs, { kind, code }: Finding): Repairs {
  return withRepairs(repairs, { kind, code, count: 1 });
}

/** The repairs among findings that were counted. */
export function repairsOf(counts: readonly FindingCount[]): Repairs {
  return counts.reduce(withRepairs, { cut: 0, mended: 0 });
}

function withRepairs({ cut, mended }: Repairs, { kind, code, count }: FindingCount): Repairs {
  return { cut: code === CUT ? cut + count : cut, mended: kind === "repaired" && !ORDINARY.has(code) ? mended + count : mended };
}

/** The view of a channel that lists `after` (what of it was in force already has its id) beside `before`. */
export function viewOf(
  channel: OutlinedChannel,
  { before, after }: { readonly before: readonly Programme[]; readonly after: readonly Programme[] },
  { now, changes }: GateTime,
): ChannelView {
  const found = new Set(after.flatMap((programme) => (isFiller(programme) ? [] : [programme.id])));
  const expected = before.filter((programme) => programme.startsAtMs >= now && !isFiller(programme));
  const sides = changes.flatMap(({ atMs }) => [
    shiftVotes(
      before.filter(({ startsAtMs }) => startsAtMs >= atMs),
      after.filter(({ startsAtMs }) => startsAtMs >= atMs),
    ),
    shiftVotes(
      before.filter(({ startsAtMs }) => startsAtMs < atMs),
      after.filter(({ startsAtMs }) => startsAtMs < atMs),
    ),
  ]);
  return {
    ...channel,
    expectedMs: expected.map(({ startsAtMs }) => startsAtMs),
    goneMs: expected.filter(({ id }) => !found.has(id)).map(({ startsAtMs }) => startsAtMs),
    shifts: [shiftVotes(before, after), ...sides],
  };
}

/** The view of a channel that lists what is in force: the same as `viewOf` gives, without a look at its programmes. */
export function sameView(channel: OutlinedChannel, { now, changes }: GateTime): ChannelView {
  const slots = slotsOf(channel.outline);
  const known = slots.filter(({ says }) => says === "programme");
  const sides = changes.flatMap(({ atMs }) => {
    const since = known.filter(({ startsAtMs }) => startsAtMs >= atMs).length;
    return [inPlace(since), inPlace(known.length - since)];
  });
  const expectedMs = slots.filter(({ startsAtMs, says }) => startsAtMs >= now && says !== "filler").map(({ startsAtMs }) => startsAtMs);
  return { ...channel, expectedMs, goneMs: [], shifts: [inPlace(known.length), ...sides] };
}

/** What the gate rests on: every channel that the feed lists or that is in force, by id. */
export type GateInput = GateTime & {
  readonly views: readonly ChannelView[];
  readonly counts: ListingCounts;
  readonly repairs: Repairs;
  /** Whether there is a schedule in force to compare with. */
  readonly compared: boolean;
  readonly thresholds: SanityThresholds;
};

/** The gate's judgement, channel by channel: nothing against the feed when `findings` is empty. */
export function judgeViews({ views, counts, repairs, compared, now, changes, thresholds }: GateInput): {
  readonly findings: readonly SanityFinding[];
  readonly warnings: readonly SanityWarning[];
} {
  const totals = { fromMs: Infinity, toMs: -Infinity, allMs: 0, emptyMs: 0 };
  const coverage: ChannelCoverage[] = [];
  const served = new Set<string>();
  for (const { channelId, parallel, outline } of views) {
    const slots = slotsOf(outline);
    if (slots.length === 0) continue;
    for (const { startsAtMs, endsAtMs, says } of slots) {
      const lengthMs = endsAtMs - startsAtMs;
      totals.fromMs = Math.min(totals.fromMs, startsAtMs);
      totals.toMs = Math.max(totals.toMs, endsAtMs);
      totals.allMs += lengthMs;
      if (endsAtMs > now) served.add(channelId);
      if (lengthMs >= thresholds.allDayMs || says === "filler") totals.emptyMs += lengthMs;
    }
    // Days between the matches of a league are no gap.
    if (!parallel) coverage.push(channelCoverage(channelId, slots));
  }
  const lost = lostHours(coverage, changes, {
    share: thresholds.lostHourWarnShare,
    least: thresholds.lostHourLeast,
    timesElsewhere: thresholds.lostHourTimes,
  });
  const findings = standingAlone(totals, counts, repairs, now, thresholds);
  // Compared with nothing or with the past, everything is gone: that would only say the same again.
  const comparable = findings.every(({ code }) => code !== "no-programmes" && code !== "stale");
  if (comparable && compared) findings.push(...comparedWith(views, served, totals, { changes, thresholds }));
  const [wrong, few] = split(lost, ({ silent, channels }) => silent >= channels * thresholds.lostHourShare);
  findings.push(...wrong.map((hour) => ({ code: "clock-change-hour" as const, sentence: lostHourSentence(hour) })));
  const warnings = [
    ...few.map((hour) => ({ code: "clock-change-hour" as const, sentence: lostHourSentence(hour) })),
    ...warningsOf(counts, repairs, coverage, now, thresholds),
  ];
  return { findings, warnings };
}

type Totals = { readonly fromMs: number; readonly toMs: number; readonly allMs: number; readonly emptyMs: number };

function standingAlone(
  { toMs, allMs, emptyMs }: Totals,
  counts: ListingCounts,
  repairs: Repairs,
  now: number,
  thresholds: SanityThresholds,
): SanityFinding[] {
  if (counts.programmesKept === 0) {
    return [{ code: "no-programmes", sentence: `The feed has no programme that could be kept, of ${counts.programmesRead} read.` }];
  }
  if (toMs <= now) {
    return [
      {
        code: "stale",
        sentence: `The feed's last programme ended ${lengthText(now - toMs)} ago; nothing in it is still to come.`,
      },
    ];
  }
  const share = emptyMs / allMs;
  const findings = mistrusted(repairs, counts, thresholds);
  if (share >= thresholds.fillerShare) {
    findings.push({
      code: "fillers",
      sentence: `${percent(share)} of the feed's programme time is fillers and all-day entries; less than ${percent(thresholds.fillerShare)} is expected.`,
    });
  }
  return findings;
}

/** Whether so much had to be left out or cut that the rest is not to be believed either. */
function mistrusted({ cut }: Repairs, counts: ListingCounts, thresholds: SanityThresholds): SanityFinding[] {
  const findings: SanityFinding[] = [];
  if (leavesOutTooMuch(counts, thresholds)) {
    const { items, leftOut } = leftOutOf(counts);
    findings.push({
      code: "rejected",
      sentence: `${leftOut} of ${items} items (${percent(leftOut / items)}) had to be left out; ${percent(thresholds.rejectedShare)} is the most.`,
    });
  }
  if (cut >= thresholds.cutLeast && cut > counts.programmesRead * thresholds.cutShare) {
    findings.push({
      code: "cut",
      sentence: `${cut} of ${counts.programmesRead} programmes (${percent(cut / counts.programmesRead)}) run into the next one; ${percent(thresholds.cutShare)} is the most, since beyond it neither starts nor ends can be believed.`,
    });
  }
  return findings;
}

/** Whether so many items of a feed could not be read or kept that it is held back, whatever the others say. */
export function leavesOutTooMuch(counts: ListingCounts, { rejectedLeast, rejectedShare }: SanityThresholds): boolean {
  const { items, leftOut } = leftOutOf(counts);
  return leftOut >= rejectedLeast && leftOut > items * rejectedShare;
}

function leftOutOf({ programmesRead, programmesRejected, itemsUnreadable }: ListingCounts): {
  readonly items: number;
  readonly leftOut: number;
} {
  return { items: programmesRead + itemsUnreadable, leftOut: programmesRejected + itemsUnreadable };
}

/** Code of a programme whose end was cut at the next start. */
const CUT = "overlap";
/** Repairs that only write out what the format leaves to the reader, or do what the feed says: no sign of a broken feed. */
const ORDINARY: ReadonlySet<string> = new Set([
  "end-missing",
  "channel-undeclared",
  "channel-declared-twice",
  "calendar-unnamed",
  "zone-assumed",
  "cancelled",
]);

function comparedWith(
  views: readonly ChannelView[],
  served: ReadonlySet<string>,
  window: Totals,
  { changes, thresholds }: Pick<GateTime, "changes"> & { readonly thresholds: SanityThresholds },
): SanityFinding[] {
  const findings: SanityFinding[] = [];
  // What the new feed should still know of: programmes to come that its own window reaches.
  const reached = (startsAtMs: number): boolean => startsAtMs >= window.fromMs && startsAtMs < window.toMs;
  const expectedOn = views.map(({ channelId, expectedMs }) => ({ channelId, expected: expectedMs.filter(reached).length }));
  const expected = expectedOn.reduce((sum, channel) => sum + channel.expected, 0);
  const gone = views.reduce((sum, { goneMs }) => sum + goneMs.filter(reached).length, 0);
  if (gone >= thresholds.goneLeast && gone > expected * thresholds.goneShare) {
    findings.push({
      code: "shrunken",
      sentence: `${gone} of ${expected} programmes still to come (${percent(gone / expected)}) are gone from the feed; ${percent(thresholds.goneShare)} is the most.`,
    });
  }

  const channels = expectedOn.filter((channel) => channel.expected > 0).map(({ channelId }) => channelId);
  const lost = channels.filter((channelId) => !served.has(channelId));
  if (lost.length > channels.length * thresholds.channelsLostShare) {
    findings.push({
      code: "channels-lost",
      sentence: `${lost.length} of ${channels.length} channels (${percent(lost.length / channels.length)}) have nothing more to come, among them ${lost.slice(0, 3).join(", ")}; ${percent(thresholds.channelsLostShare)} is the most.`,
    });
  }

  const shiftOf = (side: number): CommonShift => mostVoted(views.flatMap(({ shifts }) => shifts[side] ?? []));
  const shift = shiftOf(0);
  if (isShift(shift, thresholds)) {
    findings.push({
      code: "shifted",
      sentence: `${shift.moved} of ${shift.compared} programmes moved by the same ${shift.byMs / MINUTE_MS} min; a time zone was probably misread.`,
    });
    return findings;
  }
  for (const [nth, { atMs }] of changes.entries()) {
    // A zone that was not changed with the clocks moves one side of the change alone.
    for (const [side, name] of ["after", "before"].entries()) {
      const part = shiftOf(1 + 2 * nth + side);
      if (!isShift(part, thresholds)) continue;
      findings.push({
        code: "shifted",
        sentence: `${part.moved} of ${part.compared} programmes ${name} the change of clocks at ${instantText(atMs)} moved by the same ${part.byMs / MINUTE_MS} min; the change was probably left out, or made twice.`,
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
  counts: ListingCounts,
  { mended }: Repairs,
  coverage: readonly ChannelCoverage[],
  now: number,
  thresholds: SanityThresholds,
): readonly SanityWarning[] {
  const warnings: SanityWarning[] = [];
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

function notesOf({ findings, findingCounts }: Findings): readonly SanityNote[] {
  return findingCounts.map(({ kind, code, count }) => {
    const first = findings.find((finding) => finding.kind === kind && finding.code === code);
    const line = first?.line === undefined ? "" : ` (line ${first.line})`;
    return { code, kind, count, sentence: `${count} ${kind} (${code}), the first: ${first?.what ?? ""}${line}.` };
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
