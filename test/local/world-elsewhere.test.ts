import { expect, onTestFinished, test } from "vitest";
import { setMinimum } from "../../shared/app/capacity.ts";
import { worldHere } from "../../local/evening-world.ts";
import { serveApp, type App } from "../../local/server.ts";
import { worldElsewhere, type WayToWorld, type WorldElsewhere } from "../../local/world-elsewhere.ts";
import { openWorldProcess, runWorld } from "../../local/world-process.ts";
import { createWorldApp, LONGEST_RANGE_MS, type WorldAppSettings } from "../../local/world-server.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { platform } from "../app/made.ts";
import { EVENING_MS, runningWorld, servedWorld, smallWorld } from "../laws/simulated.ts";
import { settingOf } from "./small-evening.ts";

const HELLO = { wireVersion: 1, worldId: "w", fromMs: 0, nowMs: 0, clockMs: 0, stepped: true, targetIds: ["web"] };

async function served(app: App): Promise<string> {
  const server = await serveApp(app, { port: 0 });
  onTestFinished(() => server.close());
  return server.url;
}

/** A world that greets, and then answers as it likes. */
async function greeting(answer: (request: Request) => Response | Promise<Response>, way: WayToWorld = {}): Promise<WorldElsewhere> {
  const url = await served({
    fetch: (request) => (new URL(request.url).pathname === "/v1/world" ? Response.json(HELLO) : answer(request)),
  });
  return worldElsewhere(url, { answerWithinMs: 200, ...way });
}

const never = (): Promise<Response> => new Promise((done) => void setTimeout(() => done(new Response("{}")), 1_000));

test("an address where nobody answers, where somebody else does, and a world of another version are told apart", async () => {
  const gone = await serveApp({ fetch: () => new Response("") }, { port: 0 });
  await gone.close();
  await expect(worldElsewhere(gone.url)).rejects.toMatchObject({
    code: "world-unreachable",
    message: `${gone.url}: no world answers there; start it with "calltime world", or name its address with --world-url`,
  });
  for (const answer of [() => new Response("<html>"), () => Response.json({}), () => Response.json({ ...HELLO, nowMs: undefined })])
    await expect(worldElsewhere(await served({ fetch: answer }))).rejects.toMatchObject({ code: "world-unknown" });
  const newer = await served({ fetch: () => Response.json({ wireVersion: 2, somethingNew: true }) });
  await expect(worldElsewhere(newer)).rejects.toMatchObject({
    code: "world-version",
    message: `${newer}: that world speaks version 2, this Calltime version 1; start both from the same release`,
  });
});

test("without an answer in time a target is unknown, a change unanswered, and a load is not read", async () => {
  const world = await greeting(never);
  expect(await world.capacity.describe(["web"])).toMatchObject([{ kind: "unknown", targetId: "web" }]);
  expect(await world.bookings.list(["web"])).toMatchObject([{ kind: "unknown", targetId: "web" }]);
  await expect(world.capacity.setMinimum("web", 3)).rejects.toMatchObject({ code: "world-unanswered" });
  await expect(world.loads.load("web", 0, MINUTE_MS)).rejects.toMatchObject({ code: "world-unanswered" });
  const { context } = await platform();
  const { capacity } = world;
  expect(await setMinimum({ ...context, ports: { ...context.ports, capacity } }, "web", 3)).toMatchObject({ kind: "unanswered" });
});

test("an answer that lacks a number is no answer: it is never read as zero", async () => {
  const target = { kind: "known", targetId: "web", minimumUnits: 2, maximumUnits: 60, desiredUnits: 2 };
  const world = await greeting(({ method }) =>
    method === "GET" ? Response.json(target) : Response.json({ error: { code: "internal", message: "disk full" } }, { status: 500 }),
  );
  expect(await world.capacity.describe(["web"])).toMatchObject([
    { kind: "unknown", reason: expect.stringContaining("servingUnits") as string },
  ]);
  // What the world failed at may have been done half-way.
  await expect(world.capacity.setMinimum("web", 3)).rejects.toMatchObject({ code: "world-unanswered" });
});

test("a call that the world's troubles swallow is unanswered, whatever became of it", async () => {
  const trouble = { kind: "lost-done", where: "web", fromMs: EVENING_MS, toMs: EVENING_MS + MINUTE_MS, lateMinutes: 5 } as const;
  const world = await servedWorld(0, smallWorld({ troubles: [trouble] }));
  await expect(world.capacity.setMinimum("web", 9)).rejects.toMatchObject({ code: "call-lost" });
  expect(await world.capacity.describe(["web"])).toMatchObject([{ minimumUnits: 9 }]);
});

