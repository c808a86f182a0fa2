import { whole } from "../../cli/text.ts";
import type { FeedOutcome } from "./outcome.ts";

/** A feed of the data folder, what is to become of it, and why that is what an operator would want. */
export type StatedOutcome = { readonly path: string; readonly outcome: FeedOutcome; readonly why: string };

/** Every feed below epg/ and schedules/, and those of wc98/. To change a row, say why in it. */
export const STATED_OUTCOMES: readonly StatedOutcome[] = [
  {
    path: "epg/clean/Denmark.xml.gz",
    outcome: { kind: "accepted", channels: 69, read: 3562, kept: 3562, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend; some sports and film channels close down by night",
  },
  {
    path: "epg/clean/Kayo_epg.xml.gz",
    outcome: { kind: "accepted", channels: 13, read: 1300, kept: 1292, repaired: { duplicate: 8 }, rejected: {}, held: [], warned: [] },
    why: "eight entries stand twice and are kept once",
  },
  {
    path: "epg/clean/Norway.xml.gz",
    outcome: { kind: "accepted", channels: 79, read: 3892, kept: 3892, repaired: { overlap: 2 }, rejected: {}, held: [], warned: ["gaps"] },
    why: "two ends overlap the next start",
  },
  {
    path: "epg/clean/PBS_all.xml.gz",
    outcome: { kind: "accepted", channels: 146, read: 5221, kept: 5221, repaired: { overlap: 1 }, rejected: {}, held: [], warned: [] },
    why: "one end overlaps the next start",
  },
  {
    path: "epg/clean/PlutoTV_dk.xml.gz",
    outcome: { kind: "accepted", channels: 250, read: 6232, kept: 6232, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/clean/United_Kingdom_unitedkingdom1.xml.gz",
    outcome: { kind: "accepted", channels: 254, read: 10998, kept: 10998, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "a third of it is fillers and all-day entries, and the rest is good",
  },
  {
    path: "epg/clean/all_epg.xml.gz",
    outcome: {
      kind: "accepted",
      channels: 243,
      read: 33499,
      kept: 33478,
      repaired: { overlap: 2680, duplicate: 21 },
      rejected: {},
      held: [],
      warned: ["gaps"],
    },
    why: "most overlaps are of one second: its publisher rounds",
  },
  {
    path: "epg/large_61MB.xml.gz",
    outcome: {
      kind: "accepted",
      channels: 943,
      read: 98196,
      kept: 97227,
      repaired: { duplicate: 969, overlap: 2680 },
      rejected: {},
      held: [],
      warned: ["gaps"],
    },
    why: "several guides in one; the same repairs as in each",
  },
  {
    path: "epg/nasty/derived/dk_bare_ampersand.xml",
    outcome: {
      kind: "accepted",
      channels: 2,
      read: 100,
      kept: 100,
      repaired: { "ampersand-bare": 49 },
      rejected: {},
      held: [],
      warned: ["mended", "channels-empty"],
    },
    why: "an & that stands alone is an &; half of the programmes having one is worth a call to whoever makes the feed",
  },
  {
    path: "epg/nasty/derived/dk_bom_crlf.xml",
    outcome: { kind: "accepted", channels: 2, read: 100, kept: 100, repaired: {}, rejected: {}, held: [], warned: ["channels-empty"] },
    why: "a byte-order mark and CRLF mean nothing",
  },
  {
    path: "epg/nasty/derived/dk_latin1_bytes_declared_utf8.xml",
    outcome: { kind: "refused", code: "feed-malformed" },
    why: "its bytes are not in the encoding that it declares",
  },
  {
    path: "epg/nasty/derived/dk_no_stop.xml",
    outcome: {
      kind: "accepted",
      channels: 2,
      read: 100,
      kept: 98,
      repaired: { "end-missing": 98 },
      rejected: { "end-unknown": 2 },
      held: [],
      warned: ["channels-empty"],
    },
    why: "an end left out is the next start, as the format says; the last on each channel has none",
  },
  {
    path: "epg/nasty/derived/dk_no_zone.xml",
    outcome: { kind: "accepted", channels: 2, read: 100, kept: 100, repaired: {}, rejected: {}, held: [], warned: ["channels-empty"] },
    why: "without a zone the times are UTC",
  },
  {
    path: "epg/nasty/derived/dk_short_times.xml",
    outcome: { kind: "accepted", channels: 2, read: 100, kept: 100, repaired: {}, rejected: {}, held: [], warned: ["channels-empty"] },
    why: "seconds may be left out",
  },
  {
    path: "epg/nasty/derived/dk_truncated_mid_element.xml",
    outcome: { kind: "refused", code: "feed-truncated" },
    why: "whoever believed it would think that the rest was cancelled",
  },
  {
    path: "epg/nasty/natural/Latvia_guide.xml.gz",
    outcome: {
      kind: "accepted",
      channels: 16,
      read: 721,
      kept: 695,
      repaired: { overlap: 26 },
      rejected: { "title-missing": 26 },
      held: [],
      warned: ["channels-empty"],
    },
    why: "entries of 24 hours over everything on one channel are cut at the next start; most channels are declared and empty",
  },
  {
    path: "epg/nasty/natural/Netherlands.xml.gz",
    outcome: {
      kind: "accepted",
      channels: 240,
      read: 17413,
      kept: 17286,
      repaired: {},
      rejected: { "title-missing": 127 },
      held: [],
      warned: ["clock-change-hour", "gaps"],
    },
    why: "48 of 240 channels lost the hour in which clocks changed, at night; the rest of three days is good",
  },
  {
    path: "epg/nasty/natural/Singtel_epg.xml.gz",
    outcome: {
      kind: "accepted",
      channels: 120,
      read: 30341,
      kept: 29936,
      repaired: { "channel-declared-twice": 867, duplicate: 402, overlap: 15 },
      rejected: { "too-long": 3 },
      held: [],
      warned: ["gaps"],
    },
    why: "channels declared eight times over; two notices of 192 hours are no programmes",
  },
  {
    path: "epg/nasty/natural/Spain_spain4.xml.gz",
    outcome: {
      kind: "accepted",
      channels: 63,
      read: 1609,
      kept: 1531,
      repaired: { overlap: 166 },
      rejected: { "ends-before-start": 76, "zero-length": 2 },
      held: [],
      warned: ["gaps"],
    },
    why: "one programme in twenty ends on the day before it starts, mostly in prime time: left out, and its gap is told of",
  },
  {
    path: "epg/nasty/xmltv-project/amp.xml",
    outcome: {
      kind: "accepted",
      channels: 1,
      read: 2,
      kept: 1,
      repaired: { "channel-undeclared": 2 },
      rejected: { "end-unknown": 1 },
      held: [],
      warned: [],
    },
    why: "small, and what is left of it is sound",
  },
  {
    path: "epg/nasty/xmltv-project/attrs.xml",
    outcome: { kind: "accepted", channels: 1, read: 1, kept: 1, repaired: { "channel-undeclared": 1 }, rejected: {}, held: [], warned: [] },
    why: "a channel without a declaration is added under its id",
  },
  {
    path: "epg/nasty/xmltv-project/clump.xml",
    outcome: { kind: "accepted", channels: 1, read: 2, kept: 2, repaired: { "channel-undeclared": 1 }, rejected: {}, held: [], warned: [] },
    why: "a channel without a declaration is added under its id",
  },
  {
    path: "epg/nasty/xmltv-project/clump_extract.xml",
    outcome: { kind: "accepted", channels: 1, read: 2, kept: 2, repaired: { "channel-undeclared": 1 }, rejected: {}, held: [], warned: [] },
    why: "a channel without a declaration is added under its id",
  },
  {
    path: "epg/nasty/xmltv-project/clump_extract_1.xml",
    outcome: {
      kind: "accepted",
      channels: 1,
      read: 3,
      kept: 2,
      repaired: { "channel-undeclared": 1, duplicate: 1 },
      rejected: {},
      held: [],
      warned: ["mended"],
    },
    why: "small, and what is left of it is sound",
  },
  {
    path: "epg/nasty/xmltv-project/dups.xml",
    outcome: {
      kind: "quarantined",
      channels: 1,
      read: 7,
      kept: 2,
      repaired: { "channel-undeclared": 2, duplicate: 3, "end-missing": 1 },
      rejected: { "end-unknown": 2 },
      held: ["rejected"],
      warned: ["mended"],
    },
    why: "two of seven left out: too much to believe the rest",
  },
  {
    path: "epg/nasty/xmltv-project/empty.xml",
    outcome: { kind: "quarantined", channels: 0, read: 0, kept: 0, repaired: {}, rejected: {}, held: ["no-programmes"], warned: [] },
    why: "it lists nothing",
  },
  {
    path: "epg/nasty/xmltv-project/intervals.xml",
    outcome: {
      kind: "accepted",
      channels: 1,
      read: 6,
      kept: 5,
      repaired: { "channel-undeclared": 1, "end-missing": 1, overlap: 2 },
      rejected: { "zero-length": 1 },
      held: [],
      warned: ["mended"],
    },
    why: "small, and what is left of it is sound",
  },
  {
    path: "epg/nasty/xmltv-project/length.xml",
    outcome: { kind: "accepted", channels: 1, read: 1, kept: 1, repaired: { "channel-undeclared": 1 }, rejected: {}, held: [], warned: [] },
    why: "a channel without a declaration is added under its id",
  },
  {
    path: "epg/nasty/xmltv-project/overlap.xml",
    outcome: {
      kind: "quarantined",
      channels: 5,
      read: 14,
      kept: 8,
      repaired: { "channel-undeclared": 5, "end-missing": 2 },
      rejected: { "end-unknown": 4, "zero-length": 2 },
      held: ["rejected"],
      warned: [],
    },
    why: "too much had to be left out to believe the rest",
  },
  {
    path: "epg/nasty/xmltv-project/simple.xml",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 2,
      kept: 0,
      repaired: { "channel-undeclared": 2 },
      rejected: { "end-unknown": 2 },
      held: ["no-programmes"],
      warned: [],
    },
    why: "no programme has an end, or a next one to take it from",
  },
  {
    path: "epg/nasty/xmltv-project/sort.xml",
    outcome: {
      kind: "accepted",
      channels: 2,
      read: 4,
      kept: 3,
      repaired: { "channel-undeclared": 3, "end-missing": 1 },
      rejected: { "end-unknown": 1 },
      held: [],
      warned: [],
    },
    why: "small, and what is left of it is sound",
  },
  {
    path: "epg/nasty/xmltv-project/sort1.xml",
    outcome: {
      kind: "quarantined",
      channels: 1,
      read: 6,
      kept: 4,
      repaired: { "channel-undeclared": 1, "end-missing": 2 },
      rejected: { "end-unknown": 2 },
      held: ["rejected"],
      warned: [],
    },
    why: "too much had to be left out to believe the rest",
  },
  {
    path: "epg/nasty/xmltv-project/sort2.xml",
    outcome: {
      kind: "quarantined",
      channels: 1,
      read: 3,
      kept: 1,
      repaired: { "channel-undeclared": 1 },
      rejected: { "end-unknown": 2 },
      held: ["rejected"],
      warned: [],
    },
    why: "too much had to be left out to believe the rest",
  },
  {
    path: "epg/nasty/xmltv-project/test.xml",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 1,
      kept: 0,
      repaired: {},
      rejected: { "end-unknown": 1 },
      held: ["no-programmes"],
      warned: ["channels-empty"],
    },
    why: "no programme has an end, or a next one to take it from",
  },
  {
    path: "epg/nasty/xmltv-project/test_empty.xml",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 1,
      kept: 0,
      repaired: { "channel-undeclared": 1 },
      rejected: { "end-unknown": 1 },
      held: ["no-programmes"],
      warned: [],
    },
    why: "no programme has an end, or a next one to take it from",
  },
  {
    path: "epg/nasty/xmltv-project/test_livre.xml",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 1,
      kept: 0,
      repaired: { "channel-undeclared": 1 },
      rejected: { "end-unknown": 1 },
      held: ["no-programmes"],
      warned: [],
    },
    why: "no programme has an end, or a next one to take it from",
  },
  {
    path: "epg/nasty/xmltv-project/test_remove_some_overlapping.xml",
    outcome: {
      kind: "accepted",
      channels: 1,
      read: 12,
      kept: 12,
      repaired: { "channel-undeclared": 1, overlap: 3 },
      rejected: {},
      held: [],
      warned: ["gaps"],
    },
    why: "small, and what is left of it is sound",
  },
  {
    path: "epg/nasty/xmltv-project/test_sort_by_channel.xml",
    outcome: {
      kind: "quarantined",
      channels: 1,
      read: 3,
      kept: 1,
      repaired: { "channel-undeclared": 1 },
      rejected: { "zero-length": 1, "end-unknown": 1 },
      held: ["rejected"],
      warned: [],
    },
    why: "too much had to be left out to believe the rest",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_1.xml",
    outcome: { kind: "accepted", channels: 1, read: 5, kept: 5, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_2.xml",
    outcome: { kind: "accepted", channels: 1, read: 5, kept: 5, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_3.xml",
    outcome: { kind: "accepted", channels: 1, read: 5, kept: 5, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_4.xml",
    outcome: { kind: "accepted", channels: 1, read: 4, kept: 4, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_5-1.xml",
    outcome: { kind: "accepted", channels: 1, read: 27, kept: 27, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_5-2.xml",
    outcome: { kind: "accepted", channels: 1, read: 99, kept: 99, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_5-3.xml",
    outcome: { kind: "accepted", channels: 1, read: 13, kept: 13, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_automatic_type_5-4.xml",
    outcome: { kind: "accepted", channels: 1, read: 4, kept: 4, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_user_type_12.xml",
    outcome: { kind: "accepted", channels: 1, read: 4, kept: 4, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_user_type_15.xml",
    outcome: { kind: "accepted", channels: 3, read: 6, kept: 6, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_user_type_16.xml",
    outcome: { kind: "accepted", channels: 2, read: 12, kept: 12, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/tv_augment_user_type_3.xml",
    outcome: { kind: "accepted", channels: 1, read: 4, kept: 4, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend",
  },
  {
    path: "epg/nasty/xmltv-project/whitespace.xml",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 5,
      kept: 0,
      repaired: { "channel-undeclared": 1, duplicate: 4 },
      rejected: { "end-unknown": 1 },
      held: ["no-programmes"],
      warned: ["mended"],
    },
    why: "one programme five times over, without an end",
  },
  {
    path: "epg/nasty/xmltv-project/x-whatever.xml",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 2,
      kept: 0,
      repaired: { "channel-undeclared": 2 },
      rejected: { "end-unknown": 2 },
      held: ["no-programmes"],
      warned: [],
    },
    why: "no programme has an end, or a next one to take it from",
  },
  {
    path: "schedules/ics/dk_golf_tv.ics",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 11,
      kept: 0,
      repaired: {},
      rejected: { "all-day": 11 },
      held: ["no-programmes"],
      warned: ["channels-empty"],
    },
    why: "tournaments of four whole days; the hours stand in their text only, and capacity for days on end is nobody's wish",
  },
  {
    path: "schedules/ics/odoral_basket_full_set.ics",
    outcome: { kind: "accepted", channels: 1, read: 32, kept: 32, repaired: { "calendar-unnamed": 1 }, rejected: {}, held: [], warned: [] },
    why: "matches of several leagues, three and four at once, each kept whole; the calendar has no name",
  },
  {
    path: "schedules/ics/odoral_bundesliga.ics",
    outcome: { kind: "accepted", channels: 1, read: 9, kept: 9, repaired: { "calendar-unnamed": 1 }, rejected: {}, held: [], warned: [] },
    why: "five matches kick off together and are kept whole; the calendar has no name",
  },
  {
    path: "schedules/ics/odoral_champions_league.ics",
    outcome: { kind: "accepted", channels: 1, read: 7, kept: 7, repaired: { "calendar-unnamed": 1 }, rejected: {}, held: [], warned: [] },
    why: "matches at once are kept whole; the calendar has no name",
  },
  {
    path: "schedules/ics/odoral_copa_del_rey.ics",
    outcome: { kind: "accepted", channels: 1, read: 1, kept: 1, repaired: { "calendar-unnamed": 1 }, rejected: {}, held: [], warned: [] },
    why: "one match in a calendar without a name",
  },
  {
    path: "schedules/ics/odoral_eurocopa_2024.ics",
    outcome: { kind: "accepted", channels: 1, read: 1, kept: 1, repaired: { "calendar-unnamed": 1 }, rejected: {}, held: [], warned: [] },
    why: "one match in a calendar without a name",
  },
  {
    path: "schedules/schedulesdirect/scheduleBadVideoProperties.json",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 4529,
      kept: 0,
      repaired: {},
      rejected: { "title-missing": 4529 },
      held: ["no-programmes"],
      warned: ["channels-empty"],
    },
    why: "180 stations whose titles stand in another answer, which is not at hand: what draws whom is not known, and each reason says where it is",
  },
  {
    path: "schedules/schedulesdirect/scheduleFull.json",
    outcome: { kind: "refused", code: "feed-format-unknown" },
    why: "checksums of days, which list no programme; the message says so",
  },
  {
    path: "schedules/schedulesdirect/scheduleGaps.json",
    outcome: { kind: "refused", code: "feed-format-unknown" },
    why: "checksums of days, which list no programme; the message says so",
  },
  {
    path: "schedules/schedulesdirect/scheduleStation.json",
    outcome: {
      kind: "quarantined",
      channels: 0,
      read: 31,
      kept: 0,
      repaired: {},
      rejected: { "title-missing": 31 },
      held: ["no-programmes"],
      warned: ["channels-empty"],
    },
    why: "one station whose titles stand in another answer",
  },
  {
    path: "schedules/tvmaze/schedule_tv_bland.json",
    outcome: { kind: "accepted", channels: 32, read: 60, kept: 60, repaired: {}, rejected: {}, held: [], warned: [] },
    why: "nothing to mend; hours between two episodes are no gap in a list of what is followed",
  },
  {
    path: "wc98/schedule.ics",
    outcome: { kind: "accepted", channels: 1, read: 48, kept: 48, repaired: { "calendar-unnamed": 1 }, rejected: {}, held: [], warned: [] },
    why: "the matches of the XMLTV beside it, at the same times, in one list; the calendar has no name",
  },
  {
    path: "wc98/schedule.xml",
    outcome: { kind: "accepted", channels: 2, read: 48, kept: 48, repaired: {}, rejected: {}, held: [], warned: ["gaps"] },
    why: "nothing to mend; two channels of matches alone have gaps between them",
  },
];

/** The table of docs/feed-gate.md. */
export function outcomeTable(stated: readonly StatedOutcome[] = STATED_OUTCOMES): string {
  const rows = stated.map(({ path, outcome, why }) => `| \`${path}\` | ${cellsOf(outcome).join(" | ")} | ${why} |`);
  return ["| feed | outcome | items → kept | repaired | left out | why |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

function cellsOf(outcome: FeedOutcome): readonly string[] {
  if (outcome.kind === "refused") return [`**refused** \`${outcome.code}\``, "", "", ""];
  const { kind, channels, read, kept, repaired, rejected, held, warned } = outcome;
  const because = held.length === 0 ? "" : ` ${codes(held)}`;
  const warning = warned.length === 0 ? "" : `, warning ${codes(warned)}`;
  const word = kind === "quarantined" ? `**quarantined**${because}` : "accepted";
  return [
    `${word}${warning}`,
    `${whole(read)} → ${whole(kept)} on ${whole(channels)} ${channels === 1 ? "channel" : "channels"}`,
    tallied(repaired),
    tallied(rejected),
  ];
}

function tallied(tally: Readonly<Record<string, number>>): string {
  return Object.entries(tally)
    .map(([code, count]) => `${whole(count)} \`${code}\``)
    .join(", ");
}

function codes(list: readonly string[]): string {
  return list.map((code) => `\`${code}\``).join(", ");
}
