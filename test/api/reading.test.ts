import { expect, test } from "vitest";
import { KICK_OFF_MS, NOW_MS, platform, runningPlatform } from "./platform.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { routes } from "../../shared/api/routes.ts";
import { explanationSchema } from "../../shared/api/explain.ts";
import { healthSchema } from "../../shared/api/health.ts";
import { occasionsSchema } from "../../shared/api/occasions.ts";
import { orderSchema } from "../../shared/api/order.ts";
import { planSchema } from "../../shared/api/plan.ts";
import { verdictsSchema } from "../../shared/api/verdicts.ts";
import { tick } from "../../shared/app/tick.ts";
import { errorSchema } from "../../shared/api/failure.ts";

test("health is 200 with every target's state once a schedule is in force and a tick is on record", async () => {
  const { ask } = await runningPlatform();
  const response = await ask("/v1/health");
  expect(response.status).toBe(200);
  const health = healthSchema().parse(await response.json());
  expect(health).toMatchObject({ status: "ok", now: "2026-06-13T17:02:00.000Z", lastTickAt: "2026-06-13T17:02:00.000Z", problems: [] });
  expect(health.feeds).toEqual([{ feedId: "guide", generation: 1, publishedAt: "2026-06-13T16:00:00.000Z", programmes: 4 }]);
  expect(health.targets.map(({ kind, targetId }) => `${targetId} ${kind}`)).toEqual(["player-api known", "catalogue-db known"]);
});

test("health is 503 and says what is wrong, in sentences, while nothing is in force or a target is silent", async () => {
  const response = await platform({ dark: ["player-api"] }).ask("/v1/health");
  expect(response.status).toBe(503);
  const health = healthSchema().parse(await response.json());
  expect(health).toMatchObject({ status: "degraded", lastTickAt: null, feeds: [] });
  expect(health.problems.join(" ")).toMatch(/no schedule has been ingested.*last tick.*player-api cannot be described/);
});

test("a plan has the floors of the next three hours with their reasons, and raises before the final", async () => {
  const { ask } = await runningPlatform();
  const response = await ask("/v1/plan");
  expect(response.status).toBe(200);
  const { now, targets } = planSchema().parse(await response.json());
  expect(now).toBe("2026-06-13T17:02:00.000Z");
  expect(targets.map(({ targetId, mode }) => `${targetId} ${mode}`)).toEqual(["player-api active", "catalogue-db observe"]);
  const [player] = targets;
  expect(player).toMatchObject({ madeAt: "2026-06-13T17:02:00.000Z", until: "2026-06-13T20:02:00.000Z", baselineUnits: 4 });
  expect(player?.minutes).toBeUndefined();
  const highest = player?.steps.toSorted((a, b) => b.floorUnits - a.floorUnits)[0];
  expect(highest?.floorUnits).toBeGreaterThan(60);
  expect(highest?.reasons.map(({ code }) => code)).toContain("occasion");
  expect(highest?.reasons.find(({ code }) => code === "occasion")?.text).toContain("the National Cup Final");
});

test("the order has what an occasion needs by stage, with what is scheduled back; of another occasion nothing", async () => {
  const { ask } = await runningPlatform();
  const { occasions } = orderSchema().parse(await (await ask("/v1/order")).json());
  expect(occasions.map(({ name, steps }) => [name, ...steps.map((each) => `${each.stage} ${each.targetId} ${each.mode}`)])).toEqual([
    ["the National Cup Final", "readers catalogue-db observe", "services player-api active"],
  ]);
  const step = occasions[0]?.steps[1];
  expect(step?.neededUnits).toBeGreaterThan(60);
  expect(step?.leadMinutes).toBeGreaterThanOrEqual(4);
  expect(Date.parse(step?.askBy ?? "")).toBeLessThanOrEqual(Date.parse(step?.neededBy ?? "") - 4 * MINUTE_MS);
  expect(orderSchema().parse(await (await ask("/v1/order?occasion=another")).json()).occasions).toEqual([]);
});

test("with minutes=true each minute of the plan has its forecast, what is needed and the floor, and nothing beyond the plan's end", async () => {
  const { ask } = await runningPlatform();
  const { targets } = planSchema().parse(await (await ask("/v1/plan?target=player-api&hours=2&minutes=true")).json());
  expect(targets).toHaveLength(1);
  const minutes = targets[0]?.minutes ?? [];
  expect(minutes).toHaveLength(120);
  expect(minutes[0]?.at).toBe("2026-06-13T17:02:00.000Z");
  expect(minutes.at(-1)?.at).toBe("2026-06-13T19:01:00.000Z");
  for (const minute of minutes) {
    if (minute.kind !== "known") throw new Error(`${minute.at} is unknown`);
    expect(minute.lowerRps).toBeLessThanOrEqual(minute.medianRps);
    expect(minute.upperRps).toBeGreaterThanOrEqual(minute.medianRps);
    expect(minute.neededUnits).not.toBeNull();
    expect(minute.floorUnits).toBeGreaterThanOrEqual(4);
  }
});

test("minutes that were never measured are unknown, not zero", async () => {
  const loads = {
    load: async () => [],
    audience: async () => [],
  };
  const { ask } = platform({ ports: { loads } });
  const { targets } = planSchema().parse(await (await ask("/v1/plan?minutes=true")).json());
  const minutes = targets.flatMap((target) => target.minutes ?? []);
  expect(minutes.length).toBeGreaterThan(300);
  expect(minutes.every((minute) => minute.kind === "unknown" && minute.neededUnits === null)).toBe(true);
});