async function smallApp(stepped: boolean, settings: WorldAppSettings = {}) {
  const prepared = smallWorld();
  const here = worldHere(await runningWorld(0, prepared), prepared, EVENING_MS);
  const app = createWorldApp(here, { worldId: "small", fromMs: EVENING_MS, targetIds: ["web", "player"], stepped }, settings);
  return { app, here, url: await served(app) };
}

const asked = (body: unknown, type = "application/json"): RequestInit => ({
  method: "POST",
  headers: { "content-type": type },
  body: JSON.stringify(body),
});

test("a minute that is asked for twice passes once, also when both ask together", async () => {
  const { url, here } = await smallApp(true);
  const step = async (): Promise<unknown> => (await fetch(`${url}/v1/steps`, asked({ fromMs: EVENING_MS }))).json();
  const time = { worldId: "small", nowMs: EVENING_MS + MINUTE_MS, clockMs: EVENING_MS + MINUTE_MS };
  expect(await Promise.all([step(), step()])).toEqual([time, time]);
  expect(await step()).toEqual(time);
  expect(here.nowMs()).toBe(EVENING_MS + MINUTE_MS);
});

test("what is asked wrongly is refused with a code and a sentence", async () => {
  const { url } = await smallApp(false);
  const answer = async (path: string, init?: RequestInit): Promise<readonly [number, string]> => {
    const response = await fetch(`${url}${path}`, init);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.message).toMatch(/\w+ \w+/);
    return [response.status, error.code];
  };
  expect(await answer("/v1/steps", asked({ fromMs: EVENING_MS }))).toEqual([409, "world-runs-by-itself"]);
  expect(await answer("/v1/steps", asked({ fromMs: EVENING_MS }, "text/plain"))).toEqual([415, "body-no-json"]);
  expect(await answer("/v1/steps", asked({ from: EVENING_MS }))).toEqual([400, "body-invalid"]);
  expect(await answer("/v1/audience?from=0")).toEqual([400, "instant-invalid"]);
  expect(await answer("/v1/audience?from=60000&to=0")).toEqual([400, "range-invalid"]);
  expect(await answer(`/v1/audience?from=0&to=${LONGEST_RANGE_MS + 1}`)).toEqual([400, "range-too-long"]);
  expect(await answer("/v1/health")).toEqual([404, "route-unknown"]);
});

test("a question for later than now is answered when that has come, or after a while as it is", async () => {
  const { url, app, here } = await smallApp(false, { holdMs: 50 });
  const after = async (ms: number): Promise<unknown> => (await fetch(`${url}/v1/time?after=${ms}`)).json();
  expect(await after(EVENING_MS)).toMatchObject({ nowMs: EVENING_MS });
  await app.step();
  expect(await after(EVENING_MS)).toMatchObject({ nowMs: EVENING_MS + MINUTE_MS });
  expect(here.nowMs()).toBe(EVENING_MS + MINUTE_MS);
});

test("a world that runs by itself is waited for, and its minutes are not waited for twice", async () => {
  const opened = await openWorldProcess({ ...settingOf(), stepped: false });
  onTestFinished(() => opened.close());
  const world = await worldElsewhere(await served(opened.app));
  const fromMs = world.nowMs();
  const stop = new AbortController();
  const running = runWorld(opened, 6_000, stop.signal);
  await world.step();
  const once = world.nowMs();
  expect(once).toBeGreaterThan(fromMs);
  await world.step();
  expect(world.nowMs()).toBeGreaterThan(once);
  stop.abort();
  await running;
});

test("a world that goes away is asked again until it is back, and another one in its place is refused", async () => {
  let answers: (() => Response)[] = [];
  const said: string[] = [];
  const time = (worldId: string) => () => Response.json({ worldId, nowMs: MINUTE_MS, clockMs: MINUTE_MS });
  const world = await greeting(() => (answers.shift() ?? time("w"))(), {
    againAfterMs: 1,
    onReach: (sentence) => void said.push(sentence),
  });
  answers = [() => new Response("gone", { status: 502 }), () => new Response("gone", { status: 502 }), time("w")];
  await world.step();
  expect(world.nowMs()).toBe(MINUTE_MS);
  expect(said).toEqual([expect.stringContaining("had no answer"), `the world at ${world.url} answers again`]);
  answers = [time("another")];
  await expect(world.step()).rejects.toMatchObject({ code: "world-mismatch" });
});

test("a wait for the next minute ends when it is told to", async () => {
  const stop = new AbortController();
  const world = await greeting(() => new Response("gone", { status: 502 }), { againAfterMs: 60_000, signal: stop.signal });
  const waiting = world.step();
  stop.abort();
  await waiting;
  expect(world.nowMs()).toBe(0);
});
