import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseContent } from "../../shared/config/content.ts";
import { HELD_AFTER_START_MS, CONTENT_BUDGET } from "../../shared/core/warm/content.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

const PAGE = readFileSync(new URL("../../docs/content.md", import.meta.url), "utf8");

test("the file on the page is one that is read", () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? "";
  const { edges, budget, content } = parseContent(yaml, "content.yaml");
  expect(edges.map(({ id, role, address }) => [id, role, address])).toEqual([
    ["shield", "shield", "shield.example.net"],
    ["lab", "pop", "10.0.3.4"],
    ["fra", "pop", "d111111abcdef8.fra56-p1.cloudfront.net"],
  ]);
  expect([budget.bytes, budget.requestsPerSecond, budget.tries]).toEqual([500_000_000, 20, CONTENT_BUDGET.tries]);
  expect(content.map(({ occasion, urls }) => [occasion, urls.length])).toEqual([["the premiere", 2]]);
});

test("the page names every reason that the warmer gives, and no other", () => {
  const files = ["../../shared/app/warm-edge.ts", "../../shared/core/warm/content.ts", "../../shared/edges/http-edges.ts"];
  const manifests = readdirSync(new URL("../../shared/manifests/", import.meta.url)).map((name) => `../../shared/manifests/${name}`);
  const source = [...files, ...manifests].map((file) => readFileSync(new URL(file, import.meta.url), "utf8")).join("\n");
  const given = new Set([...source.matchAll(/"((?:content|edge|manifest)-[a-z-]+)"/g)].map(([, code = ""]) => code));
  // What only a mistake in the program brings about, and two headers.
  for (const code of ["edge-unknown", "edge-failed", "content-encoding", "content-length"]) given.delete(code);
  const named = new Set([...PAGE.matchAll(/`((?:content|edge|manifest)-[a-z-]+)`/g)].map(([, code = ""]) => code));
  expect([...named].sort()).toEqual([...given].sort());
});

test("the page's figures are those of the code", () => {
  expect(PAGE).toContain(`After ${{ 4: "four" }[CONTENT_BUDGET.tries]} in all`);
  expect(PAGE).toContain(`until ${{ 5: "five" }[HELD_AFTER_START_MS / MINUTE_MS]} minutes after the start`);
});
