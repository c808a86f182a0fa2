import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { identify } from "../../shared/core/schedule/identity.ts";
import { assembleListing } from "../../shared/core/schedule/listing.ts";
import type { FeedItem, ListedProgramme, Schedule } from "../../shared/core/schedule/programme.ts";
import { writeFeed } from "../../shared/feeds/write-feed.ts";
import { failureOf, inChunks, itemsOf } from "./feed-bytes.ts";

const FORMATS = ["json", "ndjson"] as const;
const written = (schedule: Parameters<typeof writeFeed>[0], format: (typeof FORMATS)[number]) => [...writeFeed(schedule, format)].join("");

/** Any text, control characters and halves of surrogate pairs too. */
const text = fc.string({
  unit: fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), fc.constantFrom("\uD800", "\n", '"', "\\")),
});
const words = text.filter((value) => value.trim() !== "");
const instant = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2100, 0) });
const programmes: fc.Arbitrary<ListedProgramme[]> = fc.array(
  fc.record(
    {
      channelId: words,
      title: words,
      subTitle: text,
      episode: text,
      description: text,
      categories: fc.array(text),
      live: fc.boolean(),
      showing: fc.constantFrom("premiere" as const, "new" as const, "repeat" as const),
      clump: fc.string(),
      startsAtMs: instant,
      endsAtMs: instant,
    },
    { requiredKeys: ["channelId", "title", "categories", "live", "startsAtMs", "endsAtMs"], noNullPrototype: true },
  ),
  { maxLength: 8 },
);
const channels = fc.array(
  fc.record({ id: words, name: words, parallel: fc.constant(true as const) }, { requiredKeys: ["id", "name"], noNullPrototype: true }),
  { maxLength: 4 },
);

const withoutLines = (items: readonly FeedItem[]) =>
  items.map((item) => {
    if (item.kind === "channel") return item.channel;
    if (item.kind !== "programme") return item;
    const { line, ...programme } = item.programme;
    expect(line).toBeGreaterThan(0);
    return programme;
  });

describe("a schedule in our own format", () => {
  test.each(FORMATS)("as %s is read back exactly, wherever the chunks are cut", async (format) => {
    await fc.assert(
      fc.asyncProperty(channels, programmes, fc.integer({ min: 1, max: 200 }), async (declared, listed, size) => {
        const items = await itemsOf(written({ channels: declared, programmes: listed }, format), size);
        expect(withoutLines(items)).toStrictEqual([...declared, ...listed]);
      }),
      { seed: 20260613, numRuns: 150 },
    );
  });

  test.each(FORMATS)("as %s, put in force over itself, keeps every id", async (format) => {
    const at = (hour: number) => Date.UTC(2026, 5, 13, hour);
    const listed = ["News", "Derby", "News"].map((title, index) => ({
      channelId: "one",
      title,
      categories: [],
      live: index === 1,
      startsAtMs: at(18 + index),
      endsAtMs: at(19 + index),
    }));
    const schedule: Schedule = {
      channels: [{ id: "one", name: "One" }],
      programmes: listed.map((programme, index) => ({ ...programme, id: `id-${index}` })),
    };
    const listing = assembleListing(await itemsOf(written(schedule, format)));
    expect(listing.findings).toEqual([]);
    expect(identify(listing, schedule)).toEqual(schedule);
  });

  test.each(FORMATS)("every cut of %s is told from the whole", async (format) => {
    const whole = written(
      {
        channels: [{ id: "é", name: "É" }],
        programmes: [{ channelId: "é", title: "“\uD83D\uDE00”", categories: ["a"], live: true, startsAtMs: 0, endsAtMs: 1 }],
      },
      format,
    );
    const bytes = new TextEncoder().encode(whole.trimEnd());
    // Within its first words it is no format at all yet.
    const known = bytes.indexOf("\n".charCodeAt(0), 40);
    for (let length = known; length < bytes.length; length++) {
      expect([length, await failureOf(bytes.subarray(0, length))]).toEqual([length, expect.stringMatching(/^feed-truncated: line \d+: /)]);
    }
  });

  test("names the line of what it rejects, in documents of any layout", async () => {
    const entries = [
      { channelId: "a", title: "No start" },
      { channelId: "a", title: "Local", startsAt: "2026-06-13T20:00:00" },
      { channelId: "a", title: "June 31", startsAt: "2026-06-31T20:00:00Z" },
      { channelId: "a", title: "", startsAt: "2026-06-13T20:00:00Z" },
      { title: "Nowhere", startsAt: "2026-06-13T20:00:00Z" },
      { channelId: "a", title: 5, startsAt: "2026-06-13T20:00:00Z" },
      { channelId: "a", title: "End", startsAt: "2026-06-13T20:00Z", endsAt: "later" },
      "News",
      { channelId: "a", title: "Good", startsAt: "2026-06-13T20:00:00.250+02:00" },
    ];
    const document = `{"format": "calltime-schedule",\r\n"version": 1, "programmes": [\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}]}`;
    const codes = [
      "start-missing",
      "start-unreadable",
      "start-unreadable",
      "title-missing",
      "channel-missing",
      "field-invalid",
      "stop-unreadable",
      "entry-not-object",
    ];
    const lines = (items: readonly FeedItem[]) => items.map((item) => (item.kind === "rejected" ? [item.line, item.code] : item));
    const good = { channelId: "a", title: "Good", categories: [], live: false, startsAtMs: Date.UTC(2026, 5, 13, 18, 0, 0, 250) };
    expect(lines(await itemsOf(document))).toEqual([
      ...codes.slice(0, 7).map((code, index) => [index + 3, code]),
      // A value that is no object begins and ends in one line.
      [10, "entry-not-object"],
      { kind: "programme", programme: { ...good, line: 11 } },
    ]);
    const nested = `{"format":"calltime-schedule","version":1,"programmes":[${JSON.stringify(entries.slice(0, 2), undefined, 2).slice(1, -1)}]}`;
    expect(lines(await itemsOf(nested))).toEqual([
      [2, "start-missing"],
      [6, "start-unreadable"],
    ]);
  });

  test("a field it does not know is noted once and not read", async () => {
    const line = (title: string) =>
      `{"kind":"programme","channelId":"a","title":"${title}","subtitle":"x","startsAt":"2026-06-13T20:00Z"}\n`;
    const items = await itemsOf(`{"format":"calltime-schedule","version":1}\n${line("A")}${line("B")}{"kind":"end","programmes":2}`);
    expect(items.map((item) => item.kind)).toEqual(["repaired", "programme", "programme"]);
    expect(items[0]).toMatchObject({ line: 2, code: "field-unknown", reason: expect.stringContaining("subTitle") });
  });
});

