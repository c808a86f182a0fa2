import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  type DBCluster,
  type DBInstance,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { CalltimeError } from "../core/error.ts";

/** A cluster as RDS describes it. Throws what RDS throws, `DBClusterNotFoundFault` where there is none. */
export async function describeCluster(rds: RDSClient, clusterId: string): Promise<DBCluster> {
  const { DBClusters: [cluster] = [] } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: clusterId }));
  if (cluster === undefined) throw new CalltimeError("DBClusterNotFoundFault", `${clusterId}: RDS knows no such cluster`);
  return cluster;
}

/** More than a cluster can have; a paginator that goes round for ever ends here. */
const MOST_PAGES = 4;

/** The instances of a cluster. Throws what RDS throws. */
export async function describeInstances(rds: RDSClient, clusterId: string): Promise<readonly DBInstance[]> {
  const found: DBInstance[] = [];
  let Marker: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await rds.send(
      new DescribeDBInstancesCommand({
        Filters: [{ Name: "db-cluster-id", Values: [clusterId] }],
        ...(Marker !== undefined && { Marker }),
      }),
    );
    found.push(...(answer.DBInstances ?? []));
    ({ Marker } = answer);
    if (Marker === undefined) break;
  }
  return found;
}

/** What keeps a cluster from being changed now, or undefined when nothing does. */
export function whyNotNow({ DBClusterIdentifier, Status, PendingModifiedValues }: DBCluster): string | undefined {
  if (Status !== "available")
    return `the cluster ${DBClusterIdentifier} is ${Status ?? "in no known state"}, and scales only while it is available`;
  const pending = Object.entries(PendingModifiedValues ?? {}).filter(([, value]) => value !== undefined && !isEmpty(value));
  if (pending.length === 0) return undefined;
  return `the cluster ${DBClusterIdentifier} has changes pending (${pending.map(([name]) => name).join(", ")}), which ours would set off`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((part) => part === undefined || isEmpty(part));
}
