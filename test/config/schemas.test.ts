import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { configSchemas } from "../../scripts/config-schemas.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const generate = (...options: string[]) =>
  spawnSync(process.execPath, [join(ROOT, "scripts/generate-config-schemas.ts"), ...options], { encoding: "utf8" });

test("the JSON Schemas in docs/ are those of the code", () => {
  const schemas = configSchemas();
  expect([...schemas.keys()]).toEqual(
    ["targets", "expectations", "world", "content", "databases", "schedule"].map((name) => `docs/schemas/${name}.json`),
  );
  for (const [path, text] of schemas) expect(readFileSync(join(ROOT, path), "utf8")).toBe(text);
});

test("a JSON Schema that is out of date is named, and written anew only when asked to", () => {
  const root = mkdtempSync(join(tmpdir(), "calltime-schemas-"));
  try {
    expect(generate("--check", "--root", root).status).toBe(1);
    expect(generate("--root", root).status).toBe(0);
    expect(generate("--check", "--root", root)).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(join(root, "docs/schemas/world.json"), "{}\n");
    expect(generate("--check", "--root", root)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^docs\/schemas\/world\.json differs/),
    });
    expect(readFileSync(join(root, "docs/schemas/world.json"), "utf8")).toBe("{}\n");
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a schema asks of a person only what has no default, and refuses keys it does not know", () => {
  const schema = JSON.parse(configSchemas().get("docs/schemas/targets.json") ?? "") as {
    properties: { targets: { items: { required: string[]; additionalProperties: boolean; properties: { mode: { default: string } } } } };
  };
  const target = schema.properties.targets.items;
  expect(target.properties.mode.default).toBe("observe");
  expect(target.required).not.toContain("mode");
  expect(target.required).toContain("scalesIn");
  expect(target.additionalProperties).toBe(false);
});
