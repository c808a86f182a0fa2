import { contextOf, type Context, type Settings } from "../../shared/app/context.ts";
import { ingest, type IngestReport } from "../../shared/app/ingest.ts";
import type { Ports } from "../../shared/app/ports.ts";
import { scheduleReader } from "../../shared/app/schedules.ts";
import { tick } from "../../shared/app/tick.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { prepareWorld, type PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import type { WorldMinute } from "../../shared/core/simulate/step.ts";
import { metricDelayMs } from "../../shared/core/simulate/troubles.ts";
import type { World } from "../../shared/core/simulate/world.ts";
import { minuteOf, MINUTE_MS } from "../../shared/core/time.ts";
import { lookAgain } from "../look-again.ts";
import { NOT_BEGUN } from "../not-begun.ts";
import { memoryBus, type MemoryBus } from "./bus.ts";
import type { History } from "./history.ts";
import { measuredOf } from "./measured.ts";
import { plainDocuments, plainJournal, plainSchedules } from "./plain.ts";
import { memoryWorld, type MemoryWorld } from "./world.ts";

/** What an evening in memory is made from. */
export type MemoryEveningSetting = {
  readonly settings: Settings;
  /** What is true; Calltime never reads it. */
  readonly world: World;
  readonly seed: number;
  readonly fromMs: number;
  readonly feed: { readonly feedId: string; readonly read: () => AsyncIterable<Uint8Array> };
  /** What was learned before, and measured just before; learned once for all evenings that share it. */
  readonly history: History;
  /** Puts something between Calltime and a port: faults, counters. */
  readonly wrap?: (ports: Ports) => Ports;
  /** Events that are kept: all, or those alone that Calltime itself listens to; the others need not even be made. All of them. */
  readonly events?: "all" | "subscribed";
  /** Documents are looked at, and frozen, as they are written; they are not. */
  readonly checked?: boolean;
  /** From the start of a minute until its metrics can be read; 2 minutes. */
  readonly readableAfterMs?: number;
};

/** The whole platform in one process without a store that outlives it: thousands of evenings, played as fast as they can be. */
export type MemoryEvening = {
  readonly context: Context;
  readonly bus: MemoryBus;
  readonly journal: ReturnType<typeof plainJournal>;
  readonly world: MemoryWorld;
  readonly prepared: PreparedWorld;
  readonly feedReport: IngestReport;
  /** Lets one minute pass: a tick of Calltime, its events delivered, a minute of the world. Throws what the tick throws. */
  readonly step: () => Promise<WorldMinute>;
};

/** Opens an evening: its feed is taken in, its world is in balance. Throws `feed-quarantined` when the feed is refused, and what reading it throws. */
export async function openMemoryEvening(setting: MemoryEveningSetting): Promise<MemoryEvening> {
  const { settings, history, feed, readableAfterMs = 2 * MINUTE_MS } = setting;
  const fromMs = minuteOf(setting.fromMs);
  const stores = {
    documents: plainDocuments(history.learned, { checked: setting.checked ?? false }),
    ...plainSchedules(),
    journal: plainJournal(),
    bus: memoryBus(setting.events),
  };
  const { bus, journal } = stores;
  const feedReport = await ingest(contextOf({ ...stores, ...NOT_BEGUN }, settings), { feedId: feed.feedId, read: feed.read }, fromMs);
  const generation = await stores.schedules.current(feed.feedId);
  if (generation === undefined) {
    const why = feedReport.quarantine.map(({ what }) => what).join(" ");
    throw new CalltimeError("feed-quarantined", `${feed.feedId} was refused: ${why} Give a feed that covers the evening.`);
  }
  const prepared = prepareWorld({
    world: setting.world,
    schedule: await scheduleReader(stores.chunks)(generation),
    targets: settings.targets,
    seed: setting.seed,
  });
  const world = memoryWorld(prepared, fromMs, history.lately);
  const loads = measuredOf(
    world.happened,
    world.nowMs,
    (what, atMs) => atMs + readableAfterMs + metricDelayMs(prepared.troubles, what, atMs),
  );
  const ports: Ports = { ...stores, loads, capacity: world.capacity, bookings: world.bookings };
  const context = contextOf(setting.wrap?.(ports) ?? ports, settings);
  lookAgain(bus, context, world.clockMs);
  const step = async (): Promise<WorldMinute> => {
    await tick(context, world.clockMs());
    await bus.deliver();
    return world.step();
  };
  return { context, bus, journal, world, prepared, feedReport, step };
}
