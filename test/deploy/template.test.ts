import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPIRES_AT, PARTITION, SORT } from "../../shared/aws/table.ts";
import { METRICS } from "../../shared/lambda/telemetry.ts";
import { asksOf } from "./asks.ts";
import { packagedWhole, type Whole } from "./packaged.ts";
import { at, danglingIn, deliveryFaults, grantFaults, grantsOf, ofType, unreachable, written, type Template } from "./template.ts";

// Bundling and packaging take seconds, and a busy machine takes longer.
const PACKAGING_MS = 180_000;

let whole: Whole;
let asks: ReadonlyMap<string, ReadonlySet<string>>;

beforeAll(async () => {
  whole = await packagedWhole();
  asks = new Map(whole.functions.map(asksOf));
}, PACKAGING_MS);
afterAll(() => whole?.remove());

/** The template with one resource changed. */
function planted(id: string, change: (properties: Record<string, unknown>) => void): Template {
  const copy = structuredClone(whole.template);
  const resource = copy.Resources[id];
  if (resource?.Properties === undefined) throw new Error(`there is no resource ${id}`);
  change(resource.Properties as Record<string, unknown>);
  return copy;
}

type Open = { PolicyDocument: { Statement: { Action: string[]; Resource: unknown }[] } };
const statementsOf = ({ Policies }: Record<string, unknown>) => (Policies as Open[])[0]?.PolicyDocument.Statement ?? [];
type OpenTarget = { RetryPolicy: Record<string, number>; DeadLetterConfig?: unknown };
const targetOf = ({ Targets }: Record<string, unknown>) => (Targets as OpenTarget[])[0] as OpenTarget;

test("what the template refers to is there", () => {
  expect(danglingIn(whole.template)).toEqual([]);
  const dangling = planted(
    "PlanRule",
    (rule) => ((rule["Targets"] as { Arn: unknown }[])[0] = { Arn: { "Fn::GetAtt": ["PlanFunction", "Arn"] } }),
  );
  expect(danglingIn(dangling)).toEqual(["PlanRule: there is no PlanFunction"]);
});

describe("what functions may do", () => {
  test("is what their code can ask for, each on its own ARNs", () => {
    expect(grantFaults(whole.template, asks)).toEqual([]);
    expect([...grantsOf(whole.template).keys()].toSorted()).toEqual([
      "api",
      "cue",
      "ingest",
      "measure",
      "plan",
      "preflight",
      "release",
      "warm-aurora",
      "warm-capacity",
      "warm-cdn",
    ]);
    expect([...(asks.get("cue") ?? [])]).toContain("application-autoscaling:RegisterScalableTarget");
  });

  test("a role that may do more, or do it to everything, or less, is seen", () => {
    const more = planted("PlanRole", (role) => statementsOf(role).push({ Action: ["dynamodb:Scan"], Resource: "arn" }));
    expect(grantFaults(more, asks)).toEqual(["plan: dynamodb:Scan is allowed and never asked for"]);
    const everything = planted("PlanRole", (role) => statementsOf(role).push({ Action: ["events:PutEvents"], Resource: "*" }));
    expect(grantFaults(everything, asks)).toEqual(["plan: events:PutEvents on *"]);
    const any = planted("PlanRole", (role) => statementsOf(role).push({ Action: ["events:*"], Resource: "arn" }));
    expect(grantFaults(any, asks)).toEqual(["plan: events:*"]);
    const less = planted("CueRole", (role) => {
      for (const each of statementsOf(role)) each.Action = each.Action.filter((action) => action !== "rds:ModifyDBCluster");
    });
    expect(grantFaults(less, asks)).toContain("cue: rds:ModifyDBCluster can be asked for and is not allowed");
  });
});

describe("what cannot be delivered", () => {
  test("can be had back by the API, from every queue that it is told of", () => {
    expect(unreachable(whole.template, "api")).toEqual([]);
    const less = planted("ApiRole", (role) => {
      const statements = statementsOf(role);
      statements.splice(statements.findIndex(({ Action }) => Action.includes("lambda:InvokeFunction")));
    });
    expect(unreachable(less, "api")).toEqual([
      "IngestLambdaFunction",
      "PlanLambdaFunction",
      "WarmDashcdnLambdaFunction",
      "WarmDashauroraLambdaFunction",
    ]);
  });

  test("is kept where somebody sees it, and nothing is delivered when it is too late", () => {
    expect(deliveryFaults(whole.template)).toEqual([]);
  });

  test.each<[string, string, (properties: Record<string, unknown>) => void, string]>([
    [
      "a rule for no contract",
      "PlanRule",
      (rule) => (rule["EventPattern"] = { source: ["calltime"], "detail-type": ["calltime.schedule.chnged"] }),
      "PlanRule: calltime.schedule.chnged is no contract",
    ],
    ["a rule for everything", "PlanRule", (rule) => (rule["EventPattern"] = { source: ["calltime"] }), "PlanRule: takes every event"],
    ["a rule without dead letters", "WarmRule", (rule) => delete targetOf(rule).DeadLetterConfig, "WarmRule: has no dead letters"],
    [
      "a rule that delivers late",
      "PlanRule",
      (rule) => (targetOf(rule).RetryPolicy["MaximumEventAgeInSeconds"] = 86_400),
      "PlanRule: delivers what is older than 180 s",
    ],
    [
      "dead letters that nobody may send",
      "PlanDeadLettersPolicy",
      (policy) => (policy["Queues"] = []),
      "PlanRule: may not send to PlanDeadLetters",
    ],
    [
      "a queue that its rule may not send to",
      "WarmQueuePolicy",
      (policy) => (policy["Queues"] = []),
      "WarmRule: may not send to WarmQueue",
    ],
    ["a queue without dead letters", "WarmQueue", (queue) => delete queue["RedrivePolicy"], "WarmQueue: has no dead letters"],
    [
      "a minute that is tried again",
      "CueEveryMinute",
      (schedule) => ((schedule["Target"] as OpenTarget).RetryPolicy["MaximumRetryAttempts"] = 3),
      "CueEveryMinute: a minute is tried again",
    ],
    [
      "a minute that Lambda tries again",
      "MeasureAsync",
      (config) => (config["MaximumRetryAttempts"] = 2),
      "MeasureEveryMinute: MeasureLambdaFunction tries a minute again",
    ],
  ])("%s is seen", (_, id, change, fault) => {
    expect(deliveryFaults(planted(id, change))).toContain(fault);
  });
});

