import { eventContracts } from "../../events/index.ts";

/** Anything that CloudFormation says. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

type Resource = { readonly Type: string; readonly Properties?: { readonly [key: string]: Value } };

/** A packaged CloudFormation template. */
export type Template = { readonly Resources: Readonly<Record<string, Resource>> };

/** Resources of a type, by logical id. */
export function ofType(
  { Resources }: Template,
  type: string,
): readonly (readonly [id: string, properties: Readonly<Record<string, Value>>])[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => (Type === type ? [[id, Properties ?? {}] as const] : []));
}

/** What `path` leads to, of a value of which nobody knows the shape. */
export function at(value: Value | undefined, ...path: readonly (string | number)[]): Value | undefined {
  return path.reduce<Value | undefined>((part, step) => {
    if (typeof part !== "object" || part === null) return undefined;
    return (part as Readonly<Record<string | number, Value>>)[step];
  }, value);
}

/** A value that is text. Throws for any other. */
export function written(value: Value | undefined): string {
  if (typeof value !== "string") throw new TypeError(`expected text, not ${JSON.stringify(value)}`);
  return value;
}

/** The logical id that a value refers to, by Ref or as an attribute. */
function referred(value: Value | undefined): string | undefined {
  const found = at(value, "Ref") ?? at(value, "Fn::GetAtt", 0);
  return typeof found === "string" ? found : undefined;
}

/** What the template refers to and does not have, with where it does. */
export function danglingIn({ Resources }: Template): readonly string[] {
  const found = (value: Value | undefined): readonly string[] => {
    if (typeof value !== "object" || value === null) return [];
    if (Array.isArray(value)) return value.flatMap(found);
    const sub = at(value, "Fn::Sub");
    const named = typeof sub === "string" ? [...sub.matchAll(/\$\{([A-Za-z0-9]+)(?:\.[A-Za-z]+)?\}/g)].flatMap(([, id]) => id ?? []) : [];
    const id = referred(value);
    return [...(id === undefined || id.startsWith("AWS::") ? [] : [id]), ...named, ...Object.values(value).flatMap(found)];
  };
  return Object.entries(Resources).flatMap(([id, { Properties }]) =>
    found(Properties).flatMap((to) => (to in Resources ? [] : [`${id}: there is no ${to}`])),
  );
}

