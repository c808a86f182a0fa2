import * as z from "zod";
import type { Metric, TargetInAws } from "../core/target-in-aws.ts";
import type { TargetKind } from "../core/target.ts";
import { MINUTE_MS } from "../core/time.ts";
import { flag, keys, listOf, oneOf, positiveNumber, text, wholeNumber, type Written } from "./fields.ts";
import type { Sound } from "./parse-yaml.ts";
import { shown, type Finding, type Path } from "./problem.ts";

const written = (pattern: RegExp, meaning: string) => z.string().regex(pattern).describe(meaning);

const region = () =>
  written(/^[a-z]{2}(-[a-z]+)+-\d$/, "the name of a Region, like eu-west-1 (where it is; where Calltime runs when left out)");

const NAMESPACES = [
  "ecs",
  "rds",
  "lambda",
  "dynamodb",
  "elasticache",
  "neptune",
  "cassandra",
  "sagemaker",
  "appstream",
  "comprehend",
  "custom-resource",
  "ec2",
  "elasticmapreduce",
  "kafka",
  "workspaces",
] as const;

/** What a resource id looks like, where that is one thing only. */
const RESOURCE_IDS: Partial<Record<string, readonly [pattern: RegExp, example: string]>> = {
  ecs: [/^service\/[^/\s]+\/[^/\s]+$/, "service/<cluster>/<service>, with the short names"],
  rds: [/^cluster:[a-z0-9-]+$/i, "cluster:<id of the Aurora cluster>"],
  neptune: [/^cluster:[a-z0-9-]+$/i, "cluster:<id of the Neptune cluster>"],
  lambda: [/^function:[^:\s]+:[^:\s]+$/, "function:<name>:<alias or version>"],
  dynamodb: [/^table\/[^/\s]+(\/index\/[^/\s]+)?$/, "table/<name>, or table/<name>/index/<index>"],
  elasticache: [/^(replication-group|cache-cluster)\/\S+$/, "replication-group/<id> or cache-cluster/<id>"],
};

const dimensions = z
  .record(z.string().regex(/\S/), z.string().regex(/\S/))
  .describe("keys and values (the dimensions of the metric, all of them)");

const metricKeys = {
  namespace: text("the namespace of a CloudWatch metric, like AWS/ApplicationELB"),
  name: text("the name of the metric, like RequestCount"),
  dimensions: dimensions.default({}),
  stat: oneOf(["Sum", "SampleCount", "Average", "Minimum", "Maximum"], "the statistic of a period"),
  periodMinutes: wholeNumber("minutes between its points", 1, 60).default(1),
};

const load = keys(
  {
    ...metricKeys,
    counts: oneOf(
      ["requests", "requests-per-second", "utilisation-percent"],
      "what a value counts: requests of the period, requests a second, or per cent of the units that serve",
    ),
    each: positiveNumber("requests or queries that one count stands for").default(1),
    refused: keys(
      {
        ...metricKeys,
        sparse: flag("published only when above zero: a gap in it is none").default(true),
        withinLoad: flag("the load metric counts these too").default(false),
      },
      "the metric of the requests that were turned away",
    ).optional(),
    serving: keys(metricKeys, "the metric of the units that serve").optional(),
  },
  "how its load is measured",
);

/** The section of a target that says where it is in AWS. It holds no secret: a role is assumed, and its external id is none. */
export const awsSection = keys(
  {
    region: region().optional(),
    account: keys(
      {
        roleArn: written(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "the ARN of a role, like arn:aws:iam::123456789012:role/calltime"),
        externalId: written(/^[\w+=,.@:/-]{2,1224}$/, "the external id that the role asks for").optional(),
      },
      "the role in the account of the target; Calltime's own account when left out",
    ).optional(),
    scaling: keys(
      {
        namespace: oneOf(NAMESPACES, "the service namespace of the scalable target"),
        resourceId: written(/^\S{1,1600}$/, "the resource id of the scalable target"),
        dimension: written(/^[a-z0-9-]+:[\w-]+:\w+$/i, "a scalable dimension, like ecs:service:DesiredCount"),
      },
      "its scalable target in Application Auto Scaling",
    ).optional(),
    acu: keys({ cluster: text("the id of the Aurora cluster") }, "its Aurora Serverless v2 cluster").optional(),
    lcu: keys(
      {
        loadBalancer: written(
          /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/(app|net)\/\S+$/,
          "the ARN of the load balancer whose capacity is reserved",
        ),
      },
      "its load balancer",
    ).optional(),
    targetGroup: written(
      /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/\S+$/,
      "the ARN of the target group whose healthy members serve",
    ).optional(),
    load: load.optional(),
  },
  "where it is in AWS",
);

