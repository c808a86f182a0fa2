import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataFile, describeWithData } from "../data-folder.ts";
import { outcomeOf } from "./outcome.ts";
import { STATED_OUTCOMES } from "./stated-outcomes.ts";

const ROOT = join(import.meta.dirname, "../..");

test("docs/feed-gate.md has the outcomes as they are stated here", () => {
  expect(spawnSync(process.execPath, [join(ROOT, "scripts/generate-feed-outcomes.ts"), "--check"]).status).toBe(0);
});

describeWithData("every feed of the data folder", () => {
  test("has a stated outcome", () => {
    const feeds = ["epg", "schedules"].flatMap((folder) =>
      readdirSync(dataFile(folder), { recursive: true, encoding: "utf8" })
        .filter((path) => /\.(?:xml|xml\.gz|json|ics|csv)$/.test(path))
        .map((path) => `${folder}/${path}`),
    );
    // Of wc98/ these two are feeds; the rest is its load.
    feeds.push("wc98/schedule.ics", "wc98/schedule.xml");
    expect(STATED_OUTCOMES.map(({ path }) => path).toSorted()).toEqual(feeds.toSorted());
  });

  test.each(STATED_OUTCOMES)("$path is $outcome.kind: $why", { timeout: 120_000 }, async ({ path, outcome }) => {
    expect(await outcomeOf(path)).toEqual(outcome);
  });
});

test("docs/feed-gate.md names every threshold with its default, as the schema has it", () => {
  const page = readFileSync(join(ROOT, "docs/feed-gate.md"), "utf8");
  const listed = Object.fromEntries([...page.matchAll(/^\| `([A-Za-z]+)` \| ([\d.]+) \|/gm)].map((match) => [match[1], Number(match[2])]));
  const schema = JSON.parse(readFileSync(join(ROOT, "docs/schemas/targets.json"), "utf8")) as {
    properties: { feedGate: { properties: Record<string, { default: number }> } };
  };
  const known = Object.entries(schema.properties.feedGate.properties).map(([key, { default: standard }]) => [key, standard] as const);
  expect(listed).toEqual(Object.fromEntries(known));
});
