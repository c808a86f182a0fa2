import { describe, expect, test } from "vitest";
import { identify } from "../../../shared/core/schedule/identity.ts";
import { occasionsOf } from "../../../shared/core/schedule/occasion.ts";
import type { Programme } from "../../../shared/core/schedule/programme.ts";
import { proposeOccasions } from "../../../shared/core/schedule/proposal.ts";
import { describeWithData } from "../../data-folder.ts";
import { programme, realListing, scheduleOf } from "./programmes.ts";

const proposed = (...programmes: readonly Programme[]): string[] =>
  proposeOccasions(programmes).map((proposal) => proposal.programmes.map(({ id }) => id).join("+"));

/** "H.M. The Speech" in three numbered slots on one channel. */
const three = ["a", "b", "c"].map((id, index) =>
  programme({ id, title: "H.M. The Speech", episode: `2024.${index}.`, minute: 15 * (index - 1), lengthMinutes: 15 }),
);
const elsewhere = programme({ id: "x", channelId: "two", title: "The Speech", lengthMinutes: 10 });

describe("what may be one occasion is proposed", () => {
  test("where titles differ in a form of address, with the slots beside on the same channel", () => {
    expect(proposed(...three, elsewhere)).toEqual(["a+b+x+c"]);
    const [{ reasons } = { reasons: [] }] = proposeOccasions([...three, elsewhere]);
    expect(reasons).toEqual(["“H.M. The Speech” on one and “The Speech” on two begin together"]);
  });

  test.each(["The Speech (2:3)", "The Speech, part 2", "The Speech (2)", "the speech – DEL 2", "The Speech S1E2", "HRH the speech"])(
    "where one channel adds what %s adds",
    (title) => expect(proposed(programme({ id: "a", title }), elsewhere)).toEqual(["a+x"]),
  );

  test("where one channel makes one slot of what another makes several of", () => {
    const whole = programme({ id: "w", channelId: "two", title: "Election Night", lengthMinutes: 60 });
    const parts = [0, 30].map((minute) => programme({ id: `p${minute}`, title: "Election Night", minute, lengthMinutes: 30 }));
    expect(proposed(whole, ...parts)).toEqual(["p0+w+p30"]);
    // From another minute, or to another, it is not the same thing cut.
    expect(proposed({ ...whole, endsAtMs: whole.endsAtMs - 600_000 }, ...parts)).toEqual([]);
    // Two episodes are not one.
    expect(proposed({ ...whole, episode: "2.14." }, ...parts.map((part) => ({ ...part, episode: "0.10." })))).toEqual([]);
  });

  test("the same slots are the same proposal, in whatever order and however often they are listed elsewhere", () => {
    const [one] = proposeOccasions([...three, elsewhere]);
    const [two] = proposeOccasions([elsewhere, ...three.toReversed(), programme({ id: "y", channelId: "three", title: "Quiz" })]);
    expect(two).toEqual(one);
  });
});

describe("nothing is proposed", () => {
  test.each<[string, readonly Programme[]]>([
    [
      "of two matches under one title",
      [{}, {}].map((_, i) => programme({ id: `${i}`, channelId: `${i}`, title: "Premier League", description: `${i}` })),
    ],
    ["of a later repeat", [three[1] ?? elsewhere, programme({ id: "r", channelId: "two", title: "The Speech", minute: 75 })]],
    [
      "of what other numbers tell apart",
      [programme({ id: "a", title: "Crime (1:2)" }), programme({ id: "b", channelId: "two", title: "Crime (2:2)" })],
    ],
    [
      "of what sub-titles tell apart",
      [programme({ id: "a", title: "Crime (1)", subTitle: "A" }), programme({ id: "b", channelId: "two", title: "Crime", subTitle: "B" })],
    ],
    [
      "of what descriptions tell apart",
      [
        programme({ id: "a", title: "Crime (1)", description: "A body is found at the lake in the wood" }),
        programme({ id: "b", channelId: "two", title: "Crime", description: "The singer has vanished and nobody knows why" }),
      ],
    ],
    [
      "of names that end in a number",
      [programme({ id: "a", title: "Apollo 11" }), programme({ id: "b", channelId: "two", title: "Apollo 13" })],
    ],
    ["of fillers", [programme({ id: "a", title: "Kanalpause (1)" }), programme({ id: "b", channelId: "two", title: "Kanalpause" })]],
    ["of one channel alone", three],
    [
      "of a marathon",
      [
        ...Array.from({ length: 6 }, (_, i) => programme({ id: `m${i}`, title: `Friends (${i})`, minute: 30 * i, lengthMinutes: 30 })),
        programme({ id: "x", channelId: "two", title: "Friends" }),
      ],
    ],
    [
      "of what is on many times, cut as its channels like",
      [0, 60, 180, 300].flatMap((minute) => [
        programme({ id: `w${minute}`, channelId: "two", title: "News", minute, lengthMinutes: 40 }),
        programme({ id: `a${minute}`, title: "News", minute, lengthMinutes: 20 }),
        programme({ id: `b${minute}`, title: "News", minute: minute + 20, lengthMinutes: 20 }),
      ]),
    ],
  ])("%s", (_what, programmes) => expect(proposed(...programmes)).toEqual([]));
});

