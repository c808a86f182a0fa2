import type { AnyEvent } from "../events/index.ts";
import type { Database } from "./database.ts";

/** One event as the bus accepted it: `seq` counts up in the order of acceptance, `atMs` is when the event says it was written. */
export type LoggedEvent = { readonly seq: number; readonly atMs: number; readonly event: AnyEvent };

/** What to read of the log. Times are of the events, [fromMs, toMs); what is left out does not narrow. */
export type EventQuery = {
  readonly types?: readonly AnyEvent["type"][];
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only events accepted later than this `seq`. */
  readonly afterSeq?: number;
};

/** Every fact that crossed the bus, kept for reports. The bus writes it as it accepts an event; nothing removes from it. */
export type EventLog = {
  /** The events that match, in the order in which they were accepted. */
  read(query?: EventQuery): Promise<readonly LoggedEvent[]>;
};

/** The event log of the local store. */
export function eventLog(database: Database): EventLog {
  const read = database.sql.prepare(
    `SELECT seq, at_ms, json FROM event
     WHERE seq > @afterSeq AND at_ms >= coalesce(@fromMs, at_ms) AND at_ms < coalesce(@toMs, at_ms + 1)
       AND (@types IS NULL OR type IN (SELECT value FROM json_each(@types)))
     ORDER BY seq`,
  );
  return {
    read: async ({ types, fromMs, toMs, afterSeq } = {}) => {
      const parameters = {
        afterSeq: afterSeq ?? 0,
        fromMs: fromMs ?? null,
        toMs: toMs ?? null,
        types: types === undefined ? null : JSON.stringify(types),
      };
      const rows = await database.operation(() => read.all(parameters));
      return rows.map((row) => ({
        seq: Number(row["seq"]),
        atMs: Number(row["at_ms"]),
        event: JSON.parse(String(row["json"])) as AnyEvent,
      }));
    },
  };
}
