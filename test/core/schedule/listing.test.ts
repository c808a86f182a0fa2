import fc from "fast-check";
import { expect, test } from "vitest";
import { assembleListing } from "../../../shared/core/schedule/listing.ts";
import { LONGEST_PROGRAMME_MS } from "../../../shared/core/schedule/mend.ts";
import { isFiller } from "../../../shared/core/schedule/title.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { describeWithData } from "../../data-folder.ts";
import { EIGHT_PM, anyListed, items, listed, listingOf, realListing } from "./programmes.ts";

const codes = (listing: { findings: readonly { kind: string; code: string }[] }): string[] =>
  listing.findings.map(({ kind, code }) => `${kind} ${code}`);
const minutesOf = (listing: ReturnType<typeof listingOf>): (readonly [string, number, number])[] =>
  listing.programmes.map(({ title, startsAtMs, endsAtMs }) => [
    title,
    (startsAtMs - EIGHT_PM) / MINUTE_MS,
    (endsAtMs - EIGHT_PM) / MINUTE_MS,
  ]);

test("a sound feed passes without a finding, sorted by start, then channel", () => {
  const listing = listingOf([listed({ minute: 60, title: "C" }), listed({ channelId: "two", title: "B" }), listed({ title: "A" })]);
  expect(listing.programmes.map(({ title }) => title)).toEqual(["A", "B", "C"]);
  expect(listing.findings).toEqual([]);
  expect(listing.programmes[0]).toEqual(listed({ title: "A" }));
});

test("a missing end is taken from the next start on the same channel", () => {
  const listing = listingOf([
    { ...listed({ title: "A" }), endsAtMs: undefined },
    listed({ title: "elsewhere", channelId: "two", minute: 10 }),
    listed({ title: "B", minute: 45 }),
  ]);
  expect(minutesOf(listing)).toContainEqual(["A", 0, 45]);
  expect(listing.findings).toEqual([
    {
      kind: "repaired",
      code: "end-missing",
      what: '"A" on one: no end; it now ends at the next start, 45 min after its own',
      line: 100,
      channelId: "one",
    },
  ]);
});

test("the last programme of a channel without an end is rejected: its end is unknown, not a guess", () => {
  const listing = listingOf([{ ...listed(), endsAtMs: undefined }]);
  expect(codes(listing)).toEqual(["rejected end-unknown"]);
  expect(listing.counts).toMatchObject({ programmesRead: 1, programmesKept: 0, programmesRejected: 1, channelsWithProgrammes: 0 });
});

test("on a channel that is a list nothing is cut at the next start, and nothing ends at it", () => {
  const matches = [listed({ title: "A v B" }), listed({ title: "C v D", minute: 30 }), listed({ title: "E v F", minute: 30 })];
  const { endsAtMs: _end, ...endless } = listed({ title: "G v H", minute: -10 });
  const listing = assembleListing([
    { kind: "channel", channel: { id: "one", name: "Matches", parallel: true }, line: 1 },
    { kind: "programme", programme: { ...endless, line: 2 } },
    ...items([...matches, ...matches.slice(0, 1)]).filter(({ kind }) => kind === "programme"),
  ]);
  expect(listing.programmes).toEqual(matches);
  expect(codes(listing)).toEqual(["repaired duplicate", "rejected end-unknown"]);
  expect(listing.channels).toEqual([{ id: "one", name: "Matches", parallel: true }]);
});

test("an overlap is cut at the later programme's start; touching programmes stay", () => {
  const listing = listingOf([
    listed({ title: "A", lengthMinutes: 90 }),
    listed({ title: "B", minute: 60, lengthMinutes: 30 }),
    listed({ title: "C", minute: 90 }),
  ]);
  expect(minutesOf(listing)).toEqual([
    ["A", 0, 60],
    ["B", 60, 90],
    ["C", 90, 150],
  ]);
  expect(codes(listing)).toEqual(["repaired overlap"]);
});

