import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readManifest } from "../../shared/manifests/read-manifest.ts";
import { dataFile, describeWithData } from "../data-folder.ts";

const DYNAMIC = "live: the presentation is dynamic: what it lists changes while it is on";
const OPEN = "live: the playlist has no EXT-X-ENDLIST: it changes every few seconds";

/** What is fetched of each manifest of the data folder (three segments of each rendition), or why nothing is. */
const STATED: Readonly<Record<string, string>> = {
  "dash/BL_1_6.mpd": "2 tracks, 2 init, 6 segments",
  "dash/LC_1_6.mpd": "2 tracks, 2 init, 6 segments",
  "dash/Living_Room_1080p_51_192k_2997fps.mpd": "2 tracks, 2 init, 4 segments",
  "dash/Manifest.mpd": "2 tracks, 2 init, 4 segments",
  "dash/Manifest_endNumber.mpd": "2 tracks, 2 init, 6 segments",
  "dash/Manifest_imsc1.mpd": "4 tracks, 4 init, 12 segments",
  "dash/Manifest_thumbs.mpd": "2 tracks, 2 init, 6 segments",
  "dash/cea608.mpd": "2 tracks, 2 init, 6 segments",
  "dash/combined.mpd": "2 tracks, 2 init, 6 segments",
  "dash/manifest.mpd": "2 tracks, 2 init, 6 segments",
  "dash/multiperiod_1.mpd": DYNAMIC,
  "dash/multiperiod_2.mpd": DYNAMIC,
  "dash/segtimeline_multiper_after_full_min.mpd": DYNAMIC,
  "dash/segtimeline_multiper_full_min.mpd": DYNAMIC,
  "dash/stream.mpd": "1 tracks, 1 init, 3 segments",
  "dash/stream_w_beeps.mpd": "2 tracks, 2 init, 6 segments",
  "dash/testpic_2s_1.mpd": DYNAMIC,
  "dash/testpic_2s_2.mpd": DYNAMIC,
  "dash/testpic_2s_2_late_publish.mpd": DYNAMIC,
  "dash/testpic_2s_snr_1.mpd": DYNAMIC,
  "dash/testpic_2s_snr_2.mpd": DYNAMIC,
  "hls/apple_bipbop/bipbop_4x3_gear0_prog_index.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/apple_bipbop/bipbop_4x3_gear1_prog_index.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/apple_bipbop/bipbop_4x3_gear2_prog_index.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/apple_bipbop/bipbop_4x3_gear3_prog_index.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/apple_bipbop/bipbop_4x3_gear4_prog_index.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/apple_bipbop/master.m3u8": "5 playlists",
  "hls/apple_bipbop/test_fixtures_test.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_abr5/1497000.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_abr5/2497000.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_abr5/3496000.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_abr5/4497000.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_abr5/5800000.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_abr5/master.m3u8": "5 playlists",
  "hls/eyevinn/hls_always_1_demux/4850073.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_always_1_demux/8850073.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_always_1_demux/aac-en.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_always_1_demux/aac-sv.m3u8": "1 tracks, 0 init, 3 segments",
  "hls/eyevinn/hls_always_1_demux/master.m3u8": "4 playlists",
  "hls/eyevinn/hls_cmaf_2/master.m3u8": "3 playlists",
  "hls/eyevinn/hls_cmaf_2/master_nolang.m3u8": "3 playlists",
  "hls/eyevinn/hls_cmaf_2/test-audio=256000.m3u8": "1 tracks, 1 init, 3 segments",
  "hls/eyevinn/hls_cmaf_2/test-video=2500000.m3u8": "1 tracks, 1 init, 3 segments",
  "hls/eyevinn/hls_cmaf_2/test-video=3500000.m3u8": "1 tracks, 1 init, 3 segments",
  "hls/grafov/master-with-alternatives.m3u8": "10 playlists",
  "hls/grafov/master-with-i-frame-stream-inf.m3u8": "4 playlists",
  "hls/grafov/master.m3u8": "5 playlists",
  "hls/grafov/media-playlist-with-byterange.m3u8": OPEN,
  "hls/grafov/media-playlist-with-discontinuity.m3u8": 'it begins with "# https://developer."; right would be #EXTM3U, or XML with an MPD',
  "hls/grafov/wowza-master.m3u8": "5 playlists",
  "hls/grafov/wowza-vod-chunklist.m3u8": "1 tracks, 0 init, 3 segments",
};

async function outcomeOf(path: string): Promise<string> {
  const url = `https://vod.example/${path}`;
  try {
    const manifest = await readManifest(readFileSync(dataFile(path)), { url, segments: 3 });
    if (manifest.kind === "live") return `live: ${manifest.why}`;
    if (manifest.kind === "multivariant") return `${manifest.playlists.length} playlists`;
    const [init, segments] = [manifest.tracks.flatMap((track) => track.init), manifest.tracks.flatMap((track) => track.segments)];
    return `${manifest.tracks.length} tracks, ${init.length} init, ${segments.length} segments`;
  } catch (error) {
    return error instanceof Error ? error.message.replace(`${url}: `, "") : String(error);
  }
}

describeWithData("the manifests of the data folder", () => {
  const present = (): string[] =>
    ["dash", "hls"].flatMap((folder) =>
      readdirSync(dataFile(folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(m3u8|mpd)$/.test(name))
        .map((name) => `${folder}/${name}`),
    );

  test("each has a stated outcome", () => {
    expect(present().sort()).toEqual(Object.keys(STATED).sort());
  });

  test.each(Object.keys(STATED))("%s", async (path) => {
    expect(await outcomeOf(path)).toBe(STATED[path]);
  });

  test("segments with a range of bytes keep it, and come with the part that initialises them", async () => {
    const bytes = readFileSync(dataFile("hls/grafov/media-playlist-with-byterange.m3u8"), "utf8");
    const ended = new TextEncoder().encode(`${bytes.trimEnd()}\n#EXT-X-ENDLIST\n`);
    const manifest = await readManifest(ended, { url: "https://vod.example/a/b.m3u8", segments: 2 });
    expect(manifest).toEqual({
      kind: "media",
      tracks: [
        {
          init: [],
          segments: [
            { url: "https://vod.example/a/video.ts", range: { offset: 0, length: 75232 } },
            { url: "https://vod.example/a/video.ts", range: { offset: 752321, length: 82112 } },
          ],
        },
      ],
    });
  });
});
