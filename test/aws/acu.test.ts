import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeDBClustersCommand, RDSClient, StopDBClusterCommand } from "@aws-sdk/client-rds";
import { describe, expect, test } from "vitest";
import { awsCapacity } from "../../shared/aws/capacity-control.ts";
import type { ClientsOf } from "../../shared/aws/target-clients.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { capacityControlLaws } from "../laws/capacity-control.laws.ts";
import { describeWithMoto, type Moto } from "./moto.ts";
import { recordedAws, recordedClients, stillPace, type Answers, type Call, type Said } from "./recorded.ts";
import { clientsOf, HOME, makeCluster, targetAt } from "./seeded.ts";

const clusterAt = (id: string) => targetAt(id, { scaling: { kind: "acu", clusterId: id } }, { kind: "aurora-acu" });
const TARGETS = [clusterAt("sessions"), clusterAt("catalogue")];
const START_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 60 * MINUTE_MS;

/** The emulator with instances that grow to the lower end of their range, each change a minute after the other, and publish their capacity. */
function growing(moto: Moto): {
  readonly clients: ClientsOf;
  readonly publish: (id: string, acu: number) => Promise<void>;
  readonly now: () => number;
} {
  let minute = 1;
  const capacities = new Map<string, number>();
  const publish = async (id: string, acu: number): Promise<void> => {
    capacities.set(id, acu);
    const MetricData = [
      {
        MetricName: "ServerlessDatabaseCapacity",
        Dimensions: [{ Name: "DBInstanceIdentifier", Value: `${id}-0` }],
        Timestamp: new Date(START_MS + (minute - 1) * MINUTE_MS),
        Value: acu,
      },
    ];
    await new CloudWatchClient(moto.client()).send(new PutMetricDataCommand({ Namespace: "AWS/RDS", MetricData }));
  };
  const clients: ClientsOf = (place) => {
    const own = clientsOf(moto)(place);
    const rds = own.rds();
    rds.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const input = args.input as { DBClusterIdentifier?: string; ServerlessV2ScalingConfiguration?: { MinCapacity?: number } };
        const { DBClusterIdentifier: id = "", ServerlessV2ScalingConfiguration: range } = input;
        if (range?.MinCapacity !== undefined) {
          minute += 1;
          await publish(id, Math.max(capacities.get(id) ?? 0, range.MinCapacity));
        }
        return answer;
      },
      { step: "initialize", name: "growing", override: true },
    );
    return { ...own, rds: () => rds };
  };
  return { clients, publish, now: () => START_MS + minute * MINUTE_MS };
}

describeWithMoto("capacity units in an emulated AWS", (moto) => {
  const made = async (min = 2) => {
    const { clients, publish, now } = growing(moto);
    for (const { id } of TARGETS) {
      await makeCluster(moto, id, { range: { min, max: 12 } });
      await publish(id, 3);
    }
    return awsCapacity({ targets: TARGETS, clients, homeRegion: HOME, pace: { ...stillPace(), nowMs: now } });
  };

  capacityControlLaws(
    "Aurora capacity units on moto, grown as AWS does",
    async () => ({ capacity: await made(), targetIds: ["sessions", "catalogue"] }),
    {
      excused: { "refuses what is no whole number of units and changes nothing": "Aurora capacity units come in halves" },
    },
  );

  const rangeOf = async (id: string) => {
    const { DBClusters: [cluster] = [] } = await new RDSClient(moto.client()).send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: id }),
    );
    return cluster?.ServerlessV2ScalingConfiguration;
  };

  test("the lower end of the range is set, by halves too, and the upper end is what it was", async () => {
    const capacity = await made(0.5);
    expect(await capacity.describe(["sessions"])).toMatchObject([{ kind: "known", minimumUnits: 0.5, maximumUnits: 12 }]);
    for (const units of [7.5, 0.5]) {
      expect(await capacity.setMinimum("sessions", units)).toEqual({ kind: "accepted" });
      expect(await rangeOf("sessions")).toMatchObject({ MinCapacity: units, MaxCapacity: 12 });
    }
    for (const units of [-1, 0.25, Number.NaN]) expect(await capacity.setMinimum("sessions", units)).toMatchObject({ kind: "refused" });
  });

  test("a cluster that is stopped is left alone until it is available", async () => {
    const capacity = await made();
    await new RDSClient(moto.client()).send(new StopDBClusterCommand({ DBClusterIdentifier: "sessions" }));
    // The emulator would have taken it.
    expect(await capacity.setMinimum("sessions", 4)).toMatchObject({ kind: "deferred", code: "cluster-not-available" });
    expect(await rangeOf("sessions")).toMatchObject({ MinCapacity: 2 });
  });
});

