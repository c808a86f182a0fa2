import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assembleListing } from "../../shared/core/schedule/listing.ts";
import { readFeed } from "../../shared/feeds/read-feed.ts";
import { MOST_DETAILS_CHARACTERS } from "../../shared/feeds/schedules-direct-details.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { linesReader } from "../feeds/lines-format.ts";

const PAGE = readFileSync(new URL("../../docs/feeds.md", import.meta.url), "utf8");

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1];
  if (found === undefined) throw new Error(`docs/feeds.md: no example in ${language}`);
  return found;
}

/** The example of a format that has a section of its own. */
function example(format: string): string {
  const found = new RegExp(`<!-- example: ${format} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1];
  if (found === undefined) throw new Error(`docs/feeds.md: no example of ${format}`);
  return found;
}

/** What becomes of an example: programmes with their channel and times, then what was left out, by code. */
async function becomes(format: string): Promise<unknown> {
  const { channels, programmes, findings } = assembleListing(await all(readFeed(inChunks(example(format)))));
  return {
    channels: channels.map(({ name, parallel }) => `${name}${parallel === true ? ", a list" : ""}`),
    programmes: programmes.map((programme) => [
      programme.title,
      programme.subTitle,
      programme.live,
      programme.startsAtMs,
      programme.endsAtMs,
    ]),
    findings: findings.map(({ kind, code, line }) => `${kind} ${code} in line ${line}`),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const read: T[] = [];
  for await (const item of items) read.push(item);
  return read;
}

const at = (hour: number, minute = 0): number => Date.UTC(2026, 5, 13, hour, minute);

test.each(["xml", "json", "ndjson", "csv"])("the example in %s is the evening that the page says", async (language) => {
  const { programmes, counts } = assembleListing(await all(readFeed(inChunks(block(language)))));
  expect(programmes.map(({ channelId, title, live, startsAtMs, endsAtMs }) => [channelId, title, live, startsAtMs, endsAtMs])).toEqual([
    ["one", "Cup Final", true, at(18), at(20)],
    ["one", "Late News", false, at(20), at(20, 30)],
  ]);
  expect(counts).toMatchObject({ itemsUnreadable: 0, programmesRejected: 0 });
});

test("the example of TVmaze is what the page says of it", async () => {
  expect(await becomes("tvmaze")).toEqual({
    channels: ["One, a list", "Two, a list"],
    programmes: [["Cup", "Cup Final", false, at(18), at(20)]],
    findings: ["rejected start-missing in line 7"],
  });
});

test("the example of Schedules Direct is what the page says of it", async () => {
  expect(await becomes("schedules-direct")).toEqual({
    channels: ["One"],
    programmes: [["Cup Final", "Reds at Blues", true, at(18), at(20)]],
    findings: ["rejected title-missing in line 8"],
  });
  expect(PAGE).toContain(`up to ${MOST_DETAILS_CHARACTERS.toLocaleString("en")} characters`);
});

test("the example of iCalendar is what the page says of it", async () => {
  const repeats = { fromMs: at(0), toMs: at(0) + 3 * 86_400_000 };
  const { channels, programmes, findings } = assembleListing(await all(readFeed(inChunks(block("ics")), { repeats })));
  expect(channels).toEqual([{ id: "The league", name: "The league", parallel: true }]);
  expect(programmes.map(({ title, subTitle, startsAtMs, endsAtMs }) => [title, subTitle, startsAtMs, endsAtMs])).toEqual([
    ["Reds v Blues", "Oslo", at(18), at(20)],
    ["Whites v Greens", undefined, at(18), at(20)],
    ["Magazine", undefined, at(20, 30), at(21)],
    ["Magazine", undefined, at(68, 30), at(69)],
  ]);
  expect(findings.map(({ kind, code, line }) => `${kind} ${code} in line ${line}`)).toEqual(["rejected all-day in line 28"]);
});

test("the format that the page adds is the one that is tested, and it reads", async () => {
  const source = readFileSync(new URL("../feeds/lines-format.ts", import.meta.url), "utf8");
  expect(block("ts")).toBe(source.replaceAll("../../shared/feeds/", "./").replaceAll("../../shared/core/", "../core/"));
  const feed = "LINES/1\none|2026-06-13T18:00:00Z|2026-06-13T20:00:00Z|Cup Final\none|later|much later|Nobody knows\n";
  const batches = await all(linesReader.read(inChunks(feed), { fromMs: -Infinity, toMs: Infinity }));
  expect(batches.flat()).toEqual([
    {
      kind: "programme",
      programme: { channelId: "one", title: "Cup Final", categories: [], live: false, startsAtMs: at(18), endsAtMs: at(20), line: 2 },
    },
    {
      kind: "rejected",
      line: 3,
      code: "time-unreadable",
      reason: expect.stringContaining("later to much later are no instants") as string,
    },
  ]);
});
