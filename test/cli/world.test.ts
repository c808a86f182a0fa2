import { createServer } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { calltime, startCalltime } from "./calltime.ts";

/** A port of this machine on which somebody listens. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a world says where it is and which, plays with Calltime, and ends when it is told to", { timeout: 60_000 }, async () => {
  const { child, finished } = startCalltime(["world", "--stepped", "--port", "0"]);
  onTestFinished(() => void child.kill("SIGTERM"));
  let said = "";
  for await (const text of child.stderr ?? []) {
    said += String(text);
    if (said.includes("Ctrl-C")) break;
  }
  const [, url = "", from] = /world [0-9a-f]{12} is at (http:\S+), from (\S+), moving when it is told to/.exec(said) ?? [];
  expect(from).toBe("2026-06-13T16:00Z");
  const { code, stdout } = await calltime("start", "--headless", "--for", "5m", "--world-url", url);
  expect(code).toBe(0);
  expect(stdout).toBe((await calltime("start", "--headless", "--for", "5m")).stdout);
  child.kill("SIGTERM");
  expect((await finished).stdout).toBe("");
});

test(
  "a world that cannot be reached, a port that is taken, and options that do not go together are refused",
  { timeout: 60_000 },
  async () => {
    const away = await calltime("start", "--headless", "--world-url", "http://127.0.0.1:1");
    expect([away.code, away.stdout]).toEqual([1, ""]);
    expect(away.stderr).toContain('http://127.0.0.1:1: no world answers there; start it with "calltime world"');
    expect(away.stderr).toContain("(world-unreachable)");

    const taken = await calltime("world", "--port", String(await takenPort()));
    expect([taken.code, taken.stdout]).toEqual([1, ""]);
    expect(taken.stderr).toContain("(port-in-use)");

    for (const args of [
      ["start", "--world-url", "http://127.0.0.1:1", "--seed", "2"],
      ["start", "--world-url", "here"],
      ["world", "--stepped", "--speed", "2"],
    ])
      expect((await calltime(...args)).code).toBe(2);
  },
);
