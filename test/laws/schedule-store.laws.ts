import { expect } from "vitest";
import type { Generation, NextGeneration, Ports } from "../../shared/app/ports.ts";
import type { Programme, Schedule } from "../../shared/core/schedule/programme.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import type { Chunk } from "../../shared/feeds/schedule-chunks.ts";
import { publishSchedule, scheduleInForce } from "../schedules.ts";
import { laws, type Exceptions } from "./law.ts";

/** Fresh, empty stores for each law. */
export type MakeScheduleStores = () => Promise<Pick<Ports, "schedules" | "chunks">>;

const EVENING_MS = 1_767_200_400_000;

const programme = (index: number, title: string): Programme => ({
  id: `p${index}`,
  channelId: "one",
  title,
  categories: ["News"],
  live: false,
  startsAtMs: EVENING_MS + index * HOUR_MS,
  endsAtMs: EVENING_MS + (index + 1) * HOUR_MS,
});

const schedule = (title: string, programmes = 3): Schedule => ({
  channels: [{ id: "one", name: "Één ⚽" }],
  programmes: Array.from({ length: programmes }, (_, index) => programme(index, title)),
});

const generation = (number: number, title = `generation ${number}`, feedId = "guide"): NextGeneration => ({
  feedId,
  generation: number,
  publishedAtMs: EVENING_MS + number,
  contentHash: `hash of ${title}`,
});

const inForce = (next: NextGeneration): Generation => ({ ...next, confirmedAtMs: next.publishedAtMs });

