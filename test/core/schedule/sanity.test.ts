import { describe, expect, test } from "vitest";
import { identify } from "../../../shared/core/schedule/identity.ts";
import { addItem, assembleListing, beginListing, finishListing, type Listing } from "../../../shared/core/schedule/listing.ts";
import type { ListedProgramme, Schedule } from "../../../shared/core/schedule/programme.ts";
import { boundsAt, judgeListing, SANITY_THRESHOLDS, type SanityVerdict } from "../../../shared/core/schedule/sanity.ts";
import { commonShift } from "../../../shared/core/schedule/shift.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { describeWithData } from "../../data-folder.ts";
import { EIGHT_PM, items, listed, listingOf, realListing } from "./programmes.ts";

/** Eight channels with twelve hourly programmes each, from eight on; an hour of each title. */
const guide = (): ListedProgramme[] =>
  Array.from({ length: 96 }, (_, i) => listed({ channelId: `channel ${i % 8}`, title: `Title ${i}`, minute: Math.floor(i / 8) * 60 }));
const lastGood: Schedule = identify(listingOf(guide()), undefined);
const judge = (programmes: readonly ListedProgramme[], now = EIGHT_PM, known = lastGood): SanityVerdict =>
  judgeListing({ listing: listingOf(programmes), lastGood: known, now });
const judgeFirst = (programmes: readonly ListedProgramme[]): SanityVerdict =>
  judgeListing({ listing: listingOf(programmes), lastGood: undefined, now: EIGHT_PM });
const codesOf = (verdict: SanityVerdict): readonly string[] =>
  verdict.kind === "quarantined" ? verdict.findings.map(({ code }) => code) : [];
const shifted = (programmes: readonly ListedProgramme[], byMs: number): ListedProgramme[] =>
  programmes.map((p) => ({ ...p, startsAtMs: p.startsAtMs + byMs, endsAtMs: p.endsAtMs + byMs }));

test("the feed of yesterday again is accepted without a note", () => {
  expect(judge(guide())).toEqual({ kind: "accepted", notes: [], warnings: [] });
});

test("days between the entries of a list are no gap", () => {
  const apart = [listed({ title: "A v B" }), listed({ title: "C v D", minute: 4_320 })];
  const told = (parallel: boolean) => {
    const listing = assembleListing([
      { kind: "channel", channel: { id: "one", name: "One", ...(parallel && { parallel }) }, line: 1 },
      ...items(apart).filter(({ kind }) => kind === "programme"),
    ]);
    return judgeListing({ listing, lastGood: undefined, now: EIGHT_PM }).warnings.map(({ code }) => code);
  };
  expect([told(false), told(true)]).toEqual([["gaps", "channel-gaps"], []]);
});

test("what repeats is told in whole days, from what may still be on air to as far ahead as is believed", () => {
  const day = 24 * HOUR_MS;
  const midnight = EIGHT_PM - 20 * HOUR_MS;
  expect(boundsAt(EIGHT_PM, SANITY_THRESHOLDS)).toEqual({
    latestStartMs: EIGHT_PM + 400 * day,
    repeats: { fromMs: midnight - day, toMs: midnight + 400 * day },
  });
});

test("what was mended is told as notes, one a code", () => {
  const verdict = judge([
    ...guide(),
    listed({ channelId: "channel 0", title: "Title 0" }),
    listed({ channelId: "channel 0", lengthMinutes: 0 }),
  ]);
  expect(verdict).toEqual({
    kind: "accepted",
    notes: [
      {
        code: "zero-length",
        kind: "rejected",
        count: 1,
        sentence: '1 rejected (zero-length), the first: "The evening film" on channel 0: it ends when it starts (line 197).',
      },
      {
        code: "duplicate",
        kind: "repaired",
        count: 1,
        sentence: '1 repaired (duplicate), the first: "Title 0" on channel 0: listed more than once; kept once (line 196).',
      },
    ],
    warnings: [],
  });
});

