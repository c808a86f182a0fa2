// What each function may do, and to what: one role a function, written out here. What targets there are says which of them can be reached.
// test/deploy compares each role with what the function's code can ask for.
const { databaseReachOf, reachOf } = require("../scripts/package/reach.ts");

const stage = "${self:custom.name}";
const arn = (text) => ({ "Fn::Sub": text });
const attribute = (resource) => ({ "Fn::GetAtt": [resource, "Arn"] });
const allow = (Action, Resource, Condition) => ({ Effect: "Allow", Action, Resource, ...(Condition && { Condition }) });
const some = (Action, Resource, Condition) => (Resource.length === 0 ? [] : [allow(Action, Resource, Condition)]);

const logs = (name) =>
  allow(
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    arn(`arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${stage}-${name}:*`),
  );
// Traces belong to nobody: there is no ARN to name.
const traces = allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");

const state = [
  allow(
    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"],
    attribute("Table"),
  ),
  allow(["events:PutEvents"], attribute("Bus")),
];

/** Looks at targets. What has no ARN in a grant is named one by one: these calls list, and AWS lets nobody list by name. */
const look = (reach) => [
  allow(["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScheduledActions"], "*"),
  ...some(["ecs:DescribeServices"], reach.services),
  ...(reach.services.length > 0 ? [allow(["elasticloadbalancing:DescribeTargetHealth"], "*")] : []),
  ...(reach.loadBalancers.length > 0 ? [allow(["elasticloadbalancing:DescribeCapacityReservation"], "*")] : []),
  ...some(["rds:DescribeDBClusters"], reach.clusters),
  // The capacity that a cluster has is a metric, and a metric has no ARN.
  ...(reach.serverlessClusters.length > 0 ? [allow(["cloudwatch:GetMetricData"], "*")] : []),
  ...some(["rds:DescribeDBInstances"], reach.instances),
  ...some(["lambda:GetProvisionedConcurrencyConfig"], reach.functions),
  ...some(["dynamodb:DescribeTable"], reach.tables),
  ...some(["sts:AssumeRole"], reach.roles),
];

/** Sets minimums and books raises, of scalable targets of the kinds that there are. */
const set = (reach) => [
  ...some(
    [
      "application-autoscaling:RegisterScalableTarget",
      "application-autoscaling:PutScheduledAction",
      "application-autoscaling:DeleteScheduledAction",
    ],
    reach.scalableTargets,
    {
      StringEquals: {
        "application-autoscaling:service-namespace": reach.namespaces,
        "application-autoscaling:scalable-dimension": reach.dimensions,
      },
    },
  ),
  // Application Auto Scaling asks of whoever registers a target that it may change the target itself.
  ...some(["ecs:UpdateService"], reach.services),
  ...some(["rds:ModifyDBCluster"], reach.serverlessClusters),
  ...some(["elasticloadbalancing:ModifyCapacityReservation"], reach.loadBalancers),
];

/** Looks through the queues of dead letters, and hands one back to whom it was for. */
const redrive = [
  allow(
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
    ["IngestDeadLetters", "PlanDeadLetters", "ContentDeadLetters", "DatabaseDeadLetters", "WarmDeadLetters"].map(attribute),
  ),
  allow(["sqs:SendMessage"], attribute("WarmQueue")),
  allow(
    ["lambda:InvokeFunction"],
    ["IngestLambdaFunction", "PlanLambdaFunction", "WarmDashcdnLambdaFunction", "WarmDashauroraLambdaFunction"].map(attribute),
  ),
];

// A metric has no ARN either.
const measured = (reach) => [allow(["cloudwatch:GetMetricData"], "*"), ...some(["sts:AssumeRole"], reach.roles)];

/** Warms the memory of databases: the writer through the Data API, which takes a secret; readers with a token of IAM. */
const warmDatabases = ({ clusters, instances, endpoints, secrets, users }) => [
  ...some(["rds:DescribeDBClusters"], clusters),
  ...some(["rds:DescribeDBInstances"], instances),
  ...some(["rds-data:BeginTransaction", "rds-data:ExecuteStatement", "rds-data:RollbackTransaction"], clusters),
  ...some(["secretsmanager:GetSecretValue"], secrets),
  ...some(["rds-db:connect"], users),
  // Endpoints are listed by the cluster and changed by their own name.
  ...some(["rds:DescribeDBClusterEndpoints"], endpoints.length === 0 ? [] : [...clusters, ...endpoints]),
  ...some(["rds:ModifyDBClusterEndpoint"], endpoints),
];

/** A function in a network has an interface there, which Lambda makes in its name; such calls take no ARN. */
const network = (isInside) =>
  isInside ? [allow(["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"], "*")] : [];

/** Looks at the limits of accounts. Quotas and subnets are listed, task definitions described, by nobody's name. */
const limits = (reach) => [
  ...(reach.scalableTargets.length > 0 ? [allow(["application-autoscaling:DescribeScheduledActions"], "*")] : []),
  ...some(["ecs:DescribeServices"], reach.services),
  ...(reach.services.length > 0
    ? [allow(["ecs:DescribeTaskDefinition", "ec2:DescribeSubnets", "servicequotas:GetServiceQuota"], "*")]
    : []),
  ...(reach.loadBalancers.length > 0 ? [allow(["elasticloadbalancing:DescribeCapacityReservation"], "*")] : []),
];

const grants = (reach, databases, isInside) => ({
  ingest: [
    ...state,
    ...measured(reach),
    allow(["s3:GetObject", "s3:GetObjectVersion"], arn("${Bucket.Arn}/feeds/*")),
    allow(["s3:ListBucket"], attribute("Bucket"), { StringLike: { "s3:prefix": "feeds/*" } }),
    allow(["sqs:SendMessage"], attribute("IngestDeadLetters")),
  ],
  plan: [...state, ...measured(reach), allow(["sqs:SendMessage"], attribute("PlanDeadLetters"))],
  cue: [...state, ...measured(reach), ...look(reach), ...set(reach), allow(["s3:PutObject"], arn("${Bucket.Arn}/sheets/*"))],
  measure: [...state, ...measured(reach)],
  "warm-capacity": [
    ...state,
    ...look(reach),
    ...set(reach),
    allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], attribute("WarmQueue")),
  ],
  "warm-cdn": [...state, allow(["sqs:SendMessage"], attribute("ContentDeadLetters"))],
  "warm-aurora": [
    ...state,
    ...warmDatabases(databases),
    ...network(isInside),
    allow(["sqs:SendMessage"], attribute("DatabaseDeadLetters")),
  ],
  preflight: [...state, ...measured(reach), ...limits(reach)],
  release: [...state, ...look(reach), ...set(reach)],
  // It gives the targets back to their owners, and dead letters to their subscribers.
  api: [...state, ...measured(reach), ...look(reach), ...set(reach), ...redrive],
});

const roleOf = (name, statements) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    },
    Policies: [{ PolicyName: name, PolicyDocument: { Version: "2012-10-17", Statement: [logs(name), traces, ...statements] } }],
  },
});

const logical = (name) => `${name.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase())}Role`;

module.exports = async ({ resolveVariable }) => {
  const isInside = (await resolveVariable("param:databaseSubnets")) !== "";
  const reach = reachOf(process.env.CALLTIME_TARGETS ?? "samples/targets-aws.yaml");
  const roles = Object.entries(grants(reach, databaseReachOf(process.env.CALLTIME_DATABASES), isInside));
  return { Resources: Object.fromEntries(roles.map(([name, statements]) => [logical(name), roleOf(name, statements)])) };
};
