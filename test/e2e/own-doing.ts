import {
  ApplicationAutoScalingClient,
  DeleteScheduledActionCommand,
  DescribeScalableTargetsCommand,
  DescribeScheduledActionsCommand,
  RegisterScalableTargetCommand,
  type ServiceNamespace,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import {
  CreateDBInstanceCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type { Moto } from "../aws/moto.ts";

const NAMESPACES: readonly ServiceNamespace[] = ["ecs", "rds"];

/** What AWS does by itself, and the emulator does not: it scales, and it publishes the capacity of serverless databases. */
export type OwnDoing = {
  /** Sets the bounds that booked actions name which are due at `now`. */
  readonly fireBooked: (now: number) => Promise<void>;
  /** Puts what is asked for at its minimum, as a target tracking policy without load does, and has it run. */
  readonly followBounds: () => Promise<void>;
  /** Publishes the capacity that each serverless instance had in the minute before `now`. */
  readonly publishCapacity: (now: number) => Promise<void>;
};

export function ownDoing(moto: Moto): OwnDoing {
  const scaling = new ApplicationAutoScalingClient(moto.client());
  const ecs = new ECSClient(moto.client());
  const rds = new RDSClient(moto.client());
  const metrics = new CloudWatchClient(moto.client());

  const countTasks = async (resourceId: string, units: number): Promise<void> => {
    const [, cluster, service = ""] = resourceId.split("/");
    const { services: [found] = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    if (found?.desiredCount !== units) await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: units }));
  };

  /** An Aurora cluster has its writer beside so many readers; those that Application Auto Scaling made are the last ones to come. */
  const countReaders = async (resourceId: string, units: number): Promise<void> => {
    const DBClusterIdentifier = resourceId.slice("cluster:".length);
    const { DBInstances = [] } = await rds.send(
      new DescribeDBInstancesCommand({ Filters: [{ Name: "db-cluster-id", Values: [DBClusterIdentifier] }] }),
    );
    const of = (nth: number) => `${DBClusterIdentifier}-${nth}`;
    const like = { DBClusterIdentifier, Engine: "aurora-postgresql", DBInstanceClass: "db.r6g.large" };
    for (let nth = DBInstances.length; nth <= units; nth += 1)
      await rds.send(new CreateDBInstanceCommand({ ...like, DBInstanceIdentifier: of(nth) }));
    for (let nth = DBInstances.length - 1; nth > units; nth -= 1)
      await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: of(nth), SkipFinalSnapshot: true }));
  };

  return {
    fireBooked: async (now) => {
      for (const ServiceNamespace of NAMESPACES) {
        const { ScheduledActions = [] } = await scaling.send(new DescribeScheduledActionsCommand({ ServiceNamespace }));
        for (const { ScheduledActionName, ResourceId, ScalableDimension, Schedule = "", ScalableTargetAction } of ScheduledActions) {
          const dueMs = Date.parse(`${/^at\((.*)\)$/.exec(Schedule)?.[1] ?? ""}Z`);
          if (!(dueMs <= now)) continue;
          const names = { ServiceNamespace, ResourceId, ScalableDimension };
          await scaling.send(new RegisterScalableTargetCommand({ ...names, MinCapacity: ScalableTargetAction?.MinCapacity }));
          await scaling.send(new DeleteScheduledActionCommand({ ...names, ScheduledActionName }));
        }
      }
    },
    followBounds: async () => {
      for (const ServiceNamespace of NAMESPACES) {
        const { ScalableTargets = [] } = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace }));
        for (const { ResourceId = "", MinCapacity = 0 } of ScalableTargets)
          await (ServiceNamespace === "ecs" ? countTasks : countReaders)(ResourceId, MinCapacity);
      }
    },
    publishCapacity: async (now) => {
      const { DBClusters = [] } = await rds.send(new DescribeDBClustersCommand({}));
      const MetricData = DBClusters.flatMap(({ ServerlessV2ScalingConfiguration: range, DBClusterMembers = [] }) =>
        range === undefined
          ? []
          : DBClusterMembers.map(({ DBInstanceIdentifier: Value }) => ({
              MetricName: "ServerlessDatabaseCapacity",
              Dimensions: [{ Name: "DBInstanceIdentifier", Value }],
              Timestamp: new Date(now - MINUTE_MS),
              Value: range.MinCapacity,
            })),
      );
      if (MetricData.length > 0) await metrics.send(new PutMetricDataCommand({ Namespace: "AWS/RDS", MetricData }));
    },
  };
}
