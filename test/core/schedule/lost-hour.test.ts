import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { zoneOffsets } from "../../../shared/config/zone.ts";
import { coverageOf } from "../../../shared/core/schedule/coverage.ts";
import { clockChanges, lostHours, type LostHour } from "../../../shared/core/schedule/lost-hour.ts";
import type { ListedProgramme } from "../../../shared/core/schedule/programme.ts";
import { SANITY_THRESHOLDS } from "../../../shared/core/schedule/sanity.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { describeWithData } from "../../data-folder.ts";
import { listed, realListing } from "./programmes.ts";

const THRESHOLDS = {
  share: SANITY_THRESHOLDS.lostHourWarnShare,
  least: SANITY_THRESHOLDS.lostHourLeast,
  timesElsewhere: SANITY_THRESHOLDS.lostHourTimes,
};

/** The nights of 2025 on which clocks change, as anybody can look them up; Lord Howe Island's by half an hour. */
const NIGHTS = [
  ["Europe/Amsterdam", "spring", "2025-03-30T01:00Z", 60],
  ["Europe/Amsterdam", "autumn", "2025-10-26T01:00Z", 60],
  ["America/New_York", "spring", "2025-03-09T07:00Z", 60],
  ["America/New_York", "autumn", "2025-11-02T06:00Z", 60],
  ["Australia/Lord_Howe", "spring", "2025-10-04T15:30Z", 30],
  ["Australia/Lord_Howe", "autumn", "2025-04-05T15:00Z", 30],
] as const;

/** How publishers lose the hour: with the offset of the other side of the change, just after it or just before. */
type Mistake = "after" | "before";

/** An instant as a publisher writes it that makes `mistake`: what falls into the hour is written an hour off, into the hour beside it. */
function miswritten(atMs: number, changeMs: number, byMs: number, autumn: boolean, mistake: Mistake): number {
  const fromMs = mistake === "after" ? changeMs : changeMs - byMs;
  if (atMs < fromMs || atMs >= fromMs + byMs) return atMs;
  // In autumn the hour comes twice and one is taken for the other; in spring one side is written with the other's offset.
  if (mistake === "after") return autumn ? atMs - byMs : atMs + byMs;
  return autumn ? atMs + byMs : atMs - byMs;
}

/** A guide of two days around a change: each channel without a gap, with a programme that begins at each edge of the hours beside it. */
const guideAround = (changeMs: number, byMs: number, channels: number): fc.Arbitrary<readonly ListedProgramme[]> =>
  fc
    .array(fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 60, maxLength: 60 }), { minLength: channels, maxLength: channels })
    .map((lengths) =>
      lengths.flatMap((onChannel, channel) => {
        const edges = [changeMs - byMs, changeMs, changeMs + byMs];
        const starts = new Set(edges);
        let startsAtMs = changeMs - DAY_MS;
        for (const fiveMinutes of onChannel) {
          if (startsAtMs > changeMs + DAY_MS) break;
          starts.add(startsAtMs);
          startsAtMs += fiveMinutes * 5 * MINUTE_MS;
        }
        starts.add(changeMs + DAY_MS);
        const sorted = [...starts].sort((a, b) => a - b);
        return sorted.slice(1).map((endsAtMs, i) =>
          listed({
            channelId: `channel ${String(channel).padStart(2, "0")}`,
            title: `Title ${channel} ${i}`,
            startsAtMs: sorted[i] ?? 0,
            endsAtMs,
          }),
        );
      }),
    );

function found(programmes: readonly ListedProgramme[], zone: string, changeMs: number): readonly LostHour[] {
  const changes = clockChanges(zoneOffsets(zone, changeMs - 10 * DAY_MS, changeMs + 10 * DAY_MS));
  return lostHours(coverageOf(programmes), changes, THRESHOLDS);
}

