import type { Generation, ScheduleStore } from "../../shared/app/ports.ts";
import { compareText, type Schedule } from "../../shared/core/schedule/programme.ts";
import { frozen } from "../frozen.ts";
import type { Sections } from "../sections.ts";
import { storedJson } from "../stored-json.ts";

/** Schedules in memory, for fast simulation: every generation of each feed. What is read is frozen. */
export function memoryScheduleStore(sections: Sections): ScheduleStore {
  const all = new Map<string, readonly Generation[]>();
  return {
    current: async (feedId) => sections.operation(() => all.get(feedId)?.at(-1)),
    inForceAt: async (feedId, atMs) => sections.operation(() => all.get(feedId)?.findLast(({ publishedAtMs }) => publishedAtMs <= atMs)),
    publish: async (next) => {
      const schedule = JSON.parse(storedJson(`schedule of feed ${next.feedId}`, next.schedule)) as Schedule;
      return sections.operation((undo) => {
        const before = all.get(next.feedId);
        if (next.generation !== (before?.at(-1)?.generation ?? 0) + 1) return "conflict";
        undo(() => void (before === undefined ? all.delete(next.feedId) : all.set(next.feedId, before)));
        all.set(next.feedId, [...(before ?? []), frozen({ ...next, schedule })]);
        return "written";
      });
    },
    feeds: async () => sections.operation(() => [...all.keys()].sort(compareText)),
  };
}
