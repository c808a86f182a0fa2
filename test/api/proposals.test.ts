import { expect, test } from "vitest";
import { errorSchema } from "../../shared/api/failure.ts";
import { feedText, runningPlatform, TOKEN, type Platform } from "./platform.ts";

const HEADERS = { authorization: `Bearer ${TOKEN}` };
const SIMULCAST = `<programme start="20260613174000 +0000" stop="20260613193000 +0000" channel="two.example"><title>H.M. National Cup Final</title></programme>`;

async function proposals({ ask }: Platform) {
  return (await (await ask("/v1/occasions/proposals")).json()) as { readonly proposals: readonly { readonly id: string }[] };
}

test("what is proposed is read, answered once, and in force", async () => {
  const running = await runningPlatform();
  expect((await proposals(running)).proposals).toEqual([]);
  expect((await running.upload(feedText(SIMULCAST))).status).toBeLessThan(300);
  const read = await proposals(running);
  expect(read.proposals).toMatchObject([
    { name: "National Cup Final", slots: [{ channelId: "one.example" }, { channelId: "two.example" }], decision: null },
  ]);
  const path = `/v1/occasions/proposals/${read.proposals[0]?.id ?? ""}`;
  const answer = async (body: object, headers: Record<string, string> = HEADERS) => {
    const response = await running.ask(path, { method: "PUT", headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const said = { answer: "one", author: "desk", why: "the same match" };
  expect((await answer(said, {})).status).toBe(401);
  expect(errorSchema().parse((await answer({ ...said, answer: "maybe" })).body).error.code).toBe("body-invalid");
  expect(await answer(said)).toMatchObject({
    status: 200,
    body: { outcome: "answered", proposal: { decision: { answer: "one", author: "desk" } } },
  });
  expect(await answer(said)).toMatchObject({ status: 200, body: { outcome: "unchanged" } });
  const occasions = (await (await running.ask("/v1/occasions")).json()) as {
    readonly above: readonly { readonly channels: readonly string[] }[];
  };
  expect(occasions.above).toMatchObject([{ channels: ["one.example", "two.example"] }]);
});

test("what is not proposed cannot be answered", async () => {
  const { ask } = await runningPlatform();
  const body = JSON.stringify({ answer: "one", author: "desk", why: "x" });
  const response = await ask("/v1/occasions/proposals/p-0", { method: "PUT", headers: HEADERS, body });
  expect([response.status, errorSchema().parse(await response.json()).error.code]).toEqual([404, "proposal-unknown"]);
});
