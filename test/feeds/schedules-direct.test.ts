import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dataFile, describeWithData } from "../data-folder.ts";
import { failureOf, itemsOf } from "./feed-bytes.ts";

const lineup = {
  map: [{ stationID: "20454", channel: "4" }],
  stations: [{ stationID: "20454", name: "WNBC", callsign: "WNBCDT" }, { stationID: "2", callsign: "TWO" }, "three"],
  metadata: { lineup: "USA-NY-X" },
};
const derby = {
  programID: "EP1",
  titles: [{ title120: "Cup  Final" }],
  episodeTitle150: "Reds at Blues",
  genres: ["Sports event", 5, "Soccer"],
  descriptions: {
    description100: [{ descriptionLanguage: "en", description: "The last match." }],
    description1000: [{ description: "Long." }],
  },
  metadata: [{ Other: { season: 3 } }, { Gracenote: { season: 9, episode: 33 } }],
};
const news = { programID: "SH2", titles: [{ title120: "News" }], descriptions: { description1000: [{ description: "What was." }] } };
const airing = { programID: "EP1", airDateTime: "2026-06-13T18:00:00Z", duration: 7_200, md5: "x", new: true, liveTapeDelay: "Live" };
const station = (...programs: readonly unknown[]) => ({ stationID: "20454", programs, metadata: { startDate: "2026-06-13" } });
const written = (...entries: readonly unknown[]) => JSON.stringify(entries);

/** What becomes of one programme of a station: it, or the code and reason of why there is none. */
async function read(program: unknown): Promise<unknown> {
  const [item] = (await itemsOf(written(derby, station(program)))).filter(({ kind }) => kind !== "channel");
  return item?.kind === "rejected" ? `${item.code}: ${item.reason}` : item?.kind === "programme" ? item.programme : item;
}

describe("answers of Schedules Direct in one list", () => {
  test("give a programme its title, and its station a name", async () => {
    const late = { programID: "SH2", airDateTime: "2026-06-13T20:00:00Z" };
    expect(await itemsOf(written(lineup, derby, news, station(airing, late)))).toEqual([
      { kind: "channel", channel: { id: "20454", name: "WNBC" }, line: 1 },
      {
        kind: "programme",
        programme: {
          channelId: "20454",
          title: "Cup Final",
          subTitle: "Reds at Blues",
          episode: "S9E33",
          description: "The last match.",
          categories: ["Sports event", "Soccer"],
          live: true,
          showing: "new",
          startsAtMs: Date.UTC(2026, 5, 13, 18),
          endsAtMs: Date.UTC(2026, 5, 13, 20),
          line: 1,
        },
      },
      {
        kind: "programme",
        programme: {
          channelId: "20454",
          title: "News",
          description: "What was.",
          categories: [],
          live: false,
          startsAtMs: Date.UTC(2026, 5, 13, 20),
          line: 1,
        },
      },
    ]);
  });

  test("may give a station a day at a time; it is declared once, by its call sign where it has no name, by its number else", async () => {
    const items = await itemsOf(written(lineup, station(), station(), { stationID: "2", programs: [] }, { stationID: "3", programs: [] }));
    expect(items.map((item) => item.kind === "channel" && item.channel)).toEqual([
      { id: "20454", name: "WNBC" },
      { id: "2", name: "TWO" },
      { id: "3", name: "3" },
    ]);
  });

  test.each([
    ["taped", { liveTapeDelay: "Tape" }, { live: false }],
    ["delayed", { liveTapeDelay: "Delay" }, { live: false }],
    ["a premiere", { premiere: true }, { showing: "premiere" }],
    ["the first of a season", { isPremiereOrFinale: "Season Premiere" }, { showing: "premiere" }],
    ["the last of a season", { isPremiereOrFinale: "Season Finale" }, { showing: "new" }],
    ["a repeat", { new: false, repeat: true }, { showing: "repeat" }],
  ])("say that a programme is %s", async (_, changed, expected) => {
    expect(await read({ ...airing, ...changed })).toMatchObject(expected);
  });

  test("say nothing of earlier showings where they do not, not even of the first of a season shown again", async () => {
    expect(await read({ ...airing, new: undefined, isPremiereOrFinale: "Season Premiere" })).not.toHaveProperty("showing");
  });

  test.each([
    [
      "whose title is not there",
      { programID: "EP9" },
      'title-missing: the title of "EP9" on "20454" stands in another answer; the answer to /programs before',
    ],
    ["without a start", { airDateTime: null }, 'start-missing: "EP1" on "20454" has no start'],
    ["with a start of no zone", { airDateTime: "2026-06-13T18:00:00" }, 'start-unreadable: airDateTime "2026-06-13T18:00:00" of'],
    ["with a start that is a number", { airDateTime: 5 }, "start-unreadable: airDateTime 5 of"],
    [
      "with a length that is a text",
      { duration: "7200" },
      'duration-unreadable: duration "7200" of "EP1" on "20454" is no number of seconds',
    ],
    ["with a length below nothing", { duration: -1 }, "duration-unreadable: "],
  ])("leave out a programme %s", async (_, changed, reason) => {
    expect(await read({ ...airing, ...changed })).toEqual(expect.stringContaining(reason));
  });

  test("leave out what is no programme, and a title that comes too late", async () => {
    expect(await read("EP1")).toMatch(/^entry-not-object: the programme is "EP1"/);
    const items = await itemsOf(written(station(airing), derby));
    expect(items.at(-1)).toMatchObject({ code: "title-missing" });
  });

  test("name the line of what is left out", async () => {
    const feed = JSON.stringify([derby, station(airing, { ...airing, duration: "x" }), 5, { code: 3 }], null, 1);
    const items = (await itemsOf(feed, 11)).flatMap((item) => (item.kind === "rejected" ? [[item.line, item.code]] : []));
    const lineOf = (text: string) => feed.slice(0, feed.indexOf(text)).split("\n").length;
    expect(items).toEqual([
      [lineOf('"duration": "x"') - 3, "duration-unreadable"],
      [lineOf("\n 5,") + 1, "entry-not-object"],
      [lineOf('"code": 3') - 1, "channel-missing"],
    ]);
  });

  test("tell of a station that was not served", async () => {
    const queued = { stationID: "20454", code: 7_100, response: "SCHEDULE_QUEUED", message: "Queued for generation" };
    expect(await itemsOf(written(queued, { ...queued, response: undefined }, { stationID: "1" }))).toMatchObject([
      { code: "station-without-programs", reason: expect.stringContaining('no list of programs but "SCHEDULE_QUEUED"') as string },
      { code: "station-without-programs", reason: expect.stringContaining("no list of programs but 7100") as string },
      { code: "station-without-programs", reason: expect.stringContaining("no list of programs;") as string },
    ]);
  });

  test("with an entry that says no title tell nothing of the programme", async () => {
    const items = await itemsOf(written({ programID: "EP1", titles: [{}] }, { programID: "EP1", titles: 5 }, station(airing)));
    expect(items.at(-1)).toMatchObject({ code: "title-missing" });
  });

  test("are refused when their titles alone are longer than any platform's", async () => {
    const long = JSON.stringify({ ...derby, descriptions: { description100: [{ description: "x".repeat(1_000_000) }] } });
    expect(await failureOf(`[${Array.from({ length: 34 }, () => long).join(",\n")}]`)).toMatch(
      /^feed-too-large: line 34: the titles and descriptions are longer than 33554432 characters/,
    );
  });
});