/** How many channels have nothing on at `atMs` and something before and after: counted from the programmes alone. */
function silentAt(programmes: readonly ListedProgramme[], atMs: number): number {
  return [...new Set(programmes.map(({ channelId }) => channelId))].filter((channelId) => {
    const own = programmes.filter((programme) => programme.channelId === channelId);
    return (
      own.some(({ endsAtMs }) => endsAtMs <= atMs) &&
      own.some(({ startsAtMs }) => startsAtMs > atMs) &&
      !own.some(({ startsAtMs, endsAtMs }) => startsAtMs <= atMs && atMs < endsAtMs)
    );
  }).length;
}

describe.each(NIGHTS)("%s, %s", (zone, season, instant, minutes) => {
  const changeMs = Date.parse(instant);
  const byMs = minutes * MINUTE_MS;

  test("the change is seen where and as large as it is", () => {
    expect(clockChanges(zoneOffsets(zone, changeMs - 10 * DAY_MS, changeMs + 10 * DAY_MS))).toEqual([{ atMs: changeMs, byMs }]);
  });

  test.each(["after", "before"] as const)("the hour lost just %s it is found on every channel that lost it", (mistake) => {
    fc.assert(
      fc.property(guideAround(changeMs, byMs, 30), fc.integer({ min: 3, max: 30 }), (guide, wrong) => {
        const spoiled = guide
          .map((programme): ListedProgramme => {
            if (Number(programme.channelId.slice(-2)) >= wrong) return programme;
            const write = (atMs: number) => miswritten(atMs, changeMs, byMs, season === "autumn", mistake);
            const startsAtMs = write(programme.startsAtMs);
            // The last millisecond's side decides for an end, as it is the programme's own.
            return { ...programme, startsAtMs, endsAtMs: write(programme.endsAtMs - 1) + 1 };
          })
          .filter(({ startsAtMs, endsAtMs }) => endsAtMs > startsAtMs);
        const hours = found(spoiled, zone, changeMs);
        expect(hours).toHaveLength(1);
        const [hour] = hours;
        expect(hour).toMatchObject({ change: { atMs: changeMs, byMs }, silent: wrong, channels: 30, elsewhere: 0 });
        expect(hour?.atMs).toBe(mistake === "after" ? changeMs : changeMs - byMs);
        expect(silentAt(spoiled, hour?.atMs ?? 0)).toBe(wrong);
        expect(hour?.examples).toEqual(["channel 00", "channel 01", "channel 02"]);
      }),
      { seed: 20251026, numRuns: 25 },
    );
  });

  test("a guide that was converted rightly is not suspected, nor one that lost the hour on two channels", () => {
    fc.assert(
      fc.property(guideAround(changeMs, byMs, 12), (guide) => {
        expect(found(guide, zone, changeMs)).toEqual([]);
        const two = guide.filter(
          ({ channelId, startsAtMs }) => channelId > "channel 01" || startsAtMs < changeMs || startsAtMs >= changeMs + byMs,
        );
        expect(silentAt(two, changeMs)).toBe(2);
        expect(found(two, zone, changeMs)).toEqual([]);
      }),
      { seed: 20250330, numRuns: 10 },
    );
  });

  test("a guide that is silent in that hour every night, or closes down for the night, is not suspected", () => {
    fc.assert(
      fc.property(guideAround(changeMs, byMs, 12), fc.constantFrom(1, 5), (guide, hours) => {
        const silentMs = hours === 1 ? byMs : hours * HOUR_MS;
        const quiet = guide.flatMap((programme): ListedProgramme[] => {
          const overlapsANight = [-DAY_MS, 0, DAY_MS].some(
            (awayMs) => programme.startsAtMs < changeMs + awayMs + silentMs && programme.endsAtMs > changeMs + awayMs,
          );
          return overlapsANight ? [] : [programme];
        });
        // The last night's silence has to end, or it is no gap.
        const ends = Array.from({ length: 12 }, (_, channel) =>
          listed({ channelId: `channel ${String(channel).padStart(2, "0")}`, startsAtMs: changeMs + DAY_MS + silentMs }),
        ).map((programme) => ({ ...programme, endsAtMs: programme.startsAtMs + HOUR_MS }));
        const begins = Array.from({ length: 12 }, (_, channel) =>
          listed({
            channelId: `channel ${String(channel).padStart(2, "0")}`,
            startsAtMs: changeMs - DAY_MS - HOUR_MS,
            endsAtMs: changeMs - DAY_MS,
          }),
        );
        expect(found([...begins, ...quiet, ...ends], zone, changeMs)).toEqual([]);
      }),
      { seed: 20251102, numRuns: 10 },
    );
  });
});

