import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parseWorld } from "../../local/world-file.ts";
import { parseExpectations } from "../../shared/config/expectations.ts";
import { parseTargets } from "../../shared/config/targets.ts";
import type { FeedProgramme } from "../../shared/core/schedule/programme.ts";
import { itemsOf } from "../feeds/feed-bytes.ts";

const FOLDER = resolve(import.meta.dirname, "../../samples");
const sample = (name: string) => readFileSync(join(FOLDER, name), "utf8");

const items = await itemsOf(sample("schedule.xml"));
const programmes = items.flatMap((item) => (item.kind === "programme" ? [item.programme] : []));
const channels = items.flatMap((item) => (item.kind === "channel" ? [item.channel.id] : []));
const expectations = parseExpectations(sample("expectations.yaml"), "expectations.yaml");
const world = parseWorld(sample("world.yaml"), "world.yaml");
const { targets } = parseTargets(sample("targets.yaml"), "targets.yaml");

type Named = { readonly title: string; readonly channels: readonly string[]; readonly windowStartMs: number; readonly windowEndMs: number };

/** Slots as the guide lists them: title contained, channel listed, start in the window. */
function slots(named: Named): FeedProgramme[] {
  return programmes.filter(
    ({ title, channelId, startsAtMs }) =>
      title.toLowerCase().includes(named.title) &&
      named.channels.includes(channelId) &&
      startsAtMs >= named.windowStartMs &&
      startsAtMs < named.windowEndMs,
  );
}

test("the evening runs without a gap or an overlap on all of its eight channels", () => {
  expect(channels).toHaveLength(8);
  expect(items.filter((item) => item.kind === "rejected")).toEqual([]);
  expect(programmes.length).toBeGreaterThan(100);
  for (const channel of channels) {
    const own = programmes.filter((programme) => programme.channelId === channel);
    const bounds = own.map((programme) => programme.startsAtMs);
    expect(bounds[0]).toBe(Date.UTC(2026, 5, 13, 12));
    expect(own.map((programme) => programme.endsAtMs)).toEqual([...bounds.slice(1), Date.UTC(2026, 5, 14, 2)]);
  }
  expect(programmes.filter((programme) => !channels.includes(programme.channelId))).toEqual([]);
});

test("the final is one live match on two channels, apart from its repeat", () => {
  const [final] = expectations;
  if (final === undefined) throw new Error("no expectation");
  const found = slots(final);
  expect(found.map(({ channelId }) => channelId)).toEqual(["one.example", "sport.example"]);
  expect(new Set(found.map(({ startsAtMs, endsAtMs }) => `${startsAtMs} ${endsAtMs}`))).toEqual(
    new Set([`${Date.UTC(2026, 5, 13, 18)} ${Date.UTC(2026, 5, 13, 20)}`]),
  );
  expect(found.every(({ live }) => live)).toBe(true);
  expect(new Set(found.map(({ subTitle }) => subTitle)).size).toBe(1);
  expect(slots({ ...final, windowEndMs: Number.POSITIVE_INFINITY })).toHaveLength(3);
});

test("the premiere is one slot, neither the look behind its scenes nor its repeat", () => {
  const premiere = expectations[1];
  if (premiere === undefined) throw new Error("no second expectation");
  expect(slots(premiere).map(({ startsAtMs }) => startsAtMs)).toEqual([Date.UTC(2026, 5, 13, 20)]);
  expect(slots({ ...premiere, windowStartMs: 0, windowEndMs: Number.POSITIVE_INFINITY })).toHaveLength(3);
});

test("everything that is true tonight stands in the guide, and differs from what is expected", () => {
  expect(world.occasions.map(({ occasion }) => occasion)).toEqual(expectations.map(({ occasion }) => occasion));
  for (const [index, occasion] of world.occasions.entries()) {
    expect(slots(occasion).length).toBeGreaterThan(0);
    expect(slots(occasion)).toEqual(slots(expectations[index] ?? occasion));
    expect(occasion.viewers).not.toBe(expectations[index]?.viewers);
  }
  const [final, premiere] = world.occasions;
  expect(final).toMatchObject({ endsLateMinutes: 12 });
  expect(final?.viewers).toBeGreaterThan(expectations[0]?.viewers ?? 0);
  expect(premiere?.viewers).toBeLessThan(expectations[1]?.viewers ?? 0);
});

test("the world speaks of the targets there are", () => {
  const ids = targets.map(({ id }) => id);
  expect(ids).toEqual(["player-api", "catalogue-db", "edge"]);
  expect(Object.keys(world.targets)).toEqual(ids);
  for (const refusal of world.refusals) expect(ids).toContain(refusal.targetId);
});

test("the ceilings leave room for the crowd that is expected, so that a short minute has another cause", () => {
  const viewers = expectations.reduce(
    (sum, expectation) => sum + (expectation.interval?.upper ?? expectation.viewers),
    world.usualPeakViewers,
  );
  for (const target of targets) {
    const units = (viewers * target.loadPerViewerRps) / (target.throughputRps * target.targetUtilisation);
    expect(units).toBeLessThan(target.ceilingUnits);
    expect(units).toBeGreaterThan(target.baselineUnits);
  }
});
