import type { ChunkStore, Generation, ScheduleStore } from "../shared/app/ports.ts";
import { compareText } from "../shared/core/schedule/programme.ts";
import type { Database } from "./database.ts";

type Row = Readonly<Record<string, unknown>>;

/** Schedules in the local store. Every generation is kept, and every chunk. */
export function sqliteSchedules(database: Database): { readonly schedules: ScheduleStore; readonly chunks: ChunkStore } {
  const { sql } = database;
  const columns = "feed_id, generation, published_at_ms, content_hash, confirmed_at_ms";
  const newest = sql.prepare(`SELECT ${columns} FROM generation WHERE feed_id = ? ORDER BY generation DESC LIMIT 1`);
  const then = sql.prepare(`SELECT ${columns} FROM generation WHERE feed_id = ? AND published_at_ms <= ? ORDER BY generation DESC LIMIT 1`);
  const insert = sql.prepare(
    `INSERT INTO generation (${columns})
     SELECT @feedId, @generation, @publishedAtMs, @contentHash, @publishedAtMs
     WHERE @generation = 1 + coalesce((SELECT max(generation) FROM generation WHERE feed_id = @feedId), 0)
       AND NOT EXISTS (SELECT * FROM generation WHERE feed_id = @feedId AND confirmed_at_ms > @publishedAtMs)`,
  );
  const confirm = sql.prepare(
    `UPDATE generation SET confirmed_at_ms = max(confirmed_at_ms, @storedAtMs)
     WHERE feed_id = @feedId AND generation = @generation
       AND generation = (SELECT max(generation) FROM generation WHERE feed_id = @feedId)`,
  );
  const feeds = sql.prepare("SELECT DISTINCT feed_id FROM generation");
  const chunk = sql.prepare("SELECT bytes FROM chunk WHERE hash = ?");
  const keep = sql.prepare("INSERT INTO chunk (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING");

  const found = (row: Row | undefined): Generation | undefined => {
    if (row === undefined) return undefined;
    return {
      feedId: String(row["feed_id"]),
      generation: Number(row["generation"]),
      publishedAtMs: Number(row["published_at_ms"]),
      contentHash: String(row["content_hash"]),
      confirmedAtMs: Number(row["confirmed_at_ms"]),
    };
  };

  return {
    schedules: {
      current: async (feedId) => database.operation(() => found(newest.get(feedId))),
      inForceAt: async (feedId, atMs) => database.operation(() => found(then.get(feedId, atMs))),
      publish: async ({ feedId, generation, publishedAtMs, contentHash }) => {
        const { changes } = await database.operation(() => insert.run({ feedId, generation, publishedAtMs, contentHash }));
        return changes === 0 ? "conflict" : "written";
      },
      confirm: async (feedId, generation, storedAtMs) => {
        const { changes } = await database.operation(() => confirm.run({ feedId, generation, storedAtMs }));
        return changes === 0 ? "conflict" : "written";
      },
      feeds: async () =>
        database.operation(() =>
          feeds
            .all()
            .map((row) => String(row["feed_id"]))
            .sort(compareText),
        ),
    },
    chunks: {
      read: async (hashes) =>
        database.operation(() =>
          hashes.map((hash) => {
            const bytes = chunk.get(hash)?.["bytes"];
            return bytes instanceof Uint8Array ? bytes : undefined;
          }),
        ),
      // All in one transaction: to have the disk confirm each of twenty thousand takes minutes.
      keep: async (chunks) =>
        database.transaction(() => database.operation(() => chunks.forEach(({ hash, bytes }) => keep.run(hash, bytes)))),
    },
  };
}
