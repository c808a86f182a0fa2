import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";
import { CalltimeError } from "../shared/core/error.ts";
import type { Schedule } from "../shared/core/schedule/programme.ts";
import { packSchedule } from "../shared/feeds/schedule-chunks.ts";

/** Turns the schedules of an older store, each of which was kept whole, into chunks. Throws `store-unreadable` when one is damaged. */
export function chunkWholeSchedules(sql: DatabaseSync): void {
  const keep = sql.prepare("INSERT INTO chunk (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const publish = sql.prepare(
    `INSERT INTO generation (feed_id, generation, published_at_ms, content_hash, confirmed_at_ms)
     SELECT feed_id, generation, published_at_ms, @contentHash, published_at_ms FROM schedule WHERE rowid = @row`,
  );
  for (const row of sql.prepare("SELECT rowid AS row, feed_id, generation, body_sha256, body FROM schedule").iterate()) {
    const { contentHash, chunks } = packSchedule(unpacked(row));
    for (const { hash, bytes } of chunks) keep.run(hash, bytes);
    publish.run({ contentHash, row: Number(row["row"]) });
  }
}

function unpacked(row: Readonly<Record<string, unknown>>): Schedule {
  try {
    const json = zstdDecompressSync(row["body"] as Uint8Array).toString("utf8");
    const sha256 = createHash("sha256").update(json).digest("hex");
    if (sha256 !== row["body_sha256"]) throw new TypeError("its bytes are not those that were stored");
    return JSON.parse(json) as Schedule;
  } catch (cause) {
    const where = `feed ${String(row["feed_id"])}, generation ${String(row["generation"])}`;
    throw new CalltimeError(
      "store-unreadable",
      `${where}: the stored schedule is damaged; put back a copy, or start with another directory`,
      {
        cause,
      },
    );
  }
}
