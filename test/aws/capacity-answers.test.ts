import { describe, expect, test } from "vitest";
import { awsCapacity } from "../../shared/aws/capacity-control.ts";
import { targetClients } from "../../shared/aws/target-clients.ts";
import type { Target } from "../../shared/core/target.ts";
import { recordedAws, recordedClients, stillPace, type Answers, type Call, type Said } from "./recorded.ts";
import { HOME, readersAt, serviceAt, targetAt } from "./seeded.ts";

const WEB = targetAt("web", serviceAt("front"));
const GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/front/943f017f100becff";

/** One page of scalable targets: what was asked for, with the same bounds. */
const registered =
  (min: number, max = 60, dimension = "ecs:service:DesiredCount") =>
  ({ input }: Call): Said => ({
    body: {
      ScalableTargets: (input["ResourceIds"] as readonly string[]).map((ResourceId) => ({
        ServiceNamespace: input["ServiceNamespace"],
        ResourceId,
        ScalableDimension: dimension,
        MinCapacity: min,
        MaxCapacity: max,
        RoleARN: "arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRole",
        CreationTime: 1_700_000_000.123,
        SuspendedState: { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false },
      })),
    },
  });

const service = (more: object = {}) => ({
  serviceName: "front",
  serviceArn: "arn:aws:ecs:eu-west-1:123456789012:service/web/front",
  status: "ACTIVE",
  desiredCount: 12,
  runningCount: 12,
  pendingCount: 0,
  loadBalancers: [],
  deployments: [{ status: "PRIMARY", rolloutState: "COMPLETED", desiredCount: 12, runningCount: 12 }],
  events: [],
  ...more,
});

const services =
  (...found: readonly object[]) =>
  (): Said => ({ body: { services: found, failures: [] } });

const health = (...states: readonly string[]): Said => ({
  body: `<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>${states
    .map((state, nth) => `<member><Target><Id>10.0.0.${nth}</Id></Target><TargetHealth><State>${state}</State></TargetHealth></member>`)
    .join("")}</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`,
});

async function control(answers: Answers, targets: readonly Target[] = [WEB]) {
  const aws = await recordedAws(answers);
  const pace = stillPace();
  const clients = recordedClients(aws, pace);
  const capacity = awsCapacity({ targets, clients, homeRegion: HOME, pace, describeLimitMs: 2_000, writeLimitMs: 1_500 });
  return { aws, pace, capacity };
}

