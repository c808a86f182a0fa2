import { readFileSync } from "node:fs";
import { parseDatabases } from "../../shared/config/databases.ts";
import { parseTargets } from "../../shared/config/targets.ts";
import type { Target } from "../../shared/core/target.ts";

/** An ARN, with the account and the Region left to CloudFormation where a target is in Calltime's own. */
type Arn = { readonly "Fn::Sub": string };

/** What the targets of a file are made of in AWS, as ARNs: what a role may reach. */
export type Reach = {
  /** ECS services. */
  readonly services: readonly Arn[];
  /** Aurora clusters, those of them whose range of capacity units is set, and their instances, whose names nobody knows beforehand. */
  readonly clusters: readonly Arn[];
  readonly serverlessClusters: readonly Arn[];
  readonly loadBalancers: readonly Arn[];
  readonly instances: readonly Arn[];
  /** Lambda functions and DynamoDB tables. */
  readonly functions: readonly Arn[];
  readonly tables: readonly Arn[];
  /** Scalable targets, of which only AWS knows the ids, by Region; and what kinds of them. */
  readonly scalableTargets: readonly Arn[];
  readonly namespaces: readonly string[];
  readonly dimensions: readonly string[];
  /** Roles in the accounts of others. What these may do is written there: docs/deploy.md has what they need. */
  readonly roles: readonly string[];
};

/** The reach of a file of targets. Throws `config-invalid` with every problem of it. */
export function reachOf(file: string): Reach {
  const { targets } = parseTargets(readFileSync(file, "utf8"), file);
  const own = targets.filter(({ aws }) => aws !== undefined && aws.account === undefined);
  const scalable = own.flatMap((target) => {
    const scaling = target.aws?.scaling;
    return scaling?.kind === "scalable-target" ? [{ ...scaling, region: regionOf(target) }] : [];
  });
  const within = (namespace: string) => scalable.filter((each) => each.namespace === namespace);
  const named = (namespace: string, prefix: string, make: (region: string, name: string) => string): readonly Arn[] =>
    distinct(
      within(namespace).flatMap(({ resourceId, region }) =>
        resourceId.startsWith(prefix) ? [make(region, resourceId.slice(prefix.length))] : [],
      ),
    );
  const serverless = own.flatMap((target) => {
    const scaling = target.aws?.scaling;
    return scaling?.kind === "acu" ? [arn("rds", regionOf(target), `cluster:${scaling.clusterId}`)] : [];
  });
  const clusters = named("rds", "cluster:", (region, name) => arn("rds", region, `cluster:${name}`));
  return {
    services: named("ecs", "service/", (region, name) => arn("ecs", region, `service/${name}`)),
    clusters: distinct([...clusters.map((each) => each["Fn::Sub"]), ...serverless]),
    serverlessClusters: distinct(serverless),
    loadBalancers: distinct(own.flatMap(({ aws }) => (aws?.scaling?.kind === "lcu" ? [aws.scaling.loadBalancerArn] : []))),
    instances: distinct(own.filter(({ kind }) => kind.startsWith("aurora-")).map((target) => arn("rds", regionOf(target), "db:*"))),
    functions: named("lambda", "function:", (region, name) => arn("lambda", region, `function:${name}`)),
    tables: named("dynamodb", "table/", (region, name) => arn("dynamodb", region, `table/${name.split("/")[0] ?? name}`)),
    scalableTargets: distinct(scalable.map(({ region }) => arn("application-autoscaling", region, "scalable-target/*"))),
    namespaces: [...new Set(scalable.map(({ namespace }) => namespace))].toSorted(),
    dimensions: [...new Set(scalable.map(({ dimension }) => dimension))].toSorted(),
    roles: [...new Set(targets.flatMap(({ aws }) => aws?.account?.roleArn ?? []))].toSorted(),
  };
}

function regionOf({ aws }: Target): string {
  return aws?.region ?? "${AWS::Region}";
}

function arn(service: string, region: string, resource: string): string {
  return `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${resource}`;
}

function distinct(arns: readonly string[]): readonly Arn[] {
  return [...new Set(arns)].toSorted().map((each) => ({ "Fn::Sub": each }));
}

/** What the databases of a file are made of in AWS, as ARNs: what the role that warms them may reach. */
export type DatabaseReach = {
  readonly clusters: readonly Arn[];
  /** Their instances and their custom endpoints. */
  readonly instances: readonly Arn[];
  readonly endpoints: readonly Arn[];
  readonly secrets: readonly string[];
  /** Roles of databases; only AWS knows the resource id of a cluster. */
  readonly users: readonly Arn[];
};

/** The reach of a file of databases; nothing where there is none. Throws `config-invalid` with every problem of it. */
export function databaseReachOf(file: string | undefined): DatabaseReach {
  const databases = file === undefined || file === "" ? [] : parseDatabases(readFileSync(file, "utf8"), file);
  const clusters = databases.flatMap(({ aurora }) => aurora ?? []);
  const within = (region: string | undefined): string => region ?? "${AWS::Region}";
  return {
    clusters: distinct(clusters.map(({ clusterId, region }) => arn("rds", within(region), `cluster:${clusterId}`))),
    instances: distinct(clusters.map(({ region }) => arn("rds", within(region), "db:*"))),
    endpoints: distinct(
      clusters.flatMap(({ endpointId, region }) =>
        endpointId === undefined ? [] : [arn("rds", within(region), `cluster-endpoint:${endpointId}`)],
      ),
    ),
    secrets: [...new Set(clusters.map(({ secretArn }) => secretArn))].toSorted(),
    users: distinct(clusters.map(({ user, region }) => arn("rds-db", within(region), `dbuser:*/${user}`))),
  };
}
