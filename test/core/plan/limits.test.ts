import { describe, expect, test } from "vitest";
import { limitFindings, type Looked, type TargetAhead, type TargetLimits } from "../../../shared/core/plan/limits.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

const NOW = Date.UTC(2026, 5, 10);
const known = <T>(value: T): Looked<T> => ({ kind: "known", value });

/** A target with 10 tasks now, and `units` asked for in a day, needed `leadMinutes` later. */
function ahead(targetId: string, units: number, leadMinutes = 10): TargetAhead {
  const atMs = NOW + 20 * HOUR_MS;
  const step = (from: number, floorUnits: number, neededByMs = from) => ({ atMs: from, floorUnits, neededByMs, reasons: [] });
  return { targetId, plan: { steps: [step(NOW, 10), step(atMs, units, atMs + leadMinutes * MINUTE_MS), step(atMs + 3 * HOUR_MS, 10)] } };
}

function limitsOf(targetId: string, changes: Partial<TargetLimits> = {}): TargetLimits {
  const subnets = [{ id: "subnet-a", freeAddresses: 4_000 }];
  return {
    targetId,
    placeId: "here",
    tasks: known({ vcpu: 1, runningUnits: 10, subnets }),
    vcpuQuota: known(4_000),
    othersActions: known(0),
    ...changes,
  };
}

const codes = (targets: readonly TargetAhead[], limits: readonly TargetLimits[]) =>
  limitFindings(targets, limits, NOW).map(({ code, targetIds }) => [code, targetIds]);

test("where there is room nothing is told", () => {
  expect(limitFindings([ahead("api", 400)], [limitsOf("api")], NOW)).toEqual([]);
});

describe("the quota of vCPUs", () => {
  test("is told from four fifths of it on, with when and what to ask for", () => {
    const of = (units: number) => limitFindings([ahead("api", units)], [limitsOf("api", { vcpuQuota: known(500) })], NOW);
    expect(of(400)).toEqual([]);
    expect(of(401)).toEqual([
      {
        code: "vcpu-quota",
        targetIds: ["api"],
        atMs: NOW + 20 * HOUR_MS,
        what: "the floors take 401 vCPU of 500 that may run on Fargate in this account and Region",
        right: "right would be a quota of 501.3 or more: it is asked for at Service Quotas, and takes days",
      },
    ]);
  });

  test("is of all services of an account and Region together, by the size of their tasks", () => {
    const large = limitsOf("web", { tasks: known({ vcpu: 4, runningUnits: 10, subnets: [] }), vcpuQuota: known(1_000) });
    const small = limitsOf("api", { vcpuQuota: known(1_000) });
    const targets = [ahead("api", 200), ahead("web", 200)];
    expect(codes(targets, [small, large])).toEqual([["vcpu-quota", ["api", "web"]]]);
    expect(codes(targets, [small, { ...large, placeId: "elsewhere" }])).toEqual([]);
  });

  test("is none of a service that does not run on Fargate", () => {
    const { vcpuQuota: _, ...onMachines } = limitsOf("api", { tasks: known(undefined) });
    expect(limitFindings([ahead("api", 4_000)], [onMachines], NOW)).toEqual([]);
  });
});

describe("the rate at which tasks are started", () => {
  test("is told when more are asked for than are started until they are needed", () => {
    // 100 at once and 20 a second: 1,300 in a minute; one service 500 a minute.
    const two = (units: number) => codes([ahead("api", units, 1), ahead("web", units, 1)], [limitsOf("api"), limitsOf("web")]);
    expect(two(500)).toEqual([]);
    expect(two(511).map(([code]) => code)).toEqual(["launch-rate", "launch-rate"]);
    expect(two(700)[0]).toEqual(["launch-rate", ["api", "web"]]);
    expect(codes([ahead("api", 700, 2)], [limitsOf("api")])).toEqual([]);
  });
});

describe("the addresses of subnets", () => {
  const small = known({ vcpu: 0.25, runningUnits: 10, subnets: [{ id: "subnet-a", freeAddresses: 250 }] });

  test("are needed by the tasks that come on top", () => {
    expect(codes([ahead("api", 210)], [limitsOf("api", { tasks: small })])).toEqual([]);
    expect(codes([ahead("api", 211)], [limitsOf("api", { tasks: small })])).toEqual([["subnet-addresses", ["api"]]]);
  });

  test("are shared by services that are in one subnet, also through a third", () => {
    const inBoth = known({ vcpu: 0.25, runningUnits: 10, subnets: ["subnet-a", "subnet-b"].map((id) => ({ id, freeAddresses: 250 })) });
    const inB = known({ vcpu: 0.25, runningUnits: 10, subnets: [{ id: "subnet-b", freeAddresses: 250 }] });
    const targets = [ahead("a", 200), ahead("b", 200), ahead("both", 60)];
    const limits = [limitsOf("a", { tasks: small }), limitsOf("b", { tasks: inB }), limitsOf("both", { tasks: inBoth })];
    expect(codes(targets, limits)).toEqual([["subnet-addresses", ["a", "b", "both"]]]);
    expect(codes(targets.slice(0, 2), limits.slice(0, 2))).toEqual([]);
  });
});

test("raises beyond the scheduled actions that are left are told, from the first that has none", () => {
  const findings = limitFindings([ahead("api", 50)], [limitsOf("api", { othersActions: known(200) })], NOW);
  expect(findings).toMatchObject([{ code: "scheduled-actions", atMs: NOW + 20 * HOUR_MS }]);
  expect(codes([ahead("api", 50)], [limitsOf("api", { othersActions: known(199) })])).toEqual([]);
});

test("a reservation that is to be lowered and cannot be any more today is told", () => {
  const { tasks: _, vcpuQuota: __, ...balancer } = limitsOf("alb", { decreasesLeft: known(0) });
  expect(codes([ahead("alb", 300)], [balancer])).toEqual([["reservation-decreases", ["alb"]]]);
  expect(codes([ahead("alb", 300)], [{ ...balancer, decreasesLeft: known(1) }])).toEqual([]);
  expect(codes([{ targetId: "alb", plan: { steps: ahead("alb", 300).plan.steps.slice(0, 2) } }], [balancer])).toEqual([]);
});

test("what could not be looked at is told as such, once for all that it is of, and is never room", () => {
  const dark: Looked<never> = { kind: "unknown", reason: "AccessDenied" };
  const limits = ["api", "web"].map((id) => limitsOf(id, { vcpuQuota: dark }));
  expect(limitFindings([ahead("api", 50), ahead("web", 50)], limits, NOW)).toMatchObject([
    { code: "limit-unknown", targetIds: ["api", "web"], what: "the quota of vCPUs could not be looked at: AccessDenied" },
  ]);
});
