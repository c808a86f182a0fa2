import { parseSync } from "@swc/core";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../architecture/planted.ts";

/** Our own source files, tests and generated pages aside, as paths from the root. */
export function sourceFiles(): readonly string[] {
  const paths = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  return paths.split("\n").filter((path) => /^(?:shared|events|local|cli|functions)\/.*\.ts$/u.test(path));
}

/** The names that a file of the checkout declares or uses: no comments, no strings, no paths of imports. */
export function identifiersOfFile(path: string): ReadonlySet<string> {
  return identifiersOf(readFileSync(join(ROOT, path), "utf8"));
}

/** The names in a piece of TypeScript, property names included. Throws on what is no TypeScript. */
export function identifiersOf(source: string): ReadonlySet<string> {
  const names = new Set<string>();
  const pending: unknown[] = [parseSync(source, { syntax: "typescript", target: "es2024" })];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (typeof node !== "object" || node === null) continue;
    if ("type" in node && node.type === "Identifier" && "value" in node && typeof node.value === "string") names.add(node.value);
    // What was not parsed to anything is null; undefined would end the walk.
    for (const child of Object.values(node)) pending.push(child ?? null);
  }
  return names;
}

/** The words a name is made of, in lower case: `neededByMs` is needed, by, ms. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/gu, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/gu, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/u)
    .filter((word) => word !== "");
}
