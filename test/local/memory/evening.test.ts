import { expect, test } from "vitest";
import { openMemoryEvening, type MemoryEvening, type MemoryEveningSetting } from "../../../local/memory/evening.ts";
import { learnHistory } from "../../../local/memory/history.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { at } from "../../app/made.ts";
import { runTo, settingOf, smallEvening } from "../small-evening.ts";

const UNTIL_MS = at(20, 30);

/** The small evening in memory, with what is learned of the same usual week. */
async function evening(changes: Partial<MemoryEveningSetting> = {}): Promise<MemoryEvening> {
  const { settings, world, seed, feed } = settingOf();
  const fromMs = at(18);
  const history = await learnHistory({ settings, channels: ["one", "two", "three"], world, seed, fromMs });
  return openMemoryEvening({ settings, world, seed, fromMs, feed, history, ...changes });
}

async function playTo(opened: MemoryEvening, untilMs: number): Promise<MemoryEvening> {
  while (opened.world.nowMs() < untilMs) await opened.step();
  return opened;
}

test("an evening in memory decides minute by minute what the same evening on SQLite decides", async () => {
  const kept = await smallEvening();
  await runTo(kept, UNTIL_MS);
  const played = await playTo(await evening(), UNTIL_MS);
  const ticks = async ({ context }: Pick<MemoryEvening, "context">) =>
    (await context.ports.journal.read("api", at(18), UNTIL_MS)).map(({ atMs, tick }) => ({ atMs, ...tick }));
  const decided = await ticks(played);
  expect(decided).toHaveLength(150);
  expect(decided).toEqual(await ticks(kept));
  expect(Math.max(...decided.map(({ floorUnits }) => floorUnits))).toBeGreaterThan(20);
});

test("nobody changes what was read from a store, and all that is written survives JSON", async () => {
  const plain = await playTo(await evening(), UNTIL_MS);
  const checked = await playTo(await evening({ checked: true }), UNTIL_MS);
  expect(checked.world.calls).toEqual(plain.world.calls);
});

test("a document that nobody wrote is the same object when it is read again", async () => {
  const { context } = await evening();
  const { documents } = context.ports;
  expect((await documents.read("model/usual/api"))?.value).toBeDefined();
  expect((await documents.read("model/usual/api"))?.value).toBe((await documents.read("model/usual/api"))?.value);
});

test("events that nobody listens to change nothing, whether they are made or not", async () => {
  const all = await playTo(await evening(), UNTIL_MS);
  const few = await playTo(await evening({ events: "subscribed" }), UNTIL_MS);
  expect(few.world.calls).toEqual(all.world.calls);
  expect(all.bus.accepted.some(({ type }) => type === "calltime.capacity.planned")).toBe(true);
  expect(few.bus.accepted.some(({ type }) => type === "calltime.capacity.planned")).toBe(false);
});

test("what is put between Calltime and a port is asked, and the world stays as it is", async () => {
  const deaf = await evening({
    wrap: (ports) => ({
      ...ports,
      capacity: {
        ...ports.capacity,
        setMinimum: async () => ({ kind: "refused", code: "AccessDeniedException", reason: "not authorised" }),
      },
    }),
  });
  await playTo(deaf, at(19, 5));
  expect(deaf.world.calls).toEqual([]);
  expect(deaf.world.happened.minutes.at(-1)?.targets["api"]?.minimumUnits).toBe(4);
  expect(deaf.journal.at("api", at(19, 5) - MINUTE_MS)?.tick).toMatchObject({ refused: true });
});

test("a feed that is refused opens no evening, and says why", async () => {
  const empty = async function* (): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode('<?xml version="1.0"?><tv></tv>');
  };
  await expect(evening({ feed: { feedId: "guide", read: empty } })).rejects.toMatchObject({ code: "feed-quarantined" });
});
