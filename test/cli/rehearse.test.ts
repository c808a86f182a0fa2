import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { calltime } from "./calltime.ts";

const PAGE = readFileSync(new URL("../../docs/warming.md", import.meta.url), "utf8");

test("the rehearsal on the page is what the command says of the sample evening", async () => {
  const { code, stdout, stderr } = await calltime("rehearse");
  expect([code, stderr]).toEqual([0, ""]);
  expect(/<!-- rehearsal -->\n```\n([\s\S]*?)```/.exec(PAGE)?.[1]).toBe(stdout);
}, 60_000);

test("with --json the report is one document; an occasion that nobody knows of is a failed run", async () => {
  const { code, stdout } = await calltime("rehearse", "tidewater", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ name: "premiere of Tidewater Road", isReady: true, refusedConnections: 0 });
  const unknown = await calltime("rehearse", "nothing");
  expect([unknown.code, unknown.stdout]).toEqual([1, ""]);
  expect(unknown.stderr).toMatch(/^calltime: nothing: no such occasion .* \(occasion-unknown\)\n$/u);
}, 120_000);
