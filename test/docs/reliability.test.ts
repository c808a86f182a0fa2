import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { CAUSES } from "../../shared/core/score.ts";
import { textOfSummary, type ChaosSummary } from "../../local/chaos/outcome.ts";

const read = (file: string): string => readFileSync(resolve(import.meta.dirname, "../..", file), "utf8");
const page = read("docs/reliability.md");
const recorded = JSON.parse(read("bench/results/chaos.json")) as ChaosSummary & { readonly commit: string; readonly firstSeed: number };

test("the figures of the page are those that were recorded, broken promises and all", () => {
  const [, block = ""] = /<!-- chaos:[^>]*-->\n```\n([\s\S]*?)```/.exec(page) ?? [];
  expect(block.trimEnd().split("\n")).toEqual(textOfSummary(recorded, (seed) => `npx calltime chaos --evenings 1 --seed ${seed}`));
  for (const seed of new Set(recorded.violations.map((violation) => violation.seed))) expect(page).toContain(`seed ${seed},`);
  expect(page).toContain(`--evenings ${recorded.evenings} --seed ${recorded.firstSeed}\``);
  expect(page).toContain(recorded.commit.slice(0, 8));
});

test("every cause is explained, in the order in which they are looked for", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(rows.filter((name) => (CAUSES as readonly (string | undefined)[]).includes(name))).toEqual([...CAUSES]);
});

test("every rule that is tried by itself is on the page, and no other", () => {
  const tried = readdirSync(resolve(import.meta.dirname, "../rules")).filter((file) => /^\d\d-.*\.test\.ts$/.test(file));
  const linked = [...page.matchAll(/\]\(\.\.\/test\/rules\/([^)]*)\)/g)].map(([, file]) => file);
  expect(linked).toEqual(tried.sort());
});
