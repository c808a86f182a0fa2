import fc from "fast-check";
import { expect, test } from "vitest";
import { addToSum, emptySum, sumText } from "../../../shared/core/schedule/listed-sum.ts";
import { SHOWINGS, type FeedProgramme } from "../../../shared/core/schedule/programme.ts";
import { anyListed } from "./programmes.ts";

const anyProgramme: fc.Arbitrary<FeedProgramme> = fc
  .record({
    listed: anyListed,
    ends: fc.boolean(),
    more: fc.record(
      {
        showing: fc.constantFrom(...SHOWINGS),
        clump: fc.constantFrom("0/2", "1/2"),
        categories: fc.array(fc.constantFrom("News", "Sport", ""), { maxLength: 3 }),
        live: fc.boolean(),
        description: fc.string({ unit: "binary", maxLength: 5 }),
        subTitle: fc.constantFrom("", "A v B"),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ listed: { endsAtMs, ...rest }, ends, more }) => ({ ...rest, ...more, ...(ends && { endsAtMs }), line: 1 }));

const sumOf = (programmes: readonly FeedProgramme[], leftOut = false): string => {
  const sum = emptySum();
  for (const programme of programmes) addToSum(sum, programme, leftOut);
  return sumText(sum);
};

/** The same for programmes that are stored the same, line and order aside. */
const storedAs = (programmes: readonly FeedProgramme[]): string =>
  programmes
    .map(({ title, subTitle, episode, description, categories, live, showing, clump, startsAtMs, endsAtMs }) =>
      JSON.stringify([title, subTitle, episode, description, categories, live, showing, clump, startsAtMs, endsAtMs ?? "none"]),
    )
    .sort()
    .join();

test("two lists have the same sum when they list the same, in any order and on any line, and only then", () => {
  const anyList = fc.array(anyProgramme, { maxLength: 4 });
  fc.assert(
    fc.property(anyList, anyList, fc.nat(), (one, other, line) => {
      expect(sumOf(one) === sumOf(other)).toBe(storedAs(one) === storedAs(other));
      expect(sumOf(one.toReversed().map((programme) => ({ ...programme, line })))).toBe(sumOf(one));
      expect(sumOf(one, true) === sumOf(one)).toBe(one.length === 0);
    }),
    { numRuns: 2_000 },
  );
});

test("whichever one field is different, so is the sum", () => {
  const anyFields = fc.record({ one: anyProgramme, other: anyProgramme, field: fc.nat() });
  fc.assert(
    fc.property(anyFields, ({ one, other, field }) => {
      const fields = [
        "title",
        "subTitle",
        "episode",
        "description",
        "categories",
        "live",
        "showing",
        "clump",
        "startsAtMs",
        "endsAtMs",
      ] as const;
      const name = fields[field % fields.length] ?? "title";
      const { [name]: _before, ...rest } = one;
      const changed = { ...rest, ...(other[name] !== undefined && { [name]: other[name] }) } as FeedProgramme;
      expect(sumOf([changed]) === sumOf([one])).toBe(storedAs([changed]) === storedAs([one]));
    }),
    { numRuns: 2_000 },
  );
});

test("no two of a hundred thousand descriptions that differ in little have one sum", () => {
  const sums = new Set<string>();
  const base: FeedProgramme = { channelId: "one", title: "News", categories: [], live: false, startsAtMs: 0, endsAtMs: 1, line: 1 };
  for (let nth = 0; nth < 100_000; nth += 1)
    sums.add(sumOf([{ ...base, description: `At ${nth} the news, and at ${nth + 1} the weather` }]));
  expect(sums.size).toBe(100_000);
});
