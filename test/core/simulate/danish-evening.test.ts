import { createReadStream } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import type { Channel, Programme } from "../../../shared/core/schedule/programme.ts";
import { prepareWorld } from "../../../shared/core/simulate/prepare.ts";
import type { PreparedWorld } from "../../../shared/core/simulate/prepare.ts";
import { historyMinute } from "../../../shared/core/simulate/step.ts";
import type { WorldMinute } from "../../../shared/core/simulate/step.ts";
import { DAY_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { readFeed } from "../../../shared/feeds/read-feed.ts";
import { dataFile, describeWithData } from "../../data-folder.ts";
import { API, highest, minuteAt, run, targetIn } from "./evening.ts";

const evening = (hour: number, minute = 0) => Date.UTC(2025, 11, 31, hour, minute);

/** The guide of 31 December 2025 with the speech as 1.3 million people really watched it: to seven minutes past the guide's end. */
async function newYear(): Promise<PreparedWorld> {
  const channels: Channel[] = [];
  const programmes: Programme[] = [];
  for await (const item of readFeed(createReadStream(dataFile("epg/clean/Denmark.xml.gz")))) {
    if (item.kind === "channel") channels.push(item.channel);
    else if (item.kind === "programme" && item.programme.endsAtMs !== undefined) {
      programmes.push({ ...item.programme, endsAtMs: item.programme.endsAtMs, id: `${programmes.length}` });
    }
  }
  const speech = {
    occasion: "the King's New Year speech",
    title: "nytårstale",
    channels: ["DR1 HD (T).dk", "TV 2 HD (D) (T).dk", "TV 2 News HD (D) (T).dk"],
    windowStartMs: evening(16, 40),
    windowEndMs: evening(17, 31),
    viewers: 1_300_000,
    startsLateMinutes: 0,
    endsLateMinutes: 7,
  };
  return prepareWorld({
    schedule: { channels, programmes },
    targets: [{ ...API, ceilingUnits: 600, launchUnitsPerMinute: 120 }],
    seed: 1,
    world: { usualPeakViewers: 160_000, occasions: [speech], targets: {}, refusals: [] },
  });
}

describeWithData("on the Danish evening of 31 December 2025", () => {
  let world: PreparedWorld;
  let minutes: readonly WorldMinute[];
  beforeAll(async () => {
    world = await newYear();
    minutes = run(world, evening(15, 30), evening(19, 30)).minutes;
  });
  const load = (minute: WorldMinute) => targetIn(minute, "player-api").loadRps;

  test("the speech is one occasion of three channels, from DR1's first slot to seven minutes after its last", () => {
    expect(world.occasions).toHaveLength(1);
    expect(world.occasions[0]).toMatchObject({ startsAtMs: evening(16, 45), endsAtMs: evening(17, 37) });
    expect(world.occasions[0]?.parts).toHaveLength(3);
    expect(world.channels).toHaveLength(72);
  });

  test("player-api needs 15 to 45 tasks without the speech and 300 to 500 at its beginning and its end", () => {
    const units = (minute: WorldMinute) => load(minute) / (API.throughputRps * API.targetUtilisation);
    for (const minute of minutes.filter(({ atMs }) => atMs < evening(16, 34) || atMs > evening(18, 15))) {
      expect(units(minute)).toBeGreaterThan(12);
      expect(units(minute)).toBeLessThan(45);
    }
    const start = highest(minutes, evening(16, 30), evening(17, 10), load);
    const end = highest(minutes, evening(17, 10), evening(18), load);
    for (const peak of [start, end]) {
      expect(units(peak)).toBeGreaterThan(300);
      expect(units(peak)).toBeLessThan(500);
      expect(load(peak)).toBeGreaterThan(1.15 * load(minuteAt(minutes, evening(17, 25))));
    }
    expect(start.atMs).toBeGreaterThanOrEqual(evening(16, 45));
    expect(start.atMs).toBeLessThan(evening(16, 50));
    expect(end.atMs).toBeGreaterThanOrEqual(evening(17, 37));
    expect(end.atMs).toBeLessThan(evening(17, 42));
  });

  test("the evening before, at the same minutes, joins where the world begins", () => {
    const last = historyMinute(world, evening(15, 29));
    const first = minuteAt(minutes, evening(15, 30));
    expect(Math.abs(load(first) / load(last) - 1)).toBeLessThan(0.15);
    const week = Array.from({ length: 7 }, (_, day) => load(historyMinute(world, evening(16) - (day + 1) * DAY_MS - MINUTE_MS)));
    expect(Math.min(...week)).toBeLessThan(load(minuteAt(minutes, evening(16))) * 1.2);
    expect(Math.max(...week)).toBeGreaterThan(load(minuteAt(minutes, evening(16))) * 0.8);
  });
});
