import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { onStack, type StackAnswer } from "../../shared/lambda/on-stack.ts";
import { heard, invocationOf } from "./deliveries.ts";

/** Where CloudFormation waits for answers. */
async function waiting(status = 200) {
  const answers: { readonly method: string | undefined; readonly type: string | undefined; readonly body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      answers.push({ method: request.method, type: request.headers["content-type"], body: JSON.parse(text) });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed?X-Amz-Signature=1`;
  const ask = (RequestType: string, more: object = {}) => ({
    RequestType,
    ResponseURL: url,
    StackId: "arn:aws:cloudformation:eu-west-1:111122223333:stack/calltime-prod/1",
    RequestId: "r-1",
    LogicalResourceId: "TargetsGivenBack",
    ResourceType: "Custom::TargetsGivenBack",
    ...more,
  });
  return { answers, ask };
}

function releasing(work: () => Promise<StackAnswer>) {
  const calls: string[] = [];
  const handler = onStack({ functionName: "release", telemetry: heard() }, async (stackId) => {
    calls.push(stackId);
    return work();
  });
  return { handler, calls };
}

test("a stack that is made or changed is answered at once, and nothing is done", async () => {
  const { answers, ask } = await waiting();
  const { handler, calls } = releasing(async () => ({ done: true }));
  await handler(ask("Create"), invocationOf());
  await handler(ask("Update", { PhysicalResourceId: "p-1" }), invocationOf());
  expect(calls).toEqual([]);
  const common = { Status: "SUCCESS", RequestId: "r-1", LogicalResourceId: "TargetsGivenBack" };
  expect(answers).toMatchObject([
    { method: "PUT", type: "", body: { ...common, PhysicalResourceId: "TargetsGivenBack" } },
    { method: "PUT", type: "", body: { ...common, PhysicalResourceId: "p-1" } },
  ]);
});

test("a deletion is answered with what became of it", async () => {
  const { answers, ask } = await waiting();
  const done = releasing(async () => ({ done: true }));
  await done.handler(ask("Delete", { PhysicalResourceId: "p-1" }), invocationOf());
  expect(done.calls).toHaveLength(1);
  await releasing(async () => ({ done: false, why: `api: ${"no ".repeat(3_000)}` })).handler(ask("Delete"), invocationOf());
  await releasing(async () => Promise.reject(new Error("no table"))).handler(ask("Delete"), invocationOf());
  expect(answers.map(({ body }) => body)).toMatchObject([
    { Status: "SUCCESS", PhysicalResourceId: "p-1" },
    { Status: "FAILED", Reason: expect.stringMatching(/^api: no/) as string },
    { Status: "FAILED", Reason: "no table" },
  ]);
  expect(JSON.stringify(answers[1]?.body).length).toBeLessThan(4_096);
});

test("one that takes too long is answered before Lambda ends it", async () => {
  const { answers, ask } = await waiting();
  const { handler } = releasing(async () => new Promise<StackAnswer>(() => undefined));
  await handler(ask("Delete"), { ...invocationOf(), getRemainingTimeInMillis: () => 10_100 });
  expect(answers).toMatchObject([{ body: { Status: "FAILED", Reason: expect.stringContaining("time was over") as string } }]);
});

test("an answer that is not taken, and what CloudFormation did not send, fail", async () => {
  const { ask } = await waiting(403);
  const { handler } = releasing(async () => ({ done: true }));
  await expect(handler(ask("Delete"), invocationOf())).rejects.toMatchObject({ code: "stack-unanswered" });
  await expect(handler({ RequestType: "Delete" }, invocationOf())).rejects.toMatchObject({ code: "stack-request-malformed" });
});
