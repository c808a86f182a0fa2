import { contextOf, type Context, type Settings } from "../shared/app/context.ts";
import type { PlanningState } from "../shared/app/planning-state.ts";
import type { Ports } from "../shared/app/ports.ts";
import { packSchedule } from "../shared/feeds/schedule-chunks.ts";
import { plainDocuments, plainJournal, plainSchedules } from "./memory/plain.ts";

/**
 * A copy of what a deployment plans from, with settings of one's own: plans that are made with it are those that the deployment would make
 * with them. Nothing that is written to it goes anywhere.
 */
export async function planningCopy(state: PlanningState, settings: Omit<Settings, "zone" | "measuredApart">): Promise<Context> {
  const documents = plainDocuments(state.documents.map(({ key, value }) => [key, { value, version: 1 }] as const));
  const stores = plainSchedules();
  for (const { generation, schedule } of state.feeds) {
    const { contentHash, chunks } = packSchedule(schedule);
    await stores.chunks.keep(chunks);
    await stores.schedules.publish({ ...generation, generation: 1, contentHash });
  }
  const measured = new Map(state.loads.map(({ targetId, minutes }) => [targetId, minutes]));
  const ports: Ports = {
    documents,
    ...stores,
    journal: plainJournal(),
    loads: {
      load: async (targetId, fromMs, toMs) => (measured.get(targetId) ?? []).filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
      audience: async () => [],
    },
    bus: { publish: async (events) => events.map(() => ({ kind: "accepted" })) },
    capacity: { describe: async () => [], setMinimum: async () => ({ kind: "accepted" }) },
    bookings: { list: async () => [], put: async () => ({ kind: "accepted" }), remove: async () => ({ kind: "accepted" }) },
  };
  return contextOf(ports, { ...settings, zone: state.zone, measuredApart: state.measuredApart });
}
