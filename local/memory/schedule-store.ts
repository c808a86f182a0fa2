import type { Generation, ScheduleStore } from "../../shared/app/ports.ts";
import { compareText, type Schedule } from "../../shared/core/schedule/programme.ts";
import { frozen } from "../frozen.ts";
import type { Sections } from "../sections.ts";
import { storedJson } from "../stored-json.ts";

/** Schedules in memory, for fast simulation: only the current generation of each feed. What is read is frozen. */
export function memoryScheduleStore(sections: Sections): ScheduleStore {
  const current = new Map<string, Generation>();
  return {
    current: async (feedId) => sections.operation(() => current.get(feedId)),
    publish: async (next) => {
      const schedule = JSON.parse(storedJson(`schedule of feed ${next.feedId}`, next.schedule)) as Schedule;
      return sections.operation((undo) => {
        const before = current.get(next.feedId);
        if (next.generation !== (before?.generation ?? 0) + 1) return "conflict";
        undo(() => void (before === undefined ? current.delete(next.feedId) : current.set(next.feedId, before)));
        current.set(next.feedId, frozen({ ...next, schedule }));
        return "written";
      });
    },
    feeds: async () => sections.operation(() => [...current.keys()].sort(compareText)),
  };
}
