import { execFileSync } from "node:child_process";
import { arch, cpus, platform } from "node:os";

/** When, where and of which commit a bench was run, as it stands beside its figures. Throws when git is not there. */
export function aboutNow(): { readonly date: string; readonly machine: string; readonly node: string; readonly commit: string } {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${platform()} ${arch()}`,
    node: process.versions.node,
    commit: execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim(),
  };
}

/** JSON of figures to five digits: more would only say which machine it was. */
export function jsonOf(figures: unknown): string {
  return JSON.stringify(figures, (_, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(5)) : value), 1);
}
