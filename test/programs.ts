import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { describe, test } from "vitest";

/** Other people's programs that a test runs: by name, looked for on PATH, or by path. `from`: what to install. */
export type Programs = { readonly commands: readonly string[]; readonly from: string };

/** What a program printed, and how it ended. */
export type Said = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Tests that need other people's programs. Without one of those they are skipped by name; with `CI` set that is a failure. */
export function describeWithPrograms(
  title: string,
  { commands, from }: Programs,
  body: () => void,
  whenThere: (title: string, body: () => void) => void = describe,
): void {
  const missing = commands.filter((command) => !isInstalled(command));
  if (missing.length === 0) whenThere(title, body);
  else if (process.env["CI"]) {
    test(title, () => {
      throw new Error(`${missing.join(", ")} not found; install ${from}`);
    });
  } else test.skip(`${title} (skipped: ${missing.join(", ")} not found; install ${from})`, () => undefined);
}

/** Runs a program to its end. Throws when it cannot be started. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Said {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 60_000, env });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

function isInstalled(command: string): boolean {
  if (isAbsolute(command)) return existsSync(command);
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}
