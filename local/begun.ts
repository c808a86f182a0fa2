import { contextOf, type Settings } from "../shared/app/context.ts";
import { readListing } from "../shared/app/feed-listing.ts";
import { ingest, type IngestReport } from "../shared/app/ingest.ts";
import type { Json, Ports } from "../shared/app/ports.ts";
import { scheduleReader } from "../shared/app/schedules.ts";
import { CalltimeError } from "../shared/core/error.ts";
import type { Schedule } from "../shared/core/schedule/programme.ts";
import { boundsAt, SANITY_THRESHOLDS } from "../shared/core/schedule/sanity.ts";
import { minuteOf, MINUTE_MS, type ZoneOffsets } from "../shared/core/time.ts";
import type { Database } from "./database.ts";
import { NOT_BEGUN } from "./not-begun.ts";
import { runState } from "./run-state.ts";

/** The feed that a run begins with. */
export type FirstFeed = {
  readonly feedId: string;
  /** What a person calls it. */
  readonly name: string;
  readonly read: () => AsyncIterable<Uint8Array>;
};

/** What a run begins from. */
export type BeginSetting = {
  readonly settings: Settings;
  /** The zone's offsets around an instant; without it the settings' own zone holds. */
  readonly zoneAround?: (atMs: number) => ZoneOffsets;
  readonly feed: FirstFeed;
  /** Start of the run; by default the first full hour of the schedule. */
  readonly fromMs: number | undefined;
  /** The world that it plays in: one of its own by its seed, one in a process of its own by its id. */
  readonly world: { readonly seed: number } | { readonly worldId: string; readonly url: string };
};

/** How a run began. It is kept in the run's store. */
export type Begun = {
  readonly feedName: string;
  readonly fromMs: number;
  /** Of a run in a world of its own. */
  readonly seed?: number;
  /** Of a run in a world elsewhere. */
  readonly worldId?: string;
  readonly schedule: Schedule;
  readonly feedReport: IngestReport;
};

/** What a store can hold the run of, by the key that it is kept under. */
const KEYS = { calltime: "evening", world: "served-world" } as const;

/**
 * How the run in a store began, of Calltime or of a world in a process of its own: as it is kept there, or from `setting`. Throws what reading the feed throws, `feed-quarantined` when it is
 * refused, `run-mismatch` when the store holds a run from another start, and `world-mismatch` when it holds one in another world.
 */
export async function begunRun(
  database: Database,
  stores: Stores,
  setting: BeginSetting,
  of: keyof typeof KEYS = "calltime",
): Promise<{ readonly begun: Begun; readonly resumed: boolean }> {
  const runs = runState(database);
  if ((await runs.read(KEYS[of === "calltime" ? "world" : "calltime"])) !== undefined) {
    const [holds, right] =
      of === "calltime"
        ? ["a world (calltime world), not a run of Calltime", "Calltime keeps a store of its own"]
        : ["a run of Calltime, not a world", "a world keeps a store of its own"];
    throw new CalltimeError("run-mismatch", `${database.directory ?? "the store"}: holds ${holds}; ${right}, so name another --data`);
  }
  const kept = (await runs.read(KEYS[of])) as unknown as Begun | undefined;
  if (kept !== undefined) {
    refuseMismatch(kept, setting, database);
    return { begun: kept, resumed: true };
  }
  return database.transaction(async () => {
    const begun = await begin(setting, stores);
    await runs.write(KEYS[of], begun as unknown as Json);
    return { begun, resumed: false };
  });
}

type Stores = Pick<Ports, "documents" | "schedules" | "chunks" | "bus" | "journal">;

