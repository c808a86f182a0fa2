import { createReadStream } from "node:fs";
import { expect, test } from "vitest";
import { CalltimeError } from "../../../shared/core/error.ts";
import type { FeedItem, FeedProgramme } from "../../../shared/core/schedule/programme.ts";
import { readFeed } from "../../../shared/feeds/read-feed.ts";
import { dataFile } from "../../data-folder.ts";
import { run } from "../../programs.ts";
import { censusOf, describeWithJudge, xmltvFiles, type Row } from "./installed.ts";
import { NOT_WELL_FORMED } from "./not-well-formed.ts";

async function itemsOf(path: string): Promise<readonly FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of readFeed(createReadStream(dataFile(path)))) items.push(item);
  return items;
}

function rowOf({ line, channelId, startsAtMs, endsAtMs, title }: FeedProgramme): Row {
  return [line, channelId, startsAtMs, endsAtMs ?? null, title];
}

function programmesOf(items: readonly FeedItem[]): readonly FeedProgramme[] {
  return items.flatMap((item) => (item.kind === "programme" ? [item.programme] : []));
}

async function outcomeOf(path: string): Promise<string> {
  try {
    const items = await itemsOf(path);
    return items.some(({ kind }) => kind === "repaired") ? "repaired" : "read";
  } catch (error) {
    return error instanceof CalltimeError ? error.code : String(error);
  }
}

describeWithJudge("Python's expat", { commands: ["python3"], from: "Debian's python3" }, () => {
  test.each(xmltvFiles())("finds the same channels, programmes, lines, times and titles in %s", { timeout: 60_000 }, async (path) => {
    const census = censusOf(dataFile(path));
    if ("refused" in census) {
      expect(await outcomeOf(path)).toBe(NOT_WELL_FORMED.get(path));
      return;
    }
    expect([...NOT_WELL_FORMED.keys()]).not.toContain(path);
    const items = await itemsOf(path);
    const usable = ([, channelId, start, stop, title]: Row) =>
      channelId !== "" && typeof start === "number" && stop !== false && title !== "";
    const ours = programmesOf(items).map(rowOf);
    const theirs = census.programmes.filter(usable);
    expect(ours.length).toBe(theirs.length);
    // One by one: to print how two lists of 100,000 differ takes minutes.
    const different = ours.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(theirs[index]));
    expect(ours[different]).toEqual(theirs[different]);
    expect(items.flatMap((item) => (item.kind === "rejected" ? [item.line] : []))).toEqual(
      census.programmes.filter((row) => !usable(row)).map(([line]) => line),
    );
    expect(items.flatMap((item) => (item.kind === "channel" ? [item.channel.id] : []))).toEqual(census.channels);
  });
});

describeWithJudge("xmllint", { commands: ["xmllint"], from: "Debian's libxml2-utils" }, () => {
  const SAYS_SOMETHING = "[normalize-space(.) != '']";
  const COUNTED = {
    channels: "/tv/channel",
    programmes: "/tv/programme",
    stops: `/tv/programme[title${SAYS_SOMETHING}]/@stop`,
    untitled: `/tv/programme[not(title${SAYS_SOMETHING})]`,
    subTitles: `/tv/programme[title${SAYS_SOMETHING} and sub-title${SAYS_SOMETHING}]`,
    episodes: `/tv/programme[title${SAYS_SOMETHING} and episode-num${SAYS_SOMETHING}]`,
    descriptions: `/tv/programme[title${SAYS_SOMETHING} and desc${SAYS_SOMETHING}]`,
    categories: `/tv/programme[title${SAYS_SOMETHING}]/category${SAYS_SOMETHING}`,
    live: "/tv/programme[live]",
  };

  test.each(xmltvFiles())("counts the same in %s", { timeout: 60_000 }, async (path) => {
    const question = Object.values(COUNTED).map((what) => `count(${what})`);
    const said = run("xmllint", ["--nonet", "--huge", "--xpath", `concat(${question.join(",' ',")})`, dataFile(path)]);
    if (said.status !== 0) {
      expect(await outcomeOf(path)).toBe(NOT_WELL_FORMED.get(path));
      return;
    }
    expect([...NOT_WELL_FORMED.keys()]).not.toContain(path);
    const items = await itemsOf(path);
    const programmes = programmesOf(items);
    const untitled = items.filter((item) => item.kind === "rejected" && item.code === "title-missing").length;
    const number = (of: (programme: FeedProgramme) => boolean): number => programmes.filter(of).length;
    const ours: Record<keyof typeof COUNTED, number> = {
      channels: items.filter(({ kind }) => kind === "channel").length,
      programmes: programmes.length + untitled,
      stops: number(({ endsAtMs }) => endsAtMs !== undefined),
      untitled,
      subTitles: number(({ subTitle }) => subTitle !== undefined),
      episodes: number(({ episode }) => episode !== undefined),
      descriptions: number(({ description }) => description !== undefined),
      categories: programmes.reduce((sum, { categories }) => sum + categories.length, 0),
      live: number(({ live }) => live),
    };
    expect(ours).toEqual(Object.fromEntries(Object.keys(COUNTED).map((key, index) => [key, Number(said.stdout.trim().split(" ")[index])])));
  });
});