const cluster = (range: string, more = "<Status>available</Status>"): Said => ({
  body: `<R><DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>sessions</DBClusterIdentifier>${more}${range}</DBCluster></DBClusters></DescribeDBClustersResult></R>`,
});
const range = (min: number, max: number, pause?: number): string =>
  `<ServerlessV2ScalingConfiguration><MinCapacity>${min}</MinCapacity><MaxCapacity>${max}</MaxCapacity>${
    pause === undefined ? "" : `<SecondsUntilAutoPause>${pause}</SecondsUntilAutoPause>`
  }</ServerlessV2ScalingConfiguration>`;
const instances = (...all: readonly (readonly [id: string, kind: string, status: string])[]): Said => ({
  body: `<R><DescribeDBInstancesResult><DBInstances>${all
    .map(
      ([id, kind, status]) =>
        `<DBInstance><DBInstanceIdentifier>${id}</DBInstanceIdentifier><DBInstanceClass>${kind}</DBInstanceClass><DBInstanceStatus>${status}</DBInstanceStatus></DBInstance>`,
    )
    .join("")}</DBInstances></DescribeDBInstancesResult></R>`,
});

type Query = {
  readonly Id: string;
  readonly MetricStat: { readonly Metric: { readonly Dimensions: readonly { readonly Value: string }[] } };
};

/** Newest first, as asked. */
const capacities =
  (values: Readonly<Record<string, readonly number[]>>) =>
  ({ input }: Call): Said => ({
    body: {
      MetricDataResults: (input["MetricDataQueries"] as readonly Query[]).map(({ Id, MetricStat }) => ({
        Id,
        Values: values[MetricStat.Metric.Dimensions[0]?.Value ?? ""] ?? [],
        StatusCode: "Complete",
      })),
    },
  });

async function control(answers: Answers) {
  const aws = await recordedAws(answers);
  const pace = stillPace();
  const settings = {
    targets: TARGETS,
    clients: recordedClients(aws, pace),
    homeRegion: HOME,
    pace,
    describeLimitMs: 4_000,
    writeLimitMs: 4_000,
  };
  return { aws, capacity: awsCapacity(settings) };
}

