import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { modelUpdated, newEvent, type AnyEvent } from "../../events/index.ts";
import { localBus, type LocalBus } from "../../local/bus.ts";
import { openDatabase } from "../../local/database.ts";
import type { DisorderSettings } from "../../local/disorder.ts";
import { eventLog } from "../../local/event-log.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at } from "../app/made.ts";
import { decidedAt, runTo, smallEvening } from "./small-evening.ts";

const AT_MS = 1_767_200_400_000;
const MODEL = modelUpdated.type;

const learned = (id: string, atMs = AT_MS): AnyEvent =>
  newEvent(modelUpdated, { id, atMs, data: { modelVersion: 1, previousVersion: null, cause: "lead", what: "first" } });

/** A bus with one subscriber, and what that got: the tick and the event. */
function heard(disorder: Partial<DisorderSettings>, fails: (id: string) => boolean = () => false) {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  let now = AT_MS;
  const bus = localBus(database, { disorder: { seed: 3, nowMs: () => now, ...disorder } });
  const got: string[] = [];
  bus.subscribe("plan", MODEL, async ({ id }) => {
    got.push(`${(now - AT_MS) / MINUTE_MS} ${id}`);
    if (fails(id)) throw new Error("not today");
  });
  const deliverTo = async (tick: number): Promise<void> => {
    for (; now <= AT_MS + tick * MINUTE_MS; now += MINUTE_MS) await bus.deliver(now);
  };
  return { bus, got, deliverTo, database, log: eventLog(database), goTo: (tick: number) => void (now = AT_MS + tick * MINUTE_MS) };
}

const letters = ["a", "b", "c", "d", "e", "f", "g", "h"];
const idsOf = (got: readonly string[]): readonly string[] => got.map((line) => line.split(" ")[1] ?? "");

test("doubled: each event comes a second time, at most so many ticks later, and never a third", async () => {
  const { bus, got, deliverTo, log } = heard({ duplicateShare: 1, longestDelayTicks: 2 });
  await bus.publish(letters.map((id) => learned(id)));
  await deliverTo(9);
  expect(idsOf(got).toSorted()).toEqual(letters.flatMap((id) => [id, id]));
  expect(new Set(got.map((line) => line.split(" ")[0]))).toEqual(new Set(["0", "1", "2"]));
  expect(await log.read()).toHaveLength(letters.length);
});

test("late: each event comes once, one to so many ticks after it was published", async () => {
  const { bus, got, deliverTo } = heard({ delayShare: 1, longestDelayTicks: 3 });
  await bus.publish(letters.map((id) => learned(id)));
  await deliverTo(9);
  expect(idsOf(got).toSorted()).toEqual(letters);
  expect(new Set(got.map((line) => line.split(" ")[0]))).toEqual(new Set(["1", "2", "3"]));
});

test("out of order: all come at once, and not as they were published", async () => {
  const { bus, got, deliverTo } = heard({ reorderShare: 1 });
  await bus.publish(letters.map((id) => learned(id)));
  await deliverTo(0);
  expect(idsOf(got)).not.toEqual(letters);
  expect(idsOf(got).toSorted()).toEqual(letters);
});

test("busy: some of a batch are refused, and the same ones are taken a minute later", async () => {
  const { bus, goTo } = heard({ refusedShare: 0.4 });
  const refusedOf = async (): Promise<readonly string[]> => {
    const outcomes = await bus.publish(letters.map((id) => learned(id)));
    return letters.filter((_, index) => outcomes[index]?.kind === "failed");
  };
  const first = await refusedOf();
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(letters.length);
  expect(await refusedOf()).toEqual(first);
  goTo(1);
  expect(await refusedOf()).not.toEqual(first);
});

test("the answer is lost: the call fails, and what it published is delivered all the same", async () => {
  const { bus, got, deliverTo } = heard({ lostAnswerShare: 1 });
  await expect(bus.publish([learned("a"), learned("b")])).rejects.toMatchObject({ code: "bus-answer-lost" });
  await deliverTo(0);
  expect(idsOf(got)).toEqual(["a", "b"]);
});

