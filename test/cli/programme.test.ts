import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serveEvening } from "../../local/serve-evening.ts";
import { smallEvening } from "../local/small-evening.ts";
import { calltime } from "./calltime.ts";

test("a programme is found, corrected and left to its feed again from a shell", { timeout: 60_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), "calltime-programme-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const server = await serveEvening(await smallEvening(), { port: 0, tokenDirectory: data });
  onTestFinished(() => server.close());
  const run = (...args: readonly string[]) => calltime("programme", ...args, "--url", server.url, "--data", data);
  const find = async (): Promise<string> => (await run("find", "--title", "cup")).stdout;

  const listed = await find();
  const id = /^\S+/.exec(listed)?.[0] ?? "";
  expect(listed).toBe(`${id}  2026-06-13T19:00Z–2026-06-13T20:00Z  one  Cup Final\n`);
  const correct = (...said: readonly string[]) => run("correct", id, ...said, "--why", "extra time", "--author", "ops");

  const ends = "ends at 2026-06-13T20:45Z until 2026-06-14T20:45Z, ops: extra time";
  expect(await correct("--ends", "2026-06-13T20:45Z")).toMatchObject({ code: 0, stdout: `${id}: ${ends}\n` });
  expect(await correct("--ends", "2026-06-13T20:45Z")).toMatchObject({ code: 0, stdout: `${id}: unchanged: ${ends}\n` });
  expect(await find()).toBe(
    `${id}  2026-06-13T19:00Z–2026-06-13T20:45Z  one  Cup Final (ends at 2026-06-13T20:45Z, said by ops: extra time)\n`,
  );
  expect((await correct("--ended", "2026-06-13T17:30Z")).stderr).toMatch(
    /it would end at .*; the end comes after \(correction-times-invalid\)/,
  );

  const sooner = (await correct("--starts", "2026-06-13T18:04Z")).stdout.split("\n");
  expect(sooner[0]).toMatch(/starts at 2026-06-13T18:04Z/);
  expect(sooner[1]).toMatch(
    /^too late for .+: api: \d+ of \d+ by 2026-06-13T18:\d\dZ, short by up to \d+ from 2026-06-13T18:\d\dZ to 2026-06-13T18:\d\dZ: (the expected load finds room|about \d+ requests will find no room)$/,
  );

  expect(await correct("--forget", "--cancel")).toMatchObject({ code: 2, stderr: expect.stringContaining("--forget") as string });
  expect(await correct("--forget")).toMatchObject({ code: 0, stdout: `${id}: as its feed has it\n` });
  expect(await find()).toBe(listed);
  expect(await run("find", "--title", "nowhere")).toMatchObject({ code: 0, stdout: "no programme of the guide is meant\n" });
});
