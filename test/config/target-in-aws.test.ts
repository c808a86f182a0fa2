import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseTargets } from "../../shared/config/targets.ts";
import { problemsOf } from "./config-failure.ts";

const SAMPLE = readFileSync(new URL("../../samples/targets-aws.yaml", import.meta.url), "utf8");

const GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067";

const ONE = `targets:
  - id: api
    kind: ecs-service
    throughput: 150
    baseline: 12
    ceiling: 600
    loadPerViewer: 0.03
    startUpMinutes: 3
    launchPerMinute: 120
    scalesIn: target-tracking
    aws:
      region: eu-west-1
      account: { roleArn: "arn:aws:iam::123456789012:role/calltime", externalId: player }
      scaling: { namespace: ecs, resourceId: service/web/api, dimension: "ecs:service:DesiredCount" }
      targetGroup: ${GROUP}
      load:
        namespace: AWS/ApplicationELB
        name: RequestCount
        stat: Sum
        counts: requests
`;

const problems = (...changes: readonly (readonly [from: string, to: string])[]) =>
  problemsOf(
    parseTargets,
    changes.reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`nothing to change: ${from}`);
      return text.replace(from, to);
    }, ONE),
  );

test("a target says where it is, who lets us in, how its minimum is set and what counts its load", () => {
  const [api, readers, acu] = parseTargets(SAMPLE, "targets-aws.yaml").targets;
  const balancer = { LoadBalancer: "app/player/50dc6c495c0c9188" };
  const group = { ...balancer, TargetGroup: "targetgroup/player/943f017f100becff" };
  const metric = { namespace: "AWS/ApplicationELB", dimensions: balancer, stat: "Sum", periodMs: 60_000 };
  expect(api?.mode).toBe("observe");
  expect(api?.aws).toEqual({
    region: "eu-west-1",
    account: { roleArn: "arn:aws:iam::210987654321:role/calltime-target", externalId: "player-team" },
    scaling: {
      kind: "scalable-target",
      namespace: "ecs",
      resourceId: "service/web/player-api",
      dimension: "ecs:service:DesiredCount",
    },
    load: {
      metric: { ...metric, name: "RequestCount", dimensions: group },
      counts: "requests",
      each: 1,
      refused: { metric: { ...metric, name: "HTTPCode_ELB_5XX_Count" }, sparse: true, withinLoad: false },
      serving: { ...metric, name: "HealthyHostCount", dimensions: group, stat: "Minimum" },
    },
  });
  expect(readers?.aws?.scaling).toMatchObject({ namespace: "rds", resourceId: "cluster:catalogue" });
  expect(acu?.aws?.scaling).toEqual({ kind: "acu", clusterId: "sessions" });
});

test("viewers are counted by channel, where somebody says with what", () => {
  expect(parseTargets(SAMPLE, "targets-aws.yaml").audience).toEqual([
    {
      channelId: "one",
      metric: { namespace: "Acme/Player", name: "ConcurrentViewers", dimensions: { Channel: "one" }, stat: "Average", periodMs: 60_000 },
      each: 1,
    },
  ]);
  expect(parseTargets(ONE, "f.yaml").audience).toEqual([]);
});

test("a target without the section is a target all the same", () => {
  expect(parseTargets(ONE.replace(/ {4}aws:[^]*/u, ""), "f.yaml").targets[0]).not.toHaveProperty("aws");
});

