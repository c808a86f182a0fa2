import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseDatabases } from "../../shared/config/databases.ts";
import { BLOCK_BYTES, BLOCKS_AT_ONCE, WARM_SHARE } from "../../shared/core/warm/buffer-cache.ts";

const PAGE = readFileSync(new URL("../../docs/databases.md", import.meta.url), "utf8");

test("the file on the page is one that is read", () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? "";
  expect(parseDatabases(yaml, "databases.yaml")).toMatchObject([
    {
      id: "catalogue",
      instances: [{ id: "writer" }, { id: "reader-1" }],
      relations: [
        { schema: "guide", name: "programme" },
        { schema: "guide", name: "programme_pkey" },
      ],
      budget: { bytes: 2_000_000_000, timeMs: 300_000, statementMs: 20_000 },
    },
  ]);
});

test("the cluster on the page is one that is read", () => {
  const [, yaml = ""] = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text);
  const aurora = { clusterId: "catalogue", database: "guide", user: "warmer", endpointId: "catalogue-viewers" };
  expect(parseDatabases(yaml, "databases.yaml")).toMatchObject([{ id: "catalogue", targetId: "catalogue-db", instances: [], aurora }]);
});

test("the page names every reason that the warmer gives, and no other", () => {
  const files = ["app/warm-database.ts", "core/warm/buffer-cache.ts", "database/postgres-cache.ts"];
  const source = files.map((file) => readFileSync(new URL(`../../shared/${file}`, import.meta.url), "utf8")).join("\n");
  const pattern = /["`]((?:cache|database|relation|statement)-[a-z-]+)["`]/g;
  const given = new Set([...source.matchAll(pattern)].map(([, code = ""]) => code));
  // What only a mistake in the program brings about.
  given.delete("cache-failed");
  expect(new Set([...PAGE.matchAll(pattern)].map(([, code = ""]) => code))).toEqual(given);
});

test("the page's figures are those of the code", () => {
  expect(PAGE).toContain(`${(BLOCK_BYTES * BLOCKS_AT_ONCE) / 1024 ** 2} MiB at a time`);
  expect(PAGE).toContain(`${WARM_SHARE * 100} % of the blocks`);
});
