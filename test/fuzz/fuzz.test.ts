import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const PLANTED = "../test/fuzz/planted-targets.ts";

/** What the fuzzer says, run with `args`, and the folder of its findings. In a process of its own: coverage is counted by the thread. */
function fuzzed(...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "calltime-fuzz-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(import.meta.dirname, "../../scripts/fuzz.ts");
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [script, "--findings", folder, ...args], { encoding: "utf8" });
  return { status, signal, stdout, stderr, folder };
}

test("finds a fault behind eight letters, letter by letter, and makes its input small", { timeout: 120_000 }, () => {
  const found = fuzzed("--from", PLANTED, "--targets", "one-word", "--most", "1", "--seconds", "100", "--seed", "1");
  expect([found.status, found.stderr]).toEqual([1, ""]);
  expect(found.stdout).toContain("TypeError: the planted fault");
  expect(readFileSync(join(found.folder, "one-word-0"), "utf8")).toBe("calltime");
});

test("ends when an input is read for ever, and keeps that input", { timeout: 120_000 }, () => {
  const found = fuzzed("--from", PLANTED, "--targets", "never-returns", "--seconds", "100", "--seed", "1", "--patience", "2");
  expect(found.signal).toBe("SIGKILL");
  expect(found.stderr).toMatch(/^never-returns: input \d+ is read for more than 2 s/);
  expect(readFileSync(join(found.folder, "never-returns-hangs"))[0]).toBe(0xfe);
});

test("gives the same inputs for the same seed and corpus, and nothing is wrong with those that are kept", { timeout: 120_000 }, () => {
  const once = () => fuzzed("--seconds", "100", "--executions", "1", "--seed", "7");
  const [first, second] = [once(), once()];
  expect([first.status, first.stderr, first.stdout.match(/FOUND.*/g)]).toEqual([0, "", null]);
  const told = ({ stdout }: { readonly stdout: string }) => /seed 7: \d+ executions|\d+ inputs/.exec(stdout)?.[0];
  expect(told(second)).toBe(told(first));
});
