import { expect, test } from "vitest";
import { platform, TOKEN } from "./platform.ts";

const headers = { authorization: `Bearer ${TOKEN}` };

test("a mode is set for all and for one, and read back with who said so", async () => {
  const { ask, events } = platform();
  const put = (body: object) =>
    ask("/v1/mode", { method: "PUT", headers, body: JSON.stringify({ author: "ops", why: "to see", ...body }) });
  const [first] = ((await (await ask("/v1/mode")).json()) as { targets: { targetId: string; mode: string }[] }).targets;
  expect(first).toMatchObject({ mode: "active", set: null });
  expect((await put({ mode: "observe" })).status).toBe(200);
  const answer = await put({ mode: "frozen", targetId: first?.targetId });
  expect(await answer.json()).toMatchObject({
    all: { mode: "observe", author: "ops", why: "to see" },
    targets: expect.arrayContaining([
      expect.objectContaining({
        targetId: first?.targetId,
        mode: "frozen",
        file: "active",
        set: expect.objectContaining({ mode: "frozen" }) as object,
      }),
    ]) as object,
  });
  expect(events.filter(({ type }) => type === "calltime.mode.changed")).toHaveLength(2);
});

test("a mode needs the token, a reason, and to be one", async () => {
  const { ask } = platform();
  const put = (body: object, given: Record<string, string> = headers) =>
    ask("/v1/mode", { method: "PUT", headers: given, body: JSON.stringify(body) });
  expect((await put({ mode: "frozen", author: "ops", why: "x" }, {})).status).toBe(401);
  expect(await (await put({ mode: "frozen", author: "ops", why: " " })).json()).toMatchObject({ error: { code: "mode-why-blank" } });
  expect(await (await put({ mode: "off", author: "ops", why: "x" })).json()).toMatchObject({ error: { code: "body-invalid" } });
  expect((await put({ mode: "frozen", author: "ops", why: "x", targetId: "none" })).status).toBe(404);
});
