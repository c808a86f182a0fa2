import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "attacks.ts");
const run = promisify(execFile);

async function attacked(name: string): Promise<{ readonly failure: string; readonly grownMb: number }> {
  const { stdout } = await run(process.execPath, ["--max-old-space-size=32", "--max-semi-space-size=4", SCRIPT, name], { timeout: 60_000 });
  return JSON.parse(stdout) as { failure: string; grownMb: number };
}

/** By attack, how it ends. */
const ENDS: readonly (readonly [string, RegExp])[] = [
  ["billion laughs", /^feed-malformed: line 1: the feed declares XML entities, which are refused/],
  ["an entity from outside", /^feed-malformed: line 1: the feed declares XML entities, which are refused/],
  ["an entity nobody declared", /^feed-truncated/],
  ["a gigabyte of nesting", /^feed-too-large: line 1: elements are nested deeper than 64/],
  ["a gigabyte of nesting in a programme", /^feed-too-large: line 1: elements are nested deeper than 64/],
  ["a gigabyte of text", /^feed-too-large: line 1: one programme, tag, text or comment is longer than 1048576 bytes/],
  ["a gigabyte of text between programmes", /^feed-too-large: line \d+: one programme, tag, text or comment is longer than/],
  ["a gigabyte of one attribute", /^feed-too-large: line 1: one programme, tag, text/],
  ["a gigabyte of attributes", /^feed-too-large: line 1: a tag has more than 64 attributes/],
  ["a gigabyte of one name", /^feed-too-large: line 1: one programme, tag, text/],
  ["a gigabyte of one comment", /^feed-too-large: line 1: one programme, tag, text/],
  ["a gigabyte of bare ampersands", /^feed-too-large: the feed is larger than 20000000 bytes unpacked/],
  ["a gigabyte of zeroes", /^feed-malformed: line 1: the character U\+0000/],
  ["a feed that never ends", /^feed-too-large: the feed is larger than 100000000 bytes unpacked/],
  ["a feed of channels that never ends", /^feed-too-large: the feed is larger than 100000000 bytes unpacked/],
  ["a gigabyte of one line of a calendar", /^feed-too-large: line 3: the line is longer than 1048576 bytes/],
  ["a gigabyte of folds", /^feed-too-large: line 3: the line is longer than 1048576 bytes/],
  ["a gigabyte of components within each other", /^feed-too-large: line 17: components are nested deeper than 16/],
  ["a gigabyte of properties", /^feed-too-large: line \d+: the VEVENT that begins in line 2 is longer than 1048576 characters/],
  ["a gigabyte of alarms", /^feed-too-large: the feed is larger than 20000000 bytes unpacked/],
  ["a calendar that never ends", /^feed-too-large: the feed is larger than 20000000 bytes unpacked/],
  ["events that repeat, without end", /^feed-too-large: line \d+: more than 10000 events, or 8388608 characters of them/],
  ["changes to events, without end", /^feed-too-large: line \d+: more than 100000 events have a RECURRENCE-ID/],
  ["a calendar of rules that never come true", /^feed-too-large: line \d+: the events up to here repeat .* over more than 20000000 days/],
  ["a station that never ends", /^feed-too-large: line 1: one entry is larger than 4194304 bytes/],
  ["episodes without end", /^feed-too-large: the feed is larger than 20000000 bytes unpacked/],
  ["a bomb of four gigabytes", /^feed-too-large: the gzipped feed unpacks to more than 200 times its size/],
];

describe("an attack is stopped in bounded memory", () => {
  test.each(ENDS)("%s", { timeout: 60_000 }, async (name, end) => {
    const { failure, grownMb } = await attacked(name);
    expect(failure).toMatch(end);
    // A gigabyte kept, or a tenth of it, would show.
    expect(grownMb).toBeLessThan(64);
  });

  test("all attacks there are", async () => {
    const { stdout } = await run(process.execPath, [SCRIPT]);
    expect(JSON.parse(stdout)).toEqual(ENDS.map(([name]) => name));
  });
});
