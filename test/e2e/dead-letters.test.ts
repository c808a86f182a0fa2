import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/package/bundle.ts";
import { describeWithMoto } from "../aws/moto.ts";
import { drained } from "../aws/queues.ts";
import { packagedWhole, type Whole } from "../deploy/packaged.ts";
import { environmentOf, ofType } from "../deploy/template.ts";
import { CHANGED, delivery, MODE } from "../lambda/deliveries.ts";
import { lambdaEnvironment, startFunction } from "./lambda.ts";

const LONG_MS = 240_000;
const NOW_MS = Date.parse("2025-12-31T16:00:00Z");

let whole: Whole;
beforeAll(async () => {
  whole = await packagedWhole(join(ROOT, "test/fixtures/deploy/new-year.yaml"));
}, LONG_MS);
afterAll(() => whole?.remove());

/** As an HTTP API calls a function. */
function request(method: string, path: string) {
  return {
    version: "2.0",
    routeKey: `${method} /v1/{proxy+}`,
    rawPath: path,
    rawQueryString: "",
    headers: { host: "api.example" },
    requestContext: { http: { method, path, sourceIp: "192.0.2.1" }, domainName: "api.example", stage: "$default" },
    isBase64Encoded: false,
  };
}

/** A Lambda that takes every call, and remembers whom it was for. */
async function takingCalls() {
  const calls: { readonly url: string; readonly body: string }[] = [];
  const server = createServer((asked, response) => {
    let body = "";
    asked.on("data", (chunk: Buffer) => (body += chunk.toString()));
    asked.on("end", () => {
      calls.push({ url: asked.url ?? "", body });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

describeWithMoto("dead letters, on an emulated AWS", (moto) => {
  test(
    "are seen by whoever asks the API, and go back to the queue or the function that they were for",
    async () => {
      const [[, table] = []] = ofType(whole.template, "AWS::DynamoDB::Table");
      const { TableName = "", BillingMode, AttributeDefinitions, KeySchema } = table as unknown as CreateTableCommandInput;
      const made = new CreateTableCommand({ TableName, BillingMode, AttributeDefinitions, KeySchema });
      await new DynamoDBClient(moto.client()).send(made);
      const sqs = new SQSClient(moto.client());
      const urls = new Map<string, string>();
      for (const [id] of ofType(whole.template, "AWS::SQS::Queue"))
        urls.set(id, (await sqs.send(new CreateQueueCommand({ QueueName: id }))).QueueUrl ?? "");
      const give = async (queue: string, body: unknown) =>
        sqs.send(new SendMessageCommand({ QueueUrl: urls.get(queue), MessageBody: JSON.stringify(body) }));
      await give("WarmDeadLetters", delivery(MODE));
      // As Lambda itself writes of a call that it gave up (its documentation of invocation records).
      await give("PlanDeadLetters", {
        version: "1.0",
        timestamp: "2025-12-31T15:58:05.568Z",
        requestContext: {
          requestId: "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
          functionArn: "arn:aws:lambda:eu-west-1:123456789012:function:calltime-test-plan:$LATEST",
          condition: "RetriesExhausted",
          approximateInvokeCount: 3,
        },
        requestPayload: delivery(CHANGED),
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        responsePayload: { errorMessage: "the table did not answer", errorType: "Error" },
      });

      const lambda = await takingCalls();
      const api = whole.functions.find(({ name }) => name === "api");
      if (api === undefined) throw new Error("there is no function api");
      const valueOf = (id: string): string => (id === "Table" ? TableName : (urls.get(id) ?? id));
      const env = {
        ...lambdaEnvironment(moto),
        ...environmentOf(whole.template, "api", valueOf),
        AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      };
      const running = await startFunction(api, env, NOW_MS);
      onTestFinished(running.stop);
      const ask = async (method: string, path: string) => {
        const { statusCode, body } = (await running.invoke(request(method, path), NOW_MS)) as { statusCode: number; body: string };
        return { statusCode, body: JSON.parse(body) as { readonly deadLetters: readonly Record<string, unknown>[] } };
      };

      const { body } = await ask("GET", "/v1/dead-letters");
      const [ofPlan, ofWarm] = ["plan", "warm-capacity"].map((name) => body.deadLetters.find(({ subscriber }) => subscriber === name));
      expect(body.deadLetters).toHaveLength(2);
      expect(ofPlan).toMatchObject({ event: { id: CHANGED.id }, tries: 3, reason: "RetriesExhausted: the table did not answer" });
      expect(ofWarm).toMatchObject({ event: { id: MODE.id }, tries: null });

      for (const letter of [ofPlan, ofWarm])
        expect(await ask("POST", `/v1/dead-letters/${String(letter?.["id"])}/redrive`)).toMatchObject({ statusCode: 200 });
      expect(lambda.calls.map(({ url }) => url)).toEqual(["/2015-03-31/functions/PlanLambdaFunction/invocations"]);
      expect(JSON.parse(lambda.calls[0]?.body ?? "")).toEqual(delivery(CHANGED));
      expect((await drained(sqs, urls.get("WarmQueue") ?? "")).map(({ Body }) => Body)).toEqual([JSON.stringify(delivery(MODE))]);
      expect((await ask("GET", "/v1/dead-letters")).body.deadLetters).toEqual([]);
      expect(await ask("POST", `/v1/dead-letters/${String(ofWarm?.["id"])}/redrive`)).toMatchObject({ statusCode: 404 });
    },
    LONG_MS,
  );
});
