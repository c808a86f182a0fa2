import { expect, test } from "vitest";
import { learn, readLearned, rollBackModel } from "../../shared/app/model.ts";
import { explainAt, readHealth, readOccasions, readPlans } from "../../shared/app/operate.ts";
import { rejectQuarantined } from "../../shared/app/quarantine.ts";
import { ingest } from "../../shared/app/ingest.ts";
import { tick } from "../../shared/app/tick.ts";
import { learnLead } from "../../shared/core/forecast/model.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { at, EVENING, FINAL, platform, target, type Platform, said } from "./made.ts";

async function tickAt(small: Platform, atMs: number): Promise<void> {
  small.goTo(atMs);
  await tick(small.context, atMs);
  small.control.serve();
}

test("why the floor is what it is now and will be is answered from a plan made afresh", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  const now = await explainAt(small.context, "api", at(18), at(18));
  expect(now).toMatchObject({ kind: "known", floorUnits: 5, sinceMs: at(18) });
  const ahead = await explainAt(small.context, "api", at(19, 5), at(18));
  expect(ahead.kind === "known" && ahead.sentences.some((sentence) => sentence.includes("the cup final"))).toBe(true);
});

test("an instant beyond what a tick plans is answered too, up to two days ahead", async () => {
  const small = await platform();
  await tickAt(small, at(12));
  const ahead = await explainAt(small.context, "api", at(19, 5), at(12));
  expect(ahead).toMatchObject({ kind: "known" });
  expect(await explainAt(small.context, "api", at(48 + 12), at(12))).toMatchObject({
    kind: "unknown",
    why: "the instant is more than 48 hours ahead",
  });
});

test("why a floor was what it was is answered from the journal, also when the model has changed since", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  await tickAt(small, at(18, 1));
  const past = await explainAt(small.context, "api", at(18) + 30_000, at(18, 1));
  expect(past).toMatchObject({ kind: "known", atMs: at(18) + 30_000, sinceMs: at(18), floorUnits: 5 });
});

test("a minute in which Calltime did not run is unknown, not explained away", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  const past = await explainAt(small.context, "api", at(17, 30), at(18));
  expect(past).toMatchObject({ kind: "unknown", why: expect.stringContaining("not running") as string });
});

test("a target that nobody knows is refused by name, with those that there are", async () => {
  const small = await platform();
  for (const asked of [explainAt(small.context, "nope", at(18), at(18)), readPlans(small.context, at(18), { targetId: "nope" })]) {
    await expect(asked).rejects.toMatchObject({ code: "target-unknown", message: expect.stringContaining("api") as string });
  }
});

test("plans of one target are planned with the others, since they share connections", async () => {
  const targets = [target("db", { maxConnectionsPerUnit: 100 }), target("api", { connections: { database: "db", poolPerUnit: 10 } })];
  const small = await platform({ targets });
  const all = await readPlans(small.context, at(18));
  expect(said(await readPlans(small.context, at(18), { targetId: "db" }))).toEqual(said(all.slice(0, 1)));
});

test("occasions of the hours ahead are those above the threshold, with what is expected of them", async () => {
  const small = await platform();
  await tickAt(small, at(17));
  const { above, below, unknown } = await readOccasions(small.context, at(17));
  expect(above.map(({ occasion, air, targets }) => [occasion.name, air.kind, targets.map(({ id }) => id)])).toEqual([
    ["the cup final", "ahead", ["api"]],
  ]);
  expect(below).toBe(0);
  expect(unknown.map(({ name }) => name)).toEqual(["Garden Hour", "Old Songs"]);
});

test("all is well after a tick", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  expect(await readHealth(small.context, at(18, 1))).toMatchObject({
    status: "ok",
    lastTickMs: at(18),
    feeds: [{ feedId: "guide", generation: 1, programmes: EVENING.length }],
    targets: [{ kind: "known", targetId: "api" }],
    problems: [],
  });
});

test("a tick that stays away is a problem", async () => {
  const small = await platform();
  expect((await readHealth(small.context, at(18))).problems).toEqual(["the last tick is more than three minutes ago"]);
  await tickAt(small, at(18));
  expect((await readHealth(small.context, at(18, 3))).status).toBe("ok");
  expect((await readHealth(small.context, at(18, 4))).problems).toEqual(["the last tick is more than three minutes ago"]);
});

test("a target that cannot be described, and a control plane that does not answer, are problems and no failure", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  small.control.dark.add("api");
  expect((await readHealth(small.context, at(18))).problems).toEqual(["api cannot be described: api is dark"]);
  small.control.goDown(true);
  expect((await readHealth(small.context, at(18))).problems).toEqual([
    "api cannot be described: the control plane did not answer: no route to the control plane",
  ]);
});