describe("standing alone, a feed is held back", () => {
  test("without any programme", () => {
    expect(judgeFirst([])).toEqual({
      kind: "quarantined",
      findings: [{ code: "no-programmes", sentence: "The feed has no programme that could be kept, of 0 read." }],
      warnings: [],
    });
    expect(codesOf(judge([]))).toEqual(["no-programmes"]);
  });

  test("when its last programme has ended by now, and not a moment before", () => {
    const end = EIGHT_PM + 12 * HOUR_MS;
    expect(codesOf(judge(guide(), end))).toEqual(["stale"]);
    expect(judge(guide(), end - 1).kind).toBe("accepted");
  });

  test("when fillers and all-day entries are 60 % of its time, and not at a minute less", () => {
    const real = listed({ lengthMinutes: 400 });
    const fillers = (lengthMinutes: number): ListedProgramme[] => [real, listed({ channelId: "two", title: "Kanalpause", lengthMinutes })];
    expect(codesOf(judgeFirst(fillers(600)))).toEqual(["fillers"]);
    expect(judgeFirst(fillers(599)).kind).toBe("accepted");
    expect(codesOf(judgeFirst([real, listed({ channelId: "two", lengthMinutes: 23 * 60 })]))).toEqual(["fillers"]);
  });
});

describe("a feed of which too much is wrong is held back", () => {
  const zeroLength = (count: number) => Array.from({ length: count }, (_, i) => listed({ title: `Nothing ${i}`, lengthMinutes: 0 }));

  test("when more than a quarter of its items had to be left out, and not at a quarter", () => {
    expect(judgeFirst([...guide(), ...zeroLength(32)]).kind).toBe("accepted");
    const verdict = judgeFirst([...guide(), ...zeroLength(33)]);
    expect(codesOf(verdict)).toEqual(["rejected"]);
    expect(verdict).toMatchObject({ findings: [{ sentence: "33 of 129 items (26 %) had to be left out; 25 % is the most." }] });
    const untitled = Array.from({ length: 33 }, (_, i) => ({
      kind: "rejected" as const,
      line: i,
      code: "title-missing",
      reason: "no title",
    }));
    const unreadable = assembleListing([...items(guide()), ...untitled]);
    expect(codesOf(judgeListing({ listing: unreadable, lastGood: undefined, now: EIGHT_PM }))).toEqual(["rejected"]);
  });

  test("but not for one item, however few there are", () => {
    expect(judgeFirst([listed({}), ...zeroLength(1)]).kind).toBe("accepted");
    expect(codesOf(judgeFirst([listed({}), ...zeroLength(2)]))).toEqual(["rejected"]);
  });

  test("when more than half of its programmes run into the next one, and not at half", () => {
    const evening = (cut: number) =>
      Array.from({ length: 20 }, (_, i) => listed({ title: `Title ${i}`, minute: i * 60, lengthMinutes: i < cut ? 70 : 60 }));
    expect(codesOf(judgeFirst(evening(11)))).toEqual(["cut"]);
    expect(judgeFirst(evening(10))).toMatchObject({
      kind: "accepted",
      warnings: [{ code: "mended", sentence: expect.stringContaining("10 repairs on 20 programmes (50 %)") as string }],
    });
    expect(judgeFirst(evening(5))).toMatchObject({ kind: "accepted", warnings: [] });
  });

  test("but not for ends that its format leaves out", () => {
    const noEnds = assembleListing(items(guide().map((programme) => ({ ...programme, endsAtMs: undefined }))));
    expect(judgeListing({ listing: noEnds, lastGood: undefined, now: EIGHT_PM })).toMatchObject({ kind: "accepted", warnings: [] });
  });
});

