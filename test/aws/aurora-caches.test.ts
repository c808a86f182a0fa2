import { RDSClient } from "@aws-sdk/client-rds";
import { describe, expect, test } from "vitest";
import { auroraCaches, databaseClients, type DatabaseClients } from "../../shared/aws/aurora-caches.ts";
import { dataApiCache } from "../../shared/aws/data-api-cache.ts";
import { CACHE_BUDGET, relationOf, type AuroraDatabase } from "../../shared/core/warm/buffer-cache.ts";
import { describeWithMoto } from "./moto.ts";
import { stillPace } from "./recorded.ts";
import { awsError, scriptedClient } from "./scripted-client.ts";
import { makeCluster } from "./seeded.ts";

const AURORA: AuroraDatabase = {
  clusterId: "catalogue",
  database: "guide",
  secretArn: "arn:secret",
  user: "warmer",
  endpointId: "viewers",
};
const CLUSTER = {
  DBClusters: [
    {
      DBClusterIdentifier: "catalogue",
      DBClusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:catalogue",
      DBClusterMembers: [
        { DBInstanceIdentifier: "catalogue-1", IsClusterWriter: true },
        { DBInstanceIdentifier: "catalogue-2", IsClusterWriter: false },
        { DBInstanceIdentifier: "catalogue-3", IsClusterWriter: false },
      ],
    },
  ],
};
const instance = (id: string, DBInstanceStatus = "available") => ({
  DBInstanceIdentifier: id,
  DBInstanceStatus,
  Endpoint: { Address: `${id}.abc.eu-west-1.rds.amazonaws.com`, Port: 5433 },
});
const INSTANCES = { DBInstances: [instance("catalogue-1"), instance("catalogue-2"), instance("catalogue-3", "creating")] };
const noReader = async (): Promise<never> => Promise.reject(new Error("no reader is opened here"));

type Replies = { readonly rds?: readonly (object | Error)[]; readonly dataApi?: readonly (object | Error)[] };

function made(
  { rds = [], dataApi = [] }: Replies,
  aurora: AuroraDatabase = AURORA,
  openReader: Parameters<typeof auroraCaches>[0]["openReader"] = noReader,
) {
  const scripted = { rds: scriptedClient(...rds), dataApi: scriptedClient(...dataApi) };
  const clients = { ...scripted, token: async () => "a token/with=signs" } as unknown as DatabaseClients;
  const regions: string[] = [];
  const clientsOf = (region: string): DatabaseClients => {
    regions.push(region);
    return clients;
  };
  const databases = [{ id: "catalogue", instances: [], aurora, relations: [], statements: [], budget: CACHE_BUDGET }];
  const pace = stillPace();
  return { ...scripted, regions, pace, caches: auroraCaches({ databases, homeRegion: "eu-west-1", clientsOf, openReader, pace }) };
}

describe("the instances of an Aurora cluster", () => {
  test("are those that are available, the writer by what the cluster says", async () => {
    const { caches, regions } = made({ rds: [CLUSTER, INSTANCES] });
    expect(await caches.list("catalogue")).toEqual([
      { id: "catalogue-1", role: "writer" },
      { id: "catalogue-2", role: "reader" },
    ]);
    expect(regions).toEqual(["eu-west-1"]);
    await expect(caches.list("other")).rejects.toMatchObject({ code: "database-not-aurora" });
  });

  test("the writer is asked through the Data API, in a transaction that may not write and is rolled back", async () => {
    const records = [[{ stringValue: '"public"."programme"' }, { longValue: 1000 }, { longValue: 250 }]];
    const { caches, dataApi } = made({ rds: [CLUSTER], dataApi: [{ transactionId: "t1" }, {}, { records }, {}] });
    const cache = await caches.open("catalogue", "catalogue-1");
    expect(await cache.cached([relationOf("programme")])).toEqual([{ relation: relationOf("programme"), blocks: 1000, cachedBlocks: 250 }]);
    const place = { resourceArn: "arn:aws:rds:eu-west-1:111122223333:cluster:catalogue", secretArn: "arn:secret" };
    expect(dataApi.asked.map(({ command }) => command)).toEqual([
      "BeginTransactionCommand",
      "ExecuteStatementCommand",
      "ExecuteStatementCommand",
      "RollbackTransactionCommand",
    ]);
    expect(dataApi.asked[0]?.input).toEqual({ ...place, database: "guide" });
    expect(dataApi.asked[1]?.input).toMatchObject({ sql: expect.stringContaining("transaction_read_only") as string, transactionId: "t1" });
    expect(dataApi.asked[2]?.input).toMatchObject({ parameters: [{ name: "names", value: { stringValue: '"public"."programme"' } }] });
  });

  test("a reader is asked at its own endpoint, over TLS, with a token in the place of a password", async () => {
    const asked: string[] = [];
    const openReader = async ({ connectionString }: { readonly connectionString: string }) => {
      asked.push(connectionString);
      return { cached: async () => [], readBlocks: async () => undefined, ask: async () => undefined, close: async () => undefined };
    };
    const { caches } = made({ rds: [CLUSTER, INSTANCES] }, AURORA, openReader);
    await caches.open("catalogue", "catalogue-2");
    const [host, token] = ["catalogue-2.abc.eu-west-1.rds.amazonaws.com:5433", "a%20token%2Fwith%3Dsigns"];
    expect(asked).toEqual([`postgres://warmer:${token}@${host}/guide?sslmode=verify-full`]);
    const gone = made({ rds: [CLUSTER, { DBInstances: [] }] });
    await expect(gone.caches.open("catalogue", "catalogue-2")).rejects.toMatchObject({ code: "database-unreachable" });
  });
});

