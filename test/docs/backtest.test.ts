import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { backtestCommand } from "../../cli/backtest.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/backtest.md"), "utf8");
const SOURCES = ["cli/backtest.ts", ...readdirSync(join(ROOT, "local/backtest")).map((file) => `local/backtest/${file}`)]
  .map((file) => readFileSync(join(ROOT, file), "utf8"))
  .join("\n");

/** The codes in the first column of the table below `<!-- name -->`. */
function codes(name: string): readonly string[] {
  const table = new RegExp(`<!-- ${name} -->\\n((?:\\|.*\\n)+)`).exec(PAGE)?.[1] ?? "";
  return [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code = ""]) => code).toSorted();
}

function inSources(pattern: RegExp): readonly string[] {
  const found = [...SOURCES.matchAll(pattern)].map(([, code = ""]) => code);
  return [...new Set(found)].filter((code) => !code.startsWith("file-")).toSorted();
}

test("every option of the command is on the page, and no other of its own", () => {
  const aws = /```\naws[\s\S]*?```/.exec(PAGE)?.[0] ?? "";
  const named = new Set([...PAGE.replace(aws, "").matchAll(/--[a-z-]+[a-z]/g)].map(([option]) => option));
  expect(named).toEqual(new Set(backtestCommand().options.map(({ long }) => long)));
});

test("every code that is told or thrown is on the page", () => {
  expect(codes("notes")).toEqual(inSources(/(?:tell\(notes, |code: )"(load-[a-z-]+)"/g));
  expect(codes("refused")).toEqual(inSources(/new CalltimeError\(\s*"([a-z-]+)"/g));
});
