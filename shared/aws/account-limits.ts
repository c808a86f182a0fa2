import {
  ApplicationAutoScalingClient,
  DescribeScheduledActionsCommand,
  type ScalableDimension,
  type ServiceNamespace,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient, type Service } from "@aws-sdk/client-ecs";
import { DescribeCapacityReservationCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";
import type { LimitSource } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import type { Looked, Subnet, TargetLimits, TaskSize } from "../core/plan/limits.ts";
import type { Scaling } from "../core/target-in-aws.ts";
import type { Target } from "../core/target.ts";
import { isOurs } from "../core/warm/bookings.ts";
import { assumedRole } from "./assumed-role.ts";
import { byPlace, placeKey, placeOf, type Place } from "./place.ts";
import type { ClientSettings } from "./target-clients.ts";
import { reasonOf } from "./target-failure.ts";
import { withinLimit } from "./within-limit.ts";

/** "Fargate On-Demand vCPU resource count", as Service Quotas has it. */
const VCPU_QUOTA = { ServiceCode: "fargate", QuotaCode: "L-3032A538" };
/** A task's `cpu` counts in 1,024ths of a vCPU. */
const CPU_UNITS_A_VCPU = 1_024;
const LOOK_LIMIT_MS = 10_000;

type Clients = {
  readonly scaling: ApplicationAutoScalingClient;
  readonly ecs: ECSClient;
  readonly balancing: ElasticLoadBalancingV2Client;
  readonly ec2: EC2Client;
  readonly quotas: ServiceQuotasClient;
};

/**
 * The limits that targets in AWS meet: the quota of vCPUs, the size of a service's tasks and the addresses left where they run, and how
 * often a reservation may still be lowered. Each is looked at by itself, and is unknown with AWS's own words where it cannot be.
 */
export function accountLimits({
  targets,
  homeRegion,
  settings = {},
}: {
  readonly targets: readonly Target[];
  readonly homeRegion: string;
  readonly settings?: Partial<ClientSettings>;
}): LimitSource {
  const clientsOf = byPlace(({ region, account }): Clients => {
    const entered = account === undefined ? {} : { credentials: assumedRole(new STSClient({ ...settings, region }), account) };
    const config = { ...settings, ...entered, region };
    return {
      scaling: new ApplicationAutoScalingClient(config),
      ecs: new ECSClient(config),
      balancing: new ElasticLoadBalancingV2Client(config),
      ec2: new EC2Client(config),
      quotas: new ServiceQuotasClient(config),
    };
  });
  const limitsOf = async (targetId: string, quotaOf: (place: Place) => Promise<Looked<number>>): Promise<TargetLimits> => {
    const { aws } = targets.find(({ id }) => id === targetId) ?? {};
    const place = placeOf(aws ?? {}, homeRegion);
    const common = { targetId, placeId: placeKey(place) };
    const { scaling } = aws ?? {};
    if (scaling?.kind === "lcu")
      return { ...common, decreasesLeft: await looked(() => decreasesOf(clientsOf(place), scaling.loadBalancerArn)) };
    if (scaling?.kind !== "scalable-target") return common;
    const scalable = { ...common, othersActions: await looked(() => othersActionsOf(clientsOf(place), scaling)) };
    if (scaling.namespace !== "ecs") return scalable;
    const tasks = await looked(() => tasksOf(clientsOf(place), scaling.resourceId));
    // Where it is known that it does not run on Fargate, Fargate's quota is none of its limits.
    if (tasks.kind === "known" && tasks.value === undefined) return { ...scalable, tasks };
    return { ...scalable, tasks, vcpuQuota: await quotaOf(place) };
  };
  return {
    limits: (targetIds) => {
      const quotaOf = byPlace((place) => looked(() => vcpuQuotaOf(clientsOf(place))));
      return Promise.all(targetIds.map((targetId) => limitsOf(targetId, quotaOf)));
    },
  };
}

async function looked<T>(look: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { kind: "known", value: await withinLimit(LOOK_LIMIT_MS, "a limit", look) };
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error) };
  }
}

// A target has 200 at the most, of which a page holds 50; a paginator that goes round for ever ends here.
const MOST_PAGES = 5;

/** How many scheduled actions of a target are not ours. */
async function othersActionsOf({ scaling }: Clients, at: Extract<Scaling, { readonly kind: "scalable-target" }>): Promise<number> {
  const { namespace, resourceId: ResourceId, dimension } = at;
  const names = { ServiceNamespace: namespace as ServiceNamespace, ResourceId, ScalableDimension: dimension as ScalableDimension };
  let others = 0;
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await scaling.send(new DescribeScheduledActionsCommand({ ...names, ...(NextToken !== undefined && { NextToken }) }));
    others += (answer.ScheduledActions ?? []).filter(({ ScheduledActionName: name = "" }) => !isOurs(name)).length;
    ({ NextToken } = answer);
    if (NextToken === undefined) break;
  }
  return others;
}

async function vcpuQuotaOf({ quotas }: Clients): Promise<number> {
  const { Quota } = await quotas.send(new GetServiceQuotaCommand(VCPU_QUOTA));
  if (Quota?.Value === undefined) throw new CalltimeError("quota-not-said", "Service Quotas says no value of it");
  return Quota.Value;
}

async function decreasesOf({ balancing }: Clients, LoadBalancerArn: string): Promise<number> {
  const { DecreaseRequestsRemaining: left } = await balancing.send(new DescribeCapacityReservationCommand({ LoadBalancerArn }));
  if (left === undefined) throw new CalltimeError("quota-not-said", "the load balancer does not say how often it may be lowered");
  return left;
}

/** The tasks of a service, `service/<cluster>/<service>`; undefined where they run on machines of the customer's own. */
async function tasksOf({ ecs, ec2 }: Clients, resourceId: string): Promise<TaskSize | undefined> {
  const [, cluster = "", name = ""] = resourceId.split("/");
  const { services: [service] = [], failures = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
  if (service === undefined)
    throw new CalltimeError("service-unknown", `the service ${name} of the cluster ${cluster}: ${failures[0]?.reason ?? "MISSING"}`);
  if (!onFargate(service)) return undefined;
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }));
  const vcpu = Number(taskDefinition?.cpu) / CPU_UNITS_A_VCPU;
  if (!(vcpu > 0)) throw new CalltimeError("task-size-unknown", `the task definition of ${name} says no cpu`);
  const ids = service.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
  return { vcpu, runningUnits: service.runningCount ?? 0, subnets: ids.length === 0 ? [] : await subnetsOf(ec2, ids) };
}

function onFargate({ launchType, capacityProviderStrategy = [] }: Service): boolean {
  return launchType === "FARGATE" || capacityProviderStrategy.some(({ capacityProvider }) => capacityProvider?.startsWith("FARGATE"));
}

async function subnetsOf(ec2: EC2Client, ids: readonly string[]): Promise<readonly Subnet[]> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...ids] }));
  return Subnets.flatMap(({ SubnetId: id, AvailableIpAddressCount: freeAddresses }) =>
    id === undefined || freeAddresses === undefined ? [] : [{ id, freeAddresses }],
  );
}
