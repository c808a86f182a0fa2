import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { beginFindings, countOf, MOST_LISTED, type Finding } from "../../../shared/core/schedule/findings.ts";
import { assembleListing } from "../../../shared/core/schedule/listing.ts";
import type { FeedItem } from "../../../shared/core/schedule/programme.ts";
import { judgeListing } from "../../../shared/core/schedule/sanity.ts";
import { HOUR_MS as HOUR } from "../../../shared/core/time.ts";
import { EIGHT_PM } from "./programmes.ts";

const bare = (line: number): Finding => ({ kind: "repaired", code: "ampersand-bare", what: "an & stands alone", line });
const missing: Finding = { kind: "rejected", code: "title-missing", what: "no title", line: 99_999 };

test("of each code so many are listed, the first, and all are counted; a flood of one hides no other", () => {
  const underway = beginFindings();
  for (let line = 1; line <= MOST_LISTED + 1_000; line++) underway.add(bare(line));
  underway.add(bare(8_000), 500);
  underway.add(missing);
  const { findings, findingCounts } = underway.all();
  expect(findingCounts).toEqual([
    { kind: "repaired", code: "ampersand-bare", count: MOST_LISTED + 1_500 },
    { kind: "rejected", code: "title-missing", count: 1 },
  ]);
  expect(findings).toHaveLength(MOST_LISTED + 1);
  expect([findings[0]?.line, findings.at(-2)?.line, findings.at(-1)]).toEqual([1, MOST_LISTED, missing]);
  expect([countOf(findingCounts), countOf(findingCounts, "rejected")]).toEqual([MOST_LISTED + 1_501, 1]);
});

test("the page says how many are listed", () => {
  const page = readFileSync(new URL("../../../docs/feed-gate.md", import.meta.url), "utf8");
  expect(page).toContain(`of each code the first ${MOST_LISTED.toLocaleString("en")} are listed`);
});

test("what was found before is gone on from, and stays as it was", () => {
  const before = beginFindings();
  before.add(bare(1), MOST_LISTED - 1);
  const first = before.all();
  const after = beginFindings(first);
  for (const line of [2, 3, 4]) after.add(bare(line));
  expect(after.all()).toEqual({
    findings: [bare(1), bare(2)],
    findingCounts: [{ kind: "repaired", code: "ampersand-bare", count: MOST_LISTED + 2 }],
  });
  expect(before.all()).toEqual(first);
});

test("the gate judges by all of them, listed or not", () => {
  const items: FeedItem[] = Array.from({ length: 20_000 }, (_, index) => {
    const startsAtMs = EIGHT_PM + index * HOUR;
    return {
      kind: "programme",
      programme: {
        channelId: "one",
        title: `Part ${index}`,
        categories: [],
        live: false,
        startsAtMs,
        endsAtMs: startsAtMs + HOUR,
        line: index,
      },
    };
  });
  items.push({ kind: "repaired", line: 1, code: "ampersand-bare", reason: "an & stands alone", times: 5_000 });
  const warned = (more: readonly FeedItem[]) =>
    judgeListing({ listing: assembleListing([...items, ...more]), lastGood: undefined, now: EIGHT_PM }).warnings.map(
      ({ sentence }) => sentence,
    );
  expect(warned([])).toEqual([]);
  expect(warned([{ kind: "repaired", line: 2, code: "ampersand-bare", reason: "an & stands alone" }])).toEqual([
    expect.stringContaining("5001 repairs on 20000 programmes (25 %)"),
  ]);
});
