import type { ChunkStore, Generation, ScheduleStore } from "../../shared/app/ports.ts";
import { compareText } from "../../shared/core/schedule/programme.ts";
import type { Sections } from "../sections.ts";

/** Schedules in memory, for fast simulation: every generation of each feed, and every chunk. */
export function memorySchedules(sections: Pick<Sections, "operation">): { readonly schedules: ScheduleStore; readonly chunks: ChunkStore } {
  const all = new Map<string, readonly Generation[]>();
  const kept = new Map<string, Uint8Array>();
  const put = (feedId: string, generations: readonly Generation[], undo: (how: () => void) => void): "written" => {
    const before = all.get(feedId);
    undo(() => void (before === undefined ? all.delete(feedId) : all.set(feedId, before)));
    all.set(feedId, generations);
    return "written";
  };
  return {
    schedules: {
      current: async (feedId) => sections.operation(() => all.get(feedId)?.at(-1)),
      inForceAt: async (feedId, atMs) => sections.operation(() => all.get(feedId)?.findLast(({ publishedAtMs }) => publishedAtMs <= atMs)),
      publish: async (next) =>
        sections.operation((undo) => {
          const before = all.get(next.feedId) ?? [];
          const last = before.at(-1);
          if (next.generation !== (last?.generation ?? 0) + 1 || next.publishedAtMs < (last?.confirmedAtMs ?? -Infinity)) return "conflict";
          return put(next.feedId, [...before, { ...next, confirmedAtMs: next.publishedAtMs }], undo);
        }),
      confirm: async (feedId, generation, storedAtMs) =>
        sections.operation((undo) => {
          const before = all.get(feedId) ?? [];
          const last = before.at(-1);
          if (last?.generation !== generation) return "conflict";
          return put(feedId, before.with(-1, { ...last, confirmedAtMs: Math.max(last.confirmedAtMs, storedAtMs) }), undo);
        }),
      feeds: async () => sections.operation(() => [...all.keys()].sort(compareText)),
    },
    // A chunk that nothing names any more does no harm: what keeps it need not be undone.
    chunks: {
      read: async (hashes) => sections.operation(() => hashes.map((hash) => kept.get(hash)?.slice())),
      keep: async (chunks) =>
        sections.operation(() => {
          for (const { hash, bytes } of chunks) kept.set(hash, Uint8Array.from(bytes));
        }),
    },
  };
}