test("slots that a person said are together are one occasion, that of an expectation where one of them belongs to it", () => {
  const programmes = [...three, elsewhere];
  const together = [{ programmeIds: ["a", "b", "c", "x", "gone"] }];
  const slots = (expectations: Parameters<typeof occasionsOf>[1]) =>
    occasionsOf(scheduleOf(programmes), expectations, together).map(
      (occasion) => `${occasion.name}: ${occasion.programmes.map(({ id }) => id).join("+")}`,
    );
  expect(slots([])).toEqual(["H.M. The Speech: a+b+x+c"]);
  const first = { title: "speech", channels: ["two"], windowStartMs: 0, windowEndMs: Infinity };
  expect(slots([{ occasion: "the speech", viewers: 1, ...first }])).toEqual(["the speech: a+b+x+c"]);
});

/** By feed, every proposal that there is beyond what is one occasion already: title, channels, slots. Each was looked at, and is right. */
const OF_REAL_FEEDS: readonly (readonly [path: string, proposals: readonly string[]])[] = [
  [
    "epg/clean/Denmark.xml.gz",
    ["H.M. Kongens nytårstale on 3 channels in 5 slots", "Statsministerens nytårstale on 2 channels in 5 slots"],
  ],
  ["epg/clean/Norway.xml.gz", ["H.M. Kongens nytårstale on 2 channels in 4 slots"]],
  [
    "epg/clean/United_Kingdom_unitedkingdom1.xml.gz",
    ["Sky Sports Breakfast LIVE on 3 channels in 5 slots", "Sky Sports Breakfast LIVE on 2 channels in 3 slots"],
  ],
  ["epg/clean/PBS_all.xml.gz", []],
  ["epg/clean/PlutoTV_dk.xml.gz", []],
  ["epg/clean/Kayo_epg.xml.gz", []],
  ["epg/clean/all_epg.xml.gz", []],
  ["epg/large_61MB.xml.gz", []],
  ["epg/nasty/natural/Netherlands.xml.gz", []],
  ["epg/nasty/natural/Spain_spain4.xml.gz", []],
  ["epg/nasty/natural/Singtel_epg.xml.gz", []],
];

describeWithData("of real guides", () => {
  test.each(OF_REAL_FEEDS)("%s: what is proposed is what a person would confirm", { timeout: 60_000 }, async (path, expected) => {
    const schedule = identify(await realListing(path), undefined);
    const homes = new Map(occasionsOf(schedule, []).flatMap(({ id, programmes }) => programmes.map((slot) => [slot.id, id] as const)));
    const open = proposeOccasions(schedule.programmes).filter(
      ({ programmes }) => new Set(programmes.map(({ id }) => homes.get(id))).size > 1,
    );
    const said = open.map(({ name, programmes }) => {
      const channels = new Set(programmes.map(({ channelId }) => channelId));
      return `${name} on ${channels.size} channels in ${programmes.length} slots`;
    });
    expect(said).toEqual(expected);
  });

  test("the King's speech is proposed with its three slots and both simulcasts, and without the repeat", async () => {
    const schedule = identify(await realListing("epg/clean/Denmark.xml.gz"), undefined);
    const at = (hour: number, minute: number) => Date.UTC(2025, 11, 31, hour, minute);
    const [king] = proposeOccasions(schedule.programmes);
    expect(king?.programmes.map(({ channelId, startsAtMs }) => [channelId, startsAtMs])).toEqual([
      ["DR1 HD (T).dk", at(16, 45)],
      ["DR1 HD (T).dk", at(17, 0)],
      ["TV 2 HD (D) (T).dk", at(17, 0)],
      ["TV 2 News HD (D) (T).dk", at(17, 0)],
      ["DR1 HD (T).dk", at(17, 15)],
    ]);
  });
});