test("a filler neither ends a programme nor is ended by one", () => {
  const listing = listingOf([
    listed({ title: "NHL", lengthMinutes: 175 }),
    listed({ title: "Sändningsuppehåll", minute: 145, lengthMinutes: 360 }),
    listed({ title: "Kanalpause", minute: -60, lengthMinutes: 1_440 }),
  ]);
  expect(minutesOf(listing)).toContainEqual(["NHL", 0, 175]);
  expect(minutesOf(listing)).toContainEqual(["Kanalpause", -60, 1_380]);
  expect(listing.findings).toEqual([]);
});

test("two programmes that start together are both kept: nothing says which is on", () => {
  const listing = listingOf([listed({ title: "A", lengthMinutes: 30 }), listed({ title: "B" }), listed({ title: "C", minute: 45 })]);
  expect(minutesOf(listing)).toEqual([
    ["A", 0, 30],
    ["B", 0, 45],
    ["C", 45, 105],
  ]);
});

test.each([
  ["ends before it starts", -10, "ends-before-start"],
  ["has no length", 0, "zero-length"],
  ["is longer than 26 hours", 26 * 60 + 1, "too-long"],
])("a programme that %s is rejected", (_, lengthMinutes, code) => {
  const listing = listingOf([listed({ lengthMinutes })]);
  expect(codes(listing)).toEqual([`rejected ${code}`]);
  expect(listing.programmes).toEqual([]);
});

test("a programme of exactly 26 hours is kept", () => {
  expect(listingOf([listed({ lengthMinutes: 26 * 60 })]).programmes).toHaveLength(1);
});

test("an end on the wrong day is cut at the next start before its length is judged", () => {
  const listing = listingOf([listed({ title: "A", lengthMinutes: 27 * 60 }), listed({ title: "B", minute: 30 })]);
  expect(minutesOf(listing)[0]).toEqual(["A", 0, 30]);
});

test("times that are no instants are rejected", () => {
  expect(codes(listingOf([listed({ startsAtMs: NaN }), listed({ endsAtMs: Infinity })]))).toEqual([
    "rejected time-unreadable",
    "rejected time-unreadable",
  ]);
});

test("a programme listed twice is kept once, with the later end", () => {
  const listing = listingOf([listed(), listed(), listed({ lengthMinutes: 70, title: "The Evening Film!" })]);
  expect(listing.programmes).toEqual([listed({ lengthMinutes: 70, title: "The Evening Film!" })]);
  expect(listing.counts).toMatchObject({ programmesRead: 3, programmesKept: 1, duplicatesDropped: 2 });
});

test("which of two listings of one programme is kept does not depend on which came first", () => {
  const [a, b] = [listed({ description: "a" }), listed({ description: "b" })];
  expect(listingOf([a, b]).programmes).toEqual(listingOf([b, a]).programmes);
});

test("two matches of one title that start together on one channel are no duplicates", () => {
  const listing = listingOf([
    listed({ title: "Premier League", subTitle: "A v B" }),
    listed({ title: "Premier League", subTitle: "C v D" }),
  ]);
  expect(listing.programmes).toHaveLength(2);
});

test("a channel declared twice keeps its first name; an undeclared one is added under its id, even __proto__", () => {
  const listing = assembleListing([
    { kind: "channel", channel: { id: "one", name: "One" }, line: 1 },
    { kind: "channel", channel: { id: "one", name: "Another" }, line: 2 },
    ...items([listed({ channelId: "__proto__" })]).filter(({ kind }) => kind === "programme"),
  ]);
  expect(listing.channels).toEqual([
    { id: "__proto__", name: "__proto__" },
    { id: "one", name: "One" },
  ]);
  expect(codes(listing)).toEqual(["repaired channel-declared-twice", "repaired channel-undeclared"]);
  expect(listing.counts).toMatchObject({ channelsDeclared: 1, channelsWithProgrammes: 1 });
});

