import { contextOf, type Context, type Settings } from "../shared/app/context.ts";
import { ingest, type IngestReport } from "../shared/app/ingest.ts";
import type { Json } from "../shared/app/ports.ts";
import { tick } from "../shared/app/tick.ts";
import { CalltimeError } from "../shared/core/error.ts";
import type { Schedule } from "../shared/core/schedule/programme.ts";
import { prepareWorld, type PreparedWorld } from "../shared/core/simulate/prepare.ts";
import type { World } from "../shared/core/simulate/world.ts";
import { minuteOf, MINUTE_MS, type ZoneOffsets } from "../shared/core/time.ts";
import { localBus, type DeliverySettings, type LocalBus } from "./bus.ts";
import { openDatabase, type Database, type StorePlace } from "./database.ts";
import { sqliteDocumentStore } from "./document-store.ts";
import { eventLog, type EventLog } from "./event-log.ts";
import { localJournal } from "./journal.ts";
import { lookAgain } from "./look-again.ts";
import { minuteLog } from "./minute-log.ts";
import { NOT_BEGUN } from "./not-begun.ts";
import { runState, type RunState } from "./run-state.ts";
import { sqliteScheduleStore } from "./schedule-store.ts";
import { simulatedBookings } from "./simulated-bookings.ts";
import { simulatedCapacity } from "./simulated-capacity.ts";
import { simulatedLoads } from "./simulated-loads.ts";
import { simulatedWorld, type SimulatedWorld } from "./simulated-world.ts";

/** What an evening is made from. */
export type EveningSetting = {
  readonly place: StorePlace;
  readonly settings: Settings;
  /** The zone's offsets around the start of the run, once that is known; without it the settings' own zone holds. */
  readonly zoneAround?: (fromMs: number) => ZoneOffsets;
  /** What is true; Calltime never reads it. */
  readonly world: World;
  readonly seed: number;
  /** How the bus delivers. */
  readonly delivery?: DeliverySettings;
  /** Start of the run; by default the first full hour of the schedule. */
  readonly fromMs: number | undefined;
  /** The feed to begin with. */
  readonly feed: {
    readonly feedId: string;
    /** What a person calls it. */ readonly name: string;
    readonly read: () => AsyncIterable<Uint8Array>;
  };
};

