import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../scripts/package/bundle.ts";

const page = readFileSync(join(ROOT, "docs/deploy.md"), "utf8");
const { params } = parse(readFileSync(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "error" }) as {
  params: { default: Record<string, string> };
};

test("the page on deploying names every parameter there is, and no other", () => {
  const rows = page.split("\n").filter((line) => /^\| `[a-z]+[A-Za-z]*`/.test(line));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([A-Za-z]+)`/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(new Set(Object.keys(params.default)));
  for (const [, name] of page.matchAll(/--param "([a-zA-Z]+)=/g)) expect(Object.keys(params.default)).toContain(name);
  expect(page).toContain(`| ${params.default["zone"]} |`);
});

test("its commands are commands", () => {
  const blocks = [...page.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block ?? "");
  expect(blocks.length).toBeGreaterThan(3);
  for (const block of blocks) {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: block, encoding: "utf8" });
    expect([block, status, stderr]).toEqual([block, 0, ""]);
  }
});
