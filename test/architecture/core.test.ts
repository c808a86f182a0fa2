import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { inPlantedTree, ROOT } from "./planted.ts";

const BIN = join(ROOT, "node_modules", ".bin");

/** Ways out of the core, one file each: [title, text, the linter's rule that catches it]. */
const WAYS_OUT: [what: string, text: string, rule: string][] = [
  ["reads the clock", "export const a = Date.now();", "no-restricted-globals"],
  ["makes a date", "export const a = new Date(0);", "no-restricted-globals"],
  ["asks for a zone", "export const a = Intl.DateTimeFormat();", "no-restricted-globals"],
  ["makes a function from text", "export const a: unknown = Function('return 1');", "no-restricted-globals"],
  ["evaluates text", "export const a: unknown = eval('1');", "no-restricted-globals"],
  ["takes the global object", "export const a: unknown = globalThis;", "no-restricted-globals"],
  ["reads the environment", "export const a: unknown = process.env;", "no-restricted-globals"],
  ["fetches", "export const a: unknown = fetch('http://127.0.0.1/');", "no-restricted-globals"],
  ["waits", "export const a: unknown = setTimeout(() => undefined, 1);", "no-restricted-globals"],
  ["repeats", "export const a: unknown = setInterval(() => undefined, 1);", "no-restricted-globals"],
  ["runs a little later", "export const a: unknown = setImmediate(() => undefined);", "no-restricted-globals"],
  ["queues a microtask", "export const a = (): void => queueMicrotask(() => undefined);", "no-restricted-globals"],
  ["prints", "export const a = (): void => console.log('here');", "no-restricted-globals"],
  ["makes an identity", "export const a: unknown = crypto.randomUUID();", "no-restricted-globals"],
  ["measures itself", "export const a: unknown = performance.now();", "no-restricted-globals"],
  ["clones by the host", "export const a: unknown = structuredClone({});", "no-restricted-globals"],
  ["throws dice", "export const a = Math.random();", "no-restricted-properties"],
  ["throws dice by another spelling", "export const a = Math['random']();", "no-restricted-properties"],
  ["takes the dice out of Math", "const { random } = Math;\nexport const a = random();", "no-restricted-properties"],
  ["opens the host's types again", '/// <reference types="node" />\nexport const a = 1;', "triple-slash-reference"],
  ["names a type by import()", 'export type A = import("./programme.ts").Programme;', "consistent-type-imports"],
];

/** What the compiler refuses in the core, because tsconfig.core.json gives it no host. Date, Intl and Math are the language's own. */
const HOST_GLOBALS = [
  "process",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "queueMicrotask",
  "console",
  "crypto",
  "performance",
  "structuredClone",
  "Buffer",
  "require",
];

type LinterConfig = { overrides: { files: string[]; rules: Record<string, [string, ...{ name: string }[]]> }[] };
type Finding = { code: string; filename: string; message: string };

/** Runs the linter with our configuration over planted files, and gives its findings as "path: rule". */
async function lint(files: Record<string, string>): Promise<string[]> {
  return await inPlantedTree(files, (folder) => {
    // A copy, since the overrides' patterns are relative to the configuration file.
    for (const name of [".oxlintrc.json", "tsconfig.json"]) copyFileSync(join(ROOT, name), join(folder, name));
    const { stdout, stderr } = spawnSync(join(BIN, "oxlint"), ["--type-aware", "--deny-warnings", "-f", "json"], {
      cwd: folder,
      encoding: "utf8",
    });
    if (!stdout.startsWith("{")) throw new Error(`oxlint did not answer in JSON: ${stdout}${stderr}`);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Finding[] };
    return diagnostics.map(({ filename, code }) => `${filename}: ${/\((.*)\)/.exec(code)?.[1] ?? code}`);
  });
}