describe("our own format is refused whole", () => {
  const head = '{"format": "calltime-schedule", "version": 1';
  test.each([
    [
      "a version to come",
      head.replace("1", "2") + ', "programmes": []}',
      /^feed-format-unknown: line 1: version 2 .*"version": 1 would be right/,
    ],
    [
      "lists before the version",
      '{"format": "calltime-schedule",\n"programmes": [{}], "version": 1}',
      /^feed-format-unknown: line 2: version none/,
    ],
    ["no JSON in line 3", `${head},\n"programmes": [\n{"title": News}]}`, /^feed-malformed: line 3: Unexpected "N"; well-formed JSON/],
    ["a comma too many", `${head}, "programmes": [{},]}`, /^feed-malformed: line 1: "]" stands where JSON has none/],
    ["a second document", `${head}, "programmes": []}\n{}`, /^feed-malformed: line 2: /],
    [
      "Latin-1",
      Buffer.from(`${head}, "programmes": [\n{"title": "N\u00e6ste"}]}`, "latin1"),
      /^feed-malformed: line 2: the bytes are not UTF-8/,
    ],
    ["a line that is no JSON", `${head}}\nNews\n`, /^feed-malformed: line 2: the line is no JSON/],
    ["a list for a line", `${head}}\n[]\n`, /^feed-malformed: line 2: the line is no JSON object/],
    ["an end that counts more", `${head}}\n{"kind":"end","programmes":1}`, /^feed-truncated: line 2: .* 1 programmes, 0 were found/],
    ["lines after the end", `${head}}\n{"kind":"end","programmes":0}\n{}`, /^feed-malformed: line 3: something follows/],
  ])("%s", async (_what, feed, failure) => {
    expect(await failureOf(feed)).toMatch(failure);
  });

  test("UTF-16 with its mark is read", async () => {
    const feed = written({ channels: [{ id: "a", name: "N\u00e6ste" }], programmes: [] }, "json");
    expect(await itemsOf(Buffer.from(`\uFEFF${feed}`, "utf16le"), 7)).toMatchObject([{ channel: { name: "N\u00e6ste" } }]);
  });

  test.each([
    ["brackets without end", `${head}, "programmes": [`, "[", /^feed-too-large: line 1: brackets are nested deeper than 64/],
    ["a text without end", `${head}, "programmes": [{"title": "`, "x", /^feed-too-large: line 1: one entry is larger than/],
    ["a number without end", `${head}, "programmes": [{"title": 1`, "1", /^feed-too-large: line 1: one entry is larger than/],
    ["a part nobody asked for without end", `${head}, "other": [0`, ",0", /^feed-too-large: line 1: one entry is larger than/],
    ["space without end", `${head}, "programmes": [`, " ", /^feed-too-large/],
    ["a line without end", `${head}}\n{"title": "`, "x", /^feed-too-large: line 2: the line is longer than 1048576/],
  ])("%s", async (_what, before, piece, failure) => {
    async function* endless() {
      yield* inChunks(before);
      const chunk = new TextEncoder().encode(piece.repeat(65_536));
      for (let sent = 0; sent < 400_000_000; sent += chunk.length) yield chunk;
    }
    expect(await failureOf(endless())).toMatch(failure);
  });
});

test("the published JSON Schema takes what is written and refuses what the reader rejects", () => {
  const schema = z.fromJSONSchema(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../docs/schemas/schedule.json"), "utf8")) as Parameters<
      typeof z.fromJSONSchema
    >[0],
  );
  const whole = (programme: object) => ({ format: "calltime-schedule", version: 1, channels: [], programmes: [programme] });
  const good = { channelId: "a", title: "T", startsAt: "2026-06-13T20:00:00.000Z" };
  fc.assert(
    fc.property(channels, programmes, (declared, listed) => {
      expect(schema.safeParse(JSON.parse(written({ channels: declared, programmes: listed }, "json"))).error).toBeUndefined();
    }),
    { seed: 20260613, numRuns: 50 },
  );
  expect(schema.safeParse(whole(good)).success).toBe(true);
  for (const spoiled of [{ title: undefined }, { title: "" }, { startsAt: undefined }, { live: "yes" }, { categories: "news" }]) {
    expect([spoiled, schema.safeParse(whole({ ...good, ...spoiled })).success]).toEqual([spoiled, false]);
  }
});