test("an expectation that the guide has no slot for is told, once the guide reaches it", async () => {
  const mistyped = {
    occasion: "the semi",
    title: "semi final",
    channels: ["one"],
    windowStartMs: at(18),
    windowEndMs: at(20),
    viewers: 1_000,
  };
  const nextWeek = { ...mistyped, occasion: "next week", windowStartMs: at(24 * 7), windowEndMs: at(24 * 8) };
  const elsewhere = { ...mistyped, occasion: "elsewhere", channels: ["nine"] };
  const small = await platform({ expectations: [mistyped, nextWeek, elsewhere] });
  await tickAt(small, at(18));
  expect((await readHealth(small.context, at(18))).problems).toEqual([
    'nothing in the guide is "the semi": no programme titled "semi final" starts between 2026-06-13T18:00:00.000Z and 2026-06-13T20:00:00.000Z on its channels; correct the expectation, or the guide',
  ]);
  await tickAt(small, at(20));
  expect((await readHealth(small.context, at(20))).problems).toEqual([]);
});

test("dead letters that cannot be looked at are a problem, and keep nothing else from being told", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  const deadLetters = { deadLetters: () => Promise.reject(new Error("the queue is gone")), redrive: () => Promise.resolve(undefined) };
  const health = await readHealth({ ...small.context, ports: { ...small.context.ports, deadLetters } }, at(18));
  expect(health).toMatchObject({ deadLetters: undefined, problems: ["the dead letters could not be looked at: the queue is gone"] });
});

test("an upload that was quarantined is told until a sane one comes", async () => {
  const small = await platform();
  await tickAt(small, at(18));
  const empty = `<?xml version="1.0"?><tv><channel id="one"><display-name>One</display-name></channel></tv>`;
  await ingest(small.context, { feedId: "guide", read: () => inChunks(empty) }, at(18));
  expect((await readHealth(small.context, at(18))).problems).toEqual([
    "feed guide: its upload of 2026-06-13T18:00:00.000Z was quarantined; generation 1 stays in force; look at it, and accept or reject it. " +
      "The feed has no programme that could be kept, of 0 read.",
  ]);
  await rejectQuarantined(small.context, { feedId: "guide", author: "ops", why: "the publisher is down" }, at(18));
  expect((await readHealth(small.context, at(18))).problems).toEqual([]);
});

test("events that the bus did not take are told while they wait", async () => {
  const small = await platform();
  small.bus.goDown(true);
  await tickAt(small, at(18));
  expect((await readHealth(small.context, at(18))).problems).toEqual([expect.stringMatching(/^\d+ events wait for a bus/)]);
});

test("without any schedule that is the first thing to say", async () => {
  const small = await platform();
  small.context.ports.schedules.feeds = async () => [];
  await tickAt(small, at(18));
  expect((await readHealth(small.context, at(18))).problems).toEqual([
    "no schedule has been ingested yet: upload one with PUT /v1/feeds/{id}",
  ]);
});

test("one call goes back to an earlier model, as a new version that is told of", async () => {
  const small = await platform();
  const lead = (tookMs: number) => ({
    apply: (before: Parameters<typeof learnLead>[0]) => learnLead(before, "api", tookMs),
    cause: "lead" as const,
    what: "a lead",
  });
  const second = await learn(small.context, [lead(MINUTE_MS)], at(17));
  const third = await learn(small.context, [lead(9 * MINUTE_MS)], at(18));
  expect([second.version, third.version]).toEqual([2, 3]);
  const restored = await rollBackModel(small.context, 2, at(19));
  expect(restored).toEqual({ ...second, version: 4 });
  expect(await readLearned(small.context)).toEqual(restored);
  expect(small.bus.of("calltime.model.updated").at(-1)?.data).toEqual({
    modelVersion: 4,
    previousVersion: 3,
    cause: "rollback",
    what: "a person went back to version 2",
  });
});

test("a version that is not kept is refused, naming those that are", async () => {
  const small = await platform();
  await expect(rollBackModel(small.context, 9, at(19))).rejects.toMatchObject({
    code: "model-version-unknown",
    message: expect.stringContaining("none") as string,
  });
});

test("the last 20 versions are kept, and no document is left of those before", async () => {
  const small = await platform();
  for (let minute = 0; minute < 25; minute += 1) {
    const lesson = {
      apply: (before: Parameters<typeof learnLead>[0]) => learnLead(before, "api", (minute + 1) * MINUTE_MS),
      cause: "lead" as const,
      what: undefined,
    };
    await learn(small.context, [lesson], at(17, minute));
  }
  expect(await small.documents.list("model/version/")).toHaveLength(20);
  await expect(rollBackModel(small.context, 6, at(19))).rejects.toMatchObject({ code: "model-version-unknown" });
  expect((await rollBackModel(small.context, 7, at(19))).version).toBe(27);
});

test("an occasion that the guide drops while it is on air stays among the occasions", async () => {
  const small = await platform();
  await tickAt(small, at(18, 59));
  await tickAt(small, FINAL.startsAtMs);
  await small.air(EVENING.filter(({ id }) => id !== FINAL.id));
  const { above } = await readOccasions(small.context, at(19, 1));
  expect(above.map(({ occasion, air }) => [occasion.name, air.kind])).toEqual([["the cup final", "on-air"]]);
});