describe("setting a minimum", () => {
  const right = { DescribeScalableTargets: registered(12), DescribeServices: services(service()) };

  test("what is right already, with as many units asked for, is not set again", async () => {
    const { aws, capacity } = await control(right);
    expect(await capacity.setMinimum("web", 12)).toEqual({ kind: "accepted" });
    expect(aws.of("RegisterScalableTarget")).toEqual([]);
  });

  test.each([
    ["fewer units are asked for than the minimum", { ...right, DescribeServices: services(service({ desiredCount: 3 })) }],
    ["nobody can say how many are asked for", { ...right, DescribeServices: (): Said => ({ error: "AccessDeniedException" }) }],
    ["the minimum is another one", { ...right, DescribeScalableTargets: registered(4) }],
  ])("it is set, the minimum alone, when %s", async (_why, answers) => {
    const { aws, capacity } = await control({ ...answers, RegisterScalableTarget: () => ({ body: {} }) });
    expect(await capacity.setMinimum("web", 12)).toEqual({ kind: "accepted" });
    expect(aws.of("RegisterScalableTarget").map(({ input }) => input)).toEqual([
      { ServiceNamespace: "ecs", ResourceId: "service/web/front", ScalableDimension: "ecs:service:DesiredCount", MinCapacity: 12 },
    ]);
  });

  const raising = (RegisterScalableTarget: (call: Call, nth: number) => Said) =>
    control({ DescribeScalableTargets: registered(4), RegisterScalableTarget });
  const busy: Said = {
    error: "ConcurrentUpdateException",
    message: "You already have a pending update to an Auto Scaling resource.",
    status: 400,
  };

  test("an update that met another one is tried again after pauses that grow, half of each by chance", async () => {
    const { aws, pace, capacity } = await raising((_, nth) => (nth < 3 ? busy : { body: {} }));
    expect(await capacity.setMinimum("web", 12)).toEqual({ kind: "accepted" });
    expect(aws.of("RegisterScalableTarget")).toHaveLength(4);
    expect(pace.slept).toEqual([187.5, 375, 750]);
  });

  test("one that meets others again and again is put off", async () => {
    const { aws, capacity } = await raising(() => busy);
    expect(await capacity.setMinimum("web", 12)).toMatchObject({ kind: "deferred", code: "ConcurrentUpdateException" });
    expect(aws.of("RegisterScalableTarget")).toHaveLength(5);
  });

  test.each([
    ["deferred", { error: "ThrottlingException", message: "Rate exceeded" }],
    ["deferred", { error: "ExpiredTokenException", message: "The security token included in the request is expired" }],
    [
      "refused",
      { error: "AccessDeniedException", message: "User: … is not authorized to perform: application-autoscaling:RegisterScalableTarget" },
    ],
    ["refused", { error: "ValidationException", message: "Maximum capacity cannot be less than minimum capacity" }],
    ["refused", { error: "LimitExceededException", message: "too many" }],
  ] as const)("it is %s when AWS says %o", async (kind, said) => {
    const { capacity } = await raising(() => said);
    const reason = `web: ${said.message}`;
    expect(await capacity.setMinimum("web", 12)).toEqual({ kind, code: said.error, reason });
  });

  test.each([
    ["the service failed", { error: "InternalServiceException", status: 500 }, /InternalServiceException/],
    ["no answer came", { hangs: true }, /no answer within 1500 ms/],
  ] as const)("nobody knows whether it took effect when %s, so it throws", async (_when, said, what) => {
    const { capacity } = await raising(() => said);
    await expect(capacity.setMinimum("web", 12)).rejects.toThrow(what);
  });

  test("a write that waited too long is not begun any more", async () => {
    const { aws, capacity } = await control({
      DescribeScalableTargets: () => ({ hangs: true }),
      RegisterScalableTarget: () => ({ body: {} }),
    });
    await expect(capacity.setMinimum("web", 12)).rejects.toThrow("no answer within 1500 ms");
    expect(aws.of("RegisterScalableTarget")).toEqual([]);
  });

  test("nor is one whose turn comes too late", async () => {
    const aws = await recordedAws({ DescribeScalableTargets: registered(4), RegisterScalableTarget: () => ({ body: {} }) });
    const rate = { callsPerSecond: 4, burst: 1, longestWaitMs: 1_000 };
    const clients = targetClients({ settings: aws.settings, rate });
    const capacity = awsCapacity({ targets: [WEB], clients, homeRegion: HOME, writeLimitMs: 150 });
    await expect(capacity.setMinimum("web", 12)).rejects.toThrow("no answer within 150 ms");
    await new Promise((resolve) => void setTimeout(resolve, 300));
    expect(aws.calls.map(({ name }) => name)).toEqual(["DescribeScalableTargets"]);
  });

  test("a target that is not registered is refused: Calltime registers none", async () => {
    const { aws, capacity } = await control({
      DescribeScalableTargets: () => ({ body: { ScalableTargets: [] } }),
      DescribeServices: services(),
    });
    expect(await capacity.setMinimum("web", 12)).toMatchObject({ kind: "refused", code: "not-registered" });
    expect(await capacity.describe(["web"])).toEqual([
      { kind: "unknown", targetId: "web", reason: expect.stringMatching(/service\/web\/front is not registered/) as string },
    ]);
    expect(aws.of("RegisterScalableTarget")).toEqual([]);
  });

  test("a minimum above the maximum is refused, and the maximum stays", async () => {
    const { aws, capacity } = await control({ DescribeScalableTargets: registered(4, 10) });
    expect(await capacity.setMinimum("web", 12)).toMatchObject({ kind: "refused", code: "above-maximum" });
    expect(aws.of("RegisterScalableTarget")).toEqual([]);
  });

  test("a target that does not say where it is in AWS is refused, and unknown", async () => {
    const { capacity } = await control({}, [targetAt("web", undefined)]);
    expect(await capacity.setMinimum("web", 12)).toMatchObject({ kind: "refused", code: "no-place-in-aws" });
    expect(await capacity.describe(["web"])).toMatchObject([{ kind: "unknown" }]);
  });
});

