import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Generation, ScheduleStore } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { compareText, type Schedule } from "../shared/core/schedule/programme.ts";
import type { Database } from "./database.ts";
import { frozen } from "./frozen.ts";
import { storedJson } from "./stored-json.ts";

type Row = Readonly<Record<string, unknown>>;

/** Schedules in the local store. Every generation is kept: `generation` answers what was known when. */
export function sqliteScheduleStore(
  database: Database,
): ScheduleStore & { generation(feedId: string, generation: number): Promise<Generation | undefined> } {
  const { sql } = database;
  const columns = "feed_id, generation, published_at_ms, content_hash, body_sha256";
  const newest = sql.prepare(`SELECT ${columns} FROM schedule WHERE feed_id = ? ORDER BY generation DESC LIMIT 1`);
  const then = sql.prepare(`SELECT ${columns} FROM schedule WHERE feed_id = ? AND published_at_ms <= ? ORDER BY generation DESC LIMIT 1`);
  const one = sql.prepare(`SELECT ${columns} FROM schedule WHERE feed_id = ? AND generation = ?`);
  const body = sql.prepare("SELECT body FROM schedule WHERE feed_id = ? AND generation = ?");
  const insert = sql.prepare(
    `INSERT INTO schedule (${columns}, body)
     SELECT @feedId, @generation, @publishedAtMs, @contentHash, @bodySha256, @body
     WHERE @generation = 1 + coalesce((SELECT max(generation) FROM schedule WHERE feed_id = @feedId), 0)`,
  );
  const feeds = sql.prepare("SELECT DISTINCT feed_id FROM schedule");
  /** The schedule last read of each feed: a guide of 72 channels takes too long to unpack at every tick. Named by what it contains. */
  const unpacked = new Map<string, { readonly sha256: string; readonly schedule: Schedule }>();

  const generationOf = (row: Row): Generation => {
    const feedId = String(row["feed_id"]);
    const generation = Number(row["generation"]);
    const sha256 = String(row["body_sha256"]);
    let known = unpacked.get(feedId);
    if (known?.sha256 !== sha256) {
      known = { sha256, schedule: unpack(body.get(feedId, generation)?.["body"], sha256, `feed ${feedId}, generation ${generation}`) };
      unpacked.set(feedId, known);
    }
    const contentHash = String(row["content_hash"]);
    return { feedId, generation, publishedAtMs: Number(row["published_at_ms"]), contentHash, schedule: known.schedule };
  };

  return {
    current: async (feedId) =>
      database.operation(() => {
        const row = newest.get(feedId);
        return row === undefined ? undefined : generationOf(row);
      }),
    inForceAt: async (feedId, atMs) =>
      database.operation(() => {
        const row = then.get(feedId, atMs);
        return row === undefined ? undefined : generationOf(row);
      }),
    publish: async ({ feedId, generation, publishedAtMs, contentHash, schedule }) => {
      const json = storedJson(`schedule of feed ${feedId}`, schedule);
      const values = { feedId, generation, publishedAtMs, contentHash, bodySha256: sha256Of(json), body: zstdCompressSync(json) };
      const { changes } = await database.operation(() => insert.run(values));
      return changes === 0 ? "conflict" : "written";
    },
    feeds: async () =>
      database.operation(() =>
        feeds
          .all()
          .map((row) => String(row["feed_id"]))
          .sort(compareText),
      ),
    generation: async (feedId, generation) =>
      database.operation(() => {
        const row = one.get(feedId, generation);
        return row === undefined ? undefined : generationOf(row);
      }),
  };
}

function unpack(bytes: unknown, sha256: string, where: string): Schedule {
  try {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("no bytes");
    const json = zstdDecompressSync(bytes).toString("utf8");
    if (sha256Of(json) !== sha256) throw new TypeError("its bytes are not those that were stored");
    return frozen(JSON.parse(json) as Schedule);
  } catch (error) {
    throw new CalltimeError("store-unreadable", `${where}: the stored schedule is damaged; ingest the feed again or put back a copy`, {
      cause: error,
    });
  }
}

const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");
