import type { Journal, JournalEntry, Json } from "../shared/app/ports.ts";
import { minuteOf } from "../shared/core/time.ts";
import type { MinuteLog } from "./minute-log.ts";

/** The journal over the local store's minute log. */
export function localJournal(log: MinuteLog): Journal {
  return {
    append: async (entries) => {
      for (const entry of entries) await log.append(minuteOf(entry.atMs), entry.targetId, entry as unknown as Json);
    },
    read: async (targetId, fromMs, toMs) => {
      const records = await log.range(minuteOf(fromMs), toMs, targetId);
      const entries = records.map(({ record }) => record as unknown as JournalEntry);
      return entries.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    },
  };
}
