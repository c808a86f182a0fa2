import { expect, test } from "vitest";
import { modelUpdated } from "../../events/index.ts";
import type { DeadLetter, DeadLetters } from "../../shared/app/ports.ts";
import { NOW_MS, platform, runningPlatform, TOKEN } from "./platform.ts";

const LETTER: DeadLetter = {
  id: "7",
  event: modelUpdated.example,
  subscriber: "plan",
  tries: 3,
  diedAtMs: NOW_MS,
  reason: "the store was gone",
};

/** One dead letter, and what was redriven. */
function oneDeadLetter(): { readonly port: DeadLetters; readonly redriven: string[] } {
  const redriven: string[] = [];
  const port: DeadLetters = {
    deadLetters: async () => (redriven.length > 0 ? [] : [LETTER]),
    redrive: async (id, now) => {
      if (id !== "7") return undefined;
      redriven.push(`${id} at ${now}`);
      return LETTER;
    },
  };
  return { port, redriven };
}

test("a dead letter is listed with its event, its subscriber, its tries and the reason, until it is redriven", async () => {
  const { port, redriven } = oneDeadLetter();
  const { ask } = platform({ ports: { deadLetters: port } });
  const shown = {
    id: "7",
    subscriber: "plan",
    tries: 3,
    diedAt: "2026-06-13T17:00:00.000Z",
    reason: "the store was gone",
    event: modelUpdated.example,
  };
  expect(await (await ask("/v1/dead-letters")).json()).toMatchObject({ deadLetters: [shown] });
  const answer = await ask("/v1/dead-letters/7/redrive", { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
  expect([answer.status, await answer.json()]).toMatchObject([200, { redriven: shown }]);
  expect(redriven).toEqual([`7 at ${NOW_MS}`]);
  expect(await (await ask("/v1/dead-letters")).json()).toMatchObject({ deadLetters: [] });
});

test("redriving needs the token, and a dead letter that lies there", async () => {
  const { port, redriven } = oneDeadLetter();
  const { ask } = platform({ ports: { deadLetters: port } });
  expect((await ask("/v1/dead-letters/7/redrive", { method: "POST" })).status).toBe(401);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const unknown = await ask("/v1/dead-letters/8/redrive", { method: "POST", headers });
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: "dead-letter-unknown" } }]);
  expect(redriven).toEqual([]);
});

test("a bus that keeps its dead letters elsewhere says so, and health knows no number of them", async () => {
  const { ask } = platform();
  const answer = await ask("/v1/dead-letters");
  expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: "dead-letters-elsewhere" } }]);
  expect(await (await ask("/v1/health")).json()).toMatchObject({ deadLetters: null });
});

test("health counts dead letters, and one is a problem until it is redriven", async () => {
  const { port } = oneDeadLetter();
  const { ask, now } = await runningPlatform({ ports: { deadLetters: port } });
  expect(await (await ask("/v1/health")).json()).toMatchObject({
    status: "degraded",
    deadLetters: 1,
    problems: [expect.stringContaining("1 event could not be delivered") as string],
  });
  await port.redrive("7", NOW_MS);
  expect(now()).toBeGreaterThan(NOW_MS);
  expect(await (await ask("/v1/health")).json()).toMatchObject({ status: "ok", deadLetters: 0, problems: [] });
});
