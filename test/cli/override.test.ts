import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calltime, startCalltime, type Finished } from "./calltime.ts";

describe("against a run", () => {
  let folder: string;
  let run: ReturnType<typeof startCalltime>;
  let place: readonly string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "calltime-override-"));
    // A platform minute every five seconds: the commands of one test see the same hour, and the run outlasts them all.
    run = startCalltime(["start", "--headless", "--speed", "12", "--data", folder]);
    const url = await new Promise<string>((found, fail) => {
      let said = "";
      run.child.stderr?.on("data", (text: string) => {
        said += text;
        const address = /API at (http:\S+)/.exec(said)?.[1];
        if (address !== undefined) found(address);
      });
      void run.finished.then(({ stderr }) => fail(new Error(stderr)));
    });
    place = ["--url", url, "--data", folder];
  }, 60_000);
  afterAll(async () => {
    run.child.kill("SIGTERM");
    await run.finished;
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const done = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await calltime(...args, ...place);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };

  test("a floor is set, in force at once, explained, planned, listed and withdrawn", async () => {
    const set = await done("override", "set", "--target=player-api", "--floor=300", "--for=2h", "--why=a bulletin", "--id=bulletin");
    const asked = new RegExp(`^bulletin: player-api at least 300 from \\S+Z until \\S+Z, ${userInfo().username}: a bulletin$`, "mu");
    expect(set).toMatch(asked);
    expect(set).toMatch(/^ {2}player-api: floor \d+ now, 300 with it: \d+ more than without it, \$\d+\.\d\d an hour$/mu);
    expect(await done("override", "list")).toMatch(asked);
    const explained = await done("explain", "player-api");
    expect(explained).toMatch(/^player-api at \S+Z: floor 300, since/u);
    expect(explained).toContain(`  ${userInfo().username} asked for at least 300: a bulletin\n`);
    expect(await done("plan", "player-api", "--hours", "1")).toMatch(/^player-api \(active\) until \S+Z\n {2}\S+Z {2}300 {2}/u);
    expect(await done("order")).toMatch(/^\S+Z .+\n( {2}(readers|services|content): [\w-]+: \d+ by \S+Z, .*\n)+/u);
    const health = JSON.parse(await (await fetch(`${place[1] ?? ""}/v1/health`)).text()) as { targets: { minimumUnits: number }[] };
    expect(health.targets[0]?.minimumUnits).toBe(300);
    expect(await done("override", "withdraw", "bulletin", "--why", "no bulletin")).toMatch(/^withdrawn: bulletin: player-api/u);
    expect(await done("override", "list")).toBe("no override holds\n");
  }, 60_000);

  test("with --json each command prints the answer of the API, and nothing else", async () => {
    const set = ["override", "set", "--target=edge", "--target=catalogue-db", "--floor=3", "--for=90m", "--why=test", "--author=ops"];
    const answer = JSON.parse(await done(...set, "--json")) as { override: { id: string; targetIds: string[] }; preview: unknown[] };
    expect(answer.override.targetIds).toEqual(["catalogue-db", "edge"]);
    expect(answer.preview).toHaveLength(2);
    const { id } = answer.override;
    expect(JSON.parse(await done("override", "list", "--json"))).toMatchObject({ overrides: [{ id, author: "ops" }] });
    expect(JSON.parse(await done("explain", "edge", "--json"))).toMatchObject({ kind: "known", targetId: "edge" });
    expect(JSON.parse(await done("plan", "--json"))).toMatchObject({ targets: [{}, {}, {}] });
    expect(JSON.parse(await done("override", "withdraw", id, "--json"))).toMatchObject({ withdrawn: { id } });
  }, 60_000);

  test("the past that nobody recorded is unknown, and says why", async () => {
    expect(await done("explain", "edge", "--at", "2020-01-01T00:00Z")).toMatch(/^edge at 2020-01-01T00:00Z: unknown: .*no record/u);
  }, 60_000);

  test("what the platform refuses is exit code 1 and its own sentence", async () => {
    const refused = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await calltime(...args, ...place);
      expect([code, stdout]).toEqual([1, ""]);
      return stderr;
    };
    const set = ["override", "set", "--for=2h", "--why=test"];
    const said = await Promise.all([
      refused(...set, "--target=player-api", "--floor=3000"),
      refused(...set, "--target=nowhere", "--floor=3"),
      refused("override", "withdraw", "no/such"),
      refused("explain", "nowhere"),
      refused("plan", "--hours", "99"),
    ]);
    expect(said).toEqual([
      expect.stringMatching(/player-api is 800.*\(override-above-ceiling\)\n$/u),
      expect.stringMatching(/\(target-unknown\)\n$/u),
      expect.stringMatching(/^calltime: no\/such: .*\(override-unknown\)\n$/u),
      expect.stringMatching(/\(target-unknown\)\n$/u),
      expect.stringMatching(/from 1 to 48.*\(query-invalid\)\n$/u),
    ]);
  }, 60_000);
});

test("a server that is not there is one sentence that says what to do", async () => {
  const commands = [["override", "list"], ["explain", "edge"], ["plan"]];
  const sentence = /^calltime: http:\/\/127\.0\.0\.1:1: no Calltime answers there; start it .* \(server-unreachable\)\n$/u;
  for (const result of await Promise.all(commands.map((args) => calltime(...args, "--url", "http://127.0.0.1:1")))) {
    expect(result).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(sentence) as string });
  }
}, 60_000);

test("a command that is called wrongly is exit code 2", async () => {
  const wrong: readonly (readonly string[])[] = [
    ["override", "set", "--floor", "3", "--for", "2h", "--why", "x"],
    ["override", "set", "--target", "edge", "--floor", "many", "--for", "2h", "--why", "x"],
    ["override", "withdraw"],
    ["override", "bogus"],
    ["explain", "edge", "--at", "noon"],
    ["plan", "--url", "nowhere"],
  ];
  const codes = await Promise.all(wrong.map(async (args): Promise<Finished["code"]> => (await calltime(...args)).code));
  expect(codes).toEqual(wrong.map(() => 2));
}, 60_000);
