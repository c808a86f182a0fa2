import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { parseTargets } from "../../shared/config/targets.ts";
import { ROOT } from "../architecture/planted.ts";
import { run, type Said } from "../programs.ts";

const PAGE = readFileSync(join(ROOT, "docs/infrastructure.md"), "utf8");

/** The snippets of one language, in the order of the page. */
function snippets(language: string): readonly string[] {
  return [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gmu)].flatMap(([, of, text = ""]) => (of === language ? [text] : []));
}

/** What a program says of a text as a file; undefined where the program is not installed: more than our own check, which is always made. */
function checked(command: string, args: readonly string[], name: string, text: string): Pick<Said, "status" | "stdout"> | undefined {
  const folder = mkdtempSync(join(tmpdir(), "calltime-snippet-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  try {
    const { status, stdout } = run(command, [...args, join(folder, name)]);
    return { status, stdout };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Where a snippet of Terraform does not close what it opens, or assigns nothing. */
function openIn(terraform: string): readonly string[] {
  const open: string[] = [];
  const found: string[] = [];
  for (const [index, line] of terraform.split("\n").entries()) {
    const code = line.replaceAll(/"(?:\\.|[^"\\])*"/gu, '""');
    for (const mark of code.match(/[{}[\]]/gu) ?? []) {
      if (mark === "{" || mark === "[") open.push(mark);
      else if (open.pop() !== (mark === "}" ? "{" : "[")) found.push(`line ${index + 1}: ${mark} closes nothing`);
    }
    if (/^\s*\w+\s*=\s*$/u.test(code)) found.push(`line ${index + 1}: nothing is assigned`);
    if ((code.match(/"/gu) ?? []).length % 2 === 1) found.push(`line ${index + 1}: a text does not end`);
  }
  return open.length === 0 ? found : [...found, `${open.length} not closed`];
}

/** The blocks of a resource type, each as text. */
function resources(type: string): readonly string[] {
  return snippets("terraform").flatMap((text) =>
    [...text.matchAll(new RegExp(`^resource "${type}" [\\s\\S]*?^\\}$`, "gmu"))].map(([block]) => block),
  );
}

describe("Terraform", () => {
  test("snippets close what they open; a broken one is found", () => {
    expect(snippets("terraform")).toHaveLength(2);
    for (const text of snippets("terraform")) expect(openIn(text)).toEqual([]);
    expect(openIn('resource "a" "b" {\n  x =\n  y = [1\n}\n')).toHaveLength(3);
  });

  test("snippets are formatted as terraform does, where it is installed", () => {
    for (const text of snippets("terraform")) {
      const said = checked("terraform", ["fmt", "-check", "-diff"], "snippet.tf", text);
      expect(said).toEqual(said && { status: 0, stdout: "" });
    }
  });

  test("leaves alone what Calltime moves: the minimum, the desired count, the lower end of a range", () => {
    const ignored = (type: string): readonly string[] =>
      resources(type).map((block) => /ignore_changes = \[(.*)\]$/mu.exec(block)?.[1] ?? "");
    expect(ignored("aws_ecs_service")).toEqual(["desired_count"]);
    expect(ignored("aws_appautoscaling_target")).toEqual(["min_capacity"]);
    expect(ignored("aws_rds_cluster")).toEqual(["serverlessv2_scaling_configuration[0].min_capacity"]);
  });
});

test("the CDK snippet is TypeScript, and states no desired count", () => {
  const [cdk = ""] = snippets("typescript");
  expect(() => stripTypeScriptTypes(cdk)).not.toThrow(SyntaxError);
  expect(() => stripTypeScriptTypes(`${cdk}}`)).toThrow(SyntaxError);
  expect(cdk.replaceAll(/\/\/.*$/gmu, "")).not.toMatch(/desiredCount/u);
  expect(cdk).toMatch(/autoScaleTaskCount\(\{ minCapacity: 12, maxCapacity: 800 \}\)/u);
});

type Template = {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>>;
};

describe("CloudFormation", () => {
  const [source = ""] = snippets("yaml");
  const tag = (name: string) => ({ tag: `!${name}`, resolve: (text: string) => ({ [name]: text }) });
  const { Resources } = parse(source, { customTags: [tag("Sub"), tag("Ref")] }) as Template;

  test("writes no desired count, the bounds once, and scales in", () => {
    const of = (type: string) => Object.values(Resources).find(({ Type }) => Type === type)?.Properties ?? {};
    expect(of("AWS::ECS::Service")).not.toHaveProperty("DesiredCount");
    expect(of("AWS::ApplicationAutoScaling::ScalableTarget")).toMatchObject({ MinCapacity: 12, MaxCapacity: 800 });
    expect(of("AWS::ApplicationAutoScaling::ScalableTarget")).not.toHaveProperty("ScheduledActions");
    expect(of("AWS::ApplicationAutoScaling::ScalingPolicy")).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 8_550, ScaleInCooldown: 60 },
    });
  });

  test("is what cfn-lint takes, where it is installed", () => {
    const said = checked("cfn-lint", ["--"], "template.yaml", source);
    expect(said).toEqual(said && { status: 0, stdout: "" });
  });
});

test("the numbers of target tracking follow from the sample", () => {
  const file = readFileSync(join(ROOT, "samples/targets-aws.yaml"), "utf8");
  const [api] = parseTargets(file, "targets-aws.yaml").targets;
  expect(api?.id).toBe("player-api");
  const written = /`throughput` of (\d+), so ([\d,]+) is 90 %, ([\d,]+) is 95 % and\s+([\d,]+) is all of it/u.exec(PAGE);
  const [, throughput, ...counts] = (written ?? []).map((text) => Number(text.replaceAll(",", "")));
  expect(throughput).toBe(api?.throughputRps);
  expect(counts).toEqual([0.9, 0.95, 1].map((share) => Math.round((api?.throughputRps ?? 0) * 60 * share)));
  expect(api?.baselineUnits).toBe(12);
  expect(api?.ceilingUnits).toBe(800);
});

/** The services whose clients the adapters use, by the prefix of their actions. */
const PREFIXES: Readonly<Record<string, string>> = {
  ec2: "ec2",
  "service-quotas": "servicequotas",
  sts: "sts",
  "application-auto-scaling": "application-autoscaling",
  cloudwatch: "cloudwatch",
  dynamodb: "dynamodb",
  ecs: "ecs",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  lambda: "lambda",
  rds: "rds",
};

/** What the adapters of targets call, from the commands that they import. */
function actionsCalled(): ReadonlySet<string> {
  const actions = new Set<string>();
  const adapters = [
    "scalable-targets",
    "booking-control",
    "ecs-services",
    "aurora",
    "aurora-readers",
    "acu-clusters",
    "load-balancers",
    "other-counts",
    "metric-reader",
    "load-source",
    "capacity-control",
    "account-limits",
  ];
  expect(readdirSync(join(ROOT, "shared/aws"))).toEqual(expect.arrayContaining(adapters.map((name) => `${name}.ts`)));
  for (const name of adapters) {
    const text = readFileSync(join(ROOT, "shared/aws", `${name}.ts`), "utf8");
    for (const [, names = "", client = ""] of text.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)"/gu))
      for (const [, command = ""] of names.matchAll(/(\w+)Command\b/gu)) actions.add(`${PREFIXES[client]}:${command}`);
  }
  return actions;
}

test("the policy allows what the adapters call, and nothing else", () => {
  const [trust = "", policy = ""] = snippets("json");
  type Policy = { readonly Statement: readonly { readonly Action: string | readonly string[] }[] };
  const allowed = (JSON.parse(policy) as Policy).Statement.flatMap(({ Action }) => Action);
  expect(new Set(allowed)).toEqual(actionsCalled());
  expect(allowed.filter((action) => /Deregister|\*|MaxCapacity|ScalingPolicy/u.test(action))).toEqual([]);
  expect((JSON.parse(trust) as Policy).Statement.map(({ Action }) => Action)).toEqual(["sts:AssumeRole"]);
  expect(trust).toMatch(/sts:ExternalId/u);
});
