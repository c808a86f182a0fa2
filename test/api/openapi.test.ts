import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { expect, test } from "vitest";
import { STATUS_OF_CODE } from "../../shared/api/failure.ts";
import { routes } from "../../shared/api/routes.ts";
import { OPENAPI_PATH, openApiDocument } from "../../scripts/openapi.ts";
import { runningPlatform } from "./platform.ts";

const ROOT = join(import.meta.dirname, "../..");

test("docs/openapi.json says what the routes say", () => {
  expect(readFileSync(join(ROOT, OPENAPI_PATH), "utf8")).toBe(openApiDocument());
  expect(spawnSync(process.execPath, [join(ROOT, "scripts/generate-openapi.ts"), "--check"]).status).toBe(0);
});

test("every pointer in the document points at something, and no schema is left over", () => {
  const text = openApiDocument();
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
  const pointed = [...text.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
  expect(new Set(pointed)).toEqual(new Set(Object.keys(components.schemas)));
});

test("an answer of each reading route is as the document says", async () => {
  const { ask } = await runningPlatform({ ports: { deadLetters: { deadLetters: async () => [], redrive: async () => undefined } } }, 12);
  const document = JSON.parse(openApiDocument()) as { components: { schemas: Record<string, unknown> }; paths: Record<string, unknown> };
  const asked = { "/v1/explain": "?target=player-api", "/v1/plan": "?minutes=true" };
  for (const { path } of routes.filter(({ writes }) => !writes)) {
    const body: unknown = await (await ask(`${path.replace("{id}", "guide")}${asked[path as keyof typeof asked] ?? ""}`)).json();
    const name = /schemas\/(\w+)/.exec(JSON.stringify(document.paths[path]))?.[1] ?? "";
    const schema = JSON.parse(
      JSON.stringify({ ...(document.components.schemas[name] as object), $defs: document.components.schemas }).replaceAll(
        "#/components/schemas/",
        "#/$defs/",
      ),
    ) as Parameters<typeof z.fromJSONSchema>[0];
    expect([name, z.fromJSONSchema(schema).safeParse(body).success]).toEqual([name, true]);
    expect(z.fromJSONSchema(schema).safeParse({ ...(body as object), now: 17, at: 17 }).success).toBe(false);
  }
});

test("docs/api.md names every route, and every code with its status", () => {
  const page = readFileSync(join(ROOT, "docs/api.md"), "utf8");
  for (const { method, path } of routes) expect(page).toContain(`\`${method} ${path}`);
  const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map((match) => `${match[1]} ${match[2]}`);
  const known = [...Object.entries(STATUS_OF_CODE), ["internal", 500]].map(([code, status]) => `${code} ${status}`);
  expect(listed.toSorted()).toEqual(known.toSorted());
});