describe("describing services", () => {
  const described = async (found: object, more: Answers = {}, target: Target = WEB) => {
    const { capacity } = await control({ DescribeScalableTargets: registered(12), DescribeServices: services(found), ...more }, [target]);
    return (await capacity.describe(["web"]))[0];
  };
  const balanced = { loadBalancers: [{ targetGroupArn: GROUP, containerName: "main", containerPort: 80 }] };

  test("a task that runs and is not healthy yet serves nobody", async () => {
    const DescribeTargetHealth = () => health("healthy", "healthy", "initial", "unhealthy", "draining", "unused", "unhealthy.draining");
    expect(await described(service(balanced), { DescribeTargetHealth })).toEqual({
      kind: "known",
      targetId: "web",
      minimumUnits: 12,
      maximumUnits: 60,
      desiredUnits: 12,
      servingUnits: 2,
    });
  });

  test("of several groups the one with fewest counts, one without members does not, and no more serve than run", async () => {
    const two = { loadBalancers: [{ targetGroupArn: `${GROUP}0` }, { targetGroupArn: `${GROUP}1` }, { targetGroupArn: `${GROUP}2` }] };
    const DescribeTargetHealth = ({ input }: Call): Said => {
      const nth = Number(String(input["TargetGroupArn"]).at(-1));
      return health(...Array.from({ length: [9, 5, 0][nth] ?? 0 }, () => "healthy"));
    };
    expect(await described(service(two), { DescribeTargetHealth })).toMatchObject({ servingUnits: 5 });
    const others = { DescribeTargetHealth: () => health(...Array.from({ length: 30 }, () => "healthy")) };
    expect(await described(service({ ...balanced, runningCount: 7 }), others)).toMatchObject({ servingUnits: 7 });
    expect(await described(service(balanced), { DescribeTargetHealth: () => health() })).toMatchObject({ servingUnits: 0 });
  });

  test("the target group that its owner names is asked instead", async () => {
    const named = targetAt("web", { ...serviceAt("front"), targetGroupArn: `${GROUP}-named` });
    const DescribeTargetHealth = ({ input }: Call) => health(...(input["TargetGroupArn"] === `${GROUP}-named` ? ["healthy"] : []));
    expect(await described(service(balanced), { DescribeTargetHealth }, named)).toMatchObject({ servingUnits: 1 });
  });

  test("where its health cannot be found out, what serves is unknown, and the rest is known", async () => {
    const DescribeTargetHealth = (): Said => ({ error: "AccessDenied", message: "not authorized", status: 403 });
    expect(await described(service(balanced), { DescribeTargetHealth })).toMatchObject({
      kind: "known",
      desiredUnits: 12,
      servingUnits: undefined,
      remarks: [expect.stringMatching(/healthy could not be found out: AccessDenied/)],
    });
  });

  test.each([
    [{ deployments: [{ rolloutState: "IN_PROGRESS" }, { rolloutState: "COMPLETED" }] }, /a deployment is under way/],
    [{ deployments: [{ rolloutState: "FAILED" }] }, /a deployment has failed/],
    [{ status: "DRAINING" }, /the service is DRAINING/],
    [
      { runningCount: 4, events: [{ message: "You've reached the limit on the number of vCPUs you can run concurrently" }] },
      /limit on the number of vCPUs/,
    ],
  ])("it is remarked that %j", async (more, remark) => {
    expect(await described(service(more))).toMatchObject({ kind: "known", remarks: [expect.stringMatching(remark)] });
  });

  test("in a deployment as many times the tasks may run as the service lets it, twice where it does not say; else nothing is said", async () => {
    const deployments = [{ rolloutState: "IN_PROGRESS" }];
    expect(await described(service({ deployments }))).toMatchObject({ desiredUnits: 12, deployingTimes: 2 });
    const half = await described(service({ deployments, deploymentConfiguration: { maximumPercent: 150 } }));
    expect(half).toMatchObject({ deployingTimes: 1.5, remarks: [expect.stringMatching(/it may need 1.5 times the tasks/)] });
    expect(await described(service({}))).not.toHaveProperty("deployingTimes");
  });

  test("a service that is missing comes back among the failures, and its minimum is known all the same", async () => {
    const failures = [{ arn: "arn:aws:ecs:eu-west-1:123456789012:service/web/front", reason: "MISSING" }];
    const state = await described({}, { DescribeServices: () => ({ body: { services: [], failures } }) });
    expect(state).toMatchObject({ kind: "known", minimumUnits: 12, servingUnits: undefined });
    expect(state).toMatchObject({ remarks: ["the service front of the cluster web: MISSING"] });
  });

  test("a service that nobody mentions is unknown, not nothing", async () => {
    const state = await described({}, { DescribeServices: () => ({ body: {} }) });
    expect(state).toMatchObject({ servingUnits: undefined, remarks: [expect.stringMatching(/did not mention/)] });
  });

  test("120 targets are described in calls of at most 50 and of at most 10 services, every page read", async () => {
    const many = Array.from({ length: 120 }, (_, nth) => targetAt(`t${nth}`, serviceAt(`s${nth}`)));
    const page = registered(12);
    const { aws, capacity } = await control(
      {
        DescribeScalableTargets: (call) => {
          const ids = call.input["ResourceIds"] as readonly string[];
          const [ResourceIds, NextToken] = call.input["NextToken"] === undefined ? [ids.slice(0, 30), "more"] : [ids.slice(30), undefined];
          const { body } = page({ ...call, input: { ...call.input, ResourceIds } }) as { readonly body: object };
          return { body: { ...body, NextToken } };
        },
        DescribeServices: ({ input }) => ({
          body: { services: (input["services"] as readonly string[]).map((serviceName) => service({ serviceName })), failures: [] },
        }),
      },
      many,
    );
    const states = await capacity.describe(many.map(({ id }) => id));
    expect(states.filter(({ kind }) => kind === "known")).toHaveLength(120);
    const sizes = (name: string, key: string) => aws.of(name).map(({ input }) => (input[key] as readonly string[]).length);
    expect(sizes("DescribeScalableTargets", "ResourceIds").toSorted((a, b) => b - a)).toEqual([50, 50, 50, 50, 20, 20]);
    expect(sizes("DescribeServices", "services")).toEqual(Array.from({ length: 12 }, () => 10));
  });

  test("of two dimensions of one resource each has its own bounds", async () => {
    const at = (kind: string) =>
      targetAt(kind, {
        scaling: {
          kind: "scalable-target",
          namespace: "dynamodb",
          resourceId: "table/t",
          dimension: `dynamodb:table:${kind}CapacityUnits`,
        },
      });
    const bounds = (kind: string, MinCapacity: number) => ({
      ResourceId: "table/t",
      ScalableDimension: `dynamodb:table:${kind}CapacityUnits`,
      MinCapacity,
      MaxCapacity: 90,
    });
    const { capacity } = await control(
      {
        DescribeScalableTargets: () => ({ body: { ScalableTargets: [bounds("Write", 7), bounds("Read", 5)] } }),
        DescribeTable: () => ({ body: { Table: { TableStatus: "ACTIVE" } } }),
      },
      [at("Read"), at("Write")],
    );
    expect(await capacity.describe(["Read", "Write"])).toMatchObject([{ minimumUnits: 5 }, { minimumUnits: 7 }]);
  });

  test("pages that go round for ever end, and the target is unknown", async () => {
    const { aws, capacity } = await control({
      DescribeScalableTargets: () => ({ body: { ScalableTargets: [], NextToken: "49" } }),
      DescribeServices: services(service()),
    });
    expect(await capacity.describe(["web"])).toMatchObject([{ kind: "unknown", reason: expect.stringMatching(/endless-pages/) as string }]);
    expect(aws.of("DescribeScalableTargets")).toHaveLength(20);
  });

  test("a cluster that fails leaves the targets of the others as they are", async () => {
    const [a, b] = [
      targetAt("a", serviceAt("a")),
      targetAt("b", { scaling: { ...scalingOf(serviceAt("b")), resourceId: "service/other/b" } }),
    ];
    const { capacity } = await control(
      {
        DescribeScalableTargets: registered(12),
        DescribeServices: ({ input }) =>
          input["cluster"] === "other" ? { error: "ClusterNotFoundException" } : { body: { services: [service({ serviceName: "a" })] } },
      },
      [a, b],
    );
    expect(await capacity.describe(["a", "b"])).toMatchObject([
      { kind: "known", servingUnits: 12 },
      { kind: "known", servingUnits: undefined, remarks: [expect.stringMatching(/ClusterNotFoundException/)] },
    ]);
  });
});