describe("a person is told, and nothing is held back", () => {
  test("of channels that are silent for half an hour and more, the longest silence first", () => {
    const gap = (channelId: string, minute: number, lengthMinutes: number) => [
      listed({ channelId, title: "before", minute: minute - 60 }),
      listed({ channelId, title: "after", minute: minute + lengthMinutes }),
    ];
    const verdict = judgeFirst([...gap("a break", 60, 29), ...gap("short", 60, 30), ...gap("long", 120, 200), ...gap("over", -120, 100)]);
    expect(verdict).toMatchObject({
      kind: "accepted",
      warnings: [
        { code: "gaps", sentence: "2 of 4 channels have gaps of 30 min and more still to come, 3 h 50 min together." },
        { code: "channel-gaps", channelId: "long", sentence: "long has nothing on for 3 h 20 min from 2025-12-31T22:00Z." },
        { code: "channel-gaps", channelId: "short", sentence: "short has nothing on for 30 min from 2025-12-31T21:00Z." },
      ],
    });
  });

  test("of a feed that declares mostly channels that it has nothing for", () => {
    const declared = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ kind: "channel" as const, channel: { id: `empty ${i}`, name: "" }, line: i }));
    const codes = (count: number) =>
      judgeListing({ listing: assembleListing([...declared(count), ...items(guide())]), lastGood: undefined, now: EIGHT_PM }).warnings.map(
        ({ code }) => code,
      );
    expect(codes(8)).toEqual([]);
    expect(codes(9)).toEqual(["channels-empty"]);
  });
});

describe("a date that nobody believes", () => {
  const dayMs = 24 * HOUR_MS;
  const bounds = { latestStartMs: EIGHT_PM + 400 * dayMs };
  const underway = (programmes: readonly ListedProgramme[]) => items(programmes).reduce(addItem, beginListing());

  test("leaves the item out with its line, and neither cuts nor ends another programme", () => {
    const film = { ...listed({ title: "Film" }), endsAtMs: undefined };
    const far = listed({ title: "Misprint", minute: 400 * 24 * 60 });
    const { programmes, findings, counts } = finishListing(items([film, far]).reduce(addItem, beginListing()), bounds);
    expect(programmes).toEqual([]);
    expect(findings.map(({ code, line }) => [code, line])).toEqual([
      ["too-far-ahead", 101],
      ["end-unknown", 100],
    ]);
    expect(findings[0]?.what).toBe('"Misprint" on one: it starts at 2027-02-04T20:00Z; 2027-02-04T20:00Z is the furthest that is believed');
    expect(counts).toMatchObject({ programmesRead: 2, programmesKept: 0, programmesRejected: 2 });
  });

  test("is one from that instant on, and not a minute before", () => {
    const kept = (minute: number) => finishListing(underway([listed({ minute })]), bounds).counts.programmesKept;
    expect([kept(400 * 24 * 60 - 1), kept(400 * 24 * 60)]).toEqual([1, 0]);
  });

  test("holds back a feed that is full of them", () => {
    const listing = finishListing(underway(guide().map((p, i) => (i % 2 === 0 ? p : (shifted([p], 3_650 * dayMs)[0] ?? p)))), bounds);
    expect(codesOf(judgeListing({ listing, lastGood: undefined, now: EIGHT_PM }))).toEqual(["rejected"]);
  });
});