describe("what serves", () => {
  const state = async (answers: Answers) =>
    (await (await control({ DescribeDBClusters: () => cluster(range(2, 64)), ...answers })).capacity.describe(["sessions"]))[0];
  const two = instances(["a", "db.serverless", "available"], ["b", "db.serverless", "available"]);

  test("is the capacity of the instance that has least; what stays asked for is that of the one that has most", async () => {
    const answers = { DescribeDBInstances: () => two, GetMetricData: capacities({ a: [8.74, 2], b: [20, 2] }) };
    expect(await state(answers)).toEqual({
      kind: "known",
      targetId: "sessions",
      minimumUnits: 2,
      maximumUnits: 64,
      desiredUnits: 20,
      servingUnits: 8.5,
    });
  });

  test("is unknown while one instance has no point, and when the metric cannot be read; the range is known", async () => {
    const unknown = { kind: "known", minimumUnits: 2, desiredUnits: undefined, servingUnits: undefined };
    expect(await state({ DescribeDBInstances: () => two, GetMetricData: capacities({ a: [8] }) })).toMatchObject(unknown);
    const denied = (): Said => ({ error: "AccessDenied", message: "no", status: 403 });
    expect(await state({ DescribeDBInstances: () => two, GetMetricData: denied })).toMatchObject({
      ...unknown,
      remarks: [expect.stringMatching(/capacity could not be found out: AccessDenied/)],
    });
    expect(await state({ DescribeDBInstances: () => instances() })).toMatchObject(unknown);
  });

  test("counts serverless instances that are available, and no others", async () => {
    const DescribeDBInstances = () =>
      instances(["a", "db.serverless", "available"], ["b", "db.r6g.large", "available"], ["c", "db.serverless", "creating"]);
    const found = await control({
      DescribeDBClusters: () => cluster(range(2, 64)),
      DescribeDBInstances,
      GetMetricData: capacities({ a: [4] }),
    });
    expect(await found.capacity.describe(["sessions"])).toMatchObject([{ servingUnits: 4 }]);
    expect(found.aws.of("GetMetricData")[0]?.input["MetricDataQueries"]).toHaveLength(1);
  });

  test("a cluster that is busy is known, with a remark; one that is not serverless, or not there, is unknown", async () => {
    const busy = () => cluster(range(2, 64), "<Status>modifying</Status>");
    const answers = { DescribeDBInstances: () => two, GetMetricData: capacities({ a: [4], b: [4] }) };
    expect(await state({ ...answers, DescribeDBClusters: busy })).toMatchObject({
      servingUnits: 4,
      remarks: [expect.stringMatching(/is modifying/)],
    });
    expect(await state({ ...answers, DescribeDBClusters: () => cluster("") })).toMatchObject({ kind: "unknown" });
    const gone = (): Said => ({ error: "DBClusterNotFoundFault", message: "DBCluster sessions not found.", status: 404 });
    expect(await state({ ...answers, DescribeDBClusters: gone })).toMatchObject({
      kind: "unknown",
      reason: expect.stringMatching(/NotFound/) as string,
    });
  });
});

describe("setting the lower end", () => {
  const set = async (units: number, answers: Answers) => {
    const { aws, capacity } = await control({ ModifyDBCluster: () => ({ body: "<R><ModifyDBClusterResult/></R>" }), ...answers });
    return { outcome: await capacity.setMinimum("sessions", units), sent: aws.of("ModifyDBCluster").map(({ input }) => input) };
  };
  const base = { DBClusterIdentifier: "sessions", ApplyImmediately: "true" };
  const sentRange = (sent: readonly Readonly<Record<string, unknown>>[]) =>
    sent.map((input) => Object.fromEntries(Object.entries(input).filter(([key]) => key.startsWith("ServerlessV2") || key in base)));

  test("sends the upper end again, and the pause only with a lower end of nothing", async () => {
    const DescribeDBClusters = () => cluster(range(0, 64, 900));
    const raised = await set(8, { DescribeDBClusters });
    expect(raised.outcome).toEqual({ kind: "accepted" });
    expect(sentRange(raised.sent)).toEqual([
      { ...base, "ServerlessV2ScalingConfiguration.MinCapacity": "8", "ServerlessV2ScalingConfiguration.MaxCapacity": "64" },
    ]);
    const released = await set(0, { DescribeDBClusters: () => cluster(range(8, 64, 900)) });
    expect(sentRange(released.sent)).toEqual([
      {
        ...base,
        "ServerlessV2ScalingConfiguration.MinCapacity": "0",
        "ServerlessV2ScalingConfiguration.MaxCapacity": "64",
        "ServerlessV2ScalingConfiguration.SecondsUntilAutoPause": "900",
      },
    ]);
  });

  test("is not done where it is right already, also while the cluster is busy", async () => {
    const { outcome, sent } = await set(8, { DescribeDBClusters: () => cluster(range(8, 64), "<Status>modifying</Status>") });
    expect([outcome, sent]).toEqual([{ kind: "accepted" }, []]);
  });

  test.each([
    ["deferred", "cluster-not-available", cluster(range(2, 64), "<Status>backing-up</Status>")],
    [
      "deferred",
      "changes-pending",
      cluster(range(2, 64), "<Status>available</Status><PendingModifiedValues><EngineVersion>16.9</EngineVersion></PendingModifiedValues>"),
    ],
    ["refused", "not-serverless", cluster("")],
    ["refused", "above-maximum", cluster(range(2, 4))],
    ["refused", "DBClusterNotFoundFault", { error: "DBClusterNotFoundFault", status: 404 }],
    ["refused", "DBClusterNotFoundFault", { body: "<R><DescribeDBClustersResult/></R>" }],
  ] as const)("is %s as %s, and nothing is sent", async (kind, code, said) => {
    const { outcome, sent } = await set(8, { DescribeDBClusters: () => said });
    expect(outcome).toMatchObject({ kind, code });
    expect(sent).toEqual([]);
  });

  test("changes that are pending and empty are none", async () => {
    const empty = "<Status>available</Status><PendingModifiedValues><PendingCloudwatchLogsExports/></PendingModifiedValues>";
    expect((await set(8, { DescribeDBClusters: () => cluster(range(2, 64), empty) })).outcome).toEqual({ kind: "accepted" });
  });

  test.each([
    ["deferred", "InvalidDBClusterStateFault", 400],
    ["deferred", "Throttling", 400],
    ["refused", "AccessDenied", 403],
  ] as const)("is %s when RDS says %s", async (kind, error, status) => {
    const { outcome } = await set(8, { DescribeDBClusters: () => cluster(range(2, 64)), ModifyDBCluster: () => ({ error, status }) });
    expect(outcome).toMatchObject({ kind, code: error });
  });
});