function listed(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

/** What the template tells a function of where it runs: text as it is, and for what refers to a resource what `valueOf` says. */
export function environmentOf(template: Template, name: string, valueOf: (logicalId: string) => string): Readonly<Record<string, string>> {
  const [, properties] =
    ofType(template, "AWS::Lambda::Function").find(([, { FunctionName }]) => written(FunctionName).endsWith(`-${name}`)) ?? [];
  const variables = at(properties?.["Environment"], "Variables") as Readonly<Record<string, Value>> | undefined;
  if (variables === undefined) throw new Error(`there is no function ${name} with an environment`);
  return Object.fromEntries(
    Object.entries(variables).map(([key, value]) => {
      const id = referred(value);
      return [key, id === undefined ? written(value) : valueOf(id)];
    }),
  );
}

type Statement = { readonly actions: readonly string[]; readonly resources: readonly Value[] };

/** What each function may do, by its folder's name. */
export function grantsOf(template: Template): ReadonlyMap<string, readonly Statement[]> {
  const roles = new Map(ofType(template, "AWS::IAM::Role"));
  return new Map(
    ofType(template, "AWS::Lambda::Function").map(([, { FunctionName, Role }]) => {
      const name = written(FunctionName).replace(/^calltime-[a-z]+-/, "");
      const policies = listed(roles.get(referred(Role) ?? "")?.["Policies"]);
      const statements = policies.flatMap((policy) => listed(at(policy, "PolicyDocument", "Statement")));
      return [
        name,
        statements.map((each) => ({ actions: listed(at(each, "Action")).map(written), resources: listed(at(each, "Resource")) })),
      ];
    }),
  );
}

/** Actions that AWS lets nobody narrow to an ARN, in the service authorization reference. */
const WITHOUT_ARN: ReadonlySet<string> = new Set([
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "cloudwatch:GetMetricData",
  "application-autoscaling:DescribeScalableTargets",
  "application-autoscaling:DescribeScheduledActions",
  "elasticloadbalancing:DescribeCapacityReservation",
  "elasticloadbalancing:DescribeTargetHealth",
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeSubnets",
  "ecs:DescribeTaskDefinition",
  "servicequotas:GetServiceQuota",
]);

/** What Lambda itself does in a function's name, or AWS checks when something else is asked: no code of ours sends it. */
const NOT_SENT_BY_US: ReadonlySet<string> = new Set([
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  // The function's dead letters, and its queue.
  "sqs:SendMessage",
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  // Asked for by Application Auto Scaling of whoever registers a service's target.
  "ecs:UpdateService",
  // Asked for by a reader that a token is shown to, and by the Data API, which reads the secret.
  "rds-db:connect",
  "secretsmanager:GetSecretValue",
  // The function's interface in a network.
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DeleteNetworkInterface",
]);

/** Everything that is wrong with what functions may do, given the actions that each one's code can ask for. */
export function grantFaults(template: Template, asks: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const faults: string[] = [];
  for (const [name, statements] of grantsOf(template)) {
    const asked = asks.get(name) ?? new Set();
    const granted = new Set(statements.flatMap(({ actions }) => actions));
    for (const { actions, resources } of statements) {
      if (resources.includes("*")) faults.push(...actions.filter((each) => !WITHOUT_ARN.has(each)).map((each) => `${name}: ${each} on *`));
      if (resources.length === 0) faults.push(`${name}: ${actions.join(", ")} on nothing`);
    }
    for (const action of granted) {
      if (action.includes("*")) faults.push(`${name}: ${action}`);
      else if (!asked.has(action) && !NOT_SENT_BY_US.has(action)) faults.push(`${name}: ${action} is allowed and never asked for`);
    }
    for (const action of asked) {
      if (!granted.has(action)) faults.push(`${name}: ${action} can be asked for and is not allowed`);
    }
  }
  return faults;
}

/** The queues and functions that a function is told of and may do nothing with. */
export function unreachable(template: Template, name: string): readonly string[] {
  const told = new Set<string>();
  environmentOf(template, name, (id) => (told.add(id), id));
  const reached = new Set((grantsOf(template).get(name) ?? []).flatMap(({ resources }) => resources.map(referred)));
  const types = new Set(["AWS::SQS::Queue", "AWS::Lambda::Function"]);
  return [...told].filter((id) => types.has(template.Resources[id]?.Type ?? "") && !reached.has(id));
}

/** The shortest lead to plan with: an event that is delivered later than that has been overtaken by the minute. */
const SHORTEST_LEAD_SECONDS = 180;
/** A feed that could not be taken in may be a while later. */
const FEED_SECONDS = 3_600;

/** Everything that is wrong with rules, and with what becomes of what cannot be delivered. */
export function deliveryFaults(template: Template): readonly string[] {
  const faults: string[] = [];
  const queues = new Map(ofType(template, "AWS::SQS::Queue"));
  const deadLetterQueues = new Set<string>();
  const mayBeSentTo = (queue: string, from: string): boolean =>
    ofType(template, "AWS::SQS::QueuePolicy").some(
      ([, { Queues, PolicyDocument }]) =>
        listed(Queues).some((each) => referred(each) === queue) &&
        listed(at(PolicyDocument, "Statement")).some(
          (each) => referred(at(each, "Resource")) === queue && referred(at(each, "Condition", "ArnEquals", "aws:SourceArn")) === from,
        ),
    );
  const types: ReadonlySet<unknown> = new Set(eventContracts.map(({ type }) => type));
  for (const [id, rule] of ofType(template, "AWS::Events::Rule")) {
    const [source, ...others] = listed(at(rule["EventPattern"], "source"));
    const asked = listed(at(rule["EventPattern"], "detail-type"));
    if (others.length > 0 || !(source === "calltime" || (source === "aws.s3" && asked.length === 1 && asked[0] === "Object Created")))
      faults.push(`${id}: names no source of ours`);
    if (source === "calltime")
      faults.push(...asked.filter((type) => !types.has(type)).map((type) => `${id}: ${written(type)} is no contract`));
    if (asked.length === 0) faults.push(`${id}: takes every event`);
    for (const target of listed(rule["Targets"])) {
      const most = source === "calltime" ? SHORTEST_LEAD_SECONDS : FEED_SECONDS;
      if (!(Number(at(target, "RetryPolicy", "MaximumEventAgeInSeconds")) <= most))
        faults.push(`${id}: delivers what is older than ${most} s`);
      const dead = referred(at(target, "DeadLetterConfig", "Arn"));
      if (dead === undefined || !queues.has(dead)) faults.push(`${id}: has no dead letters`);
      else if (!mayBeSentTo(dead, id)) faults.push(`${id}: may not send to ${dead}`);
      if (dead !== undefined) deadLetterQueues.add(dead);
      const queue = referred(at(target, "Arn"));
      if (queue !== undefined && queues.has(queue) && !mayBeSentTo(queue, id)) faults.push(`${id}: may not send to ${queue}`);
    }
  }
  for (const [id, { Target, ScheduleExpression }] of ofType(template, "AWS::Scheduler::Schedule")) {
    const isMinute = ScheduleExpression === "rate(1 minute)";
    if (isMinute && at(Target, "RetryPolicy", "MaximumRetryAttempts") !== 0) faults.push(`${id}: a minute is tried again`);
    if (isMinute && at(Target, "RetryPolicy", "MaximumEventAgeInSeconds") !== 60)
      faults.push(`${id}: a minute is called later than the next one`);
    const dead = referred(at(Target, "DeadLetterConfig", "Arn"));
    if (dead === undefined) faults.push(`${id}: has no dead letters`);
    else deadLetterQueues.add(dead);
    if (!isMinute) continue;
    const called = referred(at(Target, "Arn"));
    const asynchronous = ofType(template, "AWS::Lambda::EventInvokeConfig").find(
      ([, { FunctionName }]) => referred(FunctionName) === called,
    )?.[1];
    if (asynchronous?.["MaximumRetryAttempts"] !== 0 || asynchronous["MaximumEventAgeInSeconds"] !== 60)
      faults.push(`${id}: ${called ?? "?"} tries a minute again`);
  }
  for (const [id, { RedrivePolicy }] of queues) {
    const dead = referred(at(RedrivePolicy, "deadLetterTargetArn"));
    if (!deadLetterQueues.has(id) && (dead === undefined || !queues.has(dead))) faults.push(`${id}: has no dead letters`);
  }
  return faults;
}
