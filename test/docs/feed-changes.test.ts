import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CHANGE_KINDS, diffSchedules } from "../../shared/core/schedule/diff.ts";
import { identify } from "../../shared/core/schedule/identity.ts";
import type { ListedProgramme } from "../../shared/core/schedule/programme.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { EIGHT_PM, listed, listingOf } from "../core/schedule/programmes.ts";

const PAGE = readFileSync(new URL("../../docs/feed-changes.md", import.meta.url), "utf8");

function rowsBelow(heading: string): readonly (readonly string[])[] {
  const table = PAGE.slice(PAGE.indexOf(heading)).match(/(?:^\|.*\n)+/m)?.[0] ?? "";
  const cells = (row: string) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  return table.trim().split("\n").slice(2).map(cells);
}

/** "Film 20:00–21:00, News 21:00–21:30" as the programmes of one channel. */
function programmesOf(cell: string): readonly ListedProgramme[] {
  return cell.split(", ").map((text) => {
    const [, title = "", fromHour, fromMinute, toHour, toMinute] = /^(\w+) (\d\d):(\d\d)–(\d\d):(\d\d)$/.exec(text) ?? [];
    const minute = (Number(fromHour) - 20) * 60 + Number(fromMinute);
    return listed({ title, minute, lengthMinutes: (Number(toHour) - 20) * 60 + Number(toMinute) - minute });
  });
}

describe("docs/feed-changes.md", () => {
  test("explains every kind of fact", () => {
    expect(rowsBelow("## The facts").map(([kind = ""]) => kind.replaceAll("`", ""))).toEqual([...CHANGE_KINDS]);
  });

  test.each(rowsBelow("<!-- changes"))("%s, then %s: %s", (before = "", after = "", facts = "") => {
    const old = identify(listingOf(programmesOf(before)), undefined);
    const now = EIGHT_PM - 24 * 60 * MINUTE_MS;
    const found = diffSchedules(old, identify(listingOf(programmesOf(after)), old), now).map(
      (change) => `${("before" in change ? change.before : change.after).title} ${change.kind}`,
    );
    expect(found.length === 0 ? "none" : found.join(", ")).toBe(facts);
  });
});
