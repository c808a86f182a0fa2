import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { calltime, startCalltime } from "./calltime.ts";

const folder = mkdtempSync(join(tmpdir(), "calltime-resume-"));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a run that goes on says from where, and that its schedule is the one it began with", async () => {
  const args = ["start", "--headless", "--data", folder, "--for"];
  expect((await calltime(...args, "5m")).stderr).not.toContain("going on");
  const again = await calltime(...args, "6m");
  expect(again.stderr).toContain("going on at 2026-06-13T16:05Z of the run that is kept there, with its schedule");
  expect(again.code).toBe(0);
});

test("a run is not resumed with another schedule than it began with", async () => {
  const other = join(folder, "other.xml");
  await calltime("start", "--headless", "--data", folder, "--for", "5m");
  copyFileSync("samples/schedule.xml", other);
  const { code, stdout, stderr } = await calltime("start", "--headless", "--data", folder, "--for", "10m", "--schedule", other);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/holds a run of schedule\.xml .*run-mismatch/);
});

test("an evening that somebody watches says how long it takes", async () => {
  const { child, finished } = startCalltime(["start", "--data", folder, "--port", "0", "--speed", "600"]);
  child.stdout?.once("data", () => child.kill("SIGINT"));
  expect((await finished).stderr).toContain("16:00–22:00 UTC at 600 times real time, over in 1 min");
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