async function begin(setting: BeginSetting, stores: Stores): Promise<Begun> {
  const feedReport = await ingestFirst(setting, stores);
  const generation = await stores.schedules.current(setting.feed.feedId);
  if (generation === undefined || feedReport.outcome === "quarantined") {
    const why = feedReport.quarantine.map(({ what }) => what).join(" ");
    const first = feedReport.findings.slice(0, 3).map(({ what, line }) => `${line === undefined ? "" : `line ${line}: `}${what}`);
    const details = first.length === 0 ? "" : ` (${first.join("; ")})`;
    throw new CalltimeError("feed-quarantined", `${setting.feed.name} was refused: ${why}${details} Give a feed that covers the evening.`);
  }
  const schedule = await scheduleReader(stores.chunks)(generation);
  const fromMs = setting.fromMs === undefined ? firstHour(schedule) : minuteOf(setting.fromMs);
  const world = "seed" in setting.world ? { seed: setting.world.seed } : { worldId: setting.world.worldId };
  return { feedName: setting.feed.name, fromMs, ...world, schedule, feedReport: { ...feedReport, changes: [] } };
}

/** Takes in the feed to begin with; what cannot be read is said with the feed's name. */
async function ingestFirst({ feed, fromMs, zoneAround, settings }: BeginSetting, stores: Stores): Promise<IngestReport> {
  try {
    const own = contextOf({ ...stores, ...NOT_BEGUN }, settings);
    // A feed is judged against the present; without a start of its own a run begins inside the feed, so nothing in it is stale or far ahead.
    const firstMs = fromMs ?? (await readListing(feed.read())).programmes[0]?.startsAtMs;
    const aroundMs = firstMs ?? 0;
    // What repeats is told around what does not.
    const bounds = firstMs === undefined ? {} : { repeats: boundsAt(firstMs, SANITY_THRESHOLDS).repeats };
    const context = contextOf(own.ports, { ...settings, zone: zoneAround?.(aroundMs) ?? settings.zone });
    const { feedId, read } = feed;
    return await ingest(context, { feedId, read, ...(fromMs === undefined && { bounds }) }, fromMs ?? 0);
  } catch (error) {
    if (!(error instanceof CalltimeError) || !error.code.startsWith("feed-")) throw error;
    throw new CalltimeError(error.code, `${feed.name}: ${error.message}`, { cause: error });
  }
}

function firstHour(schedule: Schedule): number {
  const first = schedule.programmes[0]?.startsAtMs ?? 0;
  return Math.ceil(first / (60 * MINUTE_MS)) * 60 * MINUTE_MS;
}

function refuseMismatch(kept: Begun, { world, fromMs, feed }: BeginSetting, { directory = "the store" }: Database): void {
  if ("url" in world) {
    if (kept.worldId === undefined) {
      const right = "resume it without --world-url, or name another --data";
      throw new CalltimeError(
        "world-mismatch",
        `${directory}: holds a run in a world of its own, not in the one at ${world.url}; ${right}`,
      );
    }
    if (kept.worldId !== world.worldId) {
      const right = "start that one with the files, --from and --seed it had, or name another --data";
      throw new CalltimeError(
        "world-mismatch",
        `${directory}: holds a run in the world ${kept.worldId}, and at ${world.url} is the world ${world.worldId}; ${right}`,
      );
    }
  } else if (kept.worldId !== undefined) {
    const right = "resume it with --world-url, or name another --data";
    throw new CalltimeError("world-mismatch", `${directory}: holds a run in the world ${kept.worldId}, in a process of its own; ${right}`);
  }
  // The start of a run in a world elsewhere was that world's present: it cannot be given.
  const sameStart = "url" in world || ((fromMs === undefined || minuteOf(fromMs) === kept.fromMs) && world.seed === kept.seed);
  if (sameStart && feed.name === kept.feedName) return;
  const seed = kept.seed === undefined ? "" : ` with seed ${kept.seed}`;
  const options = "url" in world ? "--schedule" : "--schedule, --from and --seed";
  throw new CalltimeError(
    "run-mismatch",
    `${directory}: holds a run of ${kept.feedName} from ${isoMinute(kept.fromMs)}${seed}; resume it with the same ${options}, or name another --data`,
  );
}

function isoMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
