import { spawn, type ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** What a finished command left behind. */
export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Starts `calltime …` as a person would, through the launcher. */
export function startCalltime(args: readonly string[]): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
  const child = spawn(process.execPath, [join(ROOT, "bin/calltime.js"), ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const finished = new Promise<Finished>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
  return { child, finished };
}

/** Runs `calltime …` to its end. */
export function calltime(...args: readonly string[]): Promise<Finished> {
  return startCalltime(args).finished;
}