test("what the reader could not read is told with its line and its code", () => {
  const listing = assembleListing([{ kind: "rejected", line: 7, code: "start-missing", reason: "no start" }]);
  expect(listing.findings).toEqual([{ kind: "rejected", code: "start-missing", what: "no start", line: 7 }]);
  expect(listing.counts).toMatchObject({ itemsUnreadable: 1, programmesRead: 0 });
});

test("whatever a feed says, every programme read is accounted for, and what is kept is consistent", () => {
  const anyEnd = fc.option(fc.integer({ min: -30, max: 40 * 60 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.tuple(anyListed, anyEnd), { maxLength: 40 }), (drawn) => {
      const { programmes, counts } = listingOf(
        drawn.map(([base, minutes]) => ({ ...base, endsAtMs: minutes === undefined ? undefined : base.startsAtMs + minutes * MINUTE_MS })),
      );
      expect(counts.programmesRead).toBe(drawn.length);
      expect(counts.programmesKept + counts.duplicatesDropped + counts.programmesRejected).toBe(drawn.length);
      for (const a of programmes) {
        expect(a.endsAtMs).toBeGreaterThan(a.startsAtMs);
        expect(a.endsAtMs - a.startsAtMs).toBeLessThanOrEqual(LONGEST_PROGRAMME_MS);
        const laterOnes = programmes.filter((b) => b.channelId === a.channelId && b.startsAtMs > a.startsAtMs && !isFiller(b));
        if (!isFiller(a)) for (const b of laterOnes) expect(a.endsAtMs).toBeLessThanOrEqual(b.startsAtMs);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("the order of a feed does not matter", () => {
  const shuffles = fc
    .array(anyListed, { maxLength: 25 })
    .chain((programmes) => fc.tuple(fc.constant(programmes), fc.shuffledSubarray(programmes, { minLength: programmes.length })));
  fc.assert(
    fc.property(shuffles, ([programmes, shuffled]) => {
      expect(listingOf(shuffled).programmes).toEqual(listingOf(programmes).programmes);
    }),
    { seed: 1, numRuns: 200 },
  );
});

describeWithData("real feeds", () => {
  test("the Danish feed has 72 channels, 69 with programmes, 3,562 programmes, and nothing to mend", async () => {
    const listing = await realListing("epg/clean/Denmark.xml.gz");
    expect(listing.counts).toEqual({
      channelsDeclared: 72,
      channelsWithProgrammes: 69,
      programmesRead: 3_562,
      programmesKept: 3_562,
      duplicatesDropped: 0,
      programmesRejected: 0,
      itemsUnreadable: 0,
    });
    expect(listing.findings).toEqual([]);
    // The publisher's break begins half an hour before the match ends.
    expect(listing.programmes.filter(({ title }) => title === "NHL").map((p) => p.endsAtMs - p.startsAtMs)).toContain(175 * MINUTE_MS);
  });

  test("the Latvian channel whose ends lie a day late is mended to its next starts", async () => {
    const listing = await realListing("epg/nasty/natural/Latvia_guide.xml.gz");
    expect(codes(listing).filter((code) => code === "repaired overlap")).toHaveLength(26);
    const onReTv = listing.programmes.filter(({ channelId }) => channelId === "ReTV.lv");
    // The last one has no next start to be cut at.
    expect(onReTv.slice(0, -1).filter((p) => p.endsAtMs - p.startsAtMs > 12 * HOUR_MS)).toEqual([]);
  });

  test("the Spanish feed loses its 76 programmes that end before they start and keeps the rest", async () => {
    const listing = await realListing("epg/nasty/natural/Spain_spain4.xml.gz");
    expect(codes(listing).filter((code) => code === "rejected ends-before-start")).toHaveLength(76);
    expect(listing.counts.programmesKept).toBeGreaterThan(1_500);
  });

  test("the Singaporean feed's 867 repeated declarations leave 124 channels", async () => {
    const listing = await realListing("epg/nasty/natural/Singtel_epg.xml.gz");
    expect(codes(listing).filter((code) => code === "repaired channel-declared-twice")).toHaveLength(867);
    expect(listing.channels).toHaveLength(124);
  });
});
