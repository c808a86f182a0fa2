import { AIR_KEY, EMPTY_AIR, type AirLog } from "../../shared/app/air-log.ts";
import { contextOf, type Settings } from "../../shared/app/context.ts";
import { measure } from "../../shared/app/measure.ts";
import type { Json, LoadSource, Ports, Versioned } from "../../shared/app/ports.ts";
import { prepareWorld, type PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import { historyMinute, type WorldMinute } from "../../shared/core/simulate/step.ts";
import type { World } from "../../shared/core/simulate/world.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { plainDocuments, plainJournal, plainSchedules } from "./plain.ts";

/** What evenings of one place and date begin with. */
export type History = {
  /** What was learned from it, by key. */
  readonly learned: readonly (readonly [string, Versioned<Json>])[];
  /** The minutes just before the evening, oldest first. */
  readonly lately: readonly WorldMinute[];
};

/** What a history is made from: the usual week of so many viewers on these channels. */
export type HistorySetting = {
  readonly settings: Settings;
  readonly channels: readonly string[];
  /** What is true of the audience and of the targets; its occasions are no part of a usual week. */
  readonly world: Pick<World, "usualPeakViewers" | "targets">;
  readonly seed: number;
  /** Start of the evening. */
  readonly fromMs: number;
};

/** Minutes before an evening that can still be read when it begins: what a nowcast looks back over, and the hour not learned from yet. */
const LATELY_MINUTES = 130;

/** Learns a usual week from its seeded history, once for all evenings that follow it. */
export async function learnHistory(setting: HistorySetting): Promise<History> {
  const { settings, fromMs } = setting;
  const world = usualWorld(setting);
  const documents = plainDocuments();
  await measure(
    contextOf({ ...nobody, documents, ...plainSchedules(), journal: plainJournal(), loads: historyLoads(world) }, settings),
    fromMs,
  );
  const model = (await documents.list("model/")).map(({ key, value, version }) => [key, { value, version }] as const);
  // It has been there all along: an evening that it is stopped at the first minute of is followed from that minute on.
  const air: AirLog = { ...EMPTY_AIR, sinceMs: fromMs, throughMs: fromMs - MINUTE_MS };
  const learned = [...model, [AIR_KEY, { value: air as unknown as Json, version: 1 }] as const];
  const lately = Array.from({ length: LATELY_MINUTES }, (_, nth) => historyMinute(world, fromMs - (LATELY_MINUTES - nth) * MINUTE_MS));
  return { learned, lately };
}

function usualWorld({ channels, settings, seed, ...setting }: HistorySetting): PreparedWorld {
  const world = { ...setting.world, occasions: [], refusals: [] };
  // The history is the usual week's: no minute of it is short, whatever an evening's own limits are.
  const targets = settings.targets.map((target) => ({ ...target, ceilingUnits: Number.MAX_SAFE_INTEGER }));
  return prepareWorld({ world, schedule: { channels: channels.map((id) => ({ id, name: id })), programmes: [] }, targets, seed });
}

/** The history as it was measured; each minute is worked out once. */
function historyLoads(world: PreparedWorld): LoadSource {
  const known = new Map<number, WorldMinute>();
  const minuteAt = (atMs: number): WorldMinute => {
    const minute = known.get(atMs) ?? historyMinute(world, atMs);
    known.set(atMs, minute);
    return minute;
  };
  const each = <Entry>(fromMs: number, toMs: number, entry: (minute: WorldMinute) => Entry): Entry[] => {
    const entries: Entry[] = [];
    for (let atMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; atMs + MINUTE_MS <= toMs; atMs += MINUTE_MS)
      entries.push(entry(minuteAt(atMs)));
    return entries;
  };
  return {
    load: async (targetId, fromMs, toMs) =>
      each(fromMs, toMs, ({ atMs, targets }) => {
        const minute = targets[targetId];
        if (minute === undefined) return { kind: "unknown", atMs, reason: "no such target" };
        return { kind: "known", atMs, loadRps: minute.loadRps, unservedRps: 0, servingUnits: minute.servingUnits };
      }),
    audience: async (fromMs, toMs) => each(fromMs, toMs, ({ atMs, viewers }) => ({ kind: "known", atMs, viewers })),
  };
}

/** Nobody to tell and nothing to raise: history only teaches. */
const past = { kind: "refused", code: "history", reason: "it is past" } as const;
const nobody: Pick<Ports, "bus" | "capacity" | "bookings"> = {
  bus: { publish: async (events) => events.map(() => ({ kind: "accepted" })) },
  capacity: { describe: async () => [], setMinimum: async () => past },
  bookings: { list: async () => [], put: async () => past, remove: async () => past },
};
