import { expect, test } from "vitest";
import { assess } from "../../shared/app/assess.ts";
import { setMode } from "../../shared/app/modes.ts";
import type { BufferCache, DatabaseInstance, DatabaseInstances, Pace } from "../../shared/app/ports.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { warmCachesFor, warmCachesOf } from "../../shared/app/warm-caches.ts";
import { CACHE_BUDGET, relationOf, type DatabaseToWarm } from "../../shared/core/warm/buffer-cache.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, stored, type Platform } from "./made.ts";

const CATALOGUE: DatabaseToWarm = {
  id: "catalogue",
  targetId: "api",
  instances: [],
  relations: [relationOf("programme")],
  statements: ["SELECT 1"],
  budget: CACHE_BUDGET,
};
const WRITER: DatabaseInstance = { id: "one", role: "writer" };
const READER: DatabaseInstance = { id: "two", role: "reader" };

/** A cluster whose instances hold of a thousand blocks what was read into them. */
function cluster(listed: readonly DatabaseInstance[], endpoint?: Set<string>) {
  const held = new Map<string, number>();
  const out = new Set<string>();
  const state = { refuses: false, opened: [] as string[], closed: 0 };
  const cacheOf = (id: string): BufferCache & { close(): Promise<void> } => ({
    cached: async (relations) => relations.map((relation) => ({ relation, blocks: 1_000, cachedBlocks: held.get(id) ?? 0 })),
    readBlocks: async (_, first, last) => void held.set(id, (held.get(id) ?? 0) + last - first + 1),
    ask: async () => {
      if (state.refuses) throw new CalltimeError("cache-refused", "no such column");
    },
    close: async () => void (state.closed += 1),
  });
  const instances: DatabaseInstances = {
    list: async () => listed,
    open: async (_, id) => {
      if (out.has(id)) throw new CalltimeError("database-unreachable", `${id}: timeout expired`);
      state.opened.push(id);
      return cacheOf(id);
    },
    admit: async (_, ids) => {
      for (const id of ids) endpoint?.add(id);
      return endpoint;
    },
  };
  return { instances, state, held, out };
}

const paceAt = (atMs: number): Pace => ({ nowMs: () => atMs, wait: async () => undefined, random: () => 0 });

async function warmedAt(small: Platform, atMs: number, { instances }: { readonly instances: DatabaseInstances }) {
  small.goTo(atMs);
  const final = (await situationAt(small.context, atMs)).occasions.find(({ name }) => name === "the cup final");
  const ports = { instances, pace: paceAt(atMs) };
  return warmCachesFor(small.context, ports, { occasionId: final?.id ?? "", untilMs: atMs + 10 * MINUTE_MS });
}

async function verdictAt(small: Platform, atMs: number) {
  small.goTo(atMs);
  await assess(small.context, await situationAt(small.context, atMs), { planned: [], warmed: [] });
  return small.bus
    .of("calltime.readiness.assessed")
    .at(-1)
    ?.data.warmUps.map(({ id, verdict, note }) => [id, verdict, note] as const);
}

test("every instance of every database is warmed before an occasion, and what each holds is told and is the verdict's evidence", async () => {
  const small = await platform({ databases: [CATALOGUE] });
  expect(await verdictAt(small, at(18, 30))).toEqual([["catalogue/instances", "planned", "it is warmed from 30 min before the start"]]);
  const made = cluster([WRITER, READER]);
  expect(await warmedAt(small, at(18, 31), made)).toMatchObject({ kind: "warmed" });
  const told = small.bus.of("calltime.cache.warmed").map(({ data }) => data);
  const whole = { state: "warm", cachedBefore: 0, cachedAfter: 1, bytes: 8_192_000, takesViewers: true, failures: [] };
  expect(told).toEqual([
    {
      databaseId: "catalogue",
      instances: [
        { instanceId: "one", role: "writer", tookMs: 0, ...whole },
        { instanceId: "two", role: "reader", tookMs: 0, ...whole },
      ],
    },
  ]);
  expect(made.state.closed).toBe(2);
  const note = "100 % held of 100 % at least, 19 min ago: 100 % of the hot blocks cached";
  expect(await verdictAt(small, at(18, 50))).toEqual([
    ["catalogue/one", "ready", note],
    ["catalogue/two", "ready", note],
  ]);
});

