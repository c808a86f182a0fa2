import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { once } from "../core/once.ts";

// Clients for what is Calltime's own, in the Region and account it runs in: one a process, made when it is first asked for. Endpoint, Region
// and credentials come from the environment. Each by itself, so that a function's code holds those it uses.

/** The client of the table of state. */
export const ownDynamo = /* @__PURE__ */ once(() => new DynamoDBClient({}));

/** The client of the bus. */
export const ownEvents = /* @__PURE__ */ once(() => new EventBridgeClient({}));

/** The client of the bucket. */
export const ownStorage = /* @__PURE__ */ once(() => new S3Client({}));

/** The client of the queues. */
export const ownQueues = /* @__PURE__ */ once(() => new SQSClient({}));

/** The client that calls functions. */
export const ownFunctions = /* @__PURE__ */ once(() => new LambdaClient({}));
