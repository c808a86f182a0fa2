// The functions, one a folder of functions/. Each has its own zip and its own role (roles.cjs); what calls it is in bus.yml, clock.yml and release.yml.
const directory = process.env.CALLTIME_PACKAGE ?? "dist";

const named = (name, settings) => ({
  handler: "index.handler",
  name: `\${self:custom.name}-${name}`,
  role: `${name.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase())}Role`,
  package: { artifact: `${directory}/functions/${name}.zip` },
  ...settings,
});

/** What a caller needs to be allowed, by what the request does. */
const routes = (authorizer) =>
  ["GET", "PUT", "POST", "PATCH", "DELETE"].map((method) => ({
    httpApi: { method, path: "/v1/{proxy+}", authorizer: authorizer(method === "GET" ? "calltime/read" : "calltime/write") },
  }));

/** Where what could not be delivered lies, and where it goes when somebody has it tried again. */
const deadLetters = {
  CALLTIME_INGEST_DEAD: { Ref: "IngestDeadLetters" },
  CALLTIME_INGEST_FUNCTION: { Ref: "IngestLambdaFunction" },
  CALLTIME_PLAN_DEAD: { Ref: "PlanDeadLetters" },
  CALLTIME_PLAN_FUNCTION: { Ref: "PlanLambdaFunction" },
  CALLTIME_CONTENT_DEAD: { Ref: "ContentDeadLetters" },
  CALLTIME_CONTENT_FUNCTION: { Ref: "WarmDashcdnLambdaFunction" },
  CALLTIME_DATABASE_DEAD: { Ref: "DatabaseDeadLetters" },
  CALLTIME_DATABASE_FUNCTION: { Ref: "WarmDashauroraLambdaFunction" },
  CALLTIME_WARM_DEAD: { Ref: "WarmDeadLetters" },
  CALLTIME_WARM_QUEUE: { Ref: "WarmQueue" },
};

module.exports = async ({ resolveVariable }) => {
  const list = async (name) => (await resolveVariable(`param:${name}`)).split(",").filter((each) => each !== "");
  const subnetIds = await list("databaseSubnets");
  const auth = await resolveVariable("param:auth");
  const authorizer = auth === "jwt" ? (scope) => ({ name: "people", scopes: [scope] }) : () => ({ type: "aws_iam" });
  return {
    ingest: named("ingest", { timeout: 120, memorySize: 1769 }),
    plan: named("plan", { timeout: 45, memorySize: 1769 }),
    // One tick at a time: a second one would find the targets taken.
    cue: named("cue", { timeout: 45, memorySize: 1769, reservedConcurrency: 1 }),
    measure: named("measure", { timeout: 55, memorySize: 1769, reservedConcurrency: 1 }),
    "warm-capacity": named("warm-capacity", {
      timeout: 45,
      memorySize: 1024,
      events: [
        {
          sqs: {
            arn: { "Fn::GetAtt": ["WarmQueue", "Arn"] },
            batchSize: 10,
            maximumBatchingWindow: 1,
            functionResponseType: "ReportBatchItemFailures",
            maximumConcurrency: 2,
          },
        },
      ],
    }),
    // As long as Lambda lets it: it ends with its budget, or when the programme starts.
    "warm-cdn": named("warm-cdn", { timeout: 900, memorySize: 1024 }),
    "warm-aurora": named("warm-aurora", {
      timeout: 900,
      memorySize: 512,
      // Amazon's own certificate authorities, which databases have and Node does not know.
      environment: { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" },
      ...(subnetIds.length > 0 && { vpc: { subnetIds, securityGroupIds: await list("databaseSecurityGroups") } }),
    }),
    // Twice a day: days of plans, and a look at each account.
    preflight: named("preflight", { timeout: 300, memorySize: 1769, reservedConcurrency: 1 }),
    // Called by CloudFormation alone, when the stack is deleted (release.yml).
    release: named("release", { timeout: 120, memorySize: 1024 }),
    api: named("api", { timeout: 29, memorySize: 1769, events: routes(authorizer), environment: deadLetters }),
  };
};
