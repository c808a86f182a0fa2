import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseExpectations } from "../../shared/config/expectations.ts";
import { problemsOf } from "./config-failure.ts";

const ONE = `expectations:
  - occasion: the final
    title: cup final
    channels: [one, sport]
    window: [2026-06-13T17:55:00Z, 2026-06-13T20:30:00+02:00]
    viewers: 900000
    interval: [700000, 1200000]
    startsAt: 2026-06-13T18:00:00Z
    endsAt: 2026-06-13T19:55:00Z
`;

const problems = (from: string, to: string) => {
  if (!ONE.includes(from)) throw new Error(`nothing to change: ${from}`);
  return problemsOf(parseExpectations, ONE.replace(from, to));
};

test("an expectation names its slots, its viewers and its own interval", () => {
  expect(parseExpectations(ONE, "f.yaml")).toEqual([
    {
      occasion: "the final",
      title: "cup final",
      channels: ["one", "sport"],
      windowStartMs: Date.UTC(2026, 5, 13, 17, 55),
      windowEndMs: Date.UTC(2026, 5, 13, 18, 30),
      viewers: 900_000,
      interval: { lower: 700_000, upper: 1_200_000 },
      startsAtMs: Date.UTC(2026, 5, 13, 18),
      endsAtMs: Date.UTC(2026, 5, 13, 19, 55),
    },
  ]);
});

test("the expectation of the New Year speech leaves out what nobody said", () => {
  const file = readFileSync(new URL("../fixtures/new-year/expect.yaml", import.meta.url), "utf8");
  expect(parseExpectations(file, "expect.yaml")).toEqual([
    {
      occasion: "the King's New Year speech",
      title: "nytårstale",
      channels: ["DR1 HD (T).dk", "TV 2 HD (D) (T).dk", "TV 2 News HD (D) (T).dk"],
      windowStartMs: Date.UTC(2025, 11, 31, 16, 40),
      windowEndMs: Date.UTC(2025, 11, 31, 17, 31),
      viewers: 1_500_000,
    },
  ]);
});

test("nothing is expected when the list is empty", () => {
  expect(parseExpectations("expectations: []\n", "f.yaml")).toEqual([]);
});

test.each([
  ["17:55:00Z", "17:55:00", /^f\.yaml:5:14 window\[0\] is "2026-06-13T17:55:00"; right would be an instant with its zone/],
  ["2026-06-13T17:55:00Z", "2026-02-30T17:55:00Z", /^f\.yaml:5:14 window\[0\] is "2026-02-30T17:55:00Z"; right would be an instant/],
  ["20:30:00+02:00", "19:55:00+02:00", /^f\.yaml:5:13 the window ends at .*, which is not after its start 2026-06-13T17:55:00Z;/],
  [", 2026-06-13T20:30:00+02:00]", "]", /^f\.yaml:5:13 window is a list of 1; right would be two instants/],
  ["endsAt: 2026-06-13T19:55", "endsAt: 2026-06-13T17:55", /^f\.yaml:9:13 the crowd ends at .*, which is not after its start/],
  ["viewers: 900000", "viewers: 1300000", /^f\.yaml:7:15 the interval \[700000, 1200000\] is not around viewers 1300000;/],
  ["[700000, 1200000]", "[1200000, 700000]", /^f\.yaml:7:15 the interval \[1200000, 700000\] is not around viewers 900000;/],
  ["viewers: 900000", "viewers: about a million", /^f\.yaml:6:14 viewers is "about a million"; right would be a number, 0 or above/],
  ["title: cup final", "title: 1984", /^f\.yaml:3:12 title is 1984; right would be text .*, in quotes$/],
  ["title: cup final", 'title: " "', /^f\.yaml:3:12 title is blank; right would be text/],
  ["[one, sport]", "[one, one]", /^f\.yaml:4:21 the channel "one" stands in this list already;/],
  ["[one, sport]", "[]", /^f\.yaml:4:15 channels is a list of 0; right would be a list of at least 1/],
  ["[one, sport]", "[one, 5]", /^f\.yaml:4:21 channels\[1\] is 5; right would be text .*, in quotes$/],
  ["viewers:", "veiwers:", /there is no key "veiwers" here; did you mean viewers\?$/],
])("%s → %s is refused", (from, to, problem) => {
  const found = problems(from, to);
  expect(found.filter((line) => problem.test(line))).toHaveLength(1);
  expect(found).toHaveLength(from === "viewers:" ? 2 : 1);
});

test("one name for two occasions is refused, since reports go by the name", () => {
  expect(problemsOf(parseExpectations, ONE + ONE.slice(ONE.indexOf("\n") + 1))).toEqual([
    'f.yaml:10:15 the occasion "the final" stands above already; right would be one entry for each, or another name',
  ]);
});

test("how values fit together is told beside the values that are wrong by themselves", () => {
  const found = problemsOf(parseExpectations, ONE.replace("title: cup final", "title:").replace("20:30:00+02:00", "19:00:00+02:00"));
  expect(found.map((line) => line.slice(0, 9))).toEqual(["f.yaml:3:", "f.yaml:5:"]);
});
