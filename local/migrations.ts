import type { DatabaseSync } from "node:sqlite";
import { chunkWholeSchedules } from "./whole-schedules.ts";

/** One step of the schema: SQL, or what SQL cannot do. */
export type Migration = string | ((sql: DatabaseSync) => void);

/**
 * The store's schema, one step a version, applied in order and never edited once released: a store at version n has run the
 * first n.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE document (
    key TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;

  CREATE TABLE schedule (
    feed_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    published_at_ms INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    body BLOB NOT NULL, -- zstd of the schedule's JSON
    PRIMARY KEY (feed_id, generation)
  ) STRICT;

  CREATE TABLE event (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    type TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_time ON event (at_ms);

  -- An event that some subscriber may still have to get.
  CREATE TABLE outbox (seq INTEGER NOT NULL PRIMARY KEY REFERENCES event (seq)) STRICT;

  -- How far one subscriber is with one event of the outbox. No row: not tried yet.
  CREATE TABLE delivery (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL REFERENCES event (seq),
    subscriber TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'retry', 'dead')),
    tries INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, -- delivered, to be tried again from, or given up at
    reason TEXT NOT NULL,
    UNIQUE (seq, subscriber)
  ) STRICT;

  CREATE TABLE minute (
    minute_ms INTEGER NOT NULL,
    target_id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (minute_ms, target_id)
  ) STRICT;

  CREATE TABLE run_state (
    key TEXT NOT NULL PRIMARY KEY,
    json TEXT NOT NULL
  ) STRICT;

  -- What happened in the simulated world, minute by minute.
  CREATE TABLE world_minute (
    minute_ms INTEGER NOT NULL PRIMARY KEY,
    audience_json TEXT NOT NULL,
    targets_json TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- Each time a delivery was given up, for good: a redrive takes the dead letter away, not the account of it.
  CREATE TABLE death (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL, -- of a row that goes once the event is settled
    seq INTEGER NOT NULL REFERENCES event (seq),
    subscriber TEXT NOT NULL,
    tries INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    redriven_at_ms INTEGER
  ) STRICT;
  CREATE INDEX death_by_delivery ON death (delivery_id);
  `,
  `
  CREATE TABLE generation (
    feed_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    published_at_ms INTEGER NOT NULL,
    content_hash TEXT NOT NULL, -- of the chunk that holds its manifest
    confirmed_at_ms INTEGER NOT NULL, -- when the newest upload that says the same was stored
    PRIMARY KEY (feed_id, generation)
  ) STRICT;

  CREATE TABLE chunk (
    hash TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL -- zstd of JSON
  ) STRICT;
  `,
  chunkWholeSchedules,
  "DROP TABLE schedule",
];