test("why the floor is what it is has an answer for the past, for now and for hours ahead", async () => {
  const { ask } = await runningPlatform();
  const answer = async (query: string) => explanationSchema().parse(await (await ask(`/v1/explain?target=player-api${query}`)).json());
  expect(await answer("")).toMatchObject({ kind: "known", at: "2026-06-13T17:02:00.000Z" });
  const final = await answer("&at=2026-06-13T18:10Z");
  if (final.kind === "unknown") throw new Error(final.why);
  expect(final.reasons.map(({ text }) => text).join("; ")).toMatch(/the National Cup Final .*requests\/s/);
  const past = await answer("&at=2026-06-13T17:01Z");
  if (past.kind === "unknown") throw new Error(past.why);
  expect(past.reasons.length).toBeGreaterThan(0);
  expect(past.reasons.every(({ text }) => text !== "")).toBe(true);
  expect(await answer("&at=2026-06-13T16:00Z")).toMatchObject({ kind: "unknown", why: expect.stringContaining("no record") as string });
  expect(await answer("&at=2026-06-16T16:00Z")).toMatchObject({ kind: "unknown", why: expect.stringContaining("48 hours") as string });
});

test("an unknown target is 404 with the targets there are, also for its plan", async () => {
  const { ask } = await runningPlatform();
  for (const path of ["/v1/explain?target=play", "/v1/plan?target=play"]) {
    const response = await ask(path);
    expect(response.status).toBe(404);
    const { error } = errorSchema().parse(await response.json());
    expect(error.code).toBe("target-unknown");
    expect(error.message).toContain("player-api, catalogue-db");
  }
});

test("verdicts are by occasion, the newest first, with the evidence of each target", async () => {
  const running = await runningPlatform({}, 12);
  const response = await running.ask("/v1/verdicts");
  expect(response.status).toBe(200);
  const { occasions } = verdictsSchema().parse(await response.json());
  expect(occasions.map(({ name, startsAt }) => `${name} ${startsAt}`)).toEqual(["the National Cup Final 2026-06-13T17:40:00.000Z"]);
  const verdicts = occasions[0]?.verdicts ?? [];
  expect(verdicts[0]?.checkpoint).toBe("T-30");
  expect(verdicts[0]?.evidence.map(({ targetId }) => targetId)).toEqual(["player-api", "catalogue-db"]);
  expect(verdicts[0]?.evidence[0]?.neededUnits).toBeGreaterThan(60);
  for (let minute = 12; minute < 39; minute += 1) {
    running.goTo(NOW_MS + minute * MINUTE_MS);
    await tick(running.context, running.now());
  }
  const later = verdictsSchema().parse(await (await running.ask(`/v1/verdicts?occasion=${occasions[0]?.occasionId}`)).json());
  const times = later.occasions[0]?.verdicts.map(({ at }) => at) ?? [];
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(times).toEqual(times.toSorted().toReversed());
});

test("an occasion without a verdict has an empty list; one that nobody knows is 404", async () => {
  const { ask, context, now } = await runningPlatform({}, 1);
  const news = (await context.guide(now())).occasions.find(({ name }) => name === "Late News");
  expect(verdictsSchema().parse(await (await ask(`/v1/verdicts?occasion=${news?.id}`)).json()).occasions).toEqual([]);
  const response = await ask("/v1/verdicts?occasion=e-nothing");
  expect(response.status).toBe(404);
  expect(errorSchema().parse(await response.json()).error.code).toBe("occasion-unknown");
});

test("occasions above the threshold come with their audience and where they stand; the others are counted", async () => {
  const { ask } = await runningPlatform();
  const response = await ask("/v1/occasions");
  expect(response.status).toBe(200);
  const { above, belowCount, unknownCount } = occasionsSchema().parse(await response.json());
  expect(above).toHaveLength(1);
  expect(above[0]).toMatchObject({
    name: "the National Cup Final",
    channels: ["one.example"],
    startsAt: "2026-06-13T17:40:00.000Z",
    endsAt: "2026-06-13T19:30:00.000Z",
    air: { kind: "ahead" },
    expectedAudience: { level: 0.9, basis: "expectation" },
  });
  const { lower = 0, median = 0, upper = 0 } = above[0]?.expectedAudience ?? {};
  expect(lower).toBeLessThan(median);
  expect(median).toBeLessThan(upper);
  expect(belowCount + unknownCount).toBe(2);
});

test("an occasion that is on air says so", async () => {
  const running = await runningPlatform({}, 1);
  running.goTo(Date.parse("2026-06-13T17:45:00.000Z"));
  await tick(running.context, running.now());
  const { above } = occasionsSchema().parse(await (await running.ask("/v1/occasions")).json());
  expect(above[0]?.air.kind).toBe("on-air");
});

test("an occasion that had begun before Calltime looked is on air, and nobody knows when its crowd came", async () => {
  const running = await runningPlatform({}, 0);
  running.goTo(KICK_OFF_MS + 30 * MINUTE_MS);
  await tick(running.context, running.now());
  const { above } = occasionsSchema().parse(await (await running.ask("/v1/occasions")).json());
  expect(above[0]?.air).toEqual({ kind: "on-air", startedAt: null });
});

test("HEAD answers as GET does, without a body", async () => {
  const { ask } = await runningPlatform({}, 1);
  const response = await ask("/v1/health", { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("");
});

test("every answer, also a refusal, forbids framing, guessing its type and keeping it, and opens itself to no other origin", async () => {
  const { ask } = await runningPlatform({}, 1);
  const origin = { headers: { origin: "https://elsewhere.example" } };
  for (const path of [...routes.map((route) => route.path.replace("{id}", "guide")), "/nowhere", "/v1/plan?hours=0"]) {
    const { headers } = await ask(path, origin);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("content-type")).toMatch(/^application\/json/);
  }
});