function scalingOf({ scaling }: ReturnType<typeof serviceAt>) {
  if (scaling?.kind !== "scalable-target") throw new Error("a service is a scalable target");
  return scaling;
}

describe("describing others", () => {
  const state = async (target: Target, dimension: string, more: Answers) => {
    const { capacity } = await control({ DescribeScalableTargets: registered(2, 15, dimension), ...more }, [target]);
    return (await capacity.describe([target.id]))[0];
  };
  const at = (namespace: string, resourceId: string, dimension: string) =>
    targetAt("other", { scaling: { kind: "scalable-target", namespace, resourceId, dimension } });

  const instances = (...statuses: readonly string[]): Said => ({
    body: `<R><DescribeDBInstancesResult><DBInstances>${statuses
      .map(
        (status, nth) =>
          `<DBInstance><DBInstanceIdentifier>i${nth}</DBInstanceIdentifier><DBInstanceStatus>${status}</DBInstanceStatus></DBInstance>`,
      )
      .join("")}</DBInstances></DescribeDBInstancesResult></R>`,
  });
  const cluster = (status: string): Said => ({
    body: `<R><DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>db</DBClusterIdentifier><Status>${status}</Status><DBClusterMembers><DBClusterMember><DBInstanceIdentifier>i0</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter></DBClusterMember></DBClusterMembers></DBCluster></DBClusters></DescribeDBClustersResult></R>`,
  });

  test("a reader serves once it is available; the writer is none, one that is being made is asked for, one that goes is not", async () => {
    const readers = targetAt("db", readersAt("db"), { kind: "aurora-readers" });
    const DescribeDBInstances = () => instances("available", "available", "creating", "deleting", "available");
    const found = await state(readers, "rds:cluster:ReadReplicaCount", {
      DescribeDBInstances,
      DescribeDBClusters: () => cluster("available"),
    });
    expect(found).toEqual({ kind: "known", targetId: "db", minimumUnits: 2, maximumUnits: 15, desiredUnits: 3, servingUnits: 2 });
    const busy = await state(readers, "rds:cluster:ReadReplicaCount", {
      DescribeDBInstances,
      DescribeDBClusters: () => cluster("modifying"),
    });
    expect(busy).toMatchObject({ remarks: ["the cluster db is modifying, and scales only while it is available"] });
  });

  test("provisioned concurrency serves as far as it is initialised; a function without any has none", async () => {
    const dimension = "lambda:function:ProvisionedConcurrency";
    const path = "GET /2019-09-30/functions/player/provisioned-concurrency?Qualifier=live";
    const player = at("lambda", "function:player:live", dimension);
    const config = { RequestedProvisionedConcurrentExecutions: 40, AvailableProvisionedConcurrentExecutions: 25, Status: "IN_PROGRESS" };
    expect(await state(player, dimension, { [path]: () => ({ body: config }) })).toMatchObject({ desiredUnits: 40, servingUnits: 25 });
    const none: Said = { error: "ProvisionedConcurrencyConfigNotFoundException", status: 404 };
    expect(await state(player, dimension, { [path]: () => none })).toMatchObject({ desiredUnits: 0, servingUnits: 0 });
    const failed = { ...config, Status: "FAILED", StatusReason: "no room" };
    expect(await state(player, dimension, { [path]: () => ({ body: failed }) })).toMatchObject({
      remarks: [expect.stringMatching(/no room/)],
    });
  });

  test("a table serves what it has; while it is updating it does not say what it was asked for", async () => {
    const dimension = "dynamodb:table:WriteCapacityUnits";
    const table = at("dynamodb", "table/sessions", dimension);
    const said = (TableStatus: string) => ({
      DescribeTable: (): Said => ({
        body: { Table: { TableStatus, ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 8 } } },
      }),
    });
    expect(await state(table, dimension, said("ACTIVE"))).toMatchObject({ desiredUnits: 8, servingUnits: 8 });
    expect(await state(table, dimension, said("UPDATING"))).toMatchObject({
      desiredUnits: undefined,
      servingUnits: 8,
      remarks: ["the table is UPDATING"],
    });
    const ofIndex = "dynamodb:index:ReadCapacityUnits";
    const GlobalSecondaryIndexes = [{ IndexName: "by-user", IndexStatus: "ACTIVE", ProvisionedThroughput: { ReadCapacityUnits: 3 } }];
    const DescribeTable = (): Said => ({ body: { Table: { TableStatus: "ACTIVE", GlobalSecondaryIndexes } } });
    expect(await state(at("dynamodb", "table/sessions/index/by-user", ofIndex), ofIndex, { DescribeTable })).toMatchObject({
      servingUnits: 3,
    });
  });

  test("of any other dimension the minimum is known, and what serves is not", async () => {
    const dimension = "elasticache:replication-group:Replicas";
    expect(await state(at("elasticache", "replication-group/cache", dimension), dimension, {})).toEqual({
      kind: "known",
      targetId: "other",
      minimumUnits: 2,
      maximumUnits: 15,
      desiredUnits: undefined,
      servingUnits: undefined,
      remarks: ["how many units of elasticache:replication-group:Replicas serve is not known here"],
    });
  });
});
