import { describeCluster, describeInstances, whyNotNow } from "./aurora.ts";
import type { Counts } from "./counts.ts";
import type { TargetClients } from "./target-clients.ts";

/** Counts the readers of a cluster, `cluster:<id>`: those that are there or on their way, and those that are available. Throws what RDS throws. */
export async function countReaders({ rds }: Pick<TargetClients, "rds">, resourceId: string): Promise<Counts> {
  const clusterId = resourceId.slice("cluster:".length);
  const [cluster, instances] = await Promise.all([describeCluster(rds(), clusterId), describeInstances(rds(), clusterId)]);
  const writers = new Set(
    (cluster.DBClusterMembers ?? []).flatMap((member) => (member.IsClusterWriter ? (member.DBInstanceIdentifier ?? []) : [])),
  );
  const readers = instances.filter(({ DBInstanceIdentifier: id }) => id !== undefined && !writers.has(id));
  const staying = readers.filter(({ DBInstanceStatus }) => DBInstanceStatus !== "deleting");
  const why = whyNotNow(cluster);
  return {
    desiredUnits: staying.length,
    servingUnits: staying.filter(({ DBInstanceStatus }) => DBInstanceStatus === "available").length,
    remarks: why === undefined ? [] : [why],
  };
}