/** What every schedule store keeps to, with its chunks. */
export function scheduleStoreLaws(name: string, makeStores: MakeScheduleStores, exceptions: Exceptions = {}): void {
  laws(`schedule store: ${name}`, exceptions, (law) => {
    law("a feed that was never published has no schedule", async () => {
      const { schedules } = await makeStores();
      expect(await schedules.current("guide")).toBeUndefined();
      expect(await schedules.feeds()).toEqual([]);
    });

    law("the newest generation is current", async () => {
      const { schedules } = await makeStores();
      for (const number of [1, 2, 3]) {
        expect(await schedules.publish(generation(number))).toBe("written");
        expect(await schedules.current("guide")).toEqual(inForce(generation(number)));
        expect(await schedules.current("guide")).toEqual(inForce(generation(number)));
      }
    });

    law("what was in force at an instant is the newest generation stored by then, to the millisecond", async () => {
      const { schedules } = await makeStores();
      expect(await schedules.inForceAt("guide", EVENING_MS + 9)).toBeUndefined();
      for (const number of [1, 2, 3]) await schedules.publish({ ...generation(number), publishedAtMs: EVENING_MS + 10 * number });
      await schedules.publish({ ...generation(4), publishedAtMs: EVENING_MS + 30 });
      await schedules.publish({ ...generation(1, "of another feed", "other"), publishedAtMs: EVENING_MS });
      const numberAt = async (afterMs: number) => (await schedules.inForceAt("guide", EVENING_MS + afterMs))?.generation;
      expect(await Promise.all([9, 10, 19, 20, 29, 30, 1e9].map(numberAt))).toEqual([undefined, 1, 1, 2, 2, 4, 4]);
      expect((await schedules.inForceAt("guide", EVENING_MS + 10))?.contentHash).toBe(generation(1).contentHash);
      expect((await schedules.current("guide"))?.contentHash).toBe(generation(4).contentHash);
    });

    law("a generation that does not follow the current one is a conflict and changes nothing", async () => {
      const { schedules } = await makeStores();
      for (const number of [0, 2, -1]) expect(await schedules.publish(generation(number))).toBe("conflict");
      expect(await schedules.current("guide")).toBeUndefined();
      expect(await schedules.feeds()).toEqual([]);
      await schedules.publish(generation(1));
      await schedules.publish(generation(2));
      for (const number of [0, 1, 2, 4]) expect(await schedules.publish(generation(number, "late"))).toBe("conflict");
      expect(await schedules.current("guide")).toEqual(inForce(generation(2)));
    });

    law("an upload that was stored before one that confirmed what is in force cannot take its place", async () => {
      const { schedules } = await makeStores();
      await schedules.publish(generation(1));
      expect(await schedules.confirm("guide", 1, EVENING_MS + 50)).toBe("written");
      expect(await schedules.confirm("guide", 1, EVENING_MS + 40)).toBe("written");
      expect((await schedules.current("guide"))?.confirmedAtMs).toBe(EVENING_MS + 50);
      expect(await schedules.publish({ ...generation(2), publishedAtMs: EVENING_MS + 49 })).toBe("conflict");
      expect(await schedules.publish({ ...generation(2), publishedAtMs: EVENING_MS + 50 })).toBe("written");
      expect(await schedules.confirm("guide", 1, EVENING_MS + 60)).toBe("conflict");
      expect(await schedules.confirm("other", 1, EVENING_MS + 60)).toBe("conflict");
      expect(await schedules.current("guide")).toMatchObject({ generation: 2, confirmedAtMs: EVENING_MS + 50 });
      expect((await schedules.inForceAt("guide", EVENING_MS + 49))?.generation).toBe(1);
    });

    law("feeds count their generations apart and are listed in code-unit order", async () => {
      const { schedules } = await makeStores();
      for (const feedId of ["guide/uk", "guide", "B", "a", "é"]) {
        expect(await schedules.publish(generation(1, feedId, feedId))).toBe("written");
      }
      await schedules.publish(generation(2, "second", "guide"));
      expect(await schedules.feeds()).toEqual(["B", "a", "guide", "guide/uk", "é"]);
      expect((await schedules.current("a"))?.contentHash).toBe("hash of a");
      expect((await schedules.current("guide"))?.generation).toBe(2);
    });

    law("of publishers at the same time exactly one wins, and readers see one generation or the next", async () => {
      const { schedules } = await makeStores();
      await schedules.publish(generation(1));
      const reads: Promise<Generation | undefined>[] = [];
      const writes = ["x", "y", "z"].map((title) => {
        reads.push(schedules.current("guide"));
        return schedules.publish(generation(2, title));
      });
      const outcomes = await Promise.all(writes);
      expect(outcomes.filter((outcome) => outcome === "written")).toHaveLength(1);
      const winner = inForce(generation(2, ["x", "y", "z"][outcomes.indexOf("written")]));
      expect(await schedules.current("guide")).toEqual(winner);
      for (const read of await Promise.all(reads)) expect([inForce(generation(1)), winner]).toContainEqual(read);
    });

    law("chunks are read in the order asked, and what is not kept is said", async () => {
      const { chunks } = await makeStores();
      const [one, two] = [chunkOf("1"), chunkOf("2")];
      expect(await chunks.read([])).toEqual([]);
      await chunks.keep([]);
      await chunks.keep([one, two]);
      expect(await chunks.read([two.hash, "not kept", one.hash, two.hash])).toEqual([two.bytes, undefined, one.bytes, two.bytes]);
    });

    law("a chunk that is kept again, by anybody, is there once and as it was", async () => {
      const { chunks } = await makeStores();
      const chunk = chunkOf("1");
      await chunks.keep([chunk]);
      await Promise.all([chunks.keep([chunk, chunkOf("2")]), chunks.keep([chunkOf("2"), chunk])]);
      expect(await chunks.read([chunk.hash, chunkOf("2").hash])).toEqual([chunk.bytes, chunkOf("2").bytes]);
    });

    law("a chunk of a megabyte, and hundreds at once, are kept whole", async () => {
      const { chunks } = await makeStores();
      const large = { hash: "f".repeat(32), bytes: Uint8Array.from({ length: 1_000_003 }, (_, at) => (at * at) % 251) };
      const many = Array.from({ length: 300 }, (_, index) => chunkOf(`${index}`));
      await chunks.keep([...many, large]);
      const read = await chunks.read([large.hash, ...many.map(({ hash }) => hash)]);
      expect(Buffer.compare(read[0] ?? new Uint8Array(), large.bytes)).toBe(0);
      expect(read.slice(1)).toEqual(many.map(({ bytes }) => bytes));
    });

    law("a schedule of many channels and days reads back whole", async () => {
      const stores = await makeStores();
      const large = schedule("a long guide", 5_000);
      expect(await publishSchedule(stores, { feedId: "guide", generation: 1, publishedAtMs: EVENING_MS }, large)).toBe("written");
      expect(await scheduleInForce(stores, "guide")).toEqual(large);
    });

    law("a caller that changes what it kept or what it read changes nothing that is stored", async () => {
      const { chunks } = await makeStores();
      const mine = chunkOf("mine");
      await chunks.keep([mine]);
      mine.bytes.fill(0);
      const [read] = await chunks.read([mine.hash]);
      expect(read).toEqual(chunkOf("mine").bytes);
      read?.fill(0);
      expect(await chunks.read([mine.hash])).toEqual([chunkOf("mine").bytes]);
    });
  });
}

/** A chunk of an index; its hash is made up: to a store it is only a name. */
function chunkOf(text: string): Chunk {
  return { hash: Buffer.from(text).toString("hex").padStart(32, "0"), bytes: new Uint8Array(Buffer.from(`bytes of ${text}`)) };
}
