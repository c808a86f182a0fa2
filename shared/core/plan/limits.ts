import { DAY_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { lengthText } from "../instant-text.ts";
import { MOST_ACTIONS } from "../warm/bookings.ts";
import type { Plan } from "./plan.ts";

/** What was looked up, or why it is not known. */
export type Looked<T> = { readonly kind: "known"; readonly value: T } | { readonly kind: "unknown"; readonly reason: string };

/** A subnet, and how many addresses are left in it. */
export type Subnet = { readonly id: string; readonly freeAddresses: number };

/** The tasks of a service on Fargate. */
export type TaskSize = { readonly vcpu: number; readonly runningUnits: number; readonly subnets: readonly Subnet[] };

/** What limits one target beyond its owner's own maximum. What does not apply to its kind is left out. */
export type TargetLimits = {
  readonly targetId: string;
  /** Account and Region: what is in the same place shares its quotas. */
  readonly placeId: string;
  /** Of a service on Fargate; undefined for one that is not. */
  readonly tasks?: Looked<TaskSize | undefined>;
  /** vCPUs that may run at a time in this place. */
  readonly vcpuQuota?: Looked<number>;
  /** Scheduled actions of the customer's own. */
  readonly othersActions?: Looked<number>;
  /** Times that a reservation may still be lowered today. */
  readonly decreasesLeft?: Looked<number>;
};

/** A target and what it is going to ask for. */
export type TargetAhead = { readonly targetId: string; readonly plan: Pick<Plan, "steps"> };

/** The limits there are; `limit-unknown`: one of them could not be looked at. */
export const LIMIT_CODES = [
  "vcpu-quota",
  "launch-rate",
  "subnet-addresses",
  "scheduled-actions",
  "reservation-decreases",
  "limit-unknown",
] as const;

/** Something that will be in the way, told while there is time. */
export type LimitFinding = {
  readonly code: (typeof LIMIT_CODES)[number];
  readonly targetIds: readonly string[];
  /** When it is first in the way; undefined where that is not known. */
  readonly atMs: number | undefined;
  readonly what: string;
  /** What would be right. */
  readonly right: string;
};

/** From this share of a quota on it is told: what else runs in the account, and a deployment that doubles tasks, are not counted. */
export const NEAR_SHARE = 0.8;
/** Tasks that Fargate starts at once in an account and Region, and those a second after that (Amazon ECS, Fargate throttling quotas). */
export const BURST_TASKS = 100;
export const TASKS_A_SECOND = 20;
/** Tasks of one service that ECS starts in a minute (Amazon ECS, service quotas). */
export const SERVICE_TASKS_A_MINUTE = 500;

/**
 * What will be in the way of `ahead`, sorted by when. A limit that is not known is told as such: nothing says then that it is not in the
 * way. What applies to no target of a place is not told.
 */
export function limitFindings(ahead: readonly TargetAhead[], limits: readonly TargetLimits[], now: number): readonly LimitFinding[] {
  const places = new Map<string, Both[]>();
  for (const { targetId, plan } of ahead) {
    const own = limits.find((each) => each.targetId === targetId);
    if (own !== undefined) places.set(own.placeId, [...(places.get(own.placeId) ?? []), { targetId, plan, limits: own }]);
  }
  const findings = [...places.values()].flatMap((together) => {
    const onFargate = together.flatMap((each) =>
      each.limits.tasks?.kind === "known" && each.limits.tasks.value !== undefined ? [{ ...each, size: each.limits.tasks.value }] : [],
    );
    return [
      ...unknownLimits(together),
      ...vcpuFindings(onFargate),
      ...launchFindings(onFargate),
      ...subnetFindings(onFargate),
      ...together.flatMap((each) => [...actionFindings(each, now), ...decreaseFindings(each, now)]),
    ];
  });
  return findings.sort((a, b) => (a.atMs ?? now) - (b.atMs ?? now));
}

type Both = TargetAhead & { readonly limits: TargetLimits };
type OnFargate = Both & { readonly size: TaskSize };

function unknownLimits(together: readonly Both[]): readonly LimitFinding[] {
  const byReason = new Map<string, string[]>();
  for (const { targetId, limits } of together) {
    const { tasks, vcpuQuota, othersActions, decreasesLeft } = limits;
    for (const [name, looked] of Object.entries({
      "its tasks": tasks,
      "the quota of vCPUs": vcpuQuota,
      "its scheduled actions": othersActions,
      "its decreases": decreasesLeft,
    })) {
      if (looked?.kind !== "unknown") continue;
      const what = `${name} could not be looked at: ${looked.reason}`;
      byReason.set(what, [...(byReason.get(what) ?? []), targetId]);
    }
  }
  const right = "right would be to let the function preflight look, or to look by hand";
  return [...byReason].map(([what, targetIds]) => ({ code: "limit-unknown", targetIds, atMs: undefined, what, right }));
}

/** The most vCPUs that all floors of a place take together. */
function vcpuFindings(together: readonly OnFargate[]): readonly LimitFinding[] {
  const [first] = together;
  const quota = first?.limits.vcpuQuota;
  if (quota?.kind !== "known") return [];
  let most: { readonly atMs: number; readonly vcpu: number } | undefined;
  for (const atMs of instantsOf(together)) {
    const vcpu = together.reduce((sum, { plan, size }) => sum + floorAt(plan, atMs) * size.vcpu, 0);
    if (most === undefined || vcpu > most.vcpu) most = { atMs, vcpu };
  }
  if (most === undefined || most.vcpu <= NEAR_SHARE * quota.value) return [];
  const what = `the floors take ${rounded(most.vcpu)} vCPU of ${rounded(quota.value)} that may run on Fargate in this account and Region`;
  const right = `right would be a quota of ${rounded(most.vcpu / NEAR_SHARE)} or more: it is asked for at Service Quotas, and takes days`;
  return [{ code: "vcpu-quota", targetIds: together.map(({ targetId }) => targetId), atMs: most.atMs, what, right }];
}

/** Raises that ask for more tasks than are started until they are needed; the worst of a place, and of each service. */
function launchFindings(together: readonly OnFargate[]): readonly LimitFinding[] {
  const raises = together.flatMap(({ targetId, plan }) => raisesOf(plan).map((raise) => ({ ...raise, targetId })));
  const findings: LimitFinding[] = [];
  const look = (group: typeof raises, allowed: (ms: number) => number, whose: string): void => {
    const late = group.flatMap(({ atMs, neededByMs }) => {
      const asked = group.filter((each) => each.atMs >= atMs && each.atMs < Math.max(neededByMs, atMs + MINUTE_MS));
      const units = asked.reduce((sum, each) => sum + each.units, 0);
      return units > allowed(neededByMs - atMs) ? [{ atMs, neededByMs, units, asked }] : [];
    });
    const [worst] = late.toSorted((a, b) => b.units - a.units);
    if (worst === undefined) return;
    const { atMs, neededByMs, units, asked } = worst;
    const what = `${rounded(units)} tasks are asked for in ${lengthText(neededByMs - atMs)}, and ${rounded(allowed(neededByMs - atMs))} are started in that time ${whose}`;
    const right = "right would be an override that raises them earlier, or a higher rate, which AWS Support gives";
    findings.push({ code: "launch-rate", targetIds: [...new Set(asked.map(({ targetId }) => targetId))], atMs, what, right });
  };
  look(raises, (ms) => BURST_TASKS + (TASKS_A_SECOND * ms) / SECOND_MS, "in this account and Region");
  for (const { targetId } of together)
    look(
      raises.filter((raise) => raise.targetId === targetId),
      (ms) => (SERVICE_TASKS_A_MINUTE * ms) / MINUTE_MS,
      "of one service",
    );
  return findings;
}

/** Each task takes an address. Services that share a subnet share what is left in it. */
function subnetFindings(together: readonly OnFargate[]): readonly LimitFinding[] {
  const groups: { readonly members: OnFargate[]; readonly subnets: Map<string, number> }[] = [];
  for (const each of together) {
    const own = new Map(each.size.subnets.map(({ id, freeAddresses }) => [id, freeAddresses]));
    const touching = groups.filter(({ subnets }) => [...own.keys()].some((id) => subnets.has(id)));
    const joined = {
      members: [...touching.flatMap(({ members }) => members), each],
      subnets: new Map([...touching.flatMap(({ subnets }) => [...subnets]), ...own]),
    };
    groups.splice(0, groups.length, ...groups.filter((group) => !touching.includes(group)), joined);
  }
  return groups.flatMap(({ members, subnets }) => {
    if (subnets.size === 0) return [];
    const free = [...subnets.values()].reduce((sum, each) => sum + each, 0);
    let most: { readonly atMs: number; readonly tasks: number } | undefined;
    for (const atMs of instantsOf(members)) {
      const tasks = members.reduce((sum, { plan, size }) => sum + Math.max(0, floorAt(plan, atMs) - size.runningUnits), 0);
      if (most === undefined || tasks > most.tasks) most = { atMs, tasks };
    }
    if (most === undefined || most.tasks <= NEAR_SHARE * free) return [];
    const what = `${rounded(most.tasks)} more tasks need an address each, and ${free} are left in ${[...subnets.keys()].toSorted().join(", ")}`;
    const right = "right would be another, larger subnet for the service, or fewer other things in these";
    return [{ code: "subnet-addresses" as const, targetIds: members.map(({ targetId }) => targetId), atMs: most.atMs, what, right }];
  });
}

/** Raises of the next day are booked as scheduled actions, of which a target may have so many. */
function actionFindings({ targetId, plan, limits: { othersActions } }: Both, now: number): readonly LimitFinding[] {
  if (othersActions?.kind !== "known") return [];
  const raises = raisesOf(plan).filter(({ atMs }) => atMs <= now + DAY_MS);
  const left = Math.max(0, MOST_ACTIONS - othersActions.value);
  if (raises.length <= left) return [];
  const what = `${raises.length} raises are to be booked, and ${othersActions.value} of ${MOST_ACTIONS} scheduled actions are taken by others: neighbours are merged, upwards`;
  return [
    {
      code: "scheduled-actions",
      targetIds: [targetId],
      atMs: raises[left]?.atMs,
      what,
      right: "right would be to remove those that nobody needs",
    },
  ];
}

/** A reservation that cannot be lowered any more today stays, and costs. */
function decreaseFindings({ targetId, plan, limits: { decreasesLeft } }: Both, now: number): readonly LimitFinding[] {
  if (decreasesLeft?.kind !== "known" || decreasesLeft.value > 0) return [];
  const falls = plan.steps.filter(
    ({ floorUnits, atMs }, index) => index > 0 && atMs <= now + DAY_MS && floorUnits < (plan.steps[index - 1]?.floorUnits ?? 0),
  );
  const [first] = falls;
  if (first === undefined) return [];
  const what = "its reservation was lowered as often as AWS lets it be in a day, and the plan lowers it again: it stays, and costs";
  return [
    {
      code: "reservation-decreases",
      targetIds: [targetId],
      atMs: first.atMs,
      what,
      right: "right would be to leave it alone by hand until tomorrow",
    },
  ];
}

function raisesOf({ steps }: Pick<Plan, "steps">) {
  return steps.flatMap(({ atMs, neededByMs, floorUnits }, index) => {
    const units = floorUnits - (steps[index - 1]?.floorUnits ?? floorUnits);
    return units > 0 ? [{ atMs, neededByMs, units }] : [];
  });
}

function instantsOf(all: readonly TargetAhead[]): readonly number[] {
  return [...new Set(all.flatMap(({ plan }) => plan.steps.map(({ atMs }) => atMs)))].sort((a, b) => a - b);
}

function floorAt({ steps }: Pick<Plan, "steps">, atMs: number): number {
  return steps.findLast((step) => step.atMs <= atMs)?.floorUnits ?? 0;
}

function rounded(units: number): number {
  return Math.round(units * 10) / 10;
}