/** The list of metrics that count viewers. */
export const audienceSection = listOf(
  keys(
    {
      channel: text("the id of a channel of the feed"),
      region: region().optional(),
      ...metricKeys,
      each: positiveNumber("viewers that one count stands for").default(1),
    },
    "the viewers of one channel",
  ),
  "the CloudWatch metrics that count the viewers of each channel",
);

/** What a section says, typed. */
export function targetInAwsOf(entry: z.output<typeof awsSection>): TargetInAws {
  const { scaling, acu, lcu, load: measured } = entry;
  return {
    ...(entry.region !== undefined && { region: entry.region }),
    ...(entry.account !== undefined && {
      account: {
        roleArn: entry.account.roleArn,
        ...(entry.account.externalId !== undefined && { externalId: entry.account.externalId }),
      },
    }),
    ...(scaling !== undefined && { scaling: { kind: "scalable-target", ...scaling } }),
    ...(acu !== undefined && { scaling: { kind: "acu", clusterId: acu.cluster } }),
    ...(lcu !== undefined && { scaling: { kind: "lcu", loadBalancerArn: lcu.loadBalancer } }),
    ...(entry.targetGroup !== undefined && { targetGroupArn: entry.targetGroup }),
    ...(measured !== undefined && {
      load: {
        metric: metricOf(measured),
        counts: measured.counts,
        each: measured.each,
        ...(measured.refused !== undefined && {
          refused: { metric: metricOf(measured.refused), sparse: measured.refused.sparse, withinLoad: measured.refused.withinLoad },
        }),
        ...(measured.serving !== undefined && { serving: metricOf(measured.serving) }),
      },
    }),
  };
}

type WrittenMetric = Pick<z.output<typeof load>, "namespace" | "name" | "dimensions" | "stat" | "periodMinutes">;

/** A metric as it is asked for. */
export function metricOf({ namespace, name, dimensions: by, stat, periodMinutes }: WrittenMetric): Metric {
  return { namespace, name, dimensions: by, stat, periodMs: periodMinutes * MINUTE_MS };
}

type WrittenSection = Sound<Written<typeof awsSection>>;

/** How the parts of a section must fit together, and fit the kind of its target. */
export function awsFindings(path: Path, kind: TargetKind | undefined, section: WrittenSection): readonly Finding[] {
  return [
    ...scalingFindings(path, kind, section),
    ...resourceFindings(path, kind, section),
    ...groupFindings(path, section),
    ...loadFindings([...path, "load"], section),
  ];
}

/** The kinds whose minimum is set by a way of their own: its key, and what it names. */
const OWN_WAYS = {
  "aurora-acu": { key: "acu", what: "cluster", right: "acu with its cluster" },
  "alb-lcu": { key: "lcu", what: "load balancer", right: "lcu with its loadBalancer" },
} as const;

