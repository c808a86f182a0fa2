import fc from "fast-check";
import { expect, test } from "vitest";
import { identify } from "../../../shared/core/schedule/identity.ts";
import type { ListedProgramme, Schedule } from "../../../shared/core/schedule/programme.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { describeWithData } from "../../data-folder.ts";
import { EIGHT_PM, anyListed, listed, listingOf, realListing } from "./programmes.ts";

const identified = (programmes: readonly ListedProgramme[], previous?: Schedule): Schedule =>
  identify({ channels: [], programmes }, previous);
/** The ids of what stands in `schedule`, by title and minute past eight. */
const idsOf = (schedule: Schedule): Record<string, string> =>
  Object.fromEntries(schedule.programmes.map(({ title, startsAtMs, id }) => [`${title} ${(startsAtMs - EIGHT_PM) / MINUTE_MS}`, id]));
const idAfter = (before: ListedProgramme, after: ListedProgramme): readonly [string | undefined, string | undefined] => {
  const first = identified([before]);
  return [first.programmes[0]?.id, identified([after], first).programmes[0]?.id];
};

test.each<[string, Partial<ListedProgramme> & { minute?: number; lengthMinutes?: number }]>([
  ["moves by six hours", { minute: 360 }],
  ["moves across midnight", { minute: 250 }],
  ["grows", { lengthMinutes: 120 }],
  ["is retitled", { title: "The other film" }],
  ["is renumbered", { episode: "2.0." }],
  ["has its sub-title corrected", { subTitle: "part two" }],
  ["has its description rewritten and moves", { description: "New words", minute: 30 }],
])("a programme that %s keeps its id", (_, changes) => {
  const base = { episode: "1.0.", subTitle: "part one", description: "Words" };
  const [before, after] = idAfter(listed(base), listed({ ...base, ...changes }));
  expect(after).toBe(before);
});

test.each<[string, Partial<ListedProgramme> & { minute?: number }]>([
  ["more than six hours away", { minute: 361 }],
  ["on another channel", { channelId: "two" }],
  ["of another episode at another time", { minute: 60, episode: "2.0." }],
])("a programme %s is another one", (_, changes) => {
  const [before, after] = idAfter(listed({ episode: "1.0." }), listed({ episode: "1.0.", ...changes }));
  expect(after).not.toBe(before);
});

test("a programme that ended yesterday keeps its id while the feed still lists it", () => {
  const yesterday = listed({ minute: -24 * 60 });
  const [before, after] = idAfter(yesterday, yesterday);
  expect(after).toBe(before);
});

test("when two programmes change places, their ids go with them", () => {
  const first = identified([listed({ title: "A" }), listed({ title: "B", minute: 60 })]);
  const second = identified([listed({ title: "B" }), listed({ title: "A", minute: 60 })], first);
  expect(idsOf(second)["A 60"]).toBe(idsOf(first)["A 0"]);
  expect(idsOf(second)["B 0"]).toBe(idsOf(first)["B 60"]);
});

test("when a marathon is renumbered where it stands, every slot keeps its id", () => {
  const marathon = (from: number): ListedProgramme[] =>
    [0, 1, 2].map((i) => listed({ minute: i * 60, episode: `1.${from + i}.`, title: "Marathon" }));
  const first = identified(marathon(0));
  expect(idsOf(identified(marathon(1), first))).toEqual(idsOf(first));
});

test("of two showings the nearer inherits, whatever their order", () => {
  const first = identified([listed()]);
  const both = identified([listed({ minute: -300 }), listed({ minute: 30 })], first);
  expect(idsOf(both)["The evening film 30"]).toBe(first.programmes[0]?.id);
});

test("a new showing where a moved one once stood does not take its id", () => {
  const first = identified([listed()]);
  const moved = identified([listed({ minute: 180 })], first);
  const both = identified([listed(), listed({ minute: 180 })], moved);
  expect(idsOf(both)["The evening film 180"]).toBe(first.programmes[0]?.id);
  expect(idsOf(both)["The evening film 0"]).toBe(`${first.programmes[0]?.id}-2`);
});

test("the same feed twice has the same ids, all different, whatever the order of its items", () => {
  fc.assert(
    fc.property(fc.array(anyListed, { maxLength: 30 }), fc.array(anyListed, { maxLength: 30 }), (old, next) => {
      const previous = identify(listingOf(old), undefined);
      const schedule = identify(listingOf(next), previous);
      expect(identify(listingOf(next), schedule)).toEqual(schedule);
      expect(identify(listingOf([...next].reverse()), previous).programmes).toEqual(schedule.programmes);
      expect(new Set(schedule.programmes.map(({ id }) => id)).size).toBe(schedule.programmes.length);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("any mix of moves, retitles, growth and new entries leaves every id with its programme", () => {
  // Titles differ on a channel; what moves keeps its title, what is retitled keeps its start: then there is one right answer.
  const change = fc.oneof(
    fc.record({ kind: fc.constant("move" as const), byMinutes: fc.integer({ min: -360, max: 360 }) }),
    fc.record({ kind: fc.constant("retitle" as const) }),
    fc.record({ kind: fc.constant("grow" as const), byMinutes: fc.integer({ min: -20, max: 90 }) }),
    fc.record({ kind: fc.constant("keep" as const) }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("one", "two"), change), { minLength: 1, maxLength: 30 }), fc.nat(3), (drawn, added) => {
      const before = drawn.map(([channelId], i) => listed({ channelId, title: `Title ${i}`, minute: i * 31, lengthMinutes: 30 }));
      const previous = identified(before);
      const idOf = new Map(previous.programmes.map(({ title, id }) => [title, id]));
      const renamed = new Map<string, string>();
      const after = before.map((programme, i): ListedProgramme => {
        const what = drawn[i]?.[1] ?? { kind: "keep" };
        if (what.kind === "retitle") {
          renamed.set(`Renamed ${i}`, programme.title);
          return { ...programme, title: `Renamed ${i}` };
        }
        if (what.kind === "grow") return { ...programme, endsAtMs: programme.endsAtMs + what.byMinutes * MINUTE_MS };
        const byMs = what.kind === "move" ? what.byMinutes * MINUTE_MS : 0;
        return { ...programme, startsAtMs: programme.startsAtMs + byMs, endsAtMs: programme.endsAtMs + byMs };
      });
      const extra = Array.from({ length: added }, (_, i) => listed({ title: `New ${i}`, minute: -900 - i * 60 }));
      for (const programme of identified([...extra, ...after], previous).programmes) {
        const old = idOf.get(renamed.get(programme.title) ?? programme.title);
        if (old !== undefined) expect(programme.id).toBe(old);
        else expect([...idOf.values()]).not.toContain(programme.id);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

describeWithData("the Danish feed", () => {
  test("keeps every id of 3,562 when read again, and a day later when its first day has fallen away", async () => {
    const listing = await realListing("epg/clean/Denmark.xml.gz");
    const first = identify(listing, undefined);
    expect(identify(listing, first)).toEqual(first);
    const newYear = Date.UTC(2026, 0, 1);
    const rest = listing.programmes.filter(({ startsAtMs }) => startsAtMs >= newYear);
    const later = identify({ channels: listing.channels, programmes: rest }, first);
    expect(later.programmes).toEqual(first.programmes.filter(({ startsAtMs }) => startsAtMs >= newYear));
  });
});