describeWithMoto("the instances of a cluster of an emulated AWS", (moto) => {
  test("are listed with the one writer that the cluster names", async () => {
    await makeCluster(moto, "catalogue", { readers: 2 });
    const clientsOf = (): DatabaseClients => ({ ...databaseClients("eu-west-1"), rds: new RDSClient(moto.client()) });
    const databases = [{ id: "catalogue", instances: [], aurora: AURORA, relations: [], statements: [], budget: CACHE_BUDGET }];
    const caches = auroraCaches({ databases, homeRegion: "eu-west-1", clientsOf, openReader: noReader, pace: stillPace() });
    const listed = await caches.list("catalogue");
    expect(listed.map(({ role }) => role).toSorted()).toEqual(["reader", "reader", "writer"]);
  });
});

describe("the custom endpoint", () => {
  const endpoint = (StaticMembers: readonly string[]) => ({ DBClusterEndpoints: [{ StaticMembers, Status: "available" }] });

  test("takes a warm reader beside those that are in it", async () => {
    const { caches, rds } = made({ rds: [endpoint(["catalogue-3"]), {}] });
    expect(await caches.admit("catalogue", ["catalogue-2"])).toEqual(new Set(["catalogue-3", "catalogue-2"]));
    expect(rds.asked[1]).toEqual({
      command: "ModifyDBClusterEndpointCommand",
      input: { DBClusterEndpointIdentifier: "viewers", StaticMembers: ["catalogue-3", "catalogue-2"] },
    });
  });

  test("is not changed when all are in it, and where none is named every reader is reached", async () => {
    const { caches, rds } = made({ rds: [endpoint(["catalogue-2"])] });
    expect(await caches.admit("catalogue", ["catalogue-2"])).toEqual(new Set(["catalogue-2"]));
    expect(rds.asked).toHaveLength(1);
    const { endpointId: _, ...without } = AURORA;
    expect(await made({}, without).caches.admit("catalogue", ["catalogue-2"])).toBeUndefined();
  });

  test("that is not there is said", async () => {
    await expect(made({ rds: [{ DBClusterEndpoints: [] }] }).caches.admit("catalogue", [])).rejects.toMatchObject({
      code: "endpoint-unknown",
    });
  });
});

describe("what the Data API answers otherwise", () => {
  const place = { instanceId: "catalogue-1", clusterArn: "arn", secretArn: "arn", database: "guide" };
  const asking = async (...replies: readonly (object | Error)[]) => {
    const client = scriptedClient(...replies);
    const pace = stillPace();
    const outcome = await dataApiCache(client as never, place, pace)
      .ask("SELECT 1", 120_000)
      .then(
        () => "done",
        ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
      );
    return { outcome, client, pace };
  };

  test("a cluster that wakes up is asked again until it is awake", async () => {
    const resuming = awsError("DatabaseResumingException", 400);
    const { outcome, pace } = await asking(resuming, resuming, { transactionId: "t" }, {}, {}, {}, {}, {});
    expect([outcome, pace.slept]).toEqual(["done", [2_000, 2_000]]);
  });

  test("a call that would outlast the Data API's own limit is given less time, and an end by time is said as such", async () => {
    const cancelled = awsError("DatabaseErrorException", 400, "ERROR: canceling statement due to statement timeout; SQLState: 57014");
    const { outcome, client } = await asking({ transactionId: "t" }, {}, {}, {}, cancelled, {});
    expect(outcome).toBe('cache-timeout: catalogue-1: asking "SELECT 1" was not done within 40000 ms');
    expect(client.asked[1]?.input).toMatchObject({ parameters: [{ name: "most", value: { stringValue: "40000" } }] });
    const own = await asking({ transactionId: "t" }, {}, {}, {}, awsError("StatementTimeoutException", 400), {});
    expect(own.outcome).toMatch(/^cache-timeout/);
  });

  test("a cluster without the Data API says so", async () => {
    const { outcome } = await asking(awsError("HttpEndpointNotEnabledException", 400, "HTTP endpoint is not enabled"));
    expect(outcome).toBe('cache-refused: catalogue-1: asking "SELECT 1": HttpEndpointNotEnabledException: HTTP endpoint is not enabled');
  });
});

test("a token is signed for the instance and the role, without a call to AWS", async () => {
  const before = { ...process.env };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing" });
  try {
    const token = await databaseClients("eu-west-1").token({ hostname: "catalogue-2.example", port: 5432, username: "warmer" });
    expect(token).toMatch(/^catalogue-2\.example:5432\/\?Action=connect&DBUser=warmer&.*X-Amz-Signature=/);
  } finally {
    process.env = before;
  }
});
