import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { modelUpdated, newEvent, programmeStarting, type AnyEvent } from "../../events/index.ts";
import { localBus, type DeliverySettings } from "../../local/bus.ts";
import { openDatabase } from "../../local/database.ts";
import { sqliteDocumentStore } from "../../local/document-store.ts";
import { eventLog } from "../../local/event-log.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

const AT_MS = 1_767_200_400_000;
const MODEL = modelUpdated.type;

function platform(settings?: DeliverySettings) {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  return { database, bus: localBus(database, settings), documents: sqliteDocumentStore(database), log: eventLog(database) };
}

const learned = (id: string, atMs = AT_MS): AnyEvent =>
  newEvent(modelUpdated, { id, atMs, data: { modelVersion: 1, previousVersion: null, cause: "lead", what: "first" } });

test("each subscriber of a type gets its events in the order of acceptance, once, and others get none", async () => {
  const { bus } = platform();
  const got: string[] = [];
  bus.subscribe("plan", MODEL, async ({ id }) => void got.push(`plan ${id}`));
  bus.subscribe("page", MODEL, async ({ id }) => void got.push(`page ${id}`));
  bus.subscribe("plan", programmeStarting.type, async ({ id }) => void got.push(`start ${id}`));
  await bus.publish([learned("a"), learned("b")]);
  expect(await bus.deliver(AT_MS)).toEqual({ delivered: 4, failed: [] });
  expect(await bus.deliver(AT_MS)).toEqual({ delivered: 0, failed: [] });
  expect(got).toEqual(["plan a", "page a", "plan b", "page b"]);
});

test("a subscriber that throws blocks nobody and is tried again after 1 and then 2 ticks, then its event is a dead letter", async () => {
  const { bus } = platform();
  const got: string[] = [];
  bus.subscribe("broken", MODEL, async ({ id }) => {
    got.push(`broken ${id}`);
    throw new Error("no model store");
  });
  bus.subscribe("sound", MODEL, async ({ id }) => void got.push(`sound ${id}`));
  await bus.publish([learned("a"), learned("b")]);
  const seen: string[][] = [];
  for (let tick = 0; tick < 6; tick += 1) {
    await bus.deliver(AT_MS + tick * MINUTE_MS);
    seen.push(got.splice(0));
  }
  const retry = ["broken a", "broken b"];
  expect(seen).toEqual([["broken a", "sound a", "broken b", "sound b"], retry, [], retry, [], []]);
  expect(await bus.deadLetters()).toMatchObject([
    { event: learned("a"), subscriber: "broken", tries: 3, diedAtMs: AT_MS + 3 * MINUTE_MS, reason: "no model store" },
    { event: learned("b"), subscriber: "broken" },
  ]);
});

test("says which tries failed, and which was the last", async () => {
  const { bus } = platform({ tries: 2 });
  bus.subscribe("broken", MODEL, () => Promise.reject(new Error("no")));
  await bus.publish([learned("a")]);
  const failed = { event: learned("a"), subscriber: "broken", reason: "no" };
  expect(await bus.deliver(0)).toEqual({ delivered: 0, failed: [{ ...failed, tries: 1, final: false }] });
  expect(await bus.deliver(MINUTE_MS)).toEqual({ delivered: 0, failed: [{ ...failed, tries: 2, final: true }] });
});

test("a redriven dead letter goes to its own subscriber alone, and can die again", async () => {
  const { bus } = platform({ tries: 1 });
  let works = false;
  const got: string[] = [];
  bus.subscribe("sound", MODEL, async ({ id }) => void got.push(`sound ${id}`));
  bus.subscribe("mended", MODEL, async ({ id }) => {
    if (!works) throw new Error("not yet");
    got.push(`mended ${id}`);
  });
  await bus.publish([learned("a")]);
  await bus.deliver(AT_MS);
  const [first] = await bus.deadLetters();
  if (first === undefined) throw new Error("expected a dead letter");
  await bus.redrive(first.id, AT_MS);
  expect(await bus.deadLetters()).toEqual([]);
  await bus.deliver(AT_MS);
  expect(await bus.deadLetters()).toMatchObject([{ id: first.id }]);
  works = true;
  await bus.redrive(first.id, AT_MS);
  await bus.deliver(AT_MS);
  expect(await bus.deadLetters()).toEqual([]);
  expect(got).toEqual(["sound a", "mended a"]);
  expect(await bus.redrive(first.id, AT_MS)).toBeUndefined();
});

test("what a failing subscriber wrote and published is undone; what a sound one did is kept", async () => {
  const { bus, documents, log } = platform();
  for (const name of ["sound", "broken"]) {
    bus.subscribe(name, MODEL, async ({ id }) => {
      if (id !== "a") return;
      await documents.write(`by/${name}`, 1, 0);
      await bus.publish([learned(name)]);
      if (name === "broken") throw new Error("half-way");
    });
  }
  await bus.publish([learned("a")]);
  await bus.deliver(AT_MS);
  expect((await documents.list("")).map(({ key }) => key)).toEqual(["by/sound"]);
  expect((await log.read()).map(({ event }) => event.id)).toEqual(["a", "sound"]);
});

