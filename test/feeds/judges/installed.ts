import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "vitest";
import { dataFile, describeWithData } from "../../data-folder.ts";

/**
 * Tests that need the data folder and other people's programs. Without one of those they are skipped by name; with `CI` set that is a
 * failure. `from`: what to install.
 */
export function describeWithJudge(
  title: string,
  { commands, from }: { readonly commands: readonly string[]; readonly from: string },
  body: () => void,
): void {
  const missing = commands.filter((command) => !isInstalled(command));
  if (missing.length === 0) describeWithData(title, body);
  else if (process.env["CI"]) {
    test(title, () => {
      throw new Error(`${missing.join(", ")} not found; install ${from}`);
    });
  } else test.skip(`${title} (skipped: ${missing.join(", ")} not found; install ${from})`, () => undefined);
}

function isInstalled(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** The XMLTV files of the data folder, by their path inside it. */
export function xmltvFiles(): readonly string[] {
  if (!existsSync(dataFile("epg"))) return [];
  const paths = readdirSync(dataFile("epg"), { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => /\.xml(\.gz)?$/.test(path))
    .map((path) => `epg/${path}`)
    .toSorted();
}

/** What a program printed, and how it ended. */
export type Said = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end. Throws when it cannot be started. */
export function run(command: string, args: readonly string[]): Said {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 60_000 });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Line, channel, start, stop (null: none, false: unreadable; epoch milliseconds) and title of a programme. */
export type Row = readonly [line: number, channelId: string, start: number | false | null, stop: number | false | null, title: string];
type Census = { readonly channels: readonly string[]; readonly programmes: readonly Row[] } | { readonly refused: string };

/** What Python's expat finds in a file. Throws when Python fails. */
export function censusOf(file: string): Census {
  const { status, stdout, stderr } = run("python3", [join(import.meta.dirname, "expat-census.py"), file]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Census;
}