test("a tick is one at a time, and has less time than a minute", () => {
  const functions = new Map(ofType(whole.template, "AWS::Lambda::Function"));
  expect(functions.get("CueLambdaFunction")).toMatchObject({ ReservedConcurrentExecutions: 1, Timeout: 45 });
  for (const [id, { Runtime, Architectures, TracingConfig }] of functions) {
    expect([id, Runtime, Architectures, TracingConfig]).toEqual([id, "nodejs24.x", ["arm64"], { Mode: "Active" }]);
  }
});

test("alarms and dashboard name metrics that there are, and the tick's alarm takes silence for the worst", () => {
  const names: ReadonlySet<unknown> = new Set(Object.values(METRICS).map(([name]) => name));
  const alarms = new Map(ofType(whole.template, "AWS::CloudWatch::Alarm"));
  const ours = [...alarms.values()].filter(({ Namespace }) => Namespace === "Calltime").map(({ MetricName }) => MetricName);
  expect(ours.filter((name) => !names.has(name))).toEqual([]);
  expect(ours).toEqual(expect.arrayContaining(["Handled", "FeedAge", "VerdictsPaging", "UnsentEvents"]));
  expect(alarms.get("NoTicks")).toMatchObject({ TreatMissingData: "breaching" });
  expect(ofType(whole.template, "AWS::CloudWatch::Dashboard")).toEqual([]);
  const [[, dashboard] = []] = ofType(whole.templateWith("--param", "dashboard=on"), "AWS::CloudWatch::Dashboard");
  const body = JSON.parse(written(at(dashboard?.["DashboardBody"], "Fn::Sub"))) as { widgets: { properties: { metrics: string[][] } }[] };
  const shown = body.widgets.flatMap(({ properties }) => properties.metrics).filter(([namespace]) => namespace === "Calltime");
  expect(shown.length).toBeGreaterThan(8);
  expect(shown.filter(([, name]) => !names.has(name))).toEqual([]);
});

test("state outlives the stack, can be restored, and is encrypted; only garbage is taken out by time", () => {
  const { Table, Bucket } = whole.template.Resources;
  expect(Table).toMatchObject({
    DeletionPolicy: "Retain",
    Properties: {
      BillingMode: "PAY_PER_REQUEST",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { Enabled: true, AttributeName: EXPIRES_AT },
      KeySchema: [{ AttributeName: PARTITION }, { AttributeName: SORT }],
    },
  });
  expect(Bucket).toMatchObject({
    DeletionPolicy: "Retain",
    Properties: {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      VersioningConfiguration: { Status: "Enabled" },
    },
  });
  expect(ofType(whole.template, "AWS::Logs::LogGroup").every(([, { RetentionInDays }]) => RetentionInDays === 30)).toBe(true);
});

const routesOf = (template: Template) => ofType(template, "AWS::ApiGatewayV2::Route").map(([, properties]) => properties);

test("nobody reaches the API unasked: requests are signed", () => {
  expect(routesOf(whole.template).length).toBe(5);
  expect(routesOf(whole.template).map(({ AuthorizationType }) => AuthorizationType)).toEqual(Array(5).fill("AWS_IAM"));
});

test(
  "or carry a token of the issuer, with the scope that reading or writing takes",
  () => {
    const args = [
      "--stage",
      "prod",
      "--param",
      "auth=jwt",
      "--param",
      "issuer=https://id.example/",
      "--param",
      "alarmTopic=arn:aws:sns:eu-west-1:111122223333:page",
    ];
    const template = whole.templateWith(...args);
    const scopes = routesOf(template).map(({ RouteKey, AuthorizationType, AuthorizationScopes }) => [
      written(RouteKey).split(" ")[0],
      AuthorizationType,
      AuthorizationScopes,
    ]);
    expect(Object.fromEntries(scopes.map(([method, ...rest]) => [method, rest]))).toMatchObject({
      GET: ["JWT", ["calltime/read"]],
      PUT: ["JWT", ["calltime/write"]],
      DELETE: ["JWT", ["calltime/write"]],
    });
    expect(new Map(ofType(template, "AWS::CloudWatch::Alarm")).get("NoTicks")?.["AlarmActions"]).toEqual([
      "arn:aws:sns:eu-west-1:111122223333:page",
    ]);
    expect(new Map(ofType(template, "AWS::Logs::LogGroup")).get("CueLogGroup")?.["RetentionInDays"]).toBe(90);
  },
  PACKAGING_MS,
);
