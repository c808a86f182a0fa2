import { ApplicationAutoScalingClient, PutScheduledActionCommand } from "@aws-sdk/client-application-auto-scaling";
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { accountLimits } from "../../shared/aws/account-limits.ts";
import { bookingName } from "../../shared/core/warm/bookings.ts";
import { describeWithMoto } from "./moto.ts";
import { recordedAws, type Answers } from "./recorded.ts";
import { HOME, makeServices, register, serviceAt, targetAt } from "./seeded.ts";

const SERVICE = {
  ServiceNamespace: "ecs",
  ResourceId: "service/web/player-api",
  ScalableDimension: "ecs:service:DesiredCount",
} as const;

describeWithMoto("limits of an emulated account", (moto) => {
  const limitsOf = async (...ids: readonly string[]) => {
    const { region: _, ...settings } = moto.client();
    const targets = ids.map((id) => targetAt(id, serviceAt(id)));
    return accountLimits({ targets, homeRegion: HOME, settings }).limits(ids);
  };

  test("the size of a service's tasks, and the addresses left in its subnets; the emulator knows no quota of Fargate, which is unknown", async () => {
    const ecs = new ECSClient(moto.client());
    const ec2 = new EC2Client(moto.client());
    const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { SecurityGroups: [group] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "fargate",
        cpu: "512",
        memory: "1024",
        networkMode: "awsvpc",
        requiresCompatibilities: ["FARGATE"],
        containerDefinitions: [{ name: "main", image: "app" }],
      }),
    );
    const awsvpcConfiguration = { subnets: [subnet?.SubnetId ?? ""], securityGroups: [group?.GroupId ?? ""] };
    await ecs.send(
      new CreateServiceCommand({
        cluster: "web",
        serviceName: "player-api",
        taskDefinition: "fargate",
        launchType: "FARGATE",
        desiredCount: 3,
        networkConfiguration: { awsvpcConfiguration },
      }),
    );
    await ecs.send(new UpdateServiceCommand({ cluster: "web", service: "player-api", desiredCount: 3 }));
    const subnets = [{ id: subnet?.SubnetId, freeAddresses: expect.any(Number) as number }];
    await register(moto, serviceAt("player-api"), 3, 60);
    const scaling = new ApplicationAutoScalingClient(moto.client());
    for (const ScheduledActionName of [bookingName(Date.now()), "evening-scale-up", "morning"]) {
      const Schedule = "at(2099-06-13T18:00:00)";
      await scaling.send(
        new PutScheduledActionCommand({ ...SERVICE, ScheduledActionName, Schedule, ScalableTargetAction: { MinCapacity: 30 } }),
      );
    }
    expect(await limitsOf("player-api", "nowhere")).toEqual([
      {
        targetId: "player-api",
        placeId: expect.stringContaining(HOME) as string,
        othersActions: { kind: "known", value: 2 },
        tasks: { kind: "known", value: { vcpu: 0.5, runningUnits: 3, subnets } },
        vcpuQuota: { kind: "unknown", reason: expect.any(String) as string },
      },
      expect.objectContaining({ targetId: "nowhere", tasks: { kind: "unknown", reason: expect.stringContaining("MISSING") as string } }),
    ]);
  });

  test("a service on machines of the customer's own has no limit of Fargate", async () => {
    await makeServices(moto, ["player-api"], 2);
    const [limits] = await limitsOf("player-api");
    expect(limits).toEqual({
      targetId: "player-api",
      placeId: limits?.placeId,
      othersActions: { kind: "known", value: 0 },
      tasks: { kind: "known", value: undefined },
    });
  });
});

describe("limits of an account as AWS tells them", () => {
  const service = {
    serviceName: "player-api",
    runningCount: 12,
    taskDefinition: "task:7",
    capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
  };
  const ANSWERS: Answers = {
    DescribeServices: () => ({ body: { services: [service], failures: [] } }),
    DescribeTaskDefinition: () => ({ body: { taskDefinition: { cpu: "2048" } } }),
    GetServiceQuota: () => ({ body: { Quota: { ServiceCode: "fargate", QuotaCode: "L-3032A538", Value: 4_000 } } }),
  };
  const limitsIn = async (answers: Answers, ids = ["player-api"]) => {
    const aws = await recordedAws(answers);
    const targets = ids.map((id) => targetAt(id, serviceAt(id)));
    return { aws, limits: await accountLimits({ targets, homeRegion: HOME, settings: aws.settings }).limits(ids) };
  };

  test("the quota of vCPUs is asked for once an account and Region, by its code", async () => {
    const { aws, limits } = await limitsIn(ANSWERS, ["player-api", "web"]);
    expect(limits.map(({ vcpuQuota, tasks }) => [vcpuQuota, tasks])).toEqual(
      Array(2).fill([
        { kind: "known", value: 4_000 },
        { kind: "known", value: { vcpu: 2, runningUnits: 12, subnets: [] } },
      ]),
    );
    expect(aws.of("GetServiceQuota").map(({ input }) => input)).toEqual([{ ServiceCode: "fargate", QuotaCode: "L-3032A538" }]);
  });

  test("one that may not be asked is unknown, with AWS's own words, and keeps no other from being known", async () => {
    const { limits } = await limitsIn({ ...ANSWERS, GetServiceQuota: () => ({ error: "AccessDeniedException", message: "not for you" }) });
    expect(limits).toMatchObject([
      { tasks: { kind: "known" }, vcpuQuota: { kind: "unknown", reason: expect.stringContaining("not for you") as string } },
    ]);
    const { limits: sizeless } = await limitsIn({ ...ANSWERS, DescribeTaskDefinition: () => ({ body: { taskDefinition: {} } }) });
    expect(sizeless).toMatchObject([{ tasks: { kind: "unknown", reason: expect.stringContaining("says no cpu") as string } }]);
  });

  test("a load balancer says how often it may be lowered today", async () => {
    const arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/player/50dc6c495c0c9188";
    const body = `<DescribeCapacityReservationResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeCapacityReservationResult><DecreaseRequestsRemaining>1</DecreaseRequestsRemaining></DescribeCapacityReservationResult></DescribeCapacityReservationResponse>`;
    const aws = await recordedAws({ DescribeCapacityReservation: () => ({ body }) });
    const targets = [targetAt("alb", { scaling: { kind: "lcu", loadBalancerArn: arn } }, { kind: "alb-lcu" })];
    const [limits] = await accountLimits({ targets, homeRegion: HOME, settings: aws.settings }).limits(["alb"]);
    expect(limits?.decreasesLeft).toEqual({ kind: "known", value: 1 });
  });
});
