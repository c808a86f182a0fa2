import { expect, test } from "vitest";
import { platform, TOKEN } from "./platform.ts";

const headers = { authorization: `Bearer ${TOKEN}` };

test("the targets are given back, each with its outcome, and all observe from then on", async () => {
  const { ask, context } = platform();
  const release = () => ask("/v1/release", { method: "POST", headers, body: JSON.stringify({ author: "ops", why: "taken away" }) });
  const answer = await release();
  expect(answer.status).toBe(200);
  const { targets } = (await answer.json()) as { targets: { targetId: string; outcome: string }[] };
  expect(targets.map(({ targetId }) => targetId)).toEqual(context.settings.targets.map(({ id }) => id));
  expect(await (await ask("/v1/mode")).json()).toMatchObject({ all: { mode: "observe", author: "ops", why: "taken away" } });
  expect((await release()).status).toBe(200);
});

test("it needs the token, an author and a reason, and takes nothing else", async () => {
  const { ask } = platform();
  const post = (body: object, given: Record<string, string> = headers) =>
    ask("/v1/release", { method: "POST", headers: given, body: JSON.stringify(body) });
  expect((await post({ author: "ops", why: "x" }, {})).status).toBe(401);
  expect(await (await post({ author: "ops" })).json()).toMatchObject({ error: { code: "body-invalid" } });
  expect(await (await post({ author: "ops", why: "x", targetId: "one" })).json()).toMatchObject({ error: { code: "body-invalid" } });
  expect(await (await post({ author: "ops", why: " " })).json()).toMatchObject({ error: { code: "mode-why-blank" } });
  expect(await (await post({ author: " ", why: "x" })).json()).toMatchObject({ error: { code: "mode-author-blank" } });
});
