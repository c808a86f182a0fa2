import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/package/bundle.ts";
import { packageFunctions, packageTemplate, type Packaged } from "../../scripts/package/package.ts";
import type { Template } from "./template.ts";

/** A file of targets of every kind. */
export const EVERY_KIND = join(ROOT, "test/fixtures/deploy/targets.yaml");

/** A file of databases that says everything there is to say. */
export const EVERY_DATABASE = join(ROOT, "test/fixtures/deploy/databases.yaml");

/** One packaging of the whole, in a folder of its own below dist/. */
export type Whole = {
  readonly functions: readonly Packaged[];
  readonly template: Template;
  /** The file of the template. */
  readonly path: string;
  /** The template with other parameters, for the same functions. */
  readonly templateWith: (...args: readonly string[]) => Template;
  readonly remove: () => void;
};

/** Packages everything for `targets`. */
export async function packagedWhole(targets = EVERY_KIND, expectations?: string): Promise<Whole> {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const directory = mkdtempSync(join(ROOT, "dist/test-"));
  const databases = EVERY_DATABASE;
  const functions = await packageFunctions(directory, { targets, expectations, databases });
  const templateAt = (args: readonly string[]): string => packageTemplate(directory, { targets, databases, args }).template;
  const read = (path: string): Template => JSON.parse(readFileSync(path, "utf8")) as Template;
  const path = templateAt([]);
  return {
    functions,
    template: read(path),
    path,
    templateWith: (...args) => read(templateAt(args)),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
