import { DescribeDBClusterEndpointsCommand, ModifyDBClusterEndpointCommand, RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { Signer } from "@aws-sdk/rds-signer";
import type { BufferCache, DatabaseInstances, Pace } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import type { AuroraDatabase, DatabaseToWarm } from "../core/warm/buffer-cache.ts";
import { describeCluster, describeInstances } from "./aurora.ts";
import { dataApiCache } from "./data-api-cache.ts";

/** What asks the clusters of one Region. */
export type DatabaseClients = {
  readonly rds: RDSClient;
  readonly dataApi: RDSDataClient;
  /** A token that stands for a password for a quarter of an hour. */
  readonly token: (at: { readonly hostname: string; readonly port: number; readonly username: string }) => Promise<string>;
};

/** The clients of a Region; endpoint and credentials come from the environment. */
export function databaseClients(region: string): DatabaseClients {
  return {
    rds: new RDSClient({ region }),
    dataApi: new RDSDataClient({ region }),
    token: (at) => new Signer({ ...at, region }).getAuthToken(),
  };
}

type OpenCache = BufferCache & { close(): Promise<void> };

// PostgreSQL's, where RDS does not say another.
const PORT = 5432;
const CONNECT_MS = 10_000;

/**
 * The instances of Aurora PostgreSQL clusters, as RDS describes them now: the writer by the Data API, which asks no other; each reader at
 * its own endpoint with `openReader`, over TLS and with a token of IAM. Throws what RDS throws, and what `openReader` does.
 */
export function auroraCaches({
  databases,
  homeRegion,
  clientsOf = databaseClients,
  openReader,
  pace,
}: {
  readonly databases: readonly DatabaseToWarm[];
  readonly homeRegion: string;
  readonly clientsOf?: (region: string) => DatabaseClients;
  readonly openReader: (at: { readonly id: string; readonly connectionString: string; readonly connectMs: number }) => Promise<OpenCache>;
  readonly pace: Pace;
}): DatabaseInstances {
  const made = new Map<string, DatabaseClients>();
  const placeOf = (databaseId: string): { readonly aurora: AuroraDatabase; readonly clients: DatabaseClients } => {
    const aurora = databases.find(({ id }) => id === databaseId)?.aurora;
    if (aurora === undefined)
      throw new CalltimeError(
        "database-not-aurora",
        `${databaseId} says no aurora: cluster; right would be one, or \`calltime database warm\``,
      );
    const region = aurora.region ?? homeRegion;
    const clients = made.get(region) ?? clientsOf(region);
    made.set(region, clients);
    return { aurora, clients };
  };

  return {
    list: async (databaseId) => {
      const { aurora, clients } = placeOf(databaseId);
      const [{ DBClusterMembers = [] }, instances] = await Promise.all([
        describeCluster(clients.rds, aurora.clusterId),
        describeInstances(clients.rds, aurora.clusterId),
      ]);
      const writer = DBClusterMembers.find(({ IsClusterWriter }) => IsClusterWriter === true)?.DBInstanceIdentifier;
      return instances.flatMap(({ DBInstanceIdentifier: id, DBInstanceStatus }) =>
        id === undefined || DBInstanceStatus !== "available"
          ? []
          : [{ id, role: id === writer ? ("writer" as const) : ("reader" as const) }],
      );
    },
    open: async (databaseId, instanceId) => {
      const { aurora, clients } = placeOf(databaseId);
      const cluster = await describeCluster(clients.rds, aurora.clusterId);
      const isWriter = cluster.DBClusterMembers?.some(
        ({ DBInstanceIdentifier, IsClusterWriter }) => DBInstanceIdentifier === instanceId && IsClusterWriter === true,
      );
      if (isWriter === true) {
        const { secretArn, database } = aurora;
        const place = { instanceId, clusterArn: cluster.DBClusterArn ?? "", secretArn, database };
        return { ...dataApiCache(clients.dataApi, place, pace), close: async () => undefined };
      }
      const instance = (await describeInstances(clients.rds, aurora.clusterId)).find(({ DBInstanceIdentifier: id }) => id === instanceId);
      const { Address: hostname, Port: port = PORT } = instance?.Endpoint ?? {};
      if (hostname === undefined) throw new CalltimeError("database-unreachable", `${instanceId}: RDS says no endpoint of it yet`);
      const password = await clients.token({ hostname, port, username: aurora.user });
      const as = `${encodeURIComponent(aurora.user)}:${encodeURIComponent(password)}`;
      const connectionString = `postgres://${as}@${hostname}:${port}/${encodeURIComponent(aurora.database)}?sslmode=verify-full`;
      return openReader({ id: instanceId, connectionString, connectMs: CONNECT_MS });
    },
    admit: async (databaseId, instanceIds) => {
      const { aurora, clients } = placeOf(databaseId);
      if (aurora.endpointId === undefined) return undefined;
      const asked = { DBClusterIdentifier: aurora.clusterId, DBClusterEndpointIdentifier: aurora.endpointId };
      const { DBClusterEndpoints: [endpoint] = [] } = await clients.rds.send(new DescribeDBClusterEndpointsCommand(asked));
      if (endpoint === undefined) {
        const right = "right would be the identifier of a custom endpoint of it";
        throw new CalltimeError("endpoint-unknown", `${aurora.endpointId}: the cluster ${aurora.clusterId} has no such endpoint; ${right}`);
      }
      const members = new Set(endpoint.StaticMembers ?? []);
      const joining = instanceIds.filter((id) => !members.has(id));
      if (joining.length === 0) return members;
      // The whole list is set: whoever is in it stays in it.
      const StaticMembers = [...members, ...joining];
      await clients.rds.send(new ModifyDBClusterEndpointCommand({ DBClusterEndpointIdentifier: aurora.endpointId, StaticMembers }));
      return new Set(StaticMembers);
    },
  };
}