test("what is few of many channels, or longer than twice the change, is no lost hour", () => {
  const changeMs = Date.UTC(2025, 9, 26, 1);
  const hourly = (channels: number, silent: number, hours: number) =>
    Array.from({ length: channels }, (_, channel) =>
      Array.from({ length: 24 }, (_hour, i) => i - 12)
        .filter((i) => channel >= silent || i < 0 || i >= hours)
        .map((i) =>
          listed({
            channelId: `channel ${String(channel).padStart(2, "0")}`,
            startsAtMs: changeMs + i * HOUR_MS,
            endsAtMs: changeMs + (i + 1) * HOUR_MS,
          }),
        ),
    ).flat();
  const silent = (programmes: readonly ListedProgramme[]) => found(programmes, "Europe/Amsterdam", changeMs).map((hour) => hour.silent);
  expect([silent(hourly(60, 3, 1)), silent(hourly(61, 3, 1))]).toEqual([[3], []]);
  expect([silent(hourly(60, 30, 2)), silent(hourly(60, 30, 3))]).toEqual([[30], []]);
  // Channels that close down for the night are no part of it, and do not hide it.
  const closedDown = hourly(40, 20, 5).map((programme) => ({ ...programme, channelId: `night ${programme.channelId}` }));
  expect(silent([...hourly(20, 5, 1), ...closedDown])).toEqual([5]);
});

describeWithData("real guides at a change of clocks", () => {
  test("the Dutch guide of 26 October 2025 lost the hour on 48 of 240 channels", async () => {
    const { programmes } = await realListing("epg/nasty/natural/Netherlands.xml.gz");
    const changeMs = Date.UTC(2025, 9, 26, 1);
    expect(silentAt(programmes, changeMs)).toBe(48);
    expect(found(programmes, "Europe/Amsterdam", changeMs)).toEqual([
      {
        change: { atMs: changeMs, byMs: HOUR_MS },
        atMs: changeMs,
        silent: 48,
        channels: 240,
        examples: ["1Achterhoek.nl", "1Twente.nl", "AA en Hunze TV.nl"],
        elsewhere: 1,
      },
    ]);
  });

  // Had clocks changed at any quarter of an hour of these guides, none would have been suspected: their own gaps are no lost hour.
  test.each([
    "clean/Denmark.xml.gz",
    "clean/Kayo_epg.xml.gz",
    "clean/Norway.xml.gz",
    "clean/PBS_all.xml.gz",
    "clean/PlutoTV_dk.xml.gz",
    "clean/United_Kingdom_unitedkingdom1.xml.gz",
    "clean/all_epg.xml.gz",
    "nasty/natural/Latvia_guide.xml.gz",
    "nasty/natural/Singtel_epg.xml.gz",
    "nasty/natural/Spain_spain4.xml.gz",
  ])("epg/%s is never suspected, wherever in it clocks are said to change", async (path) => {
    const coverage = coverageOf((await realListing(`epg/${path}`)).programmes);
    const quarterMs = 15 * MINUTE_MS;
    const fromMs = Math.floor(Math.min(...coverage.map((channel) => channel.fromMs)) / quarterMs) * quarterMs;
    const toMs = Math.max(...coverage.map((channel) => channel.toMs));
    const changes = Array.from({ length: Math.ceil((toMs - fromMs) / quarterMs) }, (_, i) => fromMs + i * quarterMs).flatMap((atMs) => [
      { atMs, byMs: HOUR_MS },
      { atMs, byMs: HOUR_MS / 2 },
    ]);
    expect(lostHours(coverage, changes, THRESHOLDS)).toEqual([]);
  });
});
