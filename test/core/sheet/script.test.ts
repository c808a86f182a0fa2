import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { sheetScript } from "../../../shared/core/sheet/script.ts";
import type { SheetTarget } from "../../../shared/core/sheet/evening.ts";
import { service, sheetTarget } from "./made.ts";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Runs the script with an `aws` that prints its arguments, one a line in brackets, to standard error, and `says` to standard output. */
function play(
  targets: readonly SheetTarget[],
  args: readonly string[],
  { says = "3", env = {}, region }: { says?: string; env?: object; region?: string } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "calltime-sheet-"));
  made.push(folder);
  writeFileSync(join(folder, "aws"), `#!/bin/sh\nprintf '[%s]' "$@" >&2; echo >&2\necho '${says}'\n`, { mode: 0o755 });
  writeFileSync(join(folder, "sheet.sh"), sheetScript(targets, region));
  const PATH = `${folder}:${process.env["PATH"] ?? ""}`;
  const { status, stdout, stderr } = spawnSync("sh", ["sheet.sh", ...args], { cwd: folder, encoding: "utf8", env: { PATH, ...env } });
  return { status, stdout, calls: stderr.split("\n").filter((line) => line.startsWith("[")), stderr };
}

const REGISTER =
  "[application-autoscaling][register-scalable-target][--service-namespace][ecs][--scalable-dimension][ecs:service:DesiredCount]";

test("raises to the largest floor to come, and leaves a minimum that is higher", () => {
  const targets = [sheetTarget("api", [3, 40, 12], service("api", { region: "eu-north-1" }))];
  const { status, calls, stdout } = play(targets, ["raise"]);
  expect(calls.at(-1)).toBe(`${REGISTER}[--resource-id][service/web/api][--min-capacity][40][--region][eu-north-1]`);
  expect([status, stdout]).toEqual([0, expect.stringContaining("raise api: done")]);
  for (const says of ["40", "41"]) expect(play(targets, ["raise"], { says }).calls).toHaveLength(1);
  expect(play(targets, ["raise"], { says: "39" }).calls).toHaveLength(2);
});

test("releases to the customer's own minimum", () => {
  const { calls } = play([sheetTarget("api", [40], service("api"))], ["release"]);
  expect(calls).toEqual([`${REGISTER}[--resource-id][service/web/api][--min-capacity][3]`]);
});

test("without targets it is for those that are active; a named one is done whatever its mode", () => {
  const targets = [
    sheetTarget("api", [40], service("api")),
    sheetTarget("seen", [40], service("seen"), { mode: "observe" }),
    sheetTarget("held", [40], service("held"), { mode: "frozen" }),
  ];
  expect(play(targets, ["release"]).calls.map((call) => /web\/(\w+)/.exec(call)?.[1])).toEqual(["api"]);
  expect(play(targets, ["release", "seen", "held"]).calls.map((call) => /web\/(\w+)/.exec(call)?.[1])).toEqual(["seen", "held"]);
  const none = play(targets.slice(1), ["release"]);
  expect([none.status, none.calls, none.stdout]).toEqual([0, [], expect.stringContaining("active on no target")]);
});

test("one target that fails keeps none from its turn, and the end says so", () => {
  const targets = [
    sheetTarget("lcu", [40], undefined, { kind: "alb-lcu" }),
    sheetTarget("bare", [], service("bare")),
    sheetTarget("api", [40], service("api")),
  ];
  const { status, stdout, stderr } = play(targets, ["raise"]);
  expect(status).toBe(1);
  expect(stderr).toContain("raise lcu: FAILED");
  expect(stderr).toContain("lcu is not set by this script");
  expect(stderr).toContain("bare has no plan");
  expect(stdout).toContain("raise api: done");
});

test.each([[[]], [["rase"]], [["raise", "nobody"]]])("%j is refused with what would be right", (args) => {
  const { status, stderr, calls } = play([sheetTarget("api", [40], service("api"))], args);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/say raise, release or unbook|there is no target nobody/);
  expect(calls).toEqual([]);
});