test("an instance that cannot be reached is unknown, and keeps no other cold", async () => {
  const small = await platform({ databases: [CATALOGUE] });
  const made = cluster([WRITER, READER]);
  made.out.add("two");
  await warmedAt(small, at(18, 50), made);
  expect(await verdictAt(small, at(18, 58))).toEqual([
    ["catalogue/one", "ready", "100 % held of 100 % at least, 8 min ago: 100 % of the hot blocks cached"],
    ["catalogue/two", "unknown", "what it holds could not be found out: two: timeout expired (database-unreachable)"],
  ]);
});

test("a statement that fails leaves it late, bytes that the budget leaves out leave it short", async () => {
  const small = await platform({ databases: [CATALOGUE] });
  const made = cluster([WRITER]);
  made.state.refuses = true;
  await warmedAt(small, at(18, 50), made);
  expect((await verdictAt(small, at(18, 58)))?.[0]?.slice(0, 2)).toEqual(["catalogue/one", "late"]);
  const little = await platform({ databases: [{ ...CATALOGUE, budget: { ...CACHE_BUDGET, bytes: 800_000 } }] });
  await warmedAt(little, at(18, 50), cluster([WRITER]));
  const [, verdict, note] = (await verdictAt(little, at(18, 58)))?.[0] ?? [];
  expect([verdict, note]).toEqual(["short", expect.stringContaining("9.7 % of the hot blocks cached, cache-over-budget")]);
});

test("a reader is let into the custom endpoint once it is warm, not before; one that is cold stays out and is not ready", async () => {
  const small = await platform({ databases: [{ ...CATALOGUE, statements: [] }] });
  const endpoint = new Set(["old"]);
  const made = cluster([WRITER, READER, { id: "three", role: "reader" }], endpoint);
  made.out.add("three");
  await warmedAt(small, at(18, 50), made);
  expect([...endpoint]).toEqual(["old", "two"]);
  const takes = small.bus.of("calltime.cache.warmed")[0]?.data.instances.map(({ instanceId, takesViewers }) => [instanceId, takesViewers]);
  expect(takes).toEqual([
    ["one", true],
    ["two", true],
    ["three", false],
  ]);
});

test("readers that have joined are warmed at once, for the database that their target is, and nothing else is", async () => {
  const small = await platform({ databases: [CATALOGUE, { ...CATALOGUE, id: "other", targetId: "db" }] });
  const made = cluster([WRITER, READER]);
  const ports = { instances: made.instances, pace: paceAt(at(16)) };
  const bound = { untilMs: at(16, 10) };
  expect(await warmCachesOf(small.context, ports, { ...bound, targetId: "api" })).toMatchObject({ databases: { catalogue: [{}, {}] } });
  expect(small.bus.of("calltime.cache.warmed").map(({ data }) => data.databaseId)).toEqual(["catalogue"]);
  expect(await warmCachesOf(small.context, ports, { ...bound, targetId: "none" })).toEqual({ kind: "left-alone", why: "nothing-listed" });
  await setMode(small.context, { mode: "observe", author: "me", why: "a test" }, at(16));
  expect(await warmCachesOf(small.context, ports, { ...bound, targetId: "api" })).toEqual({ kind: "left-alone", why: "switched-off" });
});

test("a cluster that cannot be described is unknown, and the next warm-up is free to try", async () => {
  const small = await platform({ databases: [CATALOGUE] });
  const broken = { ...cluster([]).instances, list: async () => Promise.reject(new Error("throttled")) };
  await expect(warmedAt(small, at(18, 50), { instances: broken })).rejects.toThrow("throttled");
  expect((await stored(small))["warm-ups/databases"]).not.toMatchObject({ catalogue: { busyUntilMs: expect.anything() as unknown } });
  expect(await verdictAt(small, at(18, 58))).toEqual([
    ["catalogue/instances", "unknown", "what it holds could not be found out: throttled"],
  ]);
  expect(await warmedAt(small, at(18, 59), cluster([WRITER]))).toMatchObject({ kind: "warmed" });
});

test("told twice at once a database is warmed once", async () => {
  const small = await platform({ databases: [CATALOGUE] });
  const made = cluster([WRITER]);
  await Promise.all([warmedAt(small, at(18, 50), made), warmedAt(small, at(18, 50), made)]);
  expect(made.state.opened).toEqual(["one"]);
});