describe("when clocks change within the feed", () => {
  const changes = [{ atMs: EIGHT_PM + 6 * HOUR_MS, byMs: HOUR_MS }];

  test.each([
    ["after", HOUR_MS],
    ["before", -HOUR_MS],
  ] as const)("one side of it moved: the programmes %s it", (side, byMs) => {
    const moved = guide().map((p) => (p.startsAtMs >= EIGHT_PM + 6 * HOUR_MS === (side === "after") ? (shifted([p], byMs)[0] ?? p) : p));
    const verdict = judgeListing({ listing: listingOf(moved), lastGood, now: EIGHT_PM - 2 * HOUR_MS, changes });
    expect(codesOf(verdict)).toContain("shifted");
    expect(JSON.stringify(verdict)).toContain(
      `programmes ${side} the change of clocks at 2026-01-01T02:00Z moved by the same ${byMs / MINUTE_MS} min`,
    );
    expect(codesOf(judgeListing({ listing: listingOf(moved), lastGood, now: EIGHT_PM - 2 * HOUR_MS }))).not.toContain("shifted");
  });

  test("the hour is lost on most channels: held back; on some: told of", () => {
    const without = (channels: number) =>
      guide().filter((p) => p.startsAtMs !== EIGHT_PM + 6 * HOUR_MS || Number(p.channelId.at(-1)) >= channels);
    const verdictOf = (channels: number) =>
      judgeListing({ listing: listingOf(without(channels)), lastGood: undefined, now: EIGHT_PM, changes });
    expect(verdictOf(2).warnings.map(({ code }) => code)).not.toContain("clock-change-hour");
    expect(verdictOf(3)).toMatchObject({ kind: "accepted", warnings: [{ code: "clock-change-hour" }, { code: "gaps" }, {}, {}, {}] });
    expect(codesOf(verdictOf(4))).toEqual(["clock-change-hour"]);
    expect(verdictOf(4)).toMatchObject({
      findings: [
        {
          sentence:
            "Clocks change at 2026-01-01T02:00Z, and then 4 of 8 channels (50 %) have nothing on air though they have programmes " +
            "before and after, among them channel 0, channel 1, channel 2; at any other hour within a day none have. " +
            "The 1 h of the change was probably converted wrongly.",
        },
      ],
    });
  });
});

describe("beside the last good schedule, a feed is held back", () => {
  test("when more than 40 % of what is still to come is gone, and not at 40 %", () => {
    // At ten o'clock 80 of the 96 are still to come. The feed's first hour stays, so that its window does.
    const without = (gone: number): ListedProgramme[] => guide().filter((_, i) => i < 16 || i >= 16 + gone);
    const tenOClock = EIGHT_PM + 2 * HOUR_MS;
    expect(judge(without(32), tenOClock).kind).toBe("accepted");
    expect(codesOf(judge(without(33), tenOClock))).toEqual(["shrunken"]);
  });

  test("when programmes gave way to fillers", () => {
    expect(codesOf(judge(guide().map((p, i) => (i % 2 === 0 ? { ...p, title: "Sendeschluss" } : p))))).toContain("shrunken");
  });

  test("but not for what has begun, for what lies outside its window, or for a single cancellation", () => {
    const fourHoursOn = EIGHT_PM + 4 * HOUR_MS;
    expect(
      judge(
        guide().filter(({ startsAtMs }) => startsAtMs >= fourHoursOn),
        fourHoursOn,
      ).kind,
    ).toBe("accepted");
    expect(judge(guide().filter(({ endsAtMs }) => endsAtMs <= fourHoursOn)).kind).toBe("accepted");
    expect(judge(guide().filter(({ startsAtMs }) => startsAtMs >= fourHoursOn + HOUR_MS)).kind).toBe("accepted");
    const [onAir, cancelled, next] = [listed({ title: "A" }), listed({ title: "B", minute: 60 }), listed({ title: "C", minute: 120 })];
    const three = identify(listingOf([onAir, cancelled, next]), undefined);
    expect(judge([onAir, next], EIGHT_PM + 1, three).kind).toBe("accepted");
  });

  test("when more than a quarter of the channels have nothing more to come, and not at a quarter", () => {
    const without = (count: number): ListedProgramme[] => guide().filter(({ channelId }) => Number(channelId.at(-1)) >= count);
    expect(judge(without(2)).kind).toBe("accepted");
    const verdict = judge(without(3));
    expect(codesOf(verdict)).toEqual(["channels-lost"]);
    expect(verdict).toMatchObject({ findings: [{ sentence: expect.stringContaining("3 of 8 channels (38 %)") }] });
  });

  test.each([60, -60, 30, -330, 720])("when everything moved by %d minutes together", (minutes) => {
    expect(codesOf(judge(shifted(guide(), minutes * MINUTE_MS), EIGHT_PM - 24 * HOUR_MS))).toContain("shifted");
  });

  test("also when a fifth stayed in place, and not when more did", () => {
    const some = (inPlace: number): ListedProgramme[] => guide().map((p, i) => (i < inPlace ? p : (shifted([p], HOUR_MS)[0] ?? p)));
    expect(codesOf(judge(some(16)))).toContain("shifted");
    expect(codesOf(judge(some(24)))).not.toContain("shifted");
  });

  test("but not when the evening slips by twenty minutes, nor for marathons that fit every shift", () => {
    expect(codesOf(judge(shifted(guide(), 20 * MINUTE_MS)))).toEqual([]);
    const marathon = guide().map((p) => ({ ...p, title: "Marathon" }));
    expect(judge(marathon, EIGHT_PM, identify(listingOf(marathon), undefined)).kind).toBe("accepted");
  });

  test("but not when the one match of the week moved by an hour", () => {
    const match = [listed({ title: "Derby" })];
    expect(judge(shifted(match, HOUR_MS), EIGHT_PM - HOUR_MS, identify(listingOf(match), undefined)).kind).toBe("accepted");
  });
});

