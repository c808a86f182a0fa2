import { join } from "node:path";
import { contextOf, type Context, type Settings } from "../shared/app/context.ts";
import type { IngestReport } from "../shared/app/ingest.ts";
import { tick } from "../shared/app/tick.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { prepareWorld } from "../shared/core/simulate/prepare.ts";
import { troublesOf } from "../shared/core/simulate/troubles.ts";
import type { World } from "../shared/core/simulate/world.ts";
import type { ZoneOffsets } from "../shared/core/time.ts";
import { begunRun, type BeginSetting, type Begun, type FirstFeed } from "./begun.ts";
import { localBus, type DeliverySettings, type LocalBus } from "./bus.ts";
import { openDatabase, type Database, type StorePlace } from "./database.ts";
import { sqliteDocumentStore } from "./document-store.ts";
import { worldHere, type EveningWorld } from "./evening-world.ts";
import { eventLog, type EventLog } from "./event-log.ts";
import { localJournal } from "./journal.ts";
import { fileSheets } from "./sheets.ts";
import { lookAgain } from "./look-again.ts";
import { minuteLog } from "./minute-log.ts";
import { sqliteSchedules } from "./schedule-store.ts";
import { runState } from "./run-state.ts";
import { simulatedDatabases } from "./simulated-databases.ts";
import { simulatedEdges } from "./simulated-edges.ts";
import { simulatedWorld } from "./simulated-world.ts";
import { subscribeWarmUps } from "./warm-ups.ts";
import type { WorldElsewhere } from "./world-elsewhere.ts";

/** What an evening is made from, whatever its world. */
type AnySetting = {
  readonly place: StorePlace;
  readonly settings: Settings;
  /** The zone's offsets around the start of the run, once that is known; without it the settings' own zone holds. */
  readonly zoneAround?: (fromMs: number) => ZoneOffsets;
  /** How the bus delivers. */
  readonly delivery?: DeliverySettings;
  /** The feed to begin with. */
  readonly feed: FirstFeed;
};

/** An evening in a world of its own, which is kept in the evening's store and moves with its ticks. */
export type EveningHere = AnySetting & {
  /** What is true; Calltime never reads it. */
  readonly world: World;
  readonly seed: number;
  /** Start of the run; by default the first full hour of the schedule. */
  readonly fromMs: number | undefined;
};

/** An evening in a world that goes on by itself, whether Calltime is up or not. */
export type EveningElsewhere = AnySetting & {
  readonly elsewhere: WorldElsewhere;
  /** Told of a tick that failed in part or whole, which the next one makes good. */
  readonly onTickFailed: (error: unknown) => void;
};

/** What an evening is made from. */
export type EveningSetting = EveningHere | EveningElsewhere;

