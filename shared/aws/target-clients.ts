import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { RDSClient } from "@aws-sdk/client-rds";
import { STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import { assumedRole, type RoleCredentials } from "./assumed-role.ts";
import { byPlace, type Place } from "./place.ts";
import { DEFAULT_RATE, tokenBucket, type CallRate, type TokenBucket } from "./token-bucket.ts";
import type { Pace } from "../app/ports.ts";
import { MACHINE_PACE } from "../app/ports/machine-pace.ts";

/** Settings that every client is made with. */
export type ClientSettings = Pick<STSClientConfig, "endpoint" | "credentials" | "maxAttempts" | "requestHandler">;

/** The clients of one account and Region; each is made when it is first asked for. */
export type TargetClients = {
  readonly scaling: () => ApplicationAutoScalingClient;
  readonly ecs: () => ECSClient;
  readonly balancing: () => ElasticLoadBalancingV2Client;
  readonly rds: () => RDSClient;
  readonly lambda: () => LambdaClient;
  readonly dynamo: () => DynamoDBClient;
  readonly metrics: () => CloudWatchClient;
  /** The turn of the next call to Application Auto Scaling, whose rate is one for the whole account and Region. */
  readonly scalingTurns: TokenBucket;
};

/** Clients by place, each made once and kept. */
export type ClientsOf = (place: Place) => TargetClients;

/**
 * Clients for the targets of every account and Region. Another account is entered by its role, with an STS client of that Region; its
 * credentials are fetched once for all its clients, and again shortly before they end.
 */
export function targetClients({
  settings = {},
  rate = DEFAULT_RATE,
  pace = MACHINE_PACE,
}: {
  readonly settings?: ClientSettings;
  readonly rate?: CallRate;
  readonly pace?: Pace;
} = {}): ClientsOf {
  return byPlace(({ region, account }) => {
    const entered: { credentials?: () => Promise<RoleCredentials> } =
      account === undefined ? {} : { credentials: shared(assumedRole(new STSClient({ ...settings, region }), account), pace) };
    const config = { ...settings, ...entered, region };
    return {
      scaling: once(() => new ApplicationAutoScalingClient(config)),
      ecs: once(() => new ECSClient(config)),
      balancing: once(() => new ElasticLoadBalancingV2Client(config)),
      rds: once(() => new RDSClient(config)),
      lambda: once(() => new LambdaClient(config)),
      dynamo: once(() => new DynamoDBClient(config)),
      metrics: once(() => new CloudWatchClient(config)),
      scalingTurns: tokenBucket(rate, pace),
    };
  });
}

// The SDK asks again when its own copy ends within five minutes; so must what is shared.
const RENEW_BEFORE_MS = 5 * 60_000;

/** One fetch for all who ask at the same time or while it holds; what failed is asked for again. */
function shared(fetch: () => Promise<RoleCredentials>, pace: Pace): () => Promise<RoleCredentials> {
  let known: Promise<RoleCredentials> | undefined;
  let endsAtMs = Infinity;
  return () => {
    if (known !== undefined && pace.nowMs() < endsAtMs - RENEW_BEFORE_MS) return known;
    endsAtMs = Infinity;
    const asked = fetch();
    known = asked;
    asked.then(
      ({ expiration }) => (endsAtMs = expiration.getTime()),
      () => (known = known === asked ? undefined : known),
    );
    return asked;
  };
}

function once<V>(make: () => V): () => V {
  let made: V | undefined;
  return () => (made ??= make());
}