test("a guide that repeats everything an hour later has not been shifted: what stayed in place wins the tie", () => {
  const repeated = [...shifted(guide(), HOUR_MS), ...guide()];
  expect(commonShift(guide(), repeated)).toEqual({ byMs: 0, moved: 0, compared: 96 });
  expect(commonShift(guide(), shifted(guide(), HOUR_MS))).toEqual({ byMs: HOUR_MS, moved: 96, compared: 96 });
});

test("every reason is named, not only the first", () => {
  const half = guide().filter(({ channelId }) => channelId < "channel 4");
  expect(codesOf(judge(shifted(half, HOUR_MS)))).toEqual(["shrunken", "channels-lost", "shifted"]);
});

test("the thresholds are the caller's to set", () => {
  const most = listingOf(guide().filter((_, i) => i < 40 || i >= 50));
  expect(judgeListing({ listing: most, lastGood, now: EIGHT_PM }).kind).toBe("accepted");
  const thresholds = { ...SANITY_THRESHOLDS, goneShare: 0.1 };
  expect(codesOf(judgeListing({ listing: most, lastGood, now: EIGHT_PM, thresholds }))).toEqual(["shrunken"]);
});

describeWithData("real guides", () => {
  const onNewYearsEve = Date.UTC(2025, 11, 31, 15);
  const movedBy = (listing: Listing, byMs: number): Listing => ({ ...listing, programmes: shifted(listing.programmes, byMs) });

  test("the Danish guide is accepted first and again, and held back with its clock an hour wrong or half of it missing", async () => {
    const listing = await realListing("epg/clean/Denmark.xml.gz");
    const known = identify(listing, undefined);
    const verdictOf = (changed: Listing): SanityVerdict => judgeListing({ listing: changed, lastGood: known, now: onNewYearsEve });
    expect(judgeListing({ listing, lastGood: undefined, now: onNewYearsEve })).toMatchObject({ kind: "accepted", notes: [] });
    expect(verdictOf(listing).kind).toBe("accepted");
    expect(codesOf(verdictOf(movedBy(listing, HOUR_MS)))).toContain("shifted");
    expect(codesOf(verdictOf({ ...listing, programmes: listing.programmes.filter((_, i) => i % 2 === 0) }))).toEqual(["shrunken"]);
  });

  test.each([
    "clean/Kayo_epg.xml.gz",
    "clean/Norway.xml.gz",
    "clean/PlutoTV_dk.xml.gz",
    "clean/United_Kingdom_unitedkingdom1.xml.gz",
    "nasty/natural/Latvia_guide.xml.gz",
    "nasty/natural/Netherlands.xml.gz",
    "nasty/natural/Spain_spain4.xml.gz",
  ])("the real guide %s is accepted, first and again", async (path) => {
    const listing = await realListing(`epg/${path}`);
    const now = listing.programmes[Math.floor(listing.programmes.length / 4)]?.startsAtMs ?? 0;
    expect(judgeListing({ listing, lastGood: undefined, now })).toMatchObject({ kind: "accepted" });
    expect(judgeListing({ listing, lastGood: identify(listing, undefined), now })).toMatchObject({ kind: "accepted" });
  });
});
