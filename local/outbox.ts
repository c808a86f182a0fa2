import type { AnyEvent } from "../events/index.ts";
import type { DeadLetter } from "../shared/app/ports.ts";
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

/** A dead letter of this bus, which knows its event and how often it was tried. */
export type KnownLetter = DeadLetter & { readonly event: AnyEvent; readonly tries: number };

/** One time that a delivery was given up, and what has become of it since. */
export type Death = KnownLetter & {
  /** When a person had it tried again, or undefined when nobody has. */
  readonly redrivenAtMs: number | undefined;
  readonly fate: "lies-there" | "being-tried" | "delivered" | "died-again";
};

/** The bus's tables. Each function is one synchronous step, to be run inside an `operation` of the store. */
export type Outbox = {
  add(event: AnyEvent, atMs: number): void;
  undelivered(): readonly Undelivered[];
  note(seq: number, progress: Progress): void;
  /** Takes a settled event out; what was given up stays as a dead letter. */
  settle(seq: number): void;
  dead(): readonly KnownLetter[];
  /** Every time that a delivery was given up, oldest first. */
  deaths(): readonly Death[];
  /** Puts a dead letter back to be tried from the start. */
  revive(id: number, atMs: number): void;
};

/** The outbox of the local store. */
export function outboxOf({ sql }: Database): Outbox {
  const insertEvent = sql.prepare("INSERT INTO event (at_ms, type, json) VALUES (?, ?, ?)");
  const insertOutbox = sql.prepare("INSERT INTO outbox (seq) VALUES (?) ON CONFLICT DO NOTHING");
  const waiting = sql.prepare("SELECT seq, json FROM outbox JOIN event USING (seq) ORDER BY seq");
  const progress = sql.prepare("SELECT delivery.* FROM delivery JOIN outbox USING (seq)");
  const note = sql.prepare(
    `INSERT INTO delivery (seq, subscriber, state, tries, at_ms, reason) VALUES (@seq, @subscriber, @state, @tries, @atMs, @reason)
     ON CONFLICT (seq, subscriber) DO UPDATE SET state = @state, tries = @tries, at_ms = @atMs, reason = @reason
     RETURNING id`,
  );
  const die = sql.prepare("INSERT INTO death (delivery_id, seq, subscriber, tries, at_ms, reason) VALUES (?, ?, ?, ?, ?, ?)");
  const leave = sql.prepare("DELETE FROM outbox WHERE seq = ?");
  // With a dead letter the other marks stay too: a redrive must not reach those who had the event.
  const forget = sql.prepare(
    "DELETE FROM delivery WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE seq = ?1 AND state = 'dead')",
  );
  const dead = sql.prepare("SELECT delivery.*, json FROM delivery JOIN event USING (seq) WHERE state = 'dead' ORDER BY id");
  const deaths = sql.prepare(
    `SELECT death.*, json, delivery.state AS state,
       EXISTS (SELECT 1 FROM death AS later WHERE later.delivery_id = death.delivery_id AND later.id > death.id) AS again
     FROM death JOIN event USING (seq) LEFT JOIN delivery ON delivery.id = death.delivery_id
     ORDER BY death.id`,
  );
  const redriven = sql.prepare("UPDATE death SET redriven_at_ms = ? WHERE delivery_id = ? AND redriven_at_ms IS NULL");
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
    note: (seq, { subscriber, state, tries, atMs, reason }) => {
      const row = note.get({ seq, subscriber, state, tries, atMs, reason });
      if (state === "dead") die.run(Number(row?.["id"]), seq, subscriber, tries, atMs, reason);
    },
    settle: (seq) => {
      leave.run(seq);
      forget.run(seq);
    },
    dead: () =>
      dead.all().map((row) => {
        const { subscriber, tries, atMs, reason } = progressOf(row);
        return { id: String(row["id"]), event: eventOf(row), subscriber, tries, diedAtMs: atMs, reason };
      }),
    deaths: () =>
      deaths.all().map((row) => ({
        id: String(row["delivery_id"]),
        event: eventOf(row),
        subscriber: String(row["subscriber"]),
        tries: Number(row["tries"]),
        diedAtMs: Number(row["at_ms"]),
        reason: String(row["reason"]),
        redrivenAtMs: row["redriven_at_ms"] === null ? undefined : Number(row["redriven_at_ms"]),
        fate: fateOf(row),
      })),
    revive: (id, atMs) => {
      const row = revive.get(id);
      if (row === undefined) return;
      redriven.run(atMs, id);
      insertOutbox.run(Number(row["seq"]));
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

function fateOf(row: Row): Death["fate"] {
  if (Number(row["again"]) === 1) return "died-again";
  if (row["redriven_at_ms"] === null) return "lies-there";
  return row["state"] === "retry" ? "being-tried" : "delivered";
}

const eventOf = (row: Row): AnyEvent => frozen(JSON.parse(String(row["json"])) as AnyEvent);

const progressOf = (row: Row): Progress => ({
  subscriber: String(row["subscriber"]),
  state: row["state"] as Progress["state"],
  tries: Number(row["tries"]),
  atMs: Number(row["at_ms"]),
  reason: String(row["reason"]),
});
