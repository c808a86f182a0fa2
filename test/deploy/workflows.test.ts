import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { markdownOfChangeSet } from "../../scripts/change-set/markdown.ts";
import { ROOT } from "../../scripts/package/bundle.ts";
import { workflow, workflowFaults, type Workflow } from "./workflow.ts";

const ALLOWED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "gates.yml": { contents: "read" },
  "plan.yml": { contents: "read", "id-token": "write", "pull-requests": "write" },
};

test("workflows are allowed what they need, their actions are pinned, and what they call is there", () => {
  const names = readdirSync(join(ROOT, ".github/workflows")).toSorted();
  expect(names).toEqual(Object.keys(ALLOWED));
  for (const name of names) expect([name, workflowFaults(workflow(name), ALLOWED[name] ?? {})]).toEqual([name, []]);
});

describe("of a workflow is seen", () => {
  const [plan, allowed] = [workflow("plan.yml"), ALLOWED["plan.yml"] ?? {}];
  const withRun = (run: string): Workflow => ({ ...plan, jobs: { plan: { "timeout-minutes": 1, steps: [{ run }] } } });
  test.each<[string, Workflow, string]>([
    ["a right too many", { ...plan, permissions: { ...allowed, contents: "write" } }, "permissions are"],
    ["that nobody said what it may do", { on: plan.on, jobs: plan.jobs }, "permissions are undefined"],
    ["a trigger with the rights of the repository", { ...plan, on: { pull_request_target: null } }, "a stranger wrote"],
    ["an action by branch", { ...plan, jobs: { plan: { "timeout-minutes": 1, steps: [{ uses: "actions/cache@main" }] } } }, "not pinned"],
    [
      "a token left behind",
      { ...plan, jobs: { plan: { "timeout-minutes": 1, steps: [{ uses: "actions/checkout@v5" }] } } },
      "leaves its token",
    ],
    ["a job without an end", { ...plan, jobs: { plan: { steps: [] } } }, "six hours"],
    ["a script that is not there", withRun("npm run pakage"), "no script pakage"],
    ["a file that is not there", withRun("node scripts/no-comment.ts"), "no scripts/no-comment.ts"],
    ["an option that is not there", withRun("node bin/calltime.js plan --aginst x"), "calltime plan has no --aginst"],
    ["a title that is run", withRun("echo ${{ github.event.pull_request.title }}"), "an expression"],
    ["what is no bash", withRun("if true; then"), "no bash"],
  ])("%s", (_, planted, fault) => {
    expect(workflowFaults(planted, allowed).join("; ")).toContain(fault);
  });
});

test("the page on deploying names every variable that the workflow of a pull request takes, and no other", () => {
  const text = readFileSync(join(ROOT, ".github/workflows/plan.yml"), "utf8");
  const page = readFileSync(join(ROOT, "docs/deploy.md"), "utf8");
  const taken = new Set([...text.matchAll(/vars\.(CALLTIME_\w+)/g)].map(([, name]) => name));
  const rows = page.split("\n").filter((line) => line.startsWith("| `CALLTIME_"));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(CALLTIME_\w+)`/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(taken);
});

const change = (Action: string, LogicalResourceId: string, ResourceType: string, names: readonly string[], Replacement?: string) => ({
  Type: "Resource",
  ResourceChange: {
    Action,
    LogicalResourceId,
    ResourceType,
    ...(Replacement !== undefined && { Replacement }),
    Details: names.map((Name) => ({ Target: { Attribute: "Properties", Name } })),
  },
});

test("a change set is a table, what is lost first; functions with new code alone are counted", () => {
  const answer = {
    Status: "CREATE_COMPLETE",
    Changes: [
      change("Modify", "PlanLambdaFunction", "AWS::Lambda::Function", ["Code"], "False"),
      change("Modify", "CueLambdaFunction", "AWS::Lambda::Function", ["Code", "Timeout"], "False"),
      change("Add", "Extra", "AWS::SQS::Queue", []),
      change("Modify", "Table", "AWS::DynamoDB::Table", ["KeySchema"], "True"),
      change("Remove", "NoTicks", "AWS::CloudWatch::Alarm", []),
    ],
  };
  const args = [join(ROOT, "scripts/change-set-comment.ts")];
  const { stdout } = spawnSync(process.execPath, args, { input: JSON.stringify(answer), encoding: "utf8" });
  expect(stdout.split("\n")).toEqual([
    "",
    "### What this change does to the stack",
    "",
    "| change | resource | type | what of it |",
    "| --- | --- | --- | --- |",
    "| Modify, replaced: true | Table | AWS::DynamoDB::Table | KeySchema |",
    "| Remove | NoTicks | AWS::CloudWatch::Alarm |  |",
    "| Modify | CueLambdaFunction | AWS::Lambda::Function | Code, Timeout |",
    "| Add | Extra | AWS::SQS::Queue |  |",
    "",
    "1 functions get code that was packaged anew.",
    "",
  ]);
});

test("where there is nothing to change, or no change set, the comment says so", () => {
  const StatusReason = "The submitted information didn't contain changes. Submit different information to create a change set.";
  expect(markdownOfChangeSet({ Status: "FAILED", StatusReason }).at(-1)).toBe("Nothing.");
  expect(markdownOfChangeSet({ Status: "FAILED", StatusReason: "User is not authorized" }).at(-1)).toBe(
    "There is no change set: FAILED, User is not authorized.",
  );
  expect(markdownOfChangeSet({ Status: "CREATE_COMPLETE", Changes: [] }).at(-1)).toBe("Nothing.");
});
