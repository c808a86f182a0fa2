import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { ModifyDBClusterCommand, type DBCluster } from "@aws-sdk/client-rds";
import type { Pace, SetMinimumOutcome, TargetState } from "../app/ports.ts";
import { MINUTE_MS, minuteOf } from "../core/time.ts";
import { describeCluster, describeInstances, whyNotNow } from "./aurora.ts";
import { reasonOf } from "./target-failure.ts";
import type { TargetClients } from "./target-clients.ts";

/** A step of an Aurora capacity unit: a range is set in halves. */
const STEP_ACU = 0.5;

type AcuClients = Pick<TargetClients, "rds" | "metrics">;

/** The range of a cluster, as its control plane has it. */
function rangeOf(cluster: DBCluster): { readonly minimumUnits: number; readonly maximumUnits: number } | undefined {
  const { MinCapacity: minimumUnits, MaxCapacity: maximumUnits } = cluster.ServerlessV2ScalingConfiguration ?? {};
  return minimumUnits === undefined || maximumUnits === undefined ? undefined : { minimumUnits, maximumUnits };
}

/** How long capacities are not looked at again where all of them reach the minimum, and it is the same: none goes below it. */
export const CAPACITIES_KEPT_MS = 10 * MINUTE_MS;

type Capacities = readonly (number | undefined)[];

/** The capacities of clusters as they were last looked at, by cluster. */
export type CapacitiesSeen = Map<string, { readonly atMs: number; readonly minimumUnits: number; readonly capacities: Capacities }>;

/**
 * The state of an Aurora Serverless v2 cluster. What serves is the capacity of the instance that has least; that is published a minute late,
 * and looking at it is billed, so that it is `seen` for a while once it reached the minimum.
 */
export async function describeAcu(
  clients: AcuClients,
  targetId: string,
  clusterId: string,
  pace: Pace,
  seen: CapacitiesSeen,
): Promise<TargetState> {
  const cluster = await describeCluster(clients.rds(), clusterId);
  const range = rangeOf(cluster);
  if (range === undefined) return { kind: "unknown", targetId, reason: `the cluster ${clusterId} has no Serverless v2 range` };
  const lately = seenLately(seen, clusterId, range.minimumUnits, pace.nowMs());
  const capacities =
    lately ??
    (await capacitiesOf(clients, clusterId, pace.nowMs()).catch(
      (error: unknown) => `its capacity could not be found out: ${reasonOf(error)}`,
    ));
  const why = whyNotNow(cluster);
  const remarks = [...(why === undefined ? [] : [why]), ...(typeof capacities === "string" ? [capacities] : [])];
  const known = typeof capacities === "string" ? [] : capacities;
  const all = known.every((capacity) => capacity !== undefined) && known.length > 0 ? known.map((capacity) => capacity ?? 0) : undefined;
  const reached = all !== undefined && all.every((capacity) => capacity >= range.minimumUnits);
  if (!reached) seen.delete(clusterId);
  else if (lately === undefined) seen.set(clusterId, { atMs: pace.nowMs(), minimumUnits: range.minimumUnits, capacities: all });
  return {
    kind: "known",
    targetId,
    ...range,
    // Nothing is asked for but the range; an instance above it has not come down yet.
    desiredUnits: all && Math.max(range.minimumUnits, ...all),
    servingUnits: all && Math.min(...all),
    ...(remarks.length > 0 && { remarks }),
  };
}

function seenLately(seen: CapacitiesSeen, clusterId: string, minimumUnits: number, now: number): Capacities | undefined {
  const before = seen.get(clusterId);
  if (before === undefined || before.minimumUnits !== minimumUnits) return undefined;
  return now - before.atMs < CAPACITIES_KEPT_MS && now >= before.atMs ? before.capacities : undefined;
}

// A minute's point is out one to three minutes later.
const LOOK_BACK_MS = 6 * MINUTE_MS;

/** The newest capacity of each serverless instance that is available, in halves, rounded down; undefined for one without a point. */
async function capacitiesOf({ rds, metrics }: AcuClients, clusterId: string, now: number): Promise<readonly (number | undefined)[]> {
  const ids = (await describeInstances(rds(), clusterId)).flatMap((instance) =>
    instance.DBInstanceClass === "db.serverless" && instance.DBInstanceStatus === "available" ? (instance.DBInstanceIdentifier ?? []) : [],
  );
  if (ids.length === 0) return [];
  const { MetricDataResults: results = [] } = await metrics().send(
    new GetMetricDataCommand({
      StartTime: new Date(minuteOf(now) - LOOK_BACK_MS),
      EndTime: new Date(minuteOf(now)),
      ScanBy: "TimestampDescending",
      MetricDataQueries: ids.map((id, index) => ({
        Id: `i${index}`,
        MetricStat: {
          Metric: {
            Namespace: "AWS/RDS",
            MetricName: "ServerlessDatabaseCapacity",
            Dimensions: [{ Name: "DBInstanceIdentifier", Value: id }],
          },
          Period: MINUTE_MS / 1_000,
          Stat: "Average",
        },
      })),
    }),
  );
  return ids.map((_, index) => {
    const value = results.find(({ Id }) => Id === `i${index}`)?.Values?.[0];
    return value === undefined ? undefined : Math.floor(value / STEP_ACU) * STEP_ACU;
  });
}

/** Whether so many capacity units can be set: from nothing up, in halves. */
export function isAcu(units: number): boolean {
  return units >= 0 && Number.isInteger(units / STEP_ACU);
}

/**
 * Sets the lower end of a cluster's range and sends the upper end again as it is: left out, it could be lost, and changed, it would change
 * parameters of the database. Only while the cluster is available with nothing pending; otherwise it is put off. Throws what RDS throws.
 */
export async function setAcuMinimum(
  { rds }: AcuClients,
  targetId: string,
  clusterId: string,
  units: number,
  abortSignal: AbortSignal,
): Promise<SetMinimumOutcome> {
  const cluster = await describeCluster(rds(), clusterId);
  const range = rangeOf(cluster);
  const said = (kind: "deferred" | "refused", code: string, why: string): SetMinimumOutcome => ({
    kind,
    code,
    reason: `${targetId}: ${why}`,
  });
  if (range === undefined) return said("refused", "not-serverless", `the cluster ${clusterId} has no Serverless v2 range`);
  if (units > range.maximumUnits)
    return said("refused", "above-maximum", `${units} is above the maximum of the cluster ${clusterId}, ${range.maximumUnits}`);
  if (units === range.minimumUnits) return { kind: "accepted" };
  const why = whyNotNow(cluster);
  if (why !== undefined) return said("deferred", cluster.Status === "available" ? "changes-pending" : "cluster-not-available", why);
  const pauseAfter = cluster.ServerlessV2ScalingConfiguration?.SecondsUntilAutoPause;
  await rds().send(
    new ModifyDBClusterCommand({
      DBClusterIdentifier: clusterId,
      ServerlessV2ScalingConfiguration: {
        MinCapacity: units,
        MaxCapacity: range.maximumUnits,
        // Only a cluster that may go down to nothing pauses.
        ...(units === 0 && pauseAfter !== undefined && { SecondsUntilAutoPause: pauseAfter }),
      },
      ApplyImmediately: true,
    }),
    { abortSignal },
  );
  return { kind: "accepted" };
}
