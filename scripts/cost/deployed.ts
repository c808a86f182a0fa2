import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse } from "yaml";
import { countVitals } from "../../shared/deployed/vitals.ts";
import { onMinute } from "../../shared/lambda/on-minute.ts";
import type { Telemetry } from "../../shared/lambda/telemetry.ts";

/** What the template and the functions have that is billed by the piece. */
export type Deployed = {
  /** Memory of each function, in GB, by its name. */
  readonly memoryGb: ReadonlyMap<string, number>;
  /** Functions that the clock calls every minute. */
  readonly everyMinute: number;
  readonly alarms: number;
  readonly dashboards: number;
  /** Series of our own that are published while all is well: the functions' and the vitals of the cue tick. */
  readonly customMetrics: number;
};

const ROOT = new URL("../../", import.meta.url);
// As the deploy tool loads them: parts of the template, no modules of ours.
const part = createRequire(new URL("serverless.yml", ROOT));

type Functions = Readonly<Record<string, { readonly memorySize: number }>>;
type Resource = { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> };
type Resources = { readonly Resources: Readonly<Record<string, Resource>> };

/** Reads `deploy/`, and has the functions' own code say what it counts. */
export async function readDeployed(): Promise<Deployed> {
  const functionsOf = part("./deploy/functions.cjs") as (resolver: object) => Promise<Functions>;
  const functions = await functionsOf({ resolveVariable: async () => "iam" });
  const memoryGb = new Map(Object.entries(functions).map(([name, { memorySize }]) => [name, memorySize / 1_024]));
  const dashboardOf = part("./deploy/dashboard.cjs") as (resolver: object) => Promise<Resources>;
  const { dashboard } = parametersLeftOut();
  const metrics = await metricsOf();
  const schedules = ofType(template("clock.yml"), "AWS::Scheduler::Schedule");
  return {
    memoryGb,
    everyMinute: schedules.filter(({ Properties }) => Properties?.["ScheduleExpression"] === "rate(1 minute)").length,
    alarms: ofType(template("alarms.yml"), "AWS::CloudWatch::Alarm").length,
    dashboards: ofType(await dashboardOf({ resolveVariable: async () => dashboard }), "AWS::CloudWatch::Dashboard").length,
    // Also what a function that is called twice a day publishes, for the whole month.
    customMetrics: schedules.length * metrics.ofEach + metrics.ofCue,
  };
}

/** The parameters of a deployment that says none. */
function parametersLeftOut(): Readonly<Record<string, unknown>> {
  const text = readFileSync(new URL("serverless.yml", ROOT), "utf8");
  return (parse(text, { logLevel: "silent" }) as { readonly params: { readonly default: Readonly<Record<string, unknown>> } }).params
    .default;
}

/** A part of the template; CloudFormation's own tags stand for nothing here. */
function template(file: string): Resources {
  return parse(readFileSync(new URL(`deploy/${file}`, ROOT), "utf8"), { logLevel: "silent" }) as Resources;
}

function ofType({ Resources }: Resources, type: string): readonly Resource[] {
  return Object.values(Resources).filter(({ Type }) => Type === type);
}

async function metricsOf(): Promise<{ readonly ofEach: number; readonly ofCue: number }> {
  const names = new Set<string>();
  const telemetry: Telemetry = { info: () => {}, error: () => {}, count: (name) => void names.add(name), flush: () => {} };
  const minute = onMinute({ functionName: "cue", telemetry }, async () => {});
  await minute({}, { awsRequestId: "one", getRemainingTimeInMillis: () => 60_000 } as Parameters<typeof minute>[1]);
  const ofEach = names.size;
  countVitals(telemetry, { feedAgeMs: 0, verdictsPaging: 0, unsentEvents: 0 });
  return { ofEach, ofCue: names.size - ofEach };
}