test("every call goes where ENDPOINT says, one word whatever is in it, and into the Region of Calltime where the target has none", () => {
  const { calls } = play([sheetTarget("api", [40], service("api"))], ["raise"], {
    env: { ENDPOINT: "http://127.0.0.1:1/a b" },
    region: "eu-west-1",
  });
  expect(calls).toHaveLength(2);
  for (const call of calls) expect(call).toMatch(/\[--endpoint-url\]\[http:\/\/127\.0\.0\.1:1\/a b\]\[--region\]\[eu-west-1\]$/);
});

test("a target in another account is set with its role's keys, which stand in no argument", () => {
  const account = { roleArn: "arn:aws:iam::210987654321:role/calltime", externalId: "it's us" };
  const targets = [sheetTarget("api", [40], service("api", { account, region: "eu-north-1" }))];
  const { calls, status } = play(targets, ["release"], { says: "AKIA\tsecret\ttoken" });
  expect(status).toBe(0);
  expect(calls).toHaveLength(2);
  expect(calls[0]).toContain(
    `[--role-arn][${account.roleArn}][--role-session-name][calltime-by-hand][--external-id][it's us][--region][eu-north-1]`,
  );
  expect(calls[1]).toBe(`${REGISTER}[--resource-id][service/web/api][--min-capacity][3][--region][eu-north-1]`);
});

test("a capacity range keeps its maximum", () => {
  const targets = [sheetTarget("db", [16], { scaling: { kind: "acu", clusterId: "sessions" } }, { kind: "aurora-acu" })];
  expect(play(targets, ["raise"], { says: "15.5" }).calls.at(-1)).toBe(
    "[rds][modify-db-cluster][--db-cluster-identifier][sessions][--serverless-v2-scaling-configuration][MinCapacity=16,MaxCapacity=15.5][--apply-immediately]",
  );
  expect(play(targets, ["raise"], { says: "16.0" }).calls).toHaveLength(1);
  expect(play(targets, ["raise"], { says: "None" }).stderr).toContain("sessions has no range of capacity units");
  expect(play(targets, ["unbook"]).stdout).toContain("a cluster has no bookings");
});

test("a load balancer is reserved, and its reservation given back where its owner has none", () => {
  const front = sheetTarget("front", [550], { scaling: { kind: "lcu", loadBalancerArn: "arn:lb" } }, { kind: "alb-lcu" });
  const targets = [{ ...front, ownUnits: 0 }];
  const modify = "[elbv2][modify-capacity-reservation][--load-balancer-arn][arn:lb]";
  expect(play(targets, ["raise"], { says: "None" }).calls.at(-1)).toBe(`${modify}[--minimum-load-balancer-capacity][CapacityUnits=550]`);
  expect(play(targets, ["raise"], { says: "550" }).calls).toHaveLength(1);
  expect(play(targets, ["release"]).calls).toEqual([`${modify}[--reset-capacity-reservation]`]);
  expect(play(targets, ["unbook"]).stdout).toContain("a load balancer has no bookings");
});

test("no name becomes a command", () => {
  const nasty = `a'; touch pwned; $(touch pwned) \`touch pwned\` "\\`;
  const scaling = { kind: "scalable-target" as const, namespace: nasty, resourceId: nasty, dimension: nasty };
  const targets = [sheetTarget(nasty, [40], { scaling, region: nasty, account: { roleArn: nasty, externalId: nasty } })];
  const folder = made.length;
  const { calls } = play(targets, ["release"], { says: "AKIA\tsecret\ttoken" });
  expect(calls[1]).toContain(`[--resource-id][${nasty}]`);
  expect(spawnSync("ls", [made[folder] ?? ""], { encoding: "utf8" }).stdout.split("\n")).not.toContain("pwned");
});