describe("capacities that reached the minimum", () => {
  const cluster = (min: number): Said => ({
    body: `<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>sessions</DBClusterIdentifier><Status>available</Status><ServerlessV2ScalingConfiguration><MinCapacity>${min}</MinCapacity><MaxCapacity>64</MaxCapacity></ServerlessV2ScalingConfiguration></DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>`,
  });
  const INSTANCES: Said = {
    body: "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>sessions-0</DBInstanceIdentifier><DBInstanceClass>db.serverless</DBInstanceClass><DBInstanceStatus>available</DBInstanceStatus></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
  };
  const made = async () => {
    const world = { min: 2, acu: 8 };
    const aws = await recordedAws({
      DescribeDBClusters: () => cluster(world.min),
      DescribeDBInstances: () => INSTANCES,
      GetMetricData: () => ({
        body: { MetricDataResults: [{ Id: "i0", Timestamps: [START_MS / 1_000], Values: [world.acu], StatusCode: "Complete" }] },
      }),
    });
    const pace = stillPace(START_MS);
    const capacity = awsCapacity({ targets: TARGETS, clients: recordedClients(aws, pace), homeRegion: HOME, pace });
    const servingUnits = async () => {
      const [state] = await capacity.describe(["sessions"]);
      return state?.kind === "known" ? state.servingUnits : undefined;
    };
    return { world, pace, servingUnits, asked: () => aws.of("GetMetricData").length };
  };

  test("are looked at every ten minutes: none goes below a minimum that stays", async () => {
    const { pace, servingUnits, asked } = await made();
    for (let minute = 0; minute < 10; minute += 1) {
      expect(await servingUnits()).toBe(8);
      pace.passMs(MINUTE_MS);
    }
    expect(asked()).toBe(1);
    await servingUnits();
    expect(asked()).toBe(2);
  });

  test("are looked at every time while a raise is on its way, and until it is there", async () => {
    const { world, pace, servingUnits, asked } = await made();
    await servingUnits();
    world.min = 20;
    for (const acu of [8, 14, 20, 20]) {
      world.acu = acu;
      pace.passMs(MINUTE_MS);
      expect(await servingUnits()).toBe(acu);
    }
    expect(asked()).toBe(4);
  });
});
