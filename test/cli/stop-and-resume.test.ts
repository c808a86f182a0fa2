import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { calltime, startCalltime } from "./calltime.ts";

const folder = mkdtempSync(join(tmpdir(), "calltime-resume-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a run that goes on says from where, and that its schedule is the one it began with", async () => {
  const args = ["start", "--headless", "--data", folder, "--for"];
  expect((await calltime(...args, "5m")).stderr).not.toContain("going on");
  const again = await calltime(...args, "6m");
  expect(again.stderr).toContain("going on at 2026-06-13T16:05Z of the run that is kept there, with its schedule");
  expect(again.code).toBe(0);
});

test("a run that is stopped promises to go on only where its store is kept", async () => {
  const stopped = async (...place: readonly string[]): Promise<string> => {
    const { child, finished } = startCalltime(["start", "--headless", "--speed", "60", ...place]);
    // The first event line: from here on a signal stops the evening itself.
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    return stderr;
  };
  expect(await stopped()).toMatch(/stopped; nothing of it is kept; with --data it could go on\n$/);
  expect(await stopped("--data", folder)).toMatch(/stopped; run the same command with the same --data to go on from here\n$/);
});