describe("an answer of Schedules Direct by itself", () => {
  test("may be one station", async () => {
    const items = await itemsOf(JSON.stringify(station(airing), null, 1));
    expect(items).toMatchObject([{ kind: "channel" }, { kind: "rejected", code: "title-missing", line: 4 }]);
  });

  test.each([
    [
      "checksums",
      { "20454": { "2026-06-13": { code: 0, md5: "x" } } },
      /^feed-format-unknown: line 1: these are the checksums that Schedules Direct answers to \/schedules\/md5, in which no programme is listed; .+ would be right$/,
    ],
    [
      "a failure",
      { response: "INVALID_USER", code: 4_003, serverID: "AWS", message: "Invalid user." },
      /^feed-format-unknown: line 1: Schedules Direct answered with a failure \("INVALID_USER", "Invalid user\."\); its schedule would be right$/,
    ],
    ["a failure of few words", { serverID: "AWS", code: 3_000 }, /answered with a failure \(3000, ""\)/],
  ])("is refused when it is %s", async (_, answer, reason) => {
    expect(await failureOf(JSON.stringify(answer))).toMatch(reason);
  });

  test.each([
    ["cut short", written(derby, station(airing)).slice(0, -3), /^feed-truncated: line 1: the feed ends too soon/],
    ["with a zero byte", written(derby, station(airing)).replace("Cup", "C\0up"), /^feed-malformed: line 1: /],
    ["nested without end", `[{"stationID": ${"[".repeat(100)}`, /^feed-too-large: line 1: brackets are nested deeper than 64/],
  ])("%s is refused", async (_, feed, reason) => {
    expect(await failureOf(feed)).toMatch(reason);
  });
});

describeWithData("Schedules Direct's answers in the data folder", () => {
  test.each([
    ["schedules/schedulesdirect/scheduleBadVideoProperties.json", 180, 4_529, 170],
    ["schedules/schedulesdirect/scheduleStation.json", 1, 31, 0],
  ])("%s is read whole once its titles are there", async (path, stations, airings, live) => {
    const text = readFileSync(dataFile(path), "utf8");
    // Counted without a JSON parser.
    const ids = [...text.matchAll(/"programID": "([^"]+)"/g)].map((match) => match[1] ?? "");
    const starts = [...text.matchAll(/"airDateTime": "([^"]+)"/g)].map((match) => Date.parse(match[1] ?? ""));
    expect([ids.length, text.match(/"stationID"/g)?.length, text.match(/"Live"/g)?.length ?? 0]).toEqual([airings, stations, live]);
    const titles = [...new Set(ids)].map((programID) => ({ programID, titles: [{ title120: `Title of ${programID}` }] }));
    const items = await itemsOf(JSON.stringify([titles, JSON.parse(text)].flat(2)));
    const programmes = items.flatMap((item) => (item.kind === "programme" ? [item.programme] : []));
    expect(programmes.map(({ title }) => title)).toEqual(ids.map((id) => `Title of ${id}`));
    expect(programmes.map(({ startsAtMs }) => startsAtMs)).toEqual(starts);
    expect(programmes.filter((programme) => programme.live)).toHaveLength(live);
    expect(items.filter(({ kind }) => kind === "channel")).toHaveLength(stations);
  });
});