/** The whole platform in one process, with a simulated world as its targets. */
export type Evening = {
  readonly context: Context;
  readonly database: Database;
  readonly bus: LocalBus;
  readonly log: EventLog;
  readonly world: SimulatedWorld;
  readonly prepared: PreparedWorld;
  readonly fromMs: number;
  /** How the first feed was taken in. */
  readonly feedReport: IngestReport;
  /** It goes on where an earlier run stopped. */
  readonly resumed: boolean;
  /** The platform's present. */
  readonly nowMs: () => number;
  /**
   * Lets one minute pass: a tick of Calltime, its events delivered, a minute of the world; all of it is kept, or nothing. What
   * `alongside` writes is kept with it.
   */
  readonly step: (alongside?: () => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
};

type Begun = {
  readonly feedName: string;
  readonly fromMs: number;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly feedReport: IngestReport;
};

const BEGUN_KEY = "evening";

/**
 * Opens an evening: a fresh one, or the one that the store holds. Throws what opening the store and reading the feed throw, and
 * `run-mismatch` when the store holds a run from another start or with another seed.
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
  const runs = runState(database);
  const bus = localBus(database, setting.delivery);
  const schedules = sqliteScheduleStore(database);
  const documents = sqliteDocumentStore(database);
  const journal = localJournal(minuteLog(database));
  const kept = (await runs.read(BEGUN_KEY)) as unknown as Begun | undefined;
  if (kept !== undefined) refuseMismatch(kept, setting, database);
  const begun = kept ?? (await database.transaction(() => begin(setting, runs, bus, schedules, documents, journal)));
  const prepared = prepareWorld({ world: setting.world, schedule: begun.schedule, targets: setting.settings.targets, seed: setting.seed });
  const world = await simulatedWorld(database, prepared, begun.fromMs);
  const ports = {
    documents,
    schedules,
    bus,
    journal,
    loads: simulatedLoads(world),
    capacity: simulatedCapacity(world),
    bookings: simulatedBookings(world),
    deadLetters: bus,
  };
  const zone = setting.zoneAround?.(begun.fromMs) ?? setting.settings.zone;
  const context = contextOf(ports, { ...setting.settings, zone });
  const nowMs = (): number => world.nowMs();
  // Calltime goes by its own clock, which is right unless the world has it step.
  const clockMs = (): number => world.clockMs();
  lookAgain(bus, context, clockMs);
  const step = (alongside?: () => Promise<void>): Promise<void> =>
    database.transaction(async () => {
      await alongside?.();
      await tick(context, clockMs());
      await bus.deliver(clockMs());
      await world.step();
    });
  return {
    context,
    database,
    bus,
    log: eventLog(database),
    world,
    prepared,
    fromMs: begun.fromMs,
    feedReport: begun.feedReport,
    resumed: kept !== undefined,
    nowMs,
    step,
    close: () => database.close(),
  };
}

async function begin(
  setting: EveningSetting,
  runs: RunState,
  bus: LocalBus,
  schedules: ReturnType<typeof sqliteScheduleStore>,
  documents: ReturnType<typeof sqliteDocumentStore>,
  journal: ReturnType<typeof localJournal>,
): Promise<Begun> {
  const context = contextOf({ documents, schedules, bus, journal, ...NOT_BEGUN }, setting.settings);
  // A feed is judged against the present; without a start of its own a run begins inside the feed, so nothing in it is stale.
  const receivedAtMs = setting.fromMs ?? 0;
  const feedReport = await ingestFirst(context, setting, receivedAtMs);
  const generation = await schedules.current(setting.feed.feedId);
  if (generation === undefined || feedReport.outcome === "quarantined") {
    const why = feedReport.quarantine.map(({ what }) => what).join(" ");
    const first = feedReport.findings.slice(0, 3).map(({ what, line }) => `${line === undefined ? "" : `line ${line}: `}${what}`);
    const details = first.length === 0 ? "" : ` (${first.join("; ")})`;
    throw new CalltimeError("feed-quarantined", `${setting.feed.name} was refused: ${why}${details} Give a feed that covers the evening.`);
  }
  const { schedule } = generation;
  const fromMs = setting.fromMs === undefined ? firstHour(schedule) : minuteOf(setting.fromMs);
  const begun: Begun = { feedName: setting.feed.name, fromMs, seed: setting.seed, schedule, feedReport: { ...feedReport, changes: [] } };
  await runs.write(BEGUN_KEY, begun as unknown as Json);
  return begun;
}

/** Takes in the feed to begin with; what cannot be read is said with the feed's name. */
async function ingestFirst(context: Context, { feed }: EveningSetting, receivedAtMs: number): Promise<IngestReport> {
  try {
    return await ingest(context, { feedId: feed.feedId, bytes: feed.read() }, receivedAtMs);
  } catch (error) {
    if (!(error instanceof CalltimeError) || !error.code.startsWith("feed-")) throw error;
    throw new CalltimeError(error.code, `${feed.name}: ${error.message}`, { cause: error });
  }
}

function firstHour(schedule: Schedule): number {
  const first = schedule.programmes[0]?.startsAtMs ?? 0;
  return Math.ceil(first / (60 * MINUTE_MS)) * 60 * MINUTE_MS;
}

function refuseMismatch(kept: Begun, setting: EveningSetting, database: Database): void {
  const sameStart = setting.fromMs === undefined || minuteOf(setting.fromMs) === kept.fromMs;
  if (sameStart && setting.seed === kept.seed && setting.feed.name === kept.feedName) return;
  throw new CalltimeError(
    "run-mismatch",
    `${database.directory ?? "the store"}: holds a run of ${kept.feedName} from ${isoMinute(kept.fromMs)} with seed ${kept.seed}; resume it with the same --schedule, --from and --seed, or name another --data`,
  );
}

function isoMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
