import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../../scripts/package/bundle.ts";

type Permissions = Readonly<Record<string, string>> | string | undefined;
type Step = { readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, unknown>> };

/** A workflow of GitHub Actions, as far as it is judged. */
export type Workflow = {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Permissions; readonly "timeout-minutes"?: number; readonly steps: readonly Step[] }>
  >;
};

/** A workflow as it is written. */
export function workflow(name: string): Workflow {
  return parse(readFileSync(join(ROOT, ".github/workflows", name), "utf8")) as Workflow;
}

const SCRIPTS = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly scripts: Readonly<Record<string, string>> })
  .scripts;

/** Everything that is wrong with a workflow that may do no more than `allowed`. */
export function workflowFaults({ on, permissions, jobs }: Workflow, allowed: Readonly<Record<string, string>>): readonly string[] {
  const faults: string[] = [];
  if ("pull_request_target" in on) faults.push("runs what a stranger wrote with the rights of the repository");
  const granted = typeof permissions === "object" ? permissions : {};
  const names = new Set([...Object.keys(granted), ...Object.keys(allowed)]);
  const same = permissions !== undefined && [...names].every((name) => granted[name] === allowed[name]);
  if (!same) faults.push(`permissions are ${JSON.stringify(permissions)}, not ${JSON.stringify(allowed)}`);
  for (const [id, job] of Object.entries(jobs)) {
    if (job.permissions !== undefined) faults.push(`${id}: has permissions of its own`);
    if (job["timeout-minutes"] === undefined) faults.push(`${id}: may run for six hours`);
    for (const { uses, run, with: given } of job.steps) {
      if (uses !== undefined && !/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(uses)) faults.push(`${id}: ${uses} is not pinned`);
      if (uses?.startsWith("actions/checkout@") && given?.["persist-credentials"] !== false)
        faults.push(`${id}: ${uses} leaves its token behind`);
      if (run !== undefined) faults.push(...commandFaults(run).map((fault) => `${id}: ${fault}`));
    }
  }
  return faults;
}

function commandFaults(run: string): readonly string[] {
  const faults: string[] = [];
  // What a pull request is called would be run as a command.
  if (run.includes("${{")) faults.push("an expression is part of a command");
  const { status, stderr } = spawnSync("bash", ["-n"], { input: run, encoding: "utf8" });
  if (status !== 0) faults.push(`is no bash: ${stderr.trim()}`);
  for (const [, script = ""] of run.matchAll(/npm run ([\w:-]+)/g)) if (!(script in SCRIPTS)) faults.push(`there is no script ${script}`);
  for (const [, file = ""] of run.matchAll(/(?:^|[\s|"])(?:node )?((?:bin|scripts|\.ci)\/[\w./-]+)/gm))
    if (!existsSync(join(ROOT, file))) faults.push(`there is no ${file}`);
  for (const [, args = ""] of run.matchAll(/bin\/calltime\.js (.*)/g)) {
    const [command = ""] = args.split(" ");
    const { stdout } = spawnSync(process.execPath, [join(ROOT, "bin/calltime.js"), command, "--help"], { encoding: "utf8" });
    for (const [option] of args.matchAll(/--[a-z-]+/g)) if (!stdout.includes(option)) faults.push(`calltime ${command} has no ${option}`);
  }
  return faults;
}
