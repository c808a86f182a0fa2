import { describe, expect, test } from "vitest";
import { CalltimeError } from "../../shared/core/error.ts";
import type { Manifest } from "../../shared/manifests/manifest.ts";
import { MAX_MANIFEST_BYTES, readManifest } from "../../shared/manifests/read-manifest.ts";

const URL_OF_IT = "https://vod.example/films/one.mpd";

async function read(text: string, segments = 3): Promise<Manifest> {
  return readManifest(new TextEncoder().encode(text), { url: URL_OF_IT, segments });
}

async function refusalOf(text: string): Promise<string> {
  try {
    await read(text);
  } catch (error) {
    if (error instanceof CalltimeError && error.code === "manifest-invalid") return error.message;
    throw error;
  }
  return "read";
}

const mpd = (inside: string, attributes = 'type="static" mediaPresentationDuration="PT1H"'): string =>
  `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${attributes}><Period><AdaptationSet mimeType="video/mp4">${inside}</AdaptationSet></Period></MPD>`;
const representation = '<Representation id="v1" bandwidth="1000"/>';
const template = (attributes: string, timeline = ""): string =>
  mpd(
    `<SegmentTemplate media="$Number$-$Time$.m4s" initialization="init.mp4" ${attributes}>${timeline}</SegmentTemplate>${representation}`,
  );

async function segmentsOf(text: string, segments = 3): Promise<readonly string[]> {
  const manifest = await read(text, segments);
  if (manifest.kind !== "media") throw new Error(`it is ${manifest.kind}`);
  return manifest.tracks.flatMap((track) => track.segments.map(({ url }) => url.replace("https://vod.example/films/", "")));
}

describe("manifests that list more than anybody can fetch", () => {
  test("a billion segments of one entry are three", async () => {
    expect(await segmentsOf(template('timescale="1"', '<SegmentTimeline><S t="0" d="2" r="999999999"/></SegmentTimeline>'))).toEqual([
      "1-0.m4s",
      "2-2.m4s",
      "3-4.m4s",
    ]);
  });

  test("a presentation of a million years in segments of a millisecond is three segments", async () => {
    const attributes = 'type="static" mediaPresentationDuration="P365000000D"';
    const inside = `<SegmentTemplate media="$Number$.m4s" duration="1" timescale="1000"/>${representation}`;
    expect(await segmentsOf(mpd(inside, attributes))).toEqual(["1.m4s", "2.m4s", "3.m4s"]);
  });

  test("an entry that repeats to the end of the period is cut like any other", async () => {
    const endless = '<SegmentTimeline><S t="0" d="1" r="-1"/></SegmentTimeline>';
    expect(await segmentsOf(template('timescale="1000000"', endless), 2)).toEqual(["1-0.m4s", "2-1.m4s"]);
  });

  test("an end number counts from the start number", async () => {
    expect(await segmentsOf(template('duration="2" startNumber="5" endNumber="6"'))).toEqual(["5-0.m4s", "6-2.m4s"]);
  });

  test("bases that stand for each other's bases are refused by their number", async () => {
    const bases = "<BaseURL>https://vod.example/</BaseURL>".repeat(17);
    expect(await refusalOf(mpd(bases + representation))).toContain("17 BaseURL elements; right would be at most 16");
  });

  test("nesting a hundred thousand deep is read in its time", async () => {
    expect(await refusalOf(`<MPD type="static">${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}</MPD>`)).toContain(
      "INVALID_NUMBER_OF_PERIOD",
    );
  });

  test("one larger than two mebibytes is refused before it is read", async () => {
    expect(await refusalOf(`#EXTM3U\n${"#".repeat(MAX_MANIFEST_BYTES)}`)).toContain("right would be at most 2097152");
  });
});

describe("manifests that are none", () => {
  test.each([
    ["<MPD><Period>", "its XML is broken"],
    ["<html><body>Not found</body></html>", "its first element is html; right would be MPD"],
    ['{"error":404}', "it begins with"],
    ["", "it begins with"],
    ["#EXTM3U\n#EXT-X-ENDLIST\n", "the playlist lists no segment"],
    ["#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXTINF:2\na.ts\n", "where an address should be it lists something, which is none"],
    ["#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1", "the playlist lists no rendition"],
    ["#EXTM3U\n#EXT-X-MAP:\n#EXTINF:2\na.ts\n#EXT-X-ENDLIST", "where an address should be it lists something, which is none"],
    ["#EXTM3U\n#EXTINF:1\nhttp://[::1\n#EXT-X-ENDLIST", 'it lists "http://[::1", which is none'],
    ["#EXTM3U\n#EXT-X-BYTERANGE:x\n#EXTINF:1\na.ts\n#EXT-X-ENDLIST", "right would be one byte at least"],
    [mpd(""), "it has no representation"],
    [mpd(representation), "no representation says where its segments are"],
  ])("%j", async (text, said) => {
    expect(await refusalOf(text)).toContain(said);
  });

  test("a document type with entities expands nothing", async () => {
    const bomb = `<!DOCTYPE MPD [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>${mpd(`<BaseURL>&b;</BaseURL>${representation}`)}`;
    expect(await refusalOf(bomb)).not.toContain("aaaaaaaaaaaaaaaaaaaa");
  });
});

describe("one file with an index", () => {
  test("the part that initialises and the index are fetched", async () => {
    const base = '<SegmentBase indexRange="900-1299"><Initialization range="0-899"/></SegmentBase>';
    const inside = `<Representation id="v1" bandwidth="1"><BaseURL>film.mp4</BaseURL>${base}</Representation>`;
    expect(await read(mpd(inside))).toEqual({
      kind: "media",
      tracks: [
        {
          init: [{ url: "https://vod.example/films/film.mp4", range: { offset: 0, length: 900 } }],
          segments: [{ url: "https://vod.example/films/film.mp4", range: { offset: 900, length: 400 } }],
        },
      ],
    });
  });
});
