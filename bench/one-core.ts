import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a program prints, run in a process of its own on one core, as in a Lambda of 1,769 MB. Throws when it fails or takes five minutes. */
export function onOneCore(command: readonly string[]): string {
  const [program = "", ...args] = process.platform === "linux" ? ["taskset", "-c", "1", ...command] : command;
  return execFileSync(program, args, { encoding: "utf8", timeout: 300_000, maxBuffer: 1 << 24 });
}

/** Peak memory of this process in MB; what the operating system says of a child may be its parent's. */
export function peakMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1_024;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) / 1_024;
}

/** The middle of some numbers, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
