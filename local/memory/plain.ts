import type { ChunkStore, DocumentStore, Journal, JournalEntry, Json, ScheduleStore, Versioned } from "../../shared/app/ports.ts";
import { compareText } from "../../shared/core/schedule/programme.ts";
import { minuteOf } from "../../shared/core/time.ts";
import { documentKey, MAX_DOCUMENT_BYTES } from "../../shared/app/ports/document-key.ts";
import { frozen } from "../frozen.ts";
import { storedJson } from "../../shared/app/ports/stored-json.ts";
import { memorySchedules } from "./schedule-store.ts";

/**
 * Documents as they were written, for thousands of evenings: nothing is copied, so whoever reads one must not change it, and reading one
 * again that nobody wrote gives the same object. `checked` has every key and value looked at, and kept frozen, as the port demands: tests
 * want that, and it takes most of a tick's time.
 */
export function plainDocuments(
  begun: readonly (readonly [string, Versioned<Json>])[] = [],
  { checked = false }: { readonly checked?: boolean } = {},
): DocumentStore {
  const keyOf = (key: string): string => (checked ? documentKey(key) : key);
  const kept = (key: string, value: Json): Json =>
    checked ? frozen(JSON.parse(storedJson(`document ${key}`, value, MAX_DOCUMENT_BYTES)) as Json) : value;
  const documents = new Map<string, Versioned<Json>>(begun);
  // Sorted once for each set of keys: a prefix is asked for at every tick, and keys seldom come or go.
  const sorted = new Map<string, readonly string[]>();
  const keysUnder = (prefix: string): readonly string[] => {
    let keys = sorted.get(prefix);
    if (keys === undefined) sorted.set(prefix, (keys = [...documents.keys()].filter((key) => key.startsWith(prefix)).sort(compareText)));
    return keys;
  };
  const versionOf = (key: string): number => documents.get(key)?.version ?? 0;
  return {
    read: async (key) => documents.get(keyOf(key)),
    write: async (key, value, expected) => {
      const version = versionOf(keyOf(key));
      const next = kept(key, value);
      if (version !== expected) return "conflict";
      if (version === 0) sorted.clear();
      documents.set(key, { value: next, version: expected + 1 });
      return "written";
    },
    list: async (prefix) => {
      const listed = [];
      for (const key of keysUnder(prefix)) {
        const document = documents.get(key);
        if (document !== undefined) listed.push({ key, value: document.value, version: document.version });
      }
      return listed;
    },
    remove: async (key, expected) => {
      const version = versionOf(key);
      if (version === 0) return "written";
      if (version !== expected) return "conflict";
      documents.delete(key);
      sorted.clear();
      return "written";
    },
  };
}

/** Schedules of one evening: no turns, nothing undone. */
export function plainSchedules(): { readonly schedules: ScheduleStore; readonly chunks: ChunkStore } {
  return memorySchedules({ operation: async (step) => step(() => undefined) });
}

/** The journal of one evening, and all of it by target and minute. */
export function plainJournal(): Journal & { readonly at: (targetId: string, atMs: number) => JournalEntry | undefined } {
  const byTarget = new Map<string, Map<number, JournalEntry>>();
  return {
    append: async (entries) => {
      for (const entry of entries) {
        const minutes = byTarget.get(entry.targetId) ?? new Map<number, JournalEntry>();
        const minuteMs = minuteOf(entry.atMs);
        if (!minutes.has(minuteMs)) minutes.set(minuteMs, entry);
        byTarget.set(entry.targetId, minutes);
      }
    },
    read: async (targetId, fromMs, toMs) =>
      [...(byTarget.get(targetId)?.values() ?? [])].filter(({ atMs }) => atMs >= fromMs && atMs < toMs).sort((a, b) => a.atMs - b.atMs),
    at: (targetId, atMs) => byTarget.get(targetId)?.get(minuteOf(atMs)),
  };
}
