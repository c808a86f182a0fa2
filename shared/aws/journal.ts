import type { Journal, JournalEntry } from "../app/ports.ts";
import { storedJson } from "../app/ports/stored-json.ts";
import { DAY_MS, minuteOf } from "../core/time.ts";
import { EXPIRES_AT, numberOf, PARTITION, textOf, type Item, type Table } from "./table.ts";

/** Entries written side by side. */
const MOST_AT_ONCE = 10;

/** Digits of the largest instant. */
const INSTANT_DIGITS = 16;

/** Days that an entry is kept: a quarter of a year can be looked back on. Kept for longer it would be the largest cost of the table. */
export const KEEP_DAYS = 100;

/** What a journal over the table is told. */
export type JournalSettings = {
  /** `KEEP_DAYS` when left out. */
  readonly keepDays?: number;
};

/** The journal in the table: a partition a target, an item a minute. Entries that are too old are not read, and collected some day. */
export function dynamoJournal(table: Table, { keepDays = KEEP_DAYS }: JournalSettings = {}): Journal {
  const note = async (entry: JournalEntry): Promise<void> => {
    const minuteMs = minuteOf(entry.atMs);
    const what = `journal of ${entry.targetId} at ${minuteMs}`;
    const attributes = {
      Json: { S: storedJson(what, entry) },
      [EXPIRES_AT]: { N: String(Math.ceil((minuteMs + keepDays * DAY_MS) / 1000)) },
    };
    const key = { partition: partitionOf(entry.targetId), sort: instantKey(minuteMs) };
    // Whoever was first stays; that somebody was is no failure.
    await table.put(what, { key, attributes }, { expression: `attribute_not_exists(${PARTITION})` });
  };

  return {
    append: async (entries) => {
      const firsts = firstOfEach(entries);
      for (let at = 0; at < firsts.length; at += MOST_AT_ONCE) await Promise.all(firsts.slice(at, at + MOST_AT_ONCE).map(note));
    },
    read: async (targetId, fromMs, toMs) => {
      if (fromMs >= toMs) return [];
      const range = { from: instantKey(minuteOf(fromMs)), to: instantKey(toMs) };
      const items = await table.query(`journal of ${targetId}`, partitionOf(targetId), range);
      const entries = items.filter((item) => !isExpired(item, table.nowMs())).map(entryOf);
      return entries.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    },
  };
}

const partitionOf = (targetId: string): string => `journal/${targetId}`;

/** Text that sorts as the instant does; one before 1970 is as early as any. */
const instantKey = (atMs: number): string => String(Math.max(0, atMs)).padStart(INSTANT_DIGITS, "0");

/** Of those for one target and minute the first: written side by side, any could win. */
function firstOfEach(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const firsts = new Map<string, JournalEntry>();
  for (const entry of entries) {
    const key = `${minuteOf(entry.atMs)} ${entry.targetId}`;
    if (!firsts.has(key)) firsts.set(key, entry);
  }
  return [...firsts.values()];
}

const isExpired = ({ attributes }: Item, nowMs: number): boolean => numberOf(attributes[EXPIRES_AT]) * 1000 <= nowMs;

function entryOf({ attributes }: Item): JournalEntry {
  const entry = JSON.parse(textOf(attributes["Json"])) as JournalEntry;
  // JSON leaves out what is undefined; the type has it there.
  return { ...entry, forecast: entry.forecast, tick: { ...entry.tick, limit: entry.tick.limit } };
}
