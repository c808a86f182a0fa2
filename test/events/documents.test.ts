import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventContracts } from "../../events/index.ts";

const ROOT = join(import.meta.dirname, "../..");
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calltime-contracts-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("docs/events.md and the JSON Schemas say what the contracts say", () => {
  expect(generate("--check")).toEqual({ exitCode: 0, said: "" });
});

test("a page that lags behind, a schema that is missing and one of an event that is gone are each named, and mended by a new run", () => {
  generate("--root", folder);
  expect(generate("--check", "--root", folder)).toEqual({ exitCode: 0, said: "" });

  appendFileSync(join(folder, "docs/events.md"), "One line by hand.\n");
  rmSync(join(folder, "docs/schemas/events/load-measured.v1.json"));
  writeFileSync(join(folder, "docs/schemas/events/programme-paused.v1.json"), "{}\n");
  const { exitCode, said } = generate("--check", "--root", folder);
  expect(exitCode).toBe(1);
  expect(said.trim().split("\n")).toEqual([
    "docs/events.md differs from the contracts in events/; run: node scripts/generate-contracts.ts",
    "docs/schemas/events/load-measured.v1.json differs from the contracts in events/; run: node scripts/generate-contracts.ts",
    "docs/schemas/events/programme-paused.v1.json belongs to no contract in events/; run: node scripts/generate-contracts.ts",
  ]);

  generate("--root", folder);
  expect(generate("--check", "--root", folder)).toEqual({ exitCode: 0, said: "" });
});

test("a folder without documents is behind, not up to date", () => {
  mkdirSync(join(folder, "docs"));
  expect(generate("--check", "--root", folder).exitCode).toBe(1);
});

test("every field of every event is explained to a subscriber", () => {
  const page = readFileSync(join(ROOT, "docs/events.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
});

const named = eventContracts.map((contract) => [contract.name, contract] as const);

test.each(named)("a subscriber can validate %s by its JSON Schema, also once a key is added to it", (name, { example }) => {
  const schema: unknown = JSON.parse(readFileSync(join(ROOT, `docs/schemas/events/${name.replaceAll(".", "-")}.v1.json`), "utf8"));
  const published = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  expect(published.safeParse(example).success).toBe(true);
  expect(published.safeParse({ ...example, added: 1, data: { ...example.data, added: 1 } }).success).toBe(true);
  expect(published.safeParse({ ...example, at: 0 }).success).toBe(false);
});

function generate(...flags: readonly string[]): { readonly exitCode: number | null; readonly said: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/generate-contracts.ts"), ...flags], { encoding: "utf8" });
  return { exitCode: status, said: stderr };
}
