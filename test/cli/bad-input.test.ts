import { createServer } from "node:net";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { calltime } from "./calltime.ts";

let folder: string;
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "calltime-bad-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A refused call: nothing on standard output, a sentence on standard error, exit code not 0. */
async function refused(code: number, sentence: RegExp, ...args: readonly string[]): Promise<void> {
  const result = await calltime("start", "--headless", ...args);
  expect(result.stderr).toMatch(sentence);
  expect([result.code, result.stdout]).toEqual([code, ""]);
}

test("an option that does not exist", () => refused(2, /unknown option '--bogus'/, "--bogus"));
test("an instant without a zone", () => refused(2, /Give an instant with its zone/, "--from", "2025-12-31T15:00:00"));
test("a schedule that is not there", () => refused(1, /--schedule .*nowhere\.xml: there is no such file/, "--schedule", "nowhere.xml"));
test("a feed that is empty", () => refused(1, /empty.*\(feed-empty\)/, "--schedule", file("empty.xml", "")));
test("a gzipped feed that is cut short", () => {
  const whole = gzipSync(`<tv>${"<!-- filling -->".repeat(2_000)}</tv>`);
  return refused(1, /cut short.*\(feed-truncated\)/, "--schedule", file("cut.xml.gz", whole.subarray(0, whole.length / 2)));
});
test("a time zone that does not exist", () => refused(1, /zone-unknown/, "--zone", "Mars/Olympus"));

test("bad YAML, with every problem at its line", async () => {
  const targets = file("targets.yaml", "targets:\n  - id: Player API\n    kind: ecs-servce\n    throughput: -1\n");
  const result = await calltime("start", "--headless", "--targets", targets);
  expect(result.code).toBe(1);
  for (const line of [2, 3, 4]) expect(result.stderr).toContain(`${targets}:${line}:`);
});

test("a port that is in use", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise<void>((done) => server.once("listening", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await refused(1, /port-in-use/, "--port", String(port));
  } finally {
    server.close();
  }
});

test("a store that is not ours is refused and left as it was", async () => {
  const data = mkdtempSync(join(tmpdir(), "calltime-store-"));
  try {
    writeFileSync(join(data, "calltime.sqlite"), "this is no store");
    await refused(1, /store-unreadable/, "--data", data);
    expect(readdirSync(data)).toEqual(["calltime.sqlite"]);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

test("a command that does not exist", async () => {
  const result = await calltime("bogus");
  expect(result.code).toBe(2);
  expect(result.stderr).toContain("unknown command 'bogus'");
});
