import { expect, test } from "vitest";
import { plainDocuments, plainJournal, plainSchedules } from "../../local/memory/plain.ts";
import { NOT_BEGUN } from "../../local/not-begun.ts";
import { contextOf } from "../../shared/app/context.ts";
import type { Occasion } from "../../shared/core/schedule/occasion.ts";
import type { Programme } from "../../shared/core/schedule/programme.ts";
import { DAY_MS, HOUR_MS } from "../../shared/core/time.ts";
import { packSchedule } from "../../shared/feeds/schedule-chunks.ts";
import { SETTINGS } from "../local/backtest/made.ts";

const FROM_MS = Date.UTC(2026, 10, 2, 12);

function shown(channelId: string, nth: number, change: Partial<Programme> = {}): Programme {
  const startsAtMs = FROM_MS + nth * HOUR_MS;
  const title = `Part ${nth} of ${channelId}`;
  return {
    id: `${channelId}-${nth}`,
    channelId,
    title,
    startsAtMs,
    endsAtMs: startsAtMs + HOUR_MS,
    categories: [],
    live: false,
    ...change,
  };
}

/** Guides put in force one after the other: what each lists, by id. */
async function guidesOf(...guides: readonly (readonly Programme[])[]): Promise<readonly ReadonlyMap<string, Occasion>[]> {
  const { schedules, chunks } = plainSchedules();
  const bus = { publish: async (events: readonly unknown[]) => events.map(() => ({ kind: "accepted" as const })) };
  const ports = { ...NOT_BEGUN, schedules, chunks, documents: plainDocuments(), journal: plainJournal(), bus };
  const title = "part 3 of one";
  const window = { windowStartMs: FROM_MS, windowEndMs: FROM_MS + DAY_MS };
  const expectation = { occasion: "the third", title, channels: ["one"], ...window, viewers: 1_000 };
  const context = contextOf(ports, { ...SETTINGS, expectations: [expectation] });
  const read: ReadonlyMap<string, Occasion>[] = [];
  for (const [nth, programmes] of guides.entries()) {
    const { chunks: packed, contentHash } = packSchedule({ channels: ["one", "two"].map((id) => ({ id, name: id })), programmes });
    await chunks.keep(packed);
    await schedules.publish({ feedId: "guide", generation: nth + 1, publishedAtMs: FROM_MS, contentHash });
    read.push(new Map((await context.guide(FROM_MS)).occasions.map((occasion) => [occasion.id, occasion])));
  }
  return read;
}

test("of a guide in which one programme moved every other occasion is the one from before, what was expected of it too", async () => {
  const all = ["one", "two"].flatMap((id) => [1, 2, 3, 4].map((nth) => shown(id, nth)));
  const moved = shown("one", 2, { startsAtMs: FROM_MS + 2.5 * HOUR_MS });
  const [before, after] = await guidesOf(
    all,
    all.map((programme) => (programme.id === moved.id ? moved : programme)),
  );
  const stayed = [...(before ?? [])].filter(([id, occasion]) => after?.get(id) === occasion).map(([, { programmes }]) => programmes[0]?.id);
  expect(new Set(stayed)).toEqual(new Set(all.map(({ id }) => id).filter((id) => id !== moved.id)));
  expect(after?.get(`o-${moved.id}`)?.startsAtMs).toBe(moved.startsAtMs);
});

test("an occasion is another when a slot of it is longer, has another title, or joins it", async () => {
  const alone = [shown("one", 1), shown("one", 2)];
  const joins = shown("two", 1, { title: "Part 1 of one" });
  const [first, joined, longer, renamed] = await guidesOf(
    alone,
    [...alone, joins],
    [shown("one", 1, { endsAtMs: FROM_MS + 1.5 * HOUR_MS }), shown("one", 2)],
    [shown("one", 1, { subTitle: "Again" }), shown("one", 2)],
  );
  const read = [first, longer, renamed, joined].map((guide) => guide?.get("o-one-1"));
  expect(new Set(read).size).toBe(4);
  expect(joined?.get("o-one-1")?.channelIds).toEqual(["one", "two"]);
  expect(new Set([first, longer, renamed, joined].map((guide) => guide?.get("o-one-2"))).size).toBe(1);
});