describe("one problem", () => {
  test.each([
    ["region: eu-west-1", "region: Ireland", /:12:15 aws.region is "Ireland"; right would be the name of a Region/],
    ["externalId: player", "externalID: player", /:13:\d+ there is no key "externalID" here; did you mean externalId\?/],
    ["arn:aws:iam::123456789012:role/calltime", "calltime", /:13:\d+ aws.account.roleArn is "calltime"; right would be the ARN of a role/],
    ["namespace: ecs", "namespace: ecss", /:14:\d+ aws.scaling.namespace is "ecss"; right would be one of ecs, rds/],
    ["service/web/api", "web/api", /:14:\d+ aws.scaling.resourceId is "web\/api"; right would be service\/<cluster>\/<service>/],
    [
      "ecs:service:DesiredCount",
      "rds:cluster:ReadReplicaCount",
      /:14:\d+ aws.scaling.dimension is "rds:.*none of ecs; right would be .* ecs:/,
    ],
    [
      `      scaling: { namespace: ecs, resourceId: service/web/api, dimension: "ecs:service:DesiredCount" }\n`,
      "",
      /which scalable target/,
    ],
    ["kind: ecs-service", "kind: aurora-acu", /:14:\d+ a target of kind aurora-acu has no scalable target; right would be acu/],
    ["kind: ecs-service", "kind: cdn-edge", /:14:\d+ a target of kind cdn-edge has no scalable target/],
    ["      targetGroup", "      acu: { cluster: a }\n      targetGroup", /:15:12 a target of kind ecs-service has no capacity units/],
    ["kind: ecs-service", "kind: aurora-readers", /:14:\d+ aws.scaling.dimension is .* the kind is aurora-readers; right would be rds:/],
    [GROUP, "web", /:15:20 aws.targetGroup is "web"; right would be the ARN of the target group/],
    [GROUP, GROUP.replace("eu-west-1", "eu-west-2"), /:15:20 aws.targetGroup is in eu-west-2, and the target in eu-west-1/],
    ["stat: Sum", "stat: Average", /:19:15 aws.load.stat is Average, and requests are counted; right would be Sum or SampleCount/],
    ["counts: requests", "counts: requests-per-second", /:19:15 aws.load.stat is Sum, .* right would be Average/],
    ["name: RequestCount", "nam: RequestCount", /:17:9 aws.load.name is missing; /],
    ["stat: Sum", "stat: Sum\n        periodMinutes: 0", /:20:24 aws.load.periodMinutes is 0; right would be a whole number from 1 to 60/],
    [
      "counts: requests",
      "counts: requests\n        refused: { stat: Sum, namespace: a, name: '' }",
      /:21:\d+ aws.load.refused.name is blank/,
    ],
  ])("%s → %s", (from, to, problem) => {
    const found = problems([from, to]);
    expect(found.filter((line) => problem.test(line))).toHaveLength(1);
    // A key that is misspelt is also one that is missing.
    expect(found.length).toBeLessThanOrEqual(to.startsWith("nam:") ? 2 : 1);
  });

  test("utilisation without the units that it is of is refused: load is a count", () => {
    const utilisation = [
      ["stat: Sum", "stat: Average"],
      ["counts: requests", "counts: utilisation-percent"],
    ] as const;
    expect(problems(...utilisation)).toEqual([
      "f.yaml:17:9 aws.load counts utilisation-percent, and nothing says of how many units; " +
        "right would be serving, the metric of the units that serve: load is a count",
    ]);
  });

  test("an alb-lcu target without its load balancer, and a load balancer of another kind", () => {
    const none = ONE.replace("kind: ecs-service", "kind: alb-lcu").replace(/ {6}scaling: .*\n/u, "");
    expect(problemsOf(parseTargets, none)).toEqual([
      "f.yaml:12:7 aws says nothing of the load balancer of this target of kind alb-lcu; right would be lcu with its loadBalancer",
    ]);
    const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/player/50dc6c495c0c9188";
    const named = none.replace("      targetGroup", `      lcu: { loadBalancer: "${arn}" }\n      targetGroup`);
    expect(parseTargets(named, "f.yaml").targets[0]?.aws?.scaling).toEqual({ kind: "lcu", loadBalancerArn: arn });
    expect(problemsOf(parseTargets, named.replace("kind: alb-lcu", "kind: aurora-acu"))).toEqual([
      expect.stringMatching(/:14:12 a target of kind aurora-acu has none of it; right would be acu with its cluster/),
    ]);
  });

  test("an aurora-acu target without its cluster", () => {
    const none = ONE.replace("kind: ecs-service", "kind: aurora-acu").replace(/ {6}scaling: .*\n/u, "");
    expect(problemsOf(parseTargets, none)).toEqual([
      "f.yaml:12:7 aws says nothing of the cluster of this target of kind aurora-acu; right would be acu with its cluster",
    ]);
  });

  test("two targets for one scalable target, which would undo each other; in another Region it is another one", () => {
    const second = ONE.slice("targets:\n".length).replace("id: api", "id: again");
    expect(problemsOf(parseTargets, `${ONE}${second}`)).toEqual([
      "f.yaml:31:7 service/web/api ecs:service:DesiredCount is set by a target above: each would undo the other; right would be one target for it",
    ]);
    const elsewhere = second.replaceAll("eu-west-1", "eu-north-1");
    expect(parseTargets(`${ONE}${elsewhere}`, "f.yaml").targets).toHaveLength(2);
  });

  test("a channel counted twice", () => {
    const entry = "{ channel: one, namespace: a, name: b, stat: Sum }";
    expect(problemsOf(parseTargets, `${ONE}audience: [${entry}, ${entry}]\n`)).toEqual([
      expect.stringMatching(/the viewers of channel "one" are counted above; right would be one metric a channel$/),
    ]);
  });
});
