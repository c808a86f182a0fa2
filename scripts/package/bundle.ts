import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The functions there are, by the folder each has. */
export function functionNames(): readonly string[] {
  const folders = readdirSync(join(ROOT, "functions"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => name).toSorted();
}

// Parts of the SDK are CommonJS and ask for built-ins by require, which a module does not have.
const BANNER = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

/** One function with all it imports, as Lambda's Node takes it: `index.mjs` in `directory`, and beside it what it loads only when it needs it. Returns what went into it. */
export async function bundle(name: string, directory: string): Promise<Metafile> {
  return bundleFile(join(ROOT, "functions", name, "handler.ts"), directory);
}

/** The same of any file; with `splitting` off, in one file. */
export async function bundleFile(entry: string, directory: string, { splitting = true } = {}): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [entry],
    outdir: directory,
    entryNames: "index",
    chunkNames: "[name]-[hash]",
    outExtension: { ".js": ".mjs" },
    // In one file, whatever is imported on demand is compiled at each start, and so is a wrapper around each module that it shares: a
    // quarter of a start was credentials of single sign-on, which no Lambda has.
    splitting,
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    // A stack trace is read by somebody who is called at night.
    keepNames: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // The module builds, of which the SDK's are half as large.
    mainFields: ["module", "main"],
    banner: { js: BANNER },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}

/** Of what was made, the files that are compiled at each start: `index.mjs`, and what it imports without being asked to. */
export function compiledAtStart({ outputs }: Metafile): readonly Metafile["outputs"][string][] {
  const reached = new Set(Object.keys(outputs).filter((path) => path.endsWith("/index.mjs")));
  for (const path of reached)
    for (const { path: from, kind } of outputs[path]?.imports ?? []) if (kind === "import-statement" && from in outputs) reached.add(from);
  return [...reached].flatMap((path) => outputs[path] ?? []);
}

/** Writes what one function is made of beside it, for tests and for people who ask why it is so large. */
export function writeMetafile(file: string, metafile: Metafile): void {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, JSON.stringify(metafile));
}
