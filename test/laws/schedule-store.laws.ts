import { expect } from "vitest";
import type { Generation, ScheduleStore } from "../../shared/app/ports.ts";
import type { Programme, Schedule } from "../../shared/core/schedule/programme.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { laws, type Exceptions } from "./law.ts";

/** A fresh, empty store for each law. */
export type MakeScheduleStore = () => Promise<ScheduleStore>;

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

const generation = (number: number, title = `generation ${number}`, feedId = "guide"): Generation => ({
  feedId,
  generation: number,
  publishedAtMs: EVENING_MS + number,
  contentHash: `sha256:${title}`,
  schedule: schedule(title),
});

/** What every schedule store keeps to. */
export function scheduleStoreLaws(name: string, makeStore: MakeScheduleStore, exceptions: Exceptions = {}): void {
  laws(`schedule store: ${name}`, exceptions, (law) => {
    law("a feed that was never published has no schedule", async () => {
      const store = await makeStore();
      expect(await store.current("guide")).toBeUndefined();
      expect(await store.feeds()).toEqual([]);
    });

    law("the newest generation is current, and reads back whole", async () => {
      const store = await makeStore();
      for (const number of [1, 2, 3]) {
        expect(await store.publish(generation(number))).toBe("written");
        expect(await store.current("guide")).toEqual(generation(number));
        expect(await store.current("guide")).toEqual(generation(number));
      }
    });

    law("what was in force at an instant is the newest generation stored by then, to the millisecond", async () => {
      const store = await makeStore();
      expect(await store.inForceAt("guide", EVENING_MS + 9)).toBeUndefined();
      for (const number of [1, 2, 3]) await store.publish({ ...generation(number), publishedAtMs: EVENING_MS + 10 * number });
      await store.publish({ ...generation(4), publishedAtMs: EVENING_MS + 30 });
      await store.publish({ ...generation(1, "of another feed", "other"), publishedAtMs: EVENING_MS });
      const numberAt = async (afterMs: number) => (await store.inForceAt("guide", EVENING_MS + afterMs))?.generation;
      expect(await Promise.all([9, 10, 19, 20, 29, 30, 1e9].map(numberAt))).toEqual([undefined, 1, 1, 2, 2, 4, 4]);
      expect((await store.inForceAt("guide", EVENING_MS + 10))?.schedule).toEqual(generation(1).schedule);
      expect((await store.current("guide"))?.schedule).toEqual(generation(4).schedule);
    });

    law("a generation that does not follow the current one is a conflict and changes nothing", async () => {
      const store = await makeStore();
      for (const number of [0, 2, -1]) expect(await store.publish(generation(number))).toBe("conflict");
      expect(await store.current("guide")).toBeUndefined();
      expect(await store.feeds()).toEqual([]);
      await store.publish(generation(1));
      await store.publish(generation(2));
      for (const number of [0, 1, 2, 4]) expect(await store.publish(generation(number, "late"))).toBe("conflict");
      expect(await store.current("guide")).toEqual(generation(2));
    });

    law("feeds count their generations apart and are listed in code-unit order", async () => {
      const store = await makeStore();
      for (const feedId of ["guide/uk", "guide", "B", "a", "é"]) expect(await store.publish(generation(1, feedId, feedId))).toBe("written");
      await store.publish(generation(2, "second", "guide"));
      expect(await store.feeds()).toEqual(["B", "a", "guide", "guide/uk", "é"]);
      expect((await store.current("a"))?.schedule).toEqual(schedule("a"));
      expect((await store.current("guide"))?.generation).toBe(2);
    });

    law("of publishers at the same time exactly one wins, and readers see one generation or the next", async () => {
      const store = await makeStore();
      await store.publish(generation(1));
      const reads: Promise<Generation | undefined>[] = [];
      const writes = ["x", "y", "z"].map((title) => {
        reads.push(store.current("guide"));
        return store.publish(generation(2, title));
      });
      const outcomes = await Promise.all(writes);
      expect(outcomes.filter((outcome) => outcome === "written")).toHaveLength(1);
      const winner = ["x", "y", "z"][outcomes.indexOf("written")];
      expect(await store.current("guide")).toEqual(generation(2, winner));
      for (const read of await Promise.all(reads)) expect([generation(1), generation(2, winner)]).toContainEqual(read);
    });

    law("a schedule of many channels and days is kept whole", async () => {
      const store = await makeStore();
      const large: Generation = { ...generation(1), schedule: schedule("a long guide", 20_000) };
      expect(await store.publish(large)).toBe("written");
      expect(await store.current("guide")).toEqual(large);
    });

    law("a caller that changes what it published or what it read changes nothing that is stored", async () => {
      const store = await makeStore();
      const mine = { ...programme(0, "as published"), title: "as published" };
      await store.publish({ ...generation(1), schedule: { channels: [], programmes: [mine] } });
      mine.title = "changed";
      const read = (await store.current("guide"))?.schedule.programmes[0] as { title: string } | undefined;
      try {
        if (read !== undefined) read.title = "changed";
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError); // Frozen: just as well.
      }
      expect((await store.current("guide"))?.schedule.programmes[0]?.title).toBe("as published");
    });
  });
}