/** Runs the compiler with the core's configuration over planted files, and gives the names it does not know as "path: name". */
async function compile(files: Record<string, string>): Promise<string[]> {
  return await inPlantedTree(files, (folder) => {
    copyFileSync(join(ROOT, "tsconfig.json"), join(folder, "tsconfig.json"));
    writeFileSync(join(folder, "tsconfig.core.json"), readFileSync(join(ROOT, "tsconfig.core.json")));
    const { stdout } = spawnSync(join(BIN, "tsc"), ["--noEmit", "--pretty", "false", "-p", "tsconfig.core.json"], {
      cwd: folder,
      encoding: "utf8",
    });
    return [...stdout.matchAll(/^(\S+)\(\d+,\d+\): error TS\d+: Cannot find name '(\w+)'/gm)].map(([, path, name]) => `${path}: ${name}`);
  });
}

describe("the linter", () => {
  test("catches every way out of the core, and lets other folders have their host", async () => {
    const inCore = WAYS_OUT.map(([, text], index): [string, string] => [`shared/core/plan/way-${index}.ts`, `${text}\n`]);
    const elsewhere = WAYS_OUT.map(([, text], index): [string, string] => [`local/way-${index}.ts`, `${text}\n`]);
    const findings = await lint(
      Object.fromEntries([...inCore, ...elsewhere, ["shared/core/plan/programme.ts", "export type Programme = { startsAtMs: number };\n"]]),
    );
    const missed = WAYS_OUT.filter(([, , rule], index) => !findings.includes(`shared/core/plan/way-${index}.ts: ${rule}`));
    expect(missed.map(([what]) => what)).toEqual([]);
    expect(findings.filter((line) => line.startsWith("local/") && line.includes("no-restricted"))).toEqual([]);
  });

  test("catches every global that its configuration closes", async () => {
    const withoutComments = readFileSync(join(ROOT, ".oxlintrc.json"), "utf8").replaceAll(/^\s*\/\/.*$/gm, "");
    const { overrides } = JSON.parse(withoutComments) as LinterConfig;
    const [, ...closed] = overrides.find(({ files }) => files.includes("**/shared/core/**"))?.rules["eslint/no-restricted-globals"] ?? [];
    const names = closed.map(({ name }) => name);
    const files = Object.fromEntries(names.map((name) => [`shared/core/plan/uses-${name}.ts`, `export const host: unknown = ${name};\n`]));
    const findings = await lint(files);
    expect(names).toEqual(expect.arrayContaining([...HOST_GLOBALS, "Date", "Intl", "Function", "eval", "globalThis"]));
    expect(names.filter((name) => !findings.includes(`shared/core/plan/uses-${name}.ts: no-restricted-globals`))).toEqual([]);
  });

  test("finds nothing wrong with a core that keeps to itself", async () => {
    const pure = "export function floor(loads: readonly number[]): number {\n  return Math.max(0, ...loads);\n}\n";
    expect(await lint({ "shared/core/plan/floor.ts": pure })).toEqual([]);
  });

  test("catches a promise nobody waits for, a switch that forgets a case, and a value imported as a type", async () => {
    const findings = await lint({
      "local/promise.ts": "export function start(work: () => Promise<void>): void {\n  work();\n}\n",
      "local/switch.ts":
        'export function say(kind: "ready" | "late"): string {\n  switch (kind) {\n    case "ready":\n      return "ok";\n  }\n  return "";\n}\n',
      "local/type.ts": 'import { Kind } from "./kind.ts";\nexport const kind: Kind = "ready";\n',
      "local/kind.ts": 'export type Kind = "ready";\n',
    });
    expect(findings.toSorted()).toEqual([
      "local/promise.ts: no-floating-promises",
      "local/switch.ts: switch-exhaustiveness-check",
      "local/type.ts: consistent-type-imports",
    ]);
  });
});

describe("the core's own compiler settings", () => {
  test("know no host", async () => {
    const files = Object.fromEntries(
      HOST_GLOBALS.map((name): [string, string] => [`shared/core/plan/uses-${name}.ts`, `export const host: unknown = ${name};\n`]),
    );
    const unknown = await compile(files);
    expect(unknown.toSorted()).toEqual(HOST_GLOBALS.map((name) => `shared/core/plan/uses-${name}.ts: ${name}`).toSorted());
  });

  test("know the language", async () => {
    const text = "export const order = [3, 1, 2].toSorted((a, b) => a - b).concat(Math.max(1, 2), new Map<number, number>().size);\n";
    expect(await compile({ "shared/core/plan/order.ts": text })).toEqual([]);
  });
});
