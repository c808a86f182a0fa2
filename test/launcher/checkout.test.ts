import { spawn, type ChildProcessByStdio } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

// The launcher finds its checkout from where it lies, so a copy of bin/ in a folder of its own is a checkout to try it in.
const BIN = join(import.meta.dirname, "../../bin");

/** Makes the process believe that it runs on a Node too old for the project. */
const OLD_NODE = `--import=data:text/javascript,${encodeURIComponent('Object.defineProperty(process,"version",{value:"v20.20.2"})')}`;

/** Stands in for npm: notes each call, takes its time, is noisy on standard output, and leaves the record that npm leaves. */
const NPM = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
console.log("noise from npm");
await new Promise((resolve) => setTimeout(resolve, 300));
if (existsSync("npm-fails")) process.exit(9);
mkdirSync("node_modules", { recursive: true });
writeFileSync("node_modules/.package-lock.json", "{}");
`;

type Started = ChildProcessByStdio<null, Readable, Readable>;
type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "calltime-launcher-"));
  cpSync(BIN, join(folder, "bin"), { recursive: true });
  write("package.json", '{ "type": "module" }');
  write("package-lock.json", "{}");
  write("node_modules/.package-lock.json", "{}");
  write("npm/npm-cli.js", NPM);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function start(args: string[] = [], env: Record<string, string> = {}): Started {
  return spawn(process.execPath, [join(folder, "bin/calltime.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", npm_execpath: join(folder, "npm/npm-cli.js"), ...env },
  });
}

/** Everything the process said and how it ended. */
async function end(child: Started): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return await new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
}

/** Waits for the first output, so that a signal meets a command that is listening. */
async function ready(child: Started): Promise<void> {
  await new Promise((resolve) => child.stdout.once("data", resolve));
}

const npmCalls = () => (existsSync(join(folder, "npm-calls")) ? readFileSync(join(folder, "npm-calls"), "utf8").trim().split("\n") : []);

describe("the command", () => {
  test("gets the arguments, runs TypeScript and gives its exit code", async () => {
    write("cli/main.ts", "const words: string[] = process.argv.slice(2);\nconsole.log(JSON.stringify(words));\nprocess.exit(7);\n");
    expect(await end(start(["plan", "--at", "20:00 on air"]))).toEqual({
      code: 7,
      signal: null,
      stdout: '["plan","--at","20:00 on air"]\n',
      stderr: "",
    });
  });

  test("is told to stop when the launcher is, and ends in its own time", async () => {
    write(
      "cli/main.ts",
      "process.on('SIGTERM', () => setTimeout(() => process.exit(3), 50));\nsetInterval(() => {}, 1000);\nconsole.log('up');\n",
    );
    const child = start();
    const ended = end(child);
    await ready(child);
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 3, signal: null });
  });

  test("that dies of a signal makes the launcher die of the same one", async () => {
    write("cli/main.ts", "process.kill(process.pid, 'SIGKILL');\n");
    expect(await end(start())).toMatchObject({ code: null, signal: "SIGKILL" });
  });

  test("gets one interrupt for a Ctrl-C that arrives twice, and another a second later", async () => {
    write(
      "cli/main.ts",
      "let n = 0;\nprocess.on('SIGINT', () => { if (++n === 2) process.exit(0); });\nsetInterval(() => {}, 1000);\nconsole.log('up');\n",
    );
    const child = start();
    const ended = end(child);
    await ready(child);
    child.kill("SIGINT");
    await sleep(100);
    child.kill("SIGINT");
    await sleep(300);
    expect(child.exitCode).toBeNull();
    await sleep(800);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0 });
  });
});

describe("on a Node that is too old", () => {
  test("the packaged Node runs the command, and comes first on its PATH", async () => {
    const bin = join(folder, "node_modules", `node-${process.platform}-${process.arch}`, "bin");
    mkdirSync(bin, { recursive: true });
    symlinkSync(process.execPath, join(bin, "node"));
    write("cli/main.ts", "console.log(process.env.PATH?.split(':')[0], process.argv0);\n");
    expect(await end(start([], { NODE_OPTIONS: OLD_NODE }))).toMatchObject({
      code: 0,
      stdout: `${bin} ${join(bin, "node")}\n`,
      stderr: "",
    });
  });

  test("and without a packaged one nothing runs, and one sentence says why", async () => {
    write("cli/main.ts", "console.log('ran');\n");
    const { code, stdout, stderr } = await end(start([], { NODE_OPTIONS: OLD_NODE }));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^Calltime needs Node 24 or newer, this is v20\.20\.2 and there is no packaged Node for .+: install Node 24 .+\.\n$/,
    );
  });
});

describe("the install", () => {
  beforeEach(() => write("cli/main.ts", "console.log('ran');\n"));

  test("happens on the first start only, and says nothing on standard output", async () => {
    rmSync(join(folder, "node_modules"), { recursive: true });
    const first = await end(start());
    expect(first).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(first.stderr).toContain("noise from npm");
    expect(await end(start())).toEqual({ code: 0, signal: null, stdout: "ran\n", stderr: "" });
    expect(npmCalls()).toEqual(["ci --loglevel=error --include=dev --include=optional"]);
  });

  test("is repeated when the lockfile is newer", async () => {
    utimesSync(join(folder, "node_modules/.package-lock.json"), 1, 1);
    expect(await end(start())).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(npmCalls()).toHaveLength(1);
  });

  test("that fails starts nothing, gives npm's exit code and is repeated next time", async () => {
    rmSync(join(folder, "node_modules"), { recursive: true });
    write("npm-fails", "");
    expect(await end(start())).toMatchObject({ code: 9, stdout: "" });
    rmSync(join(folder, "npm-fails"));
    expect(await end(start())).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(npmCalls()).toHaveLength(2);
  });

  test("is done once when two starts come together", async () => {
    rmSync(join(folder, "node_modules"), { recursive: true });
    const both = await Promise.all([end(start()), end(start())]);
    expect(both.map(({ code, stdout }) => ({ code, stdout }))).toEqual([
      { code: 0, stdout: "ran\n" },
      { code: 0, stdout: "ran\n" },
    ]);
    expect(npmCalls()).toHaveLength(1);
  });

  test("does not wait for a start that was killed while installing", async () => {
    rmSync(join(folder, "node_modules"), { recursive: true });
    // No process has this number: Linux ends at 4,194,304.
    write(".installing", "99999999");
    expect(await end(start())).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(existsSync(join(folder, ".installing"))).toBe(false);
  });
});
