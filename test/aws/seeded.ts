import {
  ApplicationAutoScalingClient,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
} from "@aws-sdk/client-application-auto-scaling";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { CreateDBClusterCommand, CreateDBInstanceCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { targetClients, type ClientsOf, type TargetClients } from "../../shared/aws/target-clients.ts";
import type { TargetInAws } from "../../shared/core/target-in-aws.ts";
import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type { Moto } from "./moto.ts";

export const HOME = "eu-west-1";

/** A target somewhere in AWS. */
export function targetAt(id: string, aws: TargetInAws | undefined, more: Partial<Target> = {}): Target {
  return {
    id,
    kind: "ecs-service",
    mode: "active",
    throughputRps: 100,
    targetUtilisation: 0.6,
    baselineUnits: 2,
    ceilingUnits: 60,
    loadPerViewerRps: 0.1,
    startUpMs: 3 * MINUTE_MS,
    launchUnitsPerMinute: 20,
    zones: 1,
    scalesIn: "target-tracking",
    ...(aws !== undefined && { aws }),
    ...more,
  };
}

/** The place of a service of the cluster `web`. */
export function serviceAt(service: string): TargetInAws {
  return {
    scaling: { kind: "scalable-target", namespace: "ecs", resourceId: `service/web/${service}`, dimension: "ecs:service:DesiredCount" },
  };
}

/** The place of the readers of a cluster. */
export function readersAt(clusterId: string): TargetInAws {
  return {
    scaling: { kind: "scalable-target", namespace: "rds", resourceId: `cluster:${clusterId}`, dimension: "rds:cluster:ReadReplicaCount" },
  };
}

/** Clients of the emulator for every place; nothing waits for its turn. */
export function clientsOf(moto: Moto): ClientsOf {
  const { region: _, ...settings } = moto.client();
  return targetClients({ settings, rate: { callsPerSecond: 10_000, burst: 10_000, longestWaitMs: 1_000 } });
}

/** Registers a scalable target with bounds, as its owner would. */
export async function register(moto: Moto, { scaling }: TargetInAws, min: number, max: number, region = HOME): Promise<void> {
  if (scaling?.kind !== "scalable-target") throw new Error("only scalable targets are registered");
  const { namespace: ServiceNamespace, resourceId: ResourceId, dimension: ScalableDimension } = scaling;
  const names = { ServiceNamespace, ResourceId, ScalableDimension } as Pick<
    RegisterScalableTargetCommandInput,
    "ServiceNamespace" | "ResourceId" | "ScalableDimension"
  >;
  const client = new ApplicationAutoScalingClient(moto.client(region));
  await client.send(new RegisterScalableTargetCommand({ ...names, MinCapacity: min, MaxCapacity: max }));
}

/** Services of the cluster `web`, all of whose tasks run. */
export async function makeServices(moto: Moto, services: readonly string[], tasks: number, region = HOME): Promise<void> {
  const ecs = new ECSClient(moto.client(region));
  await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({ family: "task", containerDefinitions: [{ name: "main", image: "app", memory: 128, cpu: 64 }] }),
  );
  for (const serviceName of services) {
    await ecs.send(new CreateServiceCommand({ cluster: "web", serviceName, taskDefinition: "task", desiredCount: tasks }));
    await ecs.send(new UpdateServiceCommand({ cluster: "web", service: serviceName, desiredCount: tasks }));
  }
}

/** An Aurora cluster with a writer and readers; serverless where it has a range. */
export async function makeCluster(
  moto: Moto,
  id: string,
  { readers = 0, range }: { readonly readers?: number; readonly range?: { readonly min: number; readonly max: number } },
): Promise<void> {
  const rds = new RDSClient(moto.client());
  await rds.send(
    new CreateDBClusterCommand({
      DBClusterIdentifier: id,
      Engine: "aurora-postgresql",
      MasterUsername: "owner",
      MasterUserPassword: "not-a-secret-1",
      ...(range !== undefined && { ServerlessV2ScalingConfiguration: { MinCapacity: range.min, MaxCapacity: range.max } }),
    }),
  );
  for (let nth = 0; nth <= readers; nth += 1) await makeInstance(rds, id, nth, range === undefined ? "db.r6g.large" : "db.serverless");
}

async function makeInstance(rds: RDSClient, clusterId: string, nth: number, DBInstanceClass: string): Promise<void> {
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: `${clusterId}-${nth}`,
      DBClusterIdentifier: clusterId,
      Engine: "aurora-postgresql",
      DBInstanceClass,
    }),
  );
}

/**
 * The emulator with what Application Auto Scaling does by itself, and it does not: after each call that updates a scalable target the capacity
 * of the resource is put within its bounds.
 */
export function withOwnDoing(moto: Moto, clients: ClientsOf): ClientsOf {
  return (place) => {
    const own = clients(place);
    const scaling = own.scaling();
    scaling.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { ResourceId, MinCapacity } = args.input as RegisterScalableTargetCommandInput;
        if (ResourceId !== undefined && MinCapacity !== undefined && "MinCapacity" in args.input)
          await atLeast(moto, ResourceId, MinCapacity);
        return answer;
      },
      { step: "initialize", name: "ownDoing", override: true },
    );
    return { ...own, scaling: () => scaling } satisfies TargetClients;
  };
}

async function atLeast(moto: Moto, resourceId: string, units: number): Promise<void> {
  if (resourceId.startsWith("service/")) {
    const [, cluster = "", service = ""] = resourceId.split("/");
    const ecs = new ECSClient(moto.client());
    const { services: [found] = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    if ((found?.desiredCount ?? 0) < units) await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: units }));
  } else {
    const rds = new RDSClient(moto.client());
    const clusterId = resourceId.slice("cluster:".length);
    const Filters = [{ Name: "db-cluster-id", Values: [clusterId] }];
    const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ Filters }));
    for (let nth = DBInstances.length; nth <= units; nth += 1) await makeInstance(rds, clusterId, nth, "db.r6g.large");
  }
}
