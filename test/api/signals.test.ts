import { expect, test } from "vitest";
import { errorSchema } from "../../shared/api/failure.ts";
import { runningPlatform, TOKEN, type Platform } from "./platform.ts";

const HEADERS = { authorization: `Bearer ${TOKEN}` };
const EIT = { channelId: "one.example", source: "EIT" };

async function signal({ ask }: Platform, body: object, headers: Record<string, string> = HEADERS) {
  const response = await ask("/v1/signals", { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as unknown };
}

test("what is signalled as on is in force at once, under the name of what signals it", async () => {
  const running = await runningPlatform();
  const { status, body } = await signal(running, { ...EIT, kind: "present", at: "2026-06-13T17:01Z", title: "cup final" });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    heard: [
      { title: "Garden Hour", outcome: "corrected" },
      { title: "National Cup Final", outcome: "corrected" },
    ],
  });
  const found = (await (await running.ask("/v1/programmes?title=final")).json()) as { readonly programmes: readonly unknown[] };
  expect(found.programmes).toMatchObject([{ correction: { actualStartsAt: "2026-06-13T17:01:00.000Z", author: "EIT" } }]);
});

test.each([
  [{ kind: "present" }, 400, "signal-invalid"],
  [{ kind: "ended", at: "2026-06-13T17:00Z", forMinutes: 5 }, 400, "signal-invalid"],
  [{ kind: "ended", at: "2026-06-13T17:00Z" }, 400, "signal-invalid"],
  [{ kind: "still-live" }, 400, "signal-invalid"],
  [{ kind: "following", at: "2026-06-13T19:00Z" }, 400, "signal-invalid"],
  [{ kind: "paused", at: "2026-06-13T17:00Z" }, 400, "body-invalid"],
  [{ kind: "present", at: "2026-06-13T17:00Z", title: "the derby" }, 404, "signal-unmatched"],
  [{ kind: "present", at: "2026-06-13T17:30Z", title: "cup final" }, 400, "correction-times-invalid"],
])("%j is refused with %i %s", async (said, status, code) => {
  const refused = await signal(await runningPlatform(), { ...EIT, ...said });
  expect([refused.status, errorSchema().parse(refused.body).error.code]).toEqual([status, code]);
});

test("nobody signals without the token", async () => {
  expect((await signal(await runningPlatform(), { ...EIT, kind: "ended", at: "2026-06-13T17:00Z" }, {})).status).toBe(401);
});