test("a copy that fails is no dead letter: the event was delivered before", async () => {
  let calls = 0;
  const { bus, got, deliverTo } = heard({ duplicateShare: 1, longestDelayTicks: 1 }, () => (calls += 1) > 1);
  await bus.publish([learned("a")]);
  await deliverTo(9);
  expect(idsOf(got)).toEqual(["a", "a"]);
  expect(await bus.deaths()).toEqual([]);
});

const ALL = { duplicateShare: 0.3, reorderShare: 0.5, delayShare: 0.3, refusedShare: 0.2, lostAnswerShare: 0.2 };

test("going on to the end leaves nothing but dead letters, whatever failed and however it was disturbed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 1_000 }), fc.array(fc.constantFrom(...letters), { maxLength: 8 }), async (seed, broken) => {
      const { bus, got, database, log } = heard({ seed, ...ALL }, (id) => broken.includes(id));
      for (const id of letters) {
        // What was taken is in the log, whether or not the answer said so.
        await bus.publish([learned(id)]).catch(() => undefined);
      }
      const taken = new Set((await log.read()).map(({ event }) => event.id));
      await bus.settle(AT_MS);
      const dead = (await bus.deadLetters()).map(({ event }) => event.id);
      expect([...new Set(idsOf(got))].toSorted()).toEqual([...taken].toSorted());
      expect(dead.toSorted()).toEqual([...taken].filter((id) => broken.includes(id)).toSorted());
      expect(database.sql.prepare("SELECT count(*) AS n FROM outbox").get()).toEqual({ n: 0 });
    }),
    { seed: 1, numRuns: 30 },
  );
});

test("going on to the end is bounded: a circle of events ends with an error", async () => {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  const bus: LocalBus = localBus(database, { disorder: { seed: 1, nowMs: () => AT_MS, delayShare: 1 } });
  let count = 0;
  bus.subscribe("circle", MODEL, async ({ at: told }) => {
    count += 1;
    await bus.publish([learned(`again ${count}`, Date.parse(told) + 4 * MINUTE_MS)]);
  });
  await bus.publish([learned("a")]);
  await expect(bus.settle(AT_MS)).rejects.toMatchObject({ code: "delivery-endless" });
});

test("every time that a delivery was given up is accounted for, with what became of it", async () => {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  const bus = localBus(database, { tries: 1 });
  let works = false;
  bus.subscribe("plan", MODEL, async () => {
    if (!works) throw new Error("no model store");
  });
  await bus.publish([learned("a"), learned("b")]);
  await bus.settle(AT_MS);
  const [a, b] = await bus.deadLetters();
  const fates = async (): Promise<readonly unknown[]> =>
    (await bus.deaths()).map(({ event, fate, redrivenAtMs }) => [event.id, fate, redrivenAtMs]);
  expect(await fates()).toEqual([
    ["a", "lies-there", undefined],
    ["b", "lies-there", undefined],
  ]);
  await bus.redrive(a?.id ?? "", AT_MS + 1);
  expect((await fates())[0]).toEqual(["a", "being-tried", AT_MS + 1]);
  await bus.settle(AT_MS + MINUTE_MS);
  works = true;
  await bus.redrive(a?.id ?? "", AT_MS + 2);
  await bus.settle(AT_MS + 2 * MINUTE_MS);
  expect(await fates()).toEqual([
    ["a", "died-again", AT_MS + 1],
    ["b", "lies-there", undefined],
    ["a", "delivered", AT_MS + 2],
  ]);
  expect(b).toMatchObject({ subscriber: "plan", tries: 1, diedAtMs: AT_MS, reason: "no model store" });
});

test("an evening over a bus that misbehaves in every way has the same floors: an event is only a hint", async () => {
  const straight = await smallEvening();
  const disturbed = await smallEvening({ delivery: { disorder: { seed: 5, nowMs: () => disturbed?.nowMs() ?? 0, ...ALL } } });
  for (const evening of [straight, disturbed]) await runTo(evening, at(19, 20));
  for (let atMs = at(18); atMs < at(19, 20); atMs += MINUTE_MS)
    expect((await decidedAt(disturbed, atMs)).floorUnits).toBe((await decidedAt(straight, atMs)).floorUnits);
  expect(await disturbed.bus.deadLetters()).toEqual([]);
});