/** The whole platform in one process, with a simulated world as its targets. */
export type Evening = {
  readonly context: Context;
  readonly database: Database;
  readonly bus: LocalBus;
  readonly log: EventLog;
  readonly world: EveningWorld;
  readonly fromMs: number;
  /** How the first feed was taken in. */
  readonly feedReport: IngestReport;
  /** It goes on where an earlier run stopped. */
  readonly resumed: boolean;
  /** The platform's present. */
  readonly nowMs: () => number;
  /**
   * Lets one minute pass: a tick of Calltime, its events delivered, a minute of the world; all of it is kept, or nothing. What
   * `alongside` writes is kept with it. In a world elsewhere, which undoes nothing, each write is kept as it is made, and so many
   * minutes pass as do.
   */
  readonly step: (alongside?: () => Promise<void>) => Promise<void>;
  /** Does what a person asks for, between two ticks, and has it acted on at once; it is kept as a whole or not at all. */
  readonly act: <T>(work: () => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

/**
 * Opens an evening: a fresh one, or the one that the store holds. Throws what opening the store and reading the feed throw,
 * `run-mismatch` when the store holds a run from another start or with another seed, and `world-mismatch` when it holds one in another world.
 */
export async function openEvening(setting: EveningSetting): Promise<Evening> {
  const database = openDatabase(setting.place);
  try {
    return await assemble(setting, database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function assemble(setting: EveningSetting, database: Database): Promise<Evening> {
  // What a tick wrote to a cloud stays written: an event whose subscriber fell over half-way comes again, and finds that.
  const undoes = !("elsewhere" in setting);
  const bus = localBus(database, { undoes, ...setting.delivery });
  const stores = {
    documents: sqliteDocumentStore(database),
    ...sqliteSchedules(database),
    bus,
    journal: localJournal(minuteLog(database)),
  };
  const { begun, resumed } = await begunRun(database, stores, beginSettingOf(setting));
  const world = "elsewhere" in setting ? withTargets(setting) : await worldOf(setting, database, begun);
  const { loads, capacity, bookings } = world;
  const zone = setting.zoneAround?.(begun.fromMs) ?? setting.settings.zone;
  const sheets = database.directory === undefined ? undefined : fileSheets(join(database.directory, "sheets"));
  const ports = { ...stores, loads, capacity, bookings, deadLetters: bus, ...(sheets !== undefined && { sheets }) };
  const context = contextOf(ports, { ...setting.settings, zone });
  const nowMs = (): number => world.nowMs();
  // Calltime goes by its own clock, which is right unless the world has it step.
  const clockMs = (): number => world.clockMs();
  lookAgain(bus, context, clockMs);
  if (!("elsewhere" in setting)) {
    const runs = runState(database);
    const troubles = troublesOf(setting.world, setting.seed);
    const instances = simulatedDatabases(setting.settings.databases ?? [], { runs, capacity, troubles, nowMs });
    subscribeWarmUps(bus, context, { edges: simulatedEdges(runs, troubles, nowMs), instances }, clockMs);
  }
  const minute = async (): Promise<void> => {
    await tick(context, clockMs());
    await bus.deliver(clockMs());
  };
  return {
    context,
    database,
    bus,
    log: eventLog(database),
    world,
    fromMs: begun.fromMs,
    feedReport: begun.feedReport,
    resumed,
    nowMs,
    ...("elsewhere" in setting ? besideWorld(setting, database, bus, minute) : withWorld(world, database, bus, minute)),
    close: () => database.close(),
  };
}

function beginSettingOf(setting: EveningSetting): BeginSetting {
  const { settings, feed, zoneAround } = setting;
  const shared = { settings, feed, ...(zoneAround !== undefined && { zoneAround }) };
  if (!("elsewhere" in setting)) return { ...shared, fromMs: setting.fromMs, world: { seed: setting.seed } };
  const { id, url, nowMs } = setting.elsewhere;
  return { ...shared, fromMs: nowMs(), world: { worldId: id, url } };
}

async function worldOf({ world, settings, seed }: EveningHere, database: Database, { schedule, fromMs }: Begun): Promise<EveningWorld> {
  const prepared = prepareWorld({ world, schedule, targets: settings.targets, seed });
  return worldHere(await simulatedWorld(database, prepared, fromMs), prepared, fromMs);
}

/** The world elsewhere, which has to have the targets. Throws `world-mismatch`. */
function withTargets({ elsewhere, settings: { targets } }: EveningElsewhere): EveningWorld {
  const missing = targets.map(({ id }) => id).filter((id) => !elsewhere.targetIds.includes(id));
  if (missing.length === 0) return elsewhere;
  const [lacks, has] = [missing.join(", "), elsewhere.targetIds.join(", ")];
  const right = "start both with the same --targets";
  throw new CalltimeError("world-mismatch", `${elsewhere.url}: the world there has no target ${lacks}; it has ${has}; ${right}`);
}

/** One store for Calltime and its world: a tick is one transaction of both. */
function withWorld(world: EveningWorld, database: Database, bus: LocalBus, minute: () => Promise<void>): Pick<Evening, "step" | "act"> {
  return {
    step: (alongside) =>
      database.transaction(async () => {
        await alongside?.();
        await minute();
        await world.step();
      }),
    act: (work) =>
      database.transaction(async () => {
        const done = await work();
        // What was written is acted upon now, not with the next tick: that may be a minute away.
        await bus.deliver(world.nowMs());
        return done;
      }),
  };
}

/**
 * A world that undoes nothing. Were a tick one transaction here too, a kill would undo that a minimum was meant to be raised and leave it
 * raised: it would be taken for somebody else's. So every write is kept when it is made, in the order that the use cases give it.
 */
function besideWorld(
  { elsewhere, onTickFailed }: EveningElsewhere,
  database: Database,
  bus: LocalBus,
  minute: () => Promise<void>,
): Pick<Evening, "step" | "act"> {
  return {
    step: async (alongside) => {
      await alongside?.();
      try {
        await database.exclusively(minute);
      } catch (error) {
        onTickFailed(error);
      }
      // Outside the section: whoever asks meanwhile does not wait for the minute to pass.
      await elsewhere.step();
    },
    act: (work) =>
      database.exclusively(async () => {
        const done = await database.transaction(work);
        await bus.deliver(elsewhere.nowMs());
        return done;
      }),
  };
}
