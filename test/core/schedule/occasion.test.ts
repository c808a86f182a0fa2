import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expectation } from "../../../shared/core/schedule/expectation.ts";
import { identify } from "../../../shared/core/schedule/identity.ts";
import { belongsTo, occasionsOf, SAME_START_MS, type Occasion } from "../../../shared/core/schedule/occasion.ts";
import { compareText, type Programme } from "../../../shared/core/schedule/programme.ts";
import { isFiller } from "../../../shared/core/schedule/title.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { describeWithData } from "../../data-folder.ts";
import { EIGHT_PM, anyListed, type listed, listingOf, programme, realListing, scheduleOf } from "./programmes.ts";

/** The slots of each occasion, by id. */
const grouping = (programmes: readonly Programme[], expectations: readonly Expectation[] = []): string[] =>
  occasionsOf(scheduleOf(programmes), expectations).map((occasion) => occasion.programmes.map(({ id }) => id).join("+"));

const speech: Expectation = {
  occasion: "the speech",
  title: "Speech",
  channels: ["one", "two"],
  windowStartMs: EIGHT_PM,
  windowEndMs: EIGHT_PM + 60 * MINUTE_MS,
  viewers: 1_000,
};

describe("the same broadcast on several channels is one occasion", () => {
  const match = { title: "Premier League" };

  test("when titles are equal after normalising and starts lie two minutes apart, and not more", () => {
    const one = programme({ id: "a", ...match });
    expect(grouping([one, programme({ id: "b", channelId: "two", title: "PREMIER LEAGUE (Live)", minute: 2 })])).toEqual(["a+b"]);
    expect(grouping([one, programme({ id: "b", channelId: "two", ...match, minute: 2.01 })])).toEqual(["a", "b"]);
  });

  test.each([
    ["sub-titles decide before equal episodes", { subTitle: "A v B", episode: "1" }, { subTitle: "C v D", episode: "1" }, false],
    ["equal sub-titles decide before other episodes", { subTitle: "A v B", episode: "1" }, { subTitle: "a – v – b", episode: "2" }, true],
    ["episodes decide when one has no sub-title", { subTitle: "A v B", episode: "1" }, { episode: "2" }, false],
    ["equal episodes decide before other descriptions", { episode: "1", description: "x" }, { episode: "1", description: "y" }, true],
    [
      "descriptions decide when nothing else is carried by both",
      { subTitle: "A v B", description: "x" },
      { episode: "2", description: "y" },
      false,
    ],
    ["nothing carried by both is no conflict", { subTitle: "A v B" }, { description: "y" }, true],
    ["a blank sub-title is not carried", { subTitle: " ", episode: "1" }, { subTitle: "A v B", episode: "1" }, true],
  ])("%s", (_, first, second, same) => {
    const slots = [programme({ id: "a", ...match, ...first }), programme({ id: "b", channelId: "two", ...match, ...second })];
    expect(grouping(slots)).toEqual(same ? ["a+b"] : ["a", "b"]);
  });

  test("but a slot without a sub-title does not chain two matches together", () => {
    const slots = ["A v B", undefined, "C v D"].map((subTitle, i) =>
      programme({ id: `${i}`, channelId: `${i}`, ...match, ...(subTitle !== undefined && { subTitle }) }),
    );
    expect(grouping(slots)).toEqual(["0+1", "2"]);
  });

  test("but starts do not chain either: all of an occasion lie within two minutes", () => {
    expect(grouping([0, 1.5, 3].map((minute) => programme({ id: `${minute}`, channelId: `${minute}`, ...match, minute })))).toEqual([
      "0+1.5",
      "3",
    ]);
  });

  test("but adjacent or numbered slots of one channel are not", () => {
    expect(grouping([programme({ id: "a", lengthMinutes: 1 }), programme({ id: "b", minute: 1 })])).toEqual(["a", "b"]);
  });

  test("but two programmes that are still to be announced are not known to be the same", () => {
    expect(grouping([programme({ id: "a", title: "TBA" }), programme({ id: "b", channelId: "two", title: "TBA" })])).toEqual(["a", "b"]);
    expect(grouping([programme({ id: "a", title: "" }), programme({ id: "b", channelId: "two", title: "" })])).toEqual(["a", "b"]);
  });
});

test("fillers are no occasions, even under an expectation", () => {
  expect(grouping([programme({ id: "a", title: "Kanalpause: speech" }), programme({ id: "b", title: "Airing Break" })], [speech])).toEqual(
    [],
  );
});

