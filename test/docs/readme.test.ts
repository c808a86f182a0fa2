import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { calltime } from "../cli/calltime.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

test("the evening in the README is the evening that the command plays", async () => {
  const block = /<!-- evening:[^>]*-->\n```\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
  const lines = block.trim().split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(3);
  const { stdout, code } = await calltime("start", "--headless");
  expect(code).toBe(0);
  const played = stdout.split("\n");
  for (const line of lines) expect(played).toContain(line);
}, 60_000);

test("every link of the docs leads to a file that is there", () => {
  const broken = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => resolve(ROOT, dirname(page), target ?? ""))
      .filter((target) => !existsSync(target))
      .map((target) => `${page}: ${relative(ROOT, target)}`),
  );
  expect(broken).toEqual([]);
});

test("every option that the docs name is an option of the command, and none is left out of operating.md", async () => {
  const help = (await calltime("start", "--help")).stdout;
  const options = new Set([...help.matchAll(/--([a-z]+)/g)].map(([option]) => option).filter((option) => option !== "--help"));
  const told = new Set([...read("docs/operating.md").matchAll(/--[a-z]+/g)].map(([option]) => option));
  expect([...told].filter((option) => !options.has(option))).toEqual([]);
  expect([...options].filter((option) => !told.has(option))).toEqual([]);
});

test("every key of a target that operating.md explains is one, and none is left out", () => {
  const table = /## Targets([\s\S]*?)\n## /.exec(read("docs/operating.md"))?.[1] ?? "";
  const told = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) => [...(cell ?? "").matchAll(/`(\w+)`/g)].map(([, key]) => key));
  const schema = JSON.parse(read("docs/schemas/targets.json")) as {
    properties: { targets: { items: { properties: Record<string, unknown> } } };
  };
  const keys = Object.keys(schema.properties.targets.items.properties);
  expect(new Set(told)).toEqual(new Set(keys.filter((key) => !["id", "kind", "mode", "costPerHour"].includes(key))));
});
