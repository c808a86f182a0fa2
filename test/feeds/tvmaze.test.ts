import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assembleListing } from "../../shared/core/schedule/listing.ts";
import { dataFile, describeWithData } from "../data-folder.ts";
import { failureOf, itemsOf } from "./feed-bytes.ts";

const network = { id: 2, name: "CBS", country: { name: "United States", code: "US", timezone: "America/New_York" } };
const show = { id: 1, name: "60 Minutes", type: "News", genres: ["Crime"], runtime: 60, averageRuntime: 62, network, webChannel: null };
const episode = {
  id: 7,
  name: "Inside",
  season: 9,
  number: 33,
  airdate: "2026-06-13",
  airtime: "19:00",
  airstamp: "2026-06-13T23:00:00+00:00",
  runtime: 45,
  summary: "<p>A look <b>inside</b> R&amp;D.</p>",
  show,
};

/** What becomes of one episode: its programme, or the code and reason of why there is none; notes before it. */
async function read(changed: object): Promise<readonly unknown[]> {
  const items = await itemsOf(JSON.stringify([{ ...episode, ...changed }], null, 1));
  return items
    .filter(({ kind }) => kind !== "channel")
    .map((item) => (item.kind === "repaired" || item.kind === "rejected" ? `${item.kind} ${item.code}: ${item.reason}` : item))
    .map((item) => (typeof item === "object" && item.kind === "programme" ? item.programme : item));
}

describe("an answer of TVmaze", () => {
  test("gives each episode the title of its show and the channel of its network", async () => {
    expect(await itemsOf(JSON.stringify([episode]))).toEqual([
      { kind: "channel", channel: { id: "CBS (US)", name: "CBS", parallel: true }, line: 1 },
      {
        kind: "programme",
        programme: {
          channelId: "CBS (US)",
          title: "60 Minutes",
          subTitle: "Inside",
          episode: "S9E33",
          description: "A look inside R&D.",
          categories: ["News", "Crime"],
          live: false,
          startsAtMs: Date.UTC(2026, 5, 13, 23),
          endsAtMs: Date.UTC(2026, 5, 13, 23, 45),
          line: 1,
        },
      },
    ]);
  });

  test("takes a web channel where there is no network, and the show from _embedded", async () => {
    const web = { ...show, network: null, webChannel: { id: 1, name: "Netflix", country: null } };
    expect(await read({ show: undefined, _embedded: { show: web } })).toMatchObject([{ channelId: "Netflix", title: "60 Minutes" }]);
  });

  test("keeps a whole season that comes out together", async () => {
    const web = { ...show, network: null, webChannel: { id: 1, name: "Netflix", country: null } };
    const season = [1, 2, 3].map((number) => ({ ...episode, number, name: `Part ${number}`, show: web }));
    const { programmes, findings } = assembleListing(await itemsOf(JSON.stringify(season)));
    expect(programmes.map((programme) => programme.endsAtMs - programme.startsAtMs)).toEqual(
      [45, 45, 45].map((minutes) => minutes * 60_000),
    );
    expect(findings).toEqual([]);
  });

  test.each([
    ["its show's runtime", {}, 60, '"60 Minutes" has no runtime; the 60 min that its show usually takes were taken'],
    ["its show's average", { runtime: null }, 62, '"60 Minutes" has no runtime; the 62 min that its show usually takes were taken'],
  ])("without a length takes %s, and says so", async (_, changed, minutes, reason) => {
    const items = await read({ runtime: null, show: { ...show, ...changed } });
    expect(items).toMatchObject([`repaired length-of-show: ${reason}`, { endsAtMs: Date.UTC(2026, 5, 13, 23, minutes) }]);
  });

  test("takes no end from the next start: what lies between is only not followed", async () => {
    const endless = { ...episode, runtime: null, show: { ...show, runtime: null, averageRuntime: null } };
    const later = { ...episode, airstamp: "2026-06-14T09:00:00+00:00" };
    const { programmes, findings } = assembleListing(await itemsOf(JSON.stringify([endless, later])));
    expect(programmes.map(({ startsAtMs }) => startsAtMs)).toEqual([Date.UTC(2026, 5, 14, 9)]);
    expect(findings).toMatchObject([{ code: "end-unknown", what: '"60 Minutes" on CBS (US): no end, and no line-up to take it from' }]);
  });

  test.each([
    [
      "a day alone",
      { airtime: "", airstamp: "2026-06-13T12:00:00+00:00" },
      'start-missing: "60 Minutes" on "CBS" has a day ("2026-06-13") and no time',
    ],
    ["no airstamp", { airstamp: null }, "start-missing: "],
    [
      "a stamp without an offset",
      { airstamp: "2026-06-13T23:00:00" },
      'start-unreadable: airstamp "2026-06-13T23:00:00" of "60 Minutes" is no instant',
    ],
    ["a stamp that is a number", { airstamp: 1_781_391_600 }, "start-unreadable: airstamp 1781391600 of"],
    [
      "a length that is a text",
      { runtime: "45" },
      'duration-unreadable: runtime "45" of "60 Minutes" is no number of minutes; 60 would be right',
    ],
    ["a length below nothing", { runtime: -1 }, "duration-unreadable: "],
    ["no show", { show: null }, 'title-missing: the episode "Inside" has no show with a name'],
    ["a show without a name", { show: { ...show, name: 5 } }, "title-missing: "],
    ["no channel", { show: { ...show, network: null } }, 'channel-missing: "60 Minutes" has neither network nor webChannel'],
  ])("leaves out an episode with %s", async (_, changed, reason) => {
    expect(await read(changed)).toEqual([expect.stringContaining(`rejected ${reason}`)]);
  });

  test("names the line of what it leaves out", async () => {
    const feed = `[\n${JSON.stringify(episode)},\n"News",\n${JSON.stringify({ ...episode, airtime: "" })}\n]`;
    const items = await itemsOf(feed, 7);
    expect(items.flatMap((item) => (item.kind === "rejected" ? [[item.line, item.code]] : []))).toEqual([
      [3, "entry-not-object"],
      [4, "start-missing"],
    ]);
  });

  test.each([
    ["cut short", JSON.stringify([episode]).slice(0, -30), /^feed-truncated: line 1: the feed ends too soon/],
    ["with a zero byte", JSON.stringify([episode]).replace("60 Minutes", "60\0Minutes"), /^feed-malformed: line 1: /],
    ["with a comma too many", `[${JSON.stringify(episode)},,]`, /^feed-malformed: line 1: "," stands where JSON has none/],
    ["without an episode", "[]", /^feed-format-unknown: the feed begins with "\[\]"/],
  ])("%s is refused", async (_, feed, reason) => {
    expect(await failureOf(feed)).toMatch(reason);
  });
});

describeWithData("TVmaze's answer in the data folder", () => {
  test("has as many programmes as it has airstamps, each at one of them", async () => {
    const bytes = readFileSync(dataFile("schedules/tvmaze/schedule_tv_bland.json"));
    const stamps = [...bytes.toString().matchAll(/"airstamp": "([^"]+)"/g)].map((match) => Date.parse(match[1] ?? ""));
    const programmes = (await itemsOf(bytes)).flatMap((item) => (item.kind === "programme" ? [item.programme] : []));
    expect(stamps).toHaveLength(60);
    expect(programmes.map(({ startsAtMs }) => startsAtMs)).toEqual(stamps);
  });
});
