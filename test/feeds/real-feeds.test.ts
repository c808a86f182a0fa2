import { createReadStream } from "node:fs";
import { expect, test } from "vitest";
import type { FeedItem } from "../../shared/core/schedule/programme.ts";
import { readFeed } from "../../shared/feeds/read-feed.ts";
import { dataFile, describeWithData } from "../data-folder.ts";
import { failureOf } from "./feed-bytes.ts";

async function read(path: string): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readFeed(createReadStream(dataFile(path)))) items.push(item);
  return items;
}

function counts(items: readonly FeedItem[]) {
  const programmes = items.flatMap((item) => (item.kind === "programme" ? [item.programme] : []));
  return {
    channels: items.filter((item) => item.kind === "channel").length,
    programmes: programmes.length,
    live: programmes.filter((programme) => programme.live).length,
    subTitles: programmes.filter((programme) => programme.subTitle !== undefined).length,
    categories: programmes.reduce((sum, programme) => sum + programme.categories.length, 0),
    episodes: programmes.filter((programme) => programme.episode !== undefined).length,
    untitled: items.filter((item) => item.kind === "rejected" && item.code === "title-missing").length,
    otherwiseRejected: items.filter((item) => item.kind === "rejected" && item.code !== "title-missing").length,
  };
}

describeWithData("real feeds", () => {
  // Counted with Python's xml.etree over the same files.
  test.each([
    ["epg/clean/Denmark.xml.gz", { channels: 72, programmes: 3_562, untitled: 0 }],
    ["epg/clean/Kayo_epg.xml.gz", { channels: 13, programmes: 1_300, untitled: 0 }],
    ["epg/clean/Norway.xml.gz", { channels: 82, programmes: 3_892, untitled: 0 }],
    ["epg/clean/PlutoTV_dk.xml.gz", { channels: 250, programmes: 6_232, untitled: 0 }],
    ["epg/clean/United_Kingdom_unitedkingdom1.xml.gz", { channels: 272, programmes: 10_998, untitled: 0 }],
    ["epg/clean/PBS_all.xml.gz", { channels: 146, programmes: 5_221, live: 0, subTitles: 0, categories: 0, episodes: 5_221, untitled: 0 }],
    [
      "epg/clean/all_epg.xml.gz",
      { channels: 291, programmes: 33_499, live: 130, subTitles: 25_292, categories: 37_016, episodes: 25_042, untitled: 0 },
    ],
    ["epg/large_61MB.xml.gz", { channels: 992, programmes: 98_196, untitled: 0 }],
    ["epg/nasty/natural/Latvia_guide.xml.gz", { channels: 138, programmes: 695, episodes: 250, untitled: 26 }],
    ["epg/nasty/natural/Netherlands.xml.gz", { channels: 243, programmes: 17_286, untitled: 127 }],
    ["epg/nasty/natural/Singtel_epg.xml.gz", { channels: 991, programmes: 30_341, untitled: 0 }],
    ["epg/nasty/natural/Spain_spain4.xml.gz", { channels: 75, programmes: 1_609, untitled: 0 }],
  ])("%s holds what an independent parser counts", async (path, expected) => {
    expect(counts(await read(path))).toMatchObject({ ...expected, otherwiseRejected: 0 });
  });

  test("the Danish New Year speech stands where the guide printed it", async () => {
    const speech = (await read("epg/clean/Denmark.xml.gz")).flatMap((item) =>
      item.kind === "programme" &&
      item.programme.channelId === "DR1 HD (T).dk" &&
      item.programme.title.startsWith("H.M. Kongens nytårstale")
        ? [[item.programme.startsAtMs, item.programme.endsAtMs]]
        : [],
    );
    const at = (minute: number) => Date.UTC(2025, 11, 31, 16, minute);
    expect(speech).toEqual([
      [at(45), at(60)],
      [at(60), at(75)],
      [at(75), at(90)],
    ]);
  });

  test("spoiled copies of one feed that mean the same give the same programmes", async () => {
    const starts = (items: readonly FeedItem[]) =>
      items.flatMap((item) =>
        item.kind === "programme" ? [`${item.programme.channelId} ${item.programme.startsAtMs} ${item.programme.title}`] : [],
      );
    const untouched = new Set(starts(await read("epg/clean/Denmark.xml.gz")));
    for (const name of ["dk_bom_crlf", "dk_no_zone", "dk_short_times", "dk_no_stop"]) {
      const spoiled = starts(await read(`epg/nasty/derived/${name}.xml`));
      expect([name, spoiled.length, spoiled.filter((programme) => !untouched.has(programme))]).toEqual([name, 100, []]);
    }
    const withoutStop = await read("epg/nasty/derived/dk_no_stop.xml");
    expect(withoutStop.every((item) => item.kind !== "programme" || item.programme.endsAtMs === undefined)).toBe(true);
  });

  test.each([
    ["dk_latin1_bytes_declared_utf8", /^feed-malformed: line 75: the bytes are not UTF-8/],
    ["dk_truncated_mid_element", /^feed-truncated: line 132: /],
  ])("%s is refused", async (name, failure) => {
    expect(await failureOf(createReadStream(dataFile(`epg/nasty/derived/${name}.xml`)))).toMatch(failure);
  });

  test("dk_bare_ampersand is read, and the & is told of with its line", async () => {
    const items = await read("epg/nasty/derived/dk_bare_ampersand.xml");
    const repaired = items.filter(({ kind }) => kind === "repaired");
    expect(repaired[0]).toMatchObject({ line: 78, code: "ampersand-bare" });
    // Counted with grep.
    expect(repaired).toHaveLength(49);
    expect(counts(items)).toMatchObject({ programmes: 100, otherwiseRejected: 0 });
  });

  test("a day file of the XMLTV project that declares ISO-8859-1 is read as such", async () => {
    const items = await read("epg/nasty/xmltv-project/test_livre.xml");
    expect(counts(items)).toMatchObject({ programmes: 1, otherwiseRejected: 0 });
    expect(JSON.stringify(items)).not.toContain("\uFFFD");
  });
});
