import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { LambdaClient, GetProvisionedConcurrencyConfigCommand } from "@aws-sdk/client-lambda";
import { DescribeDBClustersCommand, ModifyDBClusterCommand, RDSClient, StopDBClusterCommand } from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithMoto } from "./moto.ts";
import { makeCluster, makeServices, register, serviceAt } from "./seeded.ts";

/**
 * Where moto is not AWS, as far as the adapters of capacity, bookings and load meet it. Each gap is shown, so that none outlives its mending,
 * and says where the adapters are tested instead: laws in `*.test.ts` beside this file name what they are excused from.
 */
describeWithMoto("moto is not AWS in that", (moto) => {
  const scaling = () => new ApplicationAutoScalingClient(moto.client());
  const rds = () => new RDSClient(moto.client());
  const metrics = () => new CloudWatchClient(moto.client());
  const NAMES = { ServiceNamespace: "ecs", ResourceId: "service/web/front", ScalableDimension: "ecs:service:DesiredCount" } as const;
  const front = async () => {
    await makeServices(moto, ["front"], 3);
    await register(moto, serviceAt("front"), 2, 12);
  };

  test("a raised minimum moves no service (laws run a second time with `withOwnDoing`)", async () => {
    await front();
    await scaling().send(new RegisterScalableTargetCommand({ ...NAMES, MinCapacity: 8 }));
    const { services: [service] = [] } = await new ECSClient(moto.client()).send(
      new DescribeServicesCommand({ cluster: "web", services: ["front"] }),
    );
    expect(service?.desiredCount).toBe(3);
  });

  test("a minimum above the maximum is taken (refused by the adapter, which describes first)", async () => {
    await front();
    await scaling().send(new RegisterScalableTargetCommand({ ...NAMES, MinCapacity: 80 }));
    const { ScalableTargets: [target] = [] } = await scaling().send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }));
    expect(target).toMatchObject({ MinCapacity: 80, MaxCapacity: 12 });
  });

  test("scaling activities are not there (the adapters read counts, not activities)", async () => {
    await expect(scaling().send(new DescribeScalingActivitiesCommand({ ServiceNamespace: "ecs" }))).rejects.toThrow(
      /Deserialization error|Unknown/,
    );
  });

  test("the pages of more than 100 scalable targets go round for ever (asked for by 50 ids; recorded in capacity-answers)", async () => {
    const all = Array.from({ length: 101 }, (_, nth) => `s${nth}`);
    await makeServices(moto, all, 1);
    for (const name of all) await register(moto, serviceAt(name), 1, 2);
    const tokens: (string | undefined)[] = [];
    for (let page = 0; page < 4; page += 1) {
      const NextToken: string | undefined = tokens.at(-1);
      const answer = await scaling().send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs", MaxResults: 50, ...(NextToken !== undefined && { NextToken }) }),
      );
      tokens.push(answer.NextToken);
    }
    expect(tokens.at(-1)).toBe(tokens.at(-2));
  }, 60_000);

  test("a scheduled action more than 200 is taken, and one for nothing (recorded in booking-control)", async () => {
    const put = (nth: number, ResourceId: string) =>
      scaling().send(
        new PutScheduledActionCommand({
          ...NAMES,
          ResourceId,
          ScheduledActionName: `n${nth}`,
          Schedule: "at(2031-06-13T18:00:00)",
          ScalableTargetAction: { MinCapacity: 3 },
        }),
      );
    await expect(put(0, "service/web/nothing")).resolves.toBeDefined();
    await front();
    for (let nth = 0; nth < 201; nth += 1) await put(nth, NAMES.ResourceId);
  }, 60_000);

  test("a range without its upper end loses it, and a stopped cluster is changed (the adapter looks first; recorded in acu)", async () => {
    await makeCluster(moto, "sessions", { range: { min: 2, max: 12 } });
    await rds().send(new StopDBClusterCommand({ DBClusterIdentifier: "sessions" }));
    const half = { DBClusterIdentifier: "sessions", ServerlessV2ScalingConfiguration: { MinCapacity: 4 } };
    await rds().send(new ModifyDBClusterCommand(half));
    const { DBClusters: [cluster] = [] } = await rds().send(new DescribeDBClustersCommand({ DBClusterIdentifier: "sessions" }));
    expect(cluster?.ServerlessV2ScalingConfiguration).toEqual({ MinCapacity: 4 });
  });

  test("provisioned concurrency is not there (recorded in capacity-answers)", async () => {
    const asked = new GetProvisionedConcurrencyConfigCommand({ FunctionName: "player", Qualifier: "live" });
    const failure: unknown = await new LambdaClient(moto.client()).send(asked).catch((error: unknown) => error);
    expect(failure).not.toMatchObject({ name: "ProvisionedConcurrencyConfigNotFoundException" });
  });

  test("metric math is empty, and no metric is ever PartialData (recorded in load-source; the adapter asks for plain metrics alone)", async () => {
    const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    await metrics().send(
      new PutMetricDataCommand({
        Namespace: "Acme",
        MetricData: [{ MetricName: "Count", Timestamp: new Date(now - MINUTE_MS), Value: 7 }],
      }),
    );
    const MetricStat = { Metric: { Namespace: "Acme", MetricName: "Count" }, Period: 60, Stat: "Sum" };
    const { MetricDataResults: [plain, doubled] = [] } = await metrics().send(
      new GetMetricDataCommand({
        StartTime: new Date(now - 5 * MINUTE_MS),
        EndTime: new Date(now),
        MetricDataQueries: [
          { Id: "m0", MetricStat },
          { Id: "m1", Expression: "m0*2" },
        ],
      }),
    );
    expect([plain?.Values, doubled?.Values ?? []]).toEqual([[7], []]);
  });

  test("600 metrics are answered in one call (the adapter asks for 500; recorded in load-source)", async () => {
    const MetricStat = { Metric: { Namespace: "Acme", MetricName: "Count" }, Period: 60, Stat: "Sum" };
    const MetricDataQueries = Array.from({ length: 600 }, (_, nth) => ({ Id: `m${nth}`, MetricStat }));
    const now = new Date();
    const { MetricDataResults = [] } = await metrics().send(
      new GetMetricDataCommand({ StartTime: new Date(now.getTime() - MINUTE_MS), EndTime: now, MetricDataQueries }),
    );
    expect(MetricDataResults).toHaveLength(600);
  });
});