/** Those kinds, those that are scalable targets, and those for which no way is known. */
function scalingFindings(path: Path, kind: TargetKind | undefined, section: WrittenSection): readonly Finding[] {
  const has = (key: "scaling" | "acu" | "lcu"): boolean => key in section;
  if (kind === undefined) return [];
  if (kind === "aurora-acu" || kind === "alb-lcu") {
    const { key, what, right } = OWN_WAYS[kind];
    const other = kind === "aurora-acu" ? "lcu" : "acu";
    if (has("scaling")) return [wrong([...path, "scaling"], `a target of kind ${kind} has no scalable target`, right)];
    if (has(other)) return [wrong([...path, other], `a target of kind ${kind} has none of it`, right)];
    return has(key) ? [] : [wrong(path, `aws says nothing of the ${what} of this target of kind ${kind}`, right)];
  }
  if (has("lcu")) return [wrong([...path, "lcu"], `a target of kind ${kind} has no reservation`, "kind: alb-lcu, or scaling")];
  if (has("acu")) return [wrong([...path, "acu"], `a target of kind ${kind} has no capacity units`, "kind: aurora-acu, or scaling")];
  const isScalable = kind === "ecs-service" || kind === "aurora-readers";
  if (isScalable && !has("scaling"))
    return [wrong(path, "aws does not say which scalable target it is", "scaling with namespace, resourceId and dimension")];
  if (!isScalable && has("scaling"))
    return [wrong([...path, "scaling"], `a target of kind ${kind} has no scalable target`, "a section without scaling")];
  return [];
}

function resourceFindings(path: Path, kind: TargetKind | undefined, { scaling }: WrittenSection): readonly Finding[] {
  const { namespace, resourceId, dimension } = scaling ?? {};
  if (namespace === undefined) return [];
  const findings: Finding[] = [];
  const [pattern, right] = RESOURCE_IDS[namespace] ?? [];
  if (resourceId !== undefined && pattern !== undefined && right !== undefined && !pattern.test(resourceId))
    findings.push(wrong([...path, "scaling", "resourceId"], `aws.scaling.resourceId is ${shown(resourceId)}`, right));
  if (dimension !== undefined && !dimension.startsWith(`${namespace}:`)) {
    const what = `aws.scaling.dimension is ${shown(dimension)}, which is none of ${namespace}`;
    findings.push(wrong([...path, "scaling", "dimension"], what, `a dimension that starts with ${namespace}:`));
  } else if (kind === "aurora-readers" && dimension !== undefined && !dimension.endsWith(":cluster:ReadReplicaCount")) {
    const what = `aws.scaling.dimension is ${shown(dimension)}, and the kind is aurora-readers`;
    findings.push(wrong([...path, "scaling", "dimension"], what, "rds:cluster:ReadReplicaCount"));
  }
  return findings;
}

function groupFindings(path: Path, { targetGroup, region: at }: WrittenSection): readonly Finding[] {
  const groupRegion = targetGroup?.split(":")[3];
  if (groupRegion === undefined || at === undefined || groupRegion === at) return [];
  return [wrong([...path, "targetGroup"], `aws.targetGroup is in ${groupRegion}, and the target in ${at}`, `a target group in ${at}`)];
}

function loadFindings(path: Path, { load: measured }: WrittenSection): readonly Finding[] {
  const { counts, stat } = measured ?? {};
  if (measured === undefined || counts === undefined) return [];
  const findings: Finding[] = [];
  const isSum = stat === "Sum" || stat === "SampleCount";
  if (stat !== undefined && isSum !== (counts === "requests")) {
    const right = counts === "requests" ? "Sum or SampleCount" : "Average, Minimum or Maximum";
    findings.push(wrong([...path, "stat"], `aws.load.stat is ${stat}, and ${counts} are counted`, right));
  }
  if (counts === "utilisation-percent" && !("serving" in measured)) {
    const what = "aws.load counts utilisation-percent, and nothing says of how many units";
    findings.push(wrong(path, what, "serving, the metric of the units that serve: load is a count"));
  }
  return findings;
}

function wrong(path: Path, what: string, right: string): Finding {
  return { path, what, right: `right would be ${right}` };
}

/** Scalable targets and clusters that two targets name: each of them would undo the other. */
export function sharedPlaces(
  sections: readonly (WrittenSection | undefined)[],
): readonly { readonly index: number; readonly what: string }[] {
  const seen = new Set<string>();
  return sections.flatMap((section, index) => {
    const { scaling, acu, lcu, region: at, account } = section ?? {};
    const what =
      acu?.cluster ?? lcu?.loadBalancer ?? (scaling?.resourceId === undefined ? undefined : `${scaling.resourceId} ${scaling.dimension}`);
    if (what === undefined) return [];
    const place = JSON.stringify([at, account?.roleArn, what]);
    if (seen.has(place)) return [{ index, what }];
    seen.add(place);
    return [];
  });
}
