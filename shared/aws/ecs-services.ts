import { DescribeServicesCommand, type Service } from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand, type TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { uncounted, type Counts } from "./counts.ts";
import { reasonOf } from "./target-failure.ts";
import { gathered } from "./gathered.ts";
import type { TargetClients } from "./target-clients.ts";
import type { Pace } from "../app/ports.ts";

/** Services that one call describes. */
const SERVICES_A_CALL = 10;

/** A service by its resource id, `service/<cluster>/<service>`, counted; with a target group of its own where its target names one. */
export type CountServices = (resourceId: string, targetGroupArn: string | undefined) => Promise<Counts>;

type Described = { readonly kind: "found"; readonly service: Service } | { readonly kind: "failed"; readonly reason: string };

/**
 * Counts the services of one account and Region. A running task serves nobody until it is healthy in its target group; of a service without
 * one, the tasks that run are all that is known to serve. Throws what DescribeServices throws.
 */
export function ecsServices(clients: Pick<TargetClients, "ecs" | "balancing">, pace: Pace): CountServices {
  const clusters = new Map<string, (service: string) => Promise<Described | undefined>>();
  const describeIn = (cluster: string): ((service: string) => Promise<Described | undefined>) => {
    const known = clusters.get(cluster);
    if (known !== undefined) return known;
    const describe = gathered<Described>(SERVICES_A_CALL, pace, async (services) => {
      const { services: found = [], failures = [] } = await clients
        .ecs()
        .send(new DescribeServicesCommand({ cluster, services: [...services] }));
      return new Map<string, Described>([
        ...failures.map(({ arn, reason, detail }): [string, Described] => [
          lastPart(arn),
          { kind: "failed", reason: [reason ?? "no reason given", detail ?? ""].join(" ").trim() },
        ]),
        ...found.map((service): [string, Described] => [service.serviceName ?? lastPart(service.serviceArn), { kind: "found", service }]),
      ]);
    });
    clusters.set(cluster, describe);
    return describe;
  };

  return async (resourceId, targetGroupArn) => {
    const [, cluster = "", name = ""] = resourceId.split("/");
    const described = await describeIn(cluster)(name);
    if (described === undefined) return uncounted(`ECS did not mention the service ${name} of the cluster ${cluster}`);
    if (described.kind === "failed") return uncounted(`the service ${name} of the cluster ${cluster}: ${described.reason}`);
    const { service } = described;
    const { runningCount = 0, desiredCount: desiredUnits } = service;
    const deployingTimes = deployingTimesOf(service);
    const asked = { desiredUnits, ...(deployingTimes !== undefined && { deployingTimes }) };
    const groups = targetGroupArn === undefined ? groupsOf(service) : [targetGroupArn];
    const remarks = remarksOf(service);
    if (groups.length === 0) return { ...asked, servingUnits: runningCount, remarks };
    try {
      const healthy = await Promise.all(groups.map((group) => healthyIn(clients, group)));
      // Registered in several groups a task serves when it is healthy in each. A group may have members that are not this service's.
      const inUse = healthy.filter(({ members }) => members > 0).map((group) => group.healthy);
      const servingUnits = inUse.length === 0 ? 0 : Math.min(runningCount, ...inUse);
      return { ...asked, servingUnits, remarks };
    } catch (error) {
      const remark = `how many of its tasks are healthy could not be found out: ${reasonOf(error)}`;
      return { ...asked, servingUnits: undefined, remarks: [...remarks, remark] };
    }
  };
}

function groupsOf({ loadBalancers = [] }: Service): readonly string[] {
  return [...new Set(loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []))];
}

/** Draining members answer what they have begun and nothing new. */
async function healthyIn(
  clients: Pick<TargetClients, "balancing">,
  targetGroupArn: string,
): Promise<{ readonly members: number; readonly healthy: number }> {
  const { TargetHealthDescriptions: all = [] } = await clients
    .balancing()
    .send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  const isIn = (state: string) => (member: TargetHealthDescription) => member.TargetHealth?.State === state;
  const leaving = all.filter(isIn("draining")).length + all.filter(isIn("unused")).length;
  return { members: all.length - leaving, healthy: all.filter(isIn("healthy")).length };
}

/** What ECS runs at most of a service that says nothing of it, in per cent of what is desired. */
const MAXIMUM_PERCENT = 200;

/** How many times the tasks that are desired may run while a deployment is under way. */
function deployingTimesOf(service: Service): number | undefined {
  const { deployments = [] } = service;
  const underWay = deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState === "IN_PROGRESS");
  return underWay ? (service.deploymentConfiguration?.maximumPercent ?? MAXIMUM_PERCENT) / 100 : undefined;
}

function remarksOf(service: Service): readonly string[] {
  const { deployments = [], status, desiredCount = 0, runningCount = 0, events = [] } = service;
  const remarks: string[] = [];
  if (status !== undefined && status !== "ACTIVE") remarks.push(`the service is ${status}`);
  const deployingTimes = deployingTimesOf(service);
  if (deployingTimes !== undefined)
    remarks.push(
      `a deployment is under way: nothing scales in until it is over, and it may need ${deployingTimes === 2 ? "twice" : `${deployingTimes} times`} the tasks`,
    );
  if (deployments.some(({ rolloutState }) => rolloutState === "FAILED")) remarks.push("a deployment has failed");
  // The newest event says why tasks do not start: a quota of vCPUs reached, no capacity, no address left.
  const [newest] = events;
  if (runningCount < desiredCount && newest?.message !== undefined && /unable|reached|limit|fail/iu.test(newest.message))
    remarks.push(newest.message);
  return remarks;
}

function lastPart(arn: string | undefined): string {
  return arn?.split("/").at(-1) ?? "";
}
