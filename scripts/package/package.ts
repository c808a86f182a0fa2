import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseContent } from "../../shared/config/content.ts";
import { parseDatabases } from "../../shared/config/databases.ts";
import { parseExpectations } from "../../shared/config/expectations.ts";
import { parseTargets } from "../../shared/config/targets.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { SETTINGS_FILE, type OwnersSettings } from "../../shared/deployed/settings.ts";
import { bundle, functionNames, ROOT, writeMetafile } from "./bundle.ts";
import { writeZip } from "./zip.ts";

/** Beyond this a function takes noticeably longer to start. */
export const MOST_ZIP_BYTES = 500_000;

/** What a deployment is told by its owner, as files. */
export type PackagedFiles = {
  readonly targets: string;
  /** None when left out. */
  readonly expectations?: string | undefined;
  /** Nothing is warmed at edges when left out. */
  readonly content?: string | undefined;
  /** No database is warmed when left out. */
  readonly databases?: string | undefined;
};

/** What came of packaging one function. */
export type Packaged = {
  readonly name: string;
  readonly zip: string;
  readonly zipBytes: number;
  readonly bundle: string;
  readonly metafile: string;
};

/**
 * Packages every function into `directory`/functions, with its settings beside it. Reads no network and no credentials. Throws `config-invalid` with
 * every problem of the files, and `package-too-large`.
 */
export async function packageFunctions(directory: string, files: PackagedFiles): Promise<readonly Packaged[]> {
  const settings = { [SETTINGS_FILE]: Buffer.from(JSON.stringify(ownersSettings(files))) };
  const functions = join(directory, "functions");
  rmSync(functions, { recursive: true, force: true });
  const packaged: Packaged[] = [];
  for (const name of functionNames()) {
    const folder = join(functions, name);
    mkdirSync(folder, { recursive: true });
    const metafile = join(functions, `${name}.meta.json`);
    writeMetafile(metafile, await bundle(name, folder));
    const zip = join(functions, `${name}.zip`);
    const code = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))] as const);
    // The folder holds what the zip does: there, too, a function finds its settings beside its code.
    for (const [file, content] of Object.entries(settings)) writeFileSync(join(folder, file), content);
    await writeZip(zip, { ...Object.fromEntries(code), ...settings });
    const zipBytes = statSync(zip).size;
    if (zipBytes > MOST_ZIP_BYTES) {
      const right = `at most ${MOST_ZIP_BYTES} would be right; ${metafile} says what it is made of`;
      throw new CalltimeError("package-too-large", `${name}: its zip has ${zipBytes} bytes; ${right}`);
    }
    packaged.push({ name, zip, zipBytes, bundle: join(folder, "index.mjs"), metafile });
  }
  return packaged;
}

/** What the owner's files say, every one of them read and sound. Throws `config-invalid`. */
export function ownersSettings({ targets, expectations, content, databases }: PackagedFiles): OwnersSettings {
  const parsed = <T>(path: string, parse: (source: string, file: string) => T): T => parse(readFileSync(path, "utf8"), path);
  const { targets: known, feedOnlyUsdPerHour, feedGate, audience } = parsed(targets, parseTargets);
  return {
    targets: known,
    audience,
    feedOnlyUsdPerHour,
    feedGate,
    expectations: expectations === undefined ? [] : parsed(expectations, parseExpectations),
    ...(content !== undefined && { content: parsed(content, parseContent) }),
    ...(databases !== undefined && { databases: parsed(databases, parseDatabases) }),
  };
}

/**
 * The CloudFormation template of the functions packaged in `directory`/functions, in `directory`/template; `args` as `serverless` takes them.
 * Returns its path and what was said on the way. Throws `package-failed`.
 */
export function packageTemplate(
  directory: string,
  { targets, databases = "", args = [] }: Pick<PackagedFiles, "targets" | "databases"> & { readonly args?: readonly string[] },
): { readonly template: string; readonly said: string } {
  const serverless = join(ROOT, "node_modules/serverless/bin/serverless.js");
  const folder = join(directory, "template");
  const env = {
    ...process.env,
    CALLTIME_TARGETS: targets,
    CALLTIME_DATABASES: databases,
    CALLTIME_PACKAGE: relative(ROOT, directory),
    SLS_NOTIFICATIONS_MODE: "off",
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [serverless, "package", "--package", relative(ROOT, folder), ...args], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  const said = `${stdout}${stderr}`;
  if (status !== 0) throw new CalltimeError("package-failed", `serverless package ended with ${status ?? "a signal"}:\n${said}`);
  return { template: join(folder, "cloudformation-template-update-stack.json"), said };
}
