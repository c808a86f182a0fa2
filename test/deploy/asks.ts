import { readFileSync } from "node:fs";
import type { Metafile } from "esbuild";
import type { Packaged } from "../../scripts/package/package.ts";

/** How IAM calls the service of a client. */
const SERVICES: Readonly<Record<string, string>> = {
  "application-auto-scaling": "application-autoscaling",
  cloudwatch: "cloudwatch",
  dynamodb: "dynamodb",
  ec2: "ec2",
  ecs: "ecs",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  eventbridge: "events",
  lambda: "lambda",
  rds: "rds",
  "rds-data": "rds-data",
  s3: "s3",
  "service-quotas": "servicequotas",
  sqs: "sqs",
  sts: "sts",
};

/** Commands that need other actions than their own name, or none. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  // A transaction needs what its parts need, each by itself.
  "dynamodb:TransactWriteItems": [],
  "dynamodb:TransactGetItems": ["dynamodb:GetItem"],
  // The client has it for endpoint discovery, which is off.
  "dynamodb:DescribeEndpoints": [],
  "s3:ListObjectsV2": ["s3:ListBucket"],
  // By version, where the bucket has versions.
  "s3:GetObject": ["s3:GetObject", "s3:GetObjectVersion"],
  "s3:HeadObject": ["s3:GetObject"],
  "sqs:ChangeMessageVisibilityBatch": ["sqs:ChangeMessageVisibility"],
  "lambda:Invoke": ["lambda:InvokeFunction"],
  // Express buckets only.
  "s3:CreateSession": [],
};

const COMMAND = /@aws-sdk\/client-([a-z0-9-]+)\/.*\/commands\/(\w+)Command\.js$/;

/** The IAM actions that the code of a function can ask for: those of the SDK's commands that are in its bundle. */
export function asksOf({ name, metafile }: Packaged): readonly [name: string, actions: ReadonlySet<string>] {
  const { outputs } = JSON.parse(readFileSync(metafile, "utf8")) as Metafile;
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const actions = inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, client, command] = COMMAND.exec(path) ?? [];
    if (client === undefined || command === undefined || bytesInOutput === 0) return [];
    const service = SERVICES[client];
    if (service === undefined) throw new Error(`${name}: nobody said what IAM calls the service of client-${client}`);
    const action = `${service}:${command}`;
    return ACTIONS[action] ?? [action];
  });
  return [name, new Set(actions)];
}