test("events published during delivery go out in the same delivery, after those before them", async () => {
  const { bus } = platform();
  const got: string[] = [];
  bus.subscribe("chain", MODEL, async ({ id }) => {
    got.push(id);
    if (id.length < 4) await bus.publish([learned(`${id}+`)]);
  });
  await bus.publish([learned("a"), learned("b")]);
  expect((await bus.deliver(AT_MS)).delivered).toBe(8);
  expect(got).toEqual(["a", "b", "a+", "b+", "a++", "b++", "a+++", "b+++"]);
});

test("a circle of events ends with an error that names them, not never", async () => {
  const { bus } = platform({ maxRounds: 5 });
  let calls = 0;
  bus.subscribe("circle", MODEL, async () => {
    calls += 1;
    await bus.publish([learned(`n${calls}`)]);
  });
  await bus.publish([learned("a")]);
  await expect(bus.deliver(AT_MS)).rejects.toMatchObject({ code: "delivery-endless", message: expect.stringContaining(MODEL) as string });
  expect(calls).toBe(5);
});

test("an event delivered in a tick that is then undone is delivered again", async () => {
  const { bus, database } = platform();
  let calls = 0;
  bus.subscribe("counts", MODEL, async () => void (calls += 1));
  await bus.publish([learned("a")]);
  const tick = database.transaction(async () => {
    await bus.deliver(AT_MS);
    throw new Error("killed before the tick was kept");
  });
  await expect(tick).rejects.toThrow("killed");
  await bus.deliver(AT_MS);
  await bus.deliver(AT_MS);
  expect(calls).toBe(2);
});

test("a subscriber that calls deliver fails alone and clearly", async () => {
  const { bus } = platform();
  bus.subscribe("nested", MODEL, async () => void (await bus.deliver(AT_MS)));
  await bus.publish([learned("a")]);
  expect((await bus.deliver(AT_MS)).failed).toMatchObject([{ reason: expect.stringContaining("cannot deliver") as string }]);
});

test("two subscribers of one type cannot share a name", () => {
  const { bus } = platform();
  bus.subscribe("plan", MODEL, () => Promise.resolve());
  expect(() => bus.subscribe("plan", MODEL, () => Promise.resolve())).toThrow(expect.objectContaining({ code: "subscriber-duplicate" }));
});

test("an event that waits for a subscriber of an earlier start is kept until that one is back", async () => {
  const { bus, database } = platform();
  bus.subscribe("later", MODEL, () => Promise.reject(new Error("not yet")));
  await bus.publish([learned("a")]);
  await bus.deliver(AT_MS);
  await localBus(database).deliver(AT_MS + MINUTE_MS);
  const again = localBus(database);
  const got: string[] = [];
  again.subscribe("later", MODEL, async ({ id }) => void got.push(id));
  await again.deliver(AT_MS + MINUTE_MS);
  expect(got).toEqual(["a"]);
});

test("whatever fails and however often, every subscriber has had every event or holds its dead letter", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ events: fc.nat({ max: 3 }), undone: fc.boolean() }), { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.boolean()),
      async (ticks, luck) => {
        const { bus, database } = platform();
        const had = new Set<string>();
        for (const name of ["x", "y"]) {
          bus.subscribe(name, MODEL, async ({ id }) => {
            if (luck.next().value) throw new Error("unlucky");
            had.add(`${name} ${id}`);
          });
        }
        const expected: string[] = [];
        for (const [tick, { events, undone }] of ticks.entries()) {
          const batch = Array.from({ length: events }, (_, index) => learned(`${tick}/${index}`));
          await bus.publish(batch);
          for (const { id } of batch) expected.push(`x ${id}`, `y ${id}`);
          await database
            .transaction(async () => {
              await bus.deliver(AT_MS + tick * MINUTE_MS);
              if (undone) throw new Error("undone");
            })
            .catch(() => undefined);
        }
        for (let tick = ticks.length; tick < ticks.length + 4; tick += 1) await bus.deliver(AT_MS + tick * MINUTE_MS);
        for (const { subscriber, event } of await bus.deadLetters()) had.add(`${subscriber} ${event.id}`);
        expect([...had].sort()).toEqual(expected.sort());
      },
    ),
    { seed: 1, numRuns: 50 },
  );
});

test("the log keeps every accepted event in order, and reads by type and by the time the event carries", async () => {
  const { bus, log } = platform();
  const events: AnyEvent[] = [learned("a", AT_MS), programmeStarting.example, learned("b", AT_MS + 10), learned("c", AT_MS + 20)];
  await bus.publish(events);
  expect((await log.read()).map(({ event }) => event)).toEqual(events);
  const read = async (query: Parameters<typeof log.read>[0]) => (await log.read(query)).map(({ event }) => event.id);
  expect(await read({ types: [programmeStarting.type] })).toEqual([programmeStarting.example.id]);
  expect(await read({ types: [] })).toEqual([]);
  expect(await read({ types: [MODEL], fromMs: AT_MS, toMs: AT_MS + 20 })).toEqual(["a", "b"]);
  expect(await read({ types: [MODEL], fromMs: AT_MS + 10 })).toEqual(["b", "c"]);
  const [, second] = await log.read();
  expect(await read({ afterSeq: second?.seq ?? 0 })).toEqual(["b", "c"]);
});
