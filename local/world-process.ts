import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../shared/app/context.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { prepareWorld } from "../shared/core/simulate/prepare.ts";
import type { World } from "../shared/core/simulate/world.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import { begunRun, type FirstFeed } from "./begun.ts";
import { localBus } from "./bus.ts";
import { openDatabase, type Database, type StorePlace } from "./database.ts";
import { sqliteDocumentStore } from "./document-store.ts";
import { worldHere } from "./evening-world.ts";
import { localJournal } from "./journal.ts";
import { minuteLog } from "./minute-log.ts";
import { runState } from "./run-state.ts";
import { sqliteSchedules } from "./schedule-store.ts";
import { simulatedWorld } from "./simulated-world.ts";
import { createWorldApp, type WorldApp } from "./world-server.ts";

/** What a world in a process of its own is made from. */
export type WorldProcessSetting = {
  readonly place: StorePlace;
  /** Of these a world takes the targets; what Calltime expects is none of its business. */
  readonly settings: Settings;
  readonly world: World;
  readonly seed: number;
  /** Start of the world; by default the first full hour of the schedule. */
  readonly fromMs: number | undefined;
  /** What is on. */
  readonly feed: FirstFeed;
  /** It moves only when it is told to. */
  readonly stepped: boolean;
};

/** A world with a store of its own. */
export type WorldProcess = {
  readonly app: WorldApp;
  readonly worldId: string;
  readonly directory: string | undefined;
  /** It goes on where an earlier process of it stopped. */
  readonly resumed: boolean;
  readonly nowMs: () => number;
  readonly close: () => Promise<void>;
};

const ID_KEY = "world-id";

/**
 * Opens a world: a fresh one, or the one that its store holds. Throws what opening the store and reading the feed throw, `run-mismatch`
 * when the store holds something of another start or seed, and `world-mismatch` when it holds the world of other files.
 */
export async function openWorldProcess(setting: WorldProcessSetting): Promise<WorldProcess> {
  const database = openDatabase(setting.place);
  try {
    return await assemble(setting, database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function assemble({ settings, feed, fromMs, seed, world, stepped }: WorldProcessSetting, database: Database): Promise<WorldProcess> {
  const stores = {
    documents: sqliteDocumentStore(database),
    ...sqliteSchedules(database),
    bus: localBus(database),
    journal: localJournal(minuteLog(database)),
  };
  const { begun, resumed } = await begunRun(database, stores, { settings, feed, fromMs, world: { seed } }, "world");
  const prepared = prepareWorld({ world, schedule: begun.schedule, targets: settings.targets, seed });
  const worldId = createHash("sha256")
    .update(JSON.stringify({ ...prepared.setting, fromMs: begun.fromMs }))
    .digest("hex")
    .slice(0, 12);
  await keepId(database, worldId);
  const here = worldHere(await simulatedWorld(database, prepared, begun.fromMs), prepared, begun.fromMs);
  const targetIds = settings.targets.map(({ id }) => id);
  return {
    app: createWorldApp(here, { worldId, fromMs: begun.fromMs, targetIds, stepped }),
    worldId,
    directory: database.directory,
    resumed,
    nowMs: () => here.nowMs(),
    close: () => database.close(),
  };
}

async function keepId(database: Database, worldId: string): Promise<void> {
  const runs = runState(database);
  const kept = await runs.read(ID_KEY);
  if (kept === undefined) return runs.write(ID_KEY, worldId);
  if (kept === worldId) return;
  throw new CalltimeError(
    "world-mismatch",
    `${database.directory ?? "the store"}: holds the world ${JSON.stringify(kept)}, and these files are the world ${worldId}; give the --world and --targets it was begun with, or name another --data`,
  );
}

/**
 * Has a world go on by its own clock, at `speed` times real time, until `signal`. What a busy machine was late with is made good: the pace
 * is kept, minutes are not left out.
 */
export async function runWorld({ app }: WorldProcess, speed: number, signal: AbortSignal): Promise<void> {
  const everyMs = MINUTE_MS / speed;
  const startedAtMs = performance.now();
  for (let minute = 1; !signal.aborted; minute += 1) {
    const leftMs = startedAtMs + minute * everyMs - performance.now();
    await sleep(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await app.step();
  }
}