describe("an expectation", () => {
  test("takes slots by title, channel and start in [from, to), also several of one channel", () => {
    const slots = [
      programme({ id: "early", title: "The speech", minute: -1 }),
      programme({ id: "a", title: "Waiting for the SPEECH!", minute: 0, lengthMinutes: 15 }),
      programme({ id: "b", title: "The speech", minute: 15, lengthMinutes: 15 }),
      programme({ id: "c", title: "Speech", channelId: "two", minute: 59 }),
      programme({ id: "elsewhere", title: "Speech", channelId: "three", minute: 30 }),
      programme({ id: "late", title: "Speech", minute: 60 }),
    ];
    expect(grouping(slots, [speech])).toEqual(["early", "a+b+c", "elsewhere", "late"]);
    expect(slots.filter((slot) => belongsTo(speech, slot)).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  test("names its occasion and may set its start and end; otherwise they are the first start and the latest end", () => {
    const slots = [
      programme({ id: "a", title: "Speech", lengthMinutes: 50 }),
      programme({ id: "b", title: "Speech", channelId: "two", minute: 10, lengthMinutes: 10 }),
    ];
    const [plain] = occasionsOf(scheduleOf(slots), [speech]);
    expect(plain).toMatchObject({
      name: "the speech",
      channelIds: ["one", "two"],
      startsAtMs: EIGHT_PM,
      endsAtMs: EIGHT_PM + 50 * MINUTE_MS,
      expectation: speech,
    });
    const [told] = occasionsOf(scheduleOf(slots), [{ ...speech, startsAtMs: EIGHT_PM + 1, endsAtMs: EIGHT_PM + 2 }]);
    expect(told).toMatchObject({ startsAtMs: EIGHT_PM + 1, endsAtMs: EIGHT_PM + 2, id: plain?.id });
  });

  test("that comes first wins a slot that two name; without a slot it makes no occasion", () => {
    const other = { ...speech, occasion: "another speech" };
    const occasions = occasionsOf(scheduleOf([programme({ id: "a", title: "Speech" })]), [speech, other]);
    expect(occasions.map(({ name }) => name)).toEqual(["the speech"]);
  });

  test("of a name used twice has an id of its own, and an empty title names nothing", () => {
    const later = { ...speech, windowStartMs: speech.windowEndMs, windowEndMs: speech.windowEndMs + 60 * MINUTE_MS };
    const slots = [programme({ id: "a", title: "Speech" }), programme({ id: "b", title: "Speech", minute: 60 })];
    expect(new Set(occasionsOf(scheduleOf(slots), [speech, later]).map(({ id }) => id)).size).toBe(2);
    expect(grouping(slots, [{ ...speech, title: " " }])).toEqual(["a", "b"]);
  });

  test("keeps its occasion's id when its slots change, and the numbering of its parts does not make it a serial", () => {
    const [before] = occasionsOf(scheduleOf([programme({ id: "a", title: "Speech", episode: "1.0." })]), [speech]);
    const [after] = occasionsOf(scheduleOf([programme({ id: "z", title: "The Speech", minute: 20 })]), [speech]);
    expect(after?.id).toBe(before?.id);
    expect(before?.programmeClass).toBe("other");
  });
});

test.each<[Occasion["programmeClass"], Parameters<typeof listed>[0]]>([
  ["live", { live: true, categories: ["Movie"] }],
  ["live", { title: "Premier League (Live)" }],
  ["live", { title: "NBA Basketball\tLIVE" }],
  ["live", { title: "Håndbold direkte" }],
  ["film", { categories: ["Series", "Movie"], episode: "0.0." }],
  ["film", { title: "Alien", description: "Amerikansk gyser fra 1979.", lengthMinutes: 76 }],
  ["other", { title: "Alien", description: "Amerikansk gyser fra 1979.", lengthMinutes: 75 }],
  ["other", { title: "Alien", description: "Nr. 119790", lengthMinutes: 100 }],
  ["news", { title: "TV 2 News" }],
  ["news", { categories: ["News & Information"], title: "The day" }],
  ["serial", { episode: "2.4.", description: "Fra 2024.", lengthMinutes: 90 }],
  ["serial", { categories: ["Series"] }],
  ["other", { title: "Delivery" }],
])("a programme is of class %s: %j", (programmeClass, changes) => {
  const [occasion] = occasionsOf(scheduleOf([programme({ id: "a", ...changes })]), []);
  expect(occasion?.programmeClass).toBe(programmeClass);
});

test("an occasion has the class and the category of the first slot that has one", () => {
  const slots = [programme({ id: "b" }), programme({ id: "a", channelId: "two", live: true, categories: ["Sport", "Football"] })];
  expect(occasionsOf(scheduleOf(slots), [])).toMatchObject([
    { id: "o-a", name: "The evening film", seriesKey: "the evening film", programmeClass: "live", category: "Sport" },
  ]);
});

test("every programme that is no filler is in exactly one occasion, whose slots could be one broadcast", () => {
  const expectation = { ...speech, title: "news", channels: ["one", "__proto__"] };
  fc.assert(
    fc.property(fc.array(anyListed, { maxLength: 30 }), fc.boolean(), (drawn, told) => {
      const schedule = identify(listingOf(drawn), undefined);
      const occasions = occasionsOf(schedule, told ? [expectation] : []);
      const slots = occasions.flatMap(({ programmes }) => programmes.map(({ id }) => id)).sort();
      expect(slots).toEqual(
        schedule.programmes
          .filter((p) => !isFiller(p))
          .map(({ id }) => id)
          .sort(),
      );
      expect(new Set(occasions.map(({ id }) => id)).size).toBe(occasions.length);
      expect(occasions.map(({ startsAtMs }) => startsAtMs)).toEqual(occasions.map(({ startsAtMs }) => startsAtMs).sort((a, b) => a - b));
      for (const occasion of occasions.filter((o) => o.expectation === undefined)) {
        expect(occasion.channelIds).toHaveLength(occasion.programmes.length);
        for (const slot of occasion.programmes) expect(slot.startsAtMs - occasion.startsAtMs).toBeLessThanOrEqual(SAME_START_MS);
        const subTitles = new Set(occasion.programmes.flatMap(({ subTitle }) => subTitle ?? []));
        expect(subTitles.size).toBeLessThanOrEqual(1);
      }
    }),
    { seed: 1, numRuns: 400 },
  );
});

test("moving everything by the same time, across midnight or a change of clocks, moves the occasions and changes nothing else", () => {
  const shape = (occasions: readonly Occasion[], byMs: number): unknown =>
    occasions.map((o) => [o.startsAtMs - byMs, o.endsAtMs - byMs, o.programmes.map(({ id }) => id)]);
  fc.assert(
    fc.property(fc.array(anyListed, { maxLength: 25 }), fc.integer({ min: -400, max: 400 }), (drawn, hours) => {
      const byMs = hours * 60 * MINUTE_MS;
      const { programmes } = identify(listingOf(drawn), undefined);
      const moved = programmes.map((p) => ({ ...p, startsAtMs: p.startsAtMs + byMs, endsAtMs: p.endsAtMs + byMs }));
      expect(shape(occasionsOf(scheduleOf(moved), []), byMs)).toEqual(shape(occasionsOf(scheduleOf(programmes), []), 0));
    }),
    { seed: 1, numRuns: 200 },
  );
});

describeWithData("real guides", () => {
  const kingsSpeech: Expectation = {
    occasion: "the King's New Year speech",
    title: "nytårstale",
    channels: ["DR1 HD (T).dk", "TV 2 HD (D) (T).dk", "TV 2 News HD (D) (T).dk"],
    windowStartMs: Date.UTC(2025, 11, 31, 16, 40),
    windowEndMs: Date.UTC(2025, 11, 31, 17, 31),
    viewers: 1_500_000,
  };
  const at = (hour: number, minute: number): number => Date.UTC(2025, 11, 31, hour, minute);

  test("the King's New Year speech is five slots on three channels, 16:45 to 17:30; the wait before and the repeat stay apart", async () => {
    const occasions = occasionsOf(identify(await realListing("epg/clean/Denmark.xml.gz"), undefined), [kingsSpeech]);
    const king = occasions.filter(({ expectation }) => expectation !== undefined);
    expect(king).toHaveLength(1);
    expect(king[0]).toMatchObject({ startsAtMs: at(16, 45), endsAtMs: at(17, 30), channelIds: kingsSpeech.channels });
    expect(king[0]?.programmes.map(({ channelId, startsAtMs }) => [channelId, startsAtMs])).toEqual([
      ["DR1 HD (T).dk", at(16, 45)],
      ["DR1 HD (T).dk", at(17, 0)],
      ["TV 2 HD (D) (T).dk", at(17, 0)],
      ["TV 2 News HD (D) (T).dk", at(17, 0)],
      ["DR1 HD (T).dk", at(17, 15)],
    ]);
    const apart = occasions.filter(({ seriesKey, startsAtMs }) => seriesKey.includes("kongens nytårstale") && startsAtMs !== at(16, 45));
    expect(apart.map(({ startsAtMs, programmes }) => [startsAtMs, programmes.length])).toEqual([
      [at(15, 0), 1],
      [at(18, 15), 1],
    ]);
  });

  test("two matches that are both called Premier League at 20:00 never merge; one match on two channels does", async () => {
    const schedule = identify(await realListing("epg/clean/United_Kingdom_unitedkingdom1.xml.gz"), undefined);
    const matches = occasionsOf(schedule, []).filter(
      ({ seriesKey, startsAtMs }) => seriesKey === "premier league" && startsAtMs === at(20, 0),
    );
    const played = matches.map(({ programmes }) => programmes.map(({ subTitle }) => subTitle).join(" + "));
    expect(played.sort(compareText)).toEqual([
      "Arsenal v Aston Villa + Arsenal v Aston Villa",
      "Manchester United v Wolverhampton Wanderers",
    ]);
  });
});
