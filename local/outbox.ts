import type { AnyEvent } from "../events/index.ts";
import type { Database } from "./database.ts";
import { frozen } from "./frozen.ts";

/** How far one subscriber is with one event. `atMs`: delivered then, to be tried again from then on, or given up then. */
export type Progress = {
  readonly subscriber: string;
  readonly state: "done" | "retry" | "dead";
  readonly tries: number;
  readonly atMs: number;
  readonly reason: string;
};

/** An event that is not yet settled with all its subscribers. */
export type Undelivered = { readonly seq: number; readonly event: AnyEvent; readonly progress: ReadonlyMap<string, Progress> };

/** One delivery that was given up. */
export type DeadLetter = {
  readonly id: number;
  readonly event: AnyEvent;
  readonly subscriber: string;
  readonly tries: number;
  readonly diedAtMs: number;
  readonly reason: string;
};

/** The bus's tables. Each function is one synchronous step, to be run inside an `operation` of the store. */
export type Outbox = {
  add(event: AnyEvent, atMs: number): void;
  undelivered(): readonly Undelivered[];
  note(seq: number, progress: Progress): void;
  /** Takes a settled event out; what was given up stays as a dead letter. */
  settle(seq: number): void;
  dead(): readonly DeadLetter[];
  /** Puts a dead letter back to be tried from the start; false when there is none of that id. */
  revive(id: number): boolean;
};

/** The outbox of the local store. */
export function outboxOf({ sql }: Database): Outbox {
  const insertEvent = sql.prepare("INSERT INTO event (at_ms, type, json) VALUES (?, ?, ?)");
  const insertOutbox = sql.prepare("INSERT INTO outbox (seq) VALUES (?) ON CONFLICT DO NOTHING");
  const waiting = sql.prepare("SELECT seq, json FROM outbox JOIN event USING (seq) ORDER BY seq");
  const progress = sql.prepare("SELECT delivery.* FROM delivery JOIN outbox USING (seq)");
  const note = sql.prepare(
    `INSERT INTO delivery (seq, subscriber, state, tries, at_ms, reason) VALUES (@seq, @subscriber, @state, @tries, @atMs, @reason)
     ON CONFLICT (seq, subscriber) DO UPDATE SET state = @state, tries = @tries, at_ms = @atMs, reason = @reason`,
  );
  const leave = sql.prepare("DELETE FROM outbox WHERE seq = ?");
  // With a dead letter the other marks stay too: a redrive must not reach those who had the event.
  const forget = sql.prepare(
    "DELETE FROM delivery WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE seq = ?1 AND state = 'dead')",
  );
  const dead = sql.prepare("SELECT delivery.*, json FROM delivery JOIN event USING (seq) WHERE state = 'dead' ORDER BY id");
  const revive = sql.prepare(
    "UPDATE delivery SET state = 'retry', tries = 0, at_ms = 0, reason = '' WHERE id = ? AND state = 'dead' RETURNING seq",
  );

  return {
    add: (event, atMs) => {
      const { lastInsertRowid } = insertEvent.run(atMs, event.type, JSON.stringify(event));
      insertOutbox.run(lastInsertRowid);
    },
    undelivered: () => {
      const bySeq = new Map<number, Map<string, Progress>>();
      for (const row of progress.all()) {
        const seq = Number(row["seq"]);
        const known = bySeq.get(seq) ?? new Map<string, Progress>();
        known.set(String(row["subscriber"]), progressOf(row));
        bySeq.set(seq, known);
      }
      return waiting.all().map((row) => {
        const seq = Number(row["seq"]);
        return { seq, event: eventOf(row), progress: bySeq.get(seq) ?? new Map<string, Progress>() };
      });
    },
    note: (seq, { subscriber, state, tries, atMs, reason }) => void note.run({ seq, subscriber, state, tries, atMs, reason }),
    settle: (seq) => {
      leave.run(seq);
      forget.run(seq);
    },
    dead: () =>
      dead.all().map((row) => {
        const { subscriber, tries, atMs, reason } = progressOf(row);
        return { id: Number(row["id"]), event: eventOf(row), subscriber, tries, diedAtMs: atMs, reason };
      }),
    revive: (id) => {
      const row = revive.get(id);
      if (row === undefined) return false;
      insertOutbox.run(Number(row["seq"]));
      return true;
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

const eventOf = (row: Row): AnyEvent => frozen(JSON.parse(String(row["json"])) as AnyEvent);

const progressOf = (row: Row): Progress => ({
  subscriber: String(row["subscriber"]),
  state: row["state"] as Progress["state"],
  tries: Number(row["tries"]),
  atMs: Number(row["at_ms"]),
  reason: String(row["reason"]),
});
