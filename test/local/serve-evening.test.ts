import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serveEvening } from "../../local/serve-evening.ts";
import { readToken } from "../../local/token.ts";
import { at } from "../app/made.ts";
import { eventsOf, runTo, smallEvening } from "./small-evening.ts";

test("a floor that is raised over the API is asked for before the answer comes, with no tick in between", async () => {
  const tokenDirectory = mkdtempSync(join(tmpdir(), "calltime-serve-"));
  onTestFinished(() => rmSync(tokenDirectory, { recursive: true, force: true }));
  const evening = await smallEvening();
  const server = await serveEvening(evening, { port: 0, tokenDirectory });
  onTestFinished(() => server.close());
  await runTo(evening, at(18, 5));
  const minimum = async (): Promise<unknown> => (await evening.world.capacity.describe(["api"]))[0];
  expect(await minimum()).not.toMatchObject({ minimumUnits: 150 });
  const headers = { authorization: `Bearer ${readToken(tokenDirectory)}` };
  const asked = { targetIds: ["api"], floorUnits: 150, until: "2026-06-13T18:30Z", author: "ops", why: "a test" };
  const answer = await fetch(`${server.url}/v1/overrides`, { method: "POST", headers, body: JSON.stringify(asked) });
  expect(answer.status).toBe(201);
  expect(evening.nowMs()).toBe(at(18, 5));
  expect(await minimum()).toMatchObject({ minimumUnits: 150 });
  const about = (await eventsOf(evening)).filter(({ at: told }) => told === "2026-06-13T18:05:00.000Z").map(({ type }) => type);
  expect(about).toEqual(["calltime.override.changed", "calltime.capacity.planned", "calltime.warm-up.requested"]);
});
