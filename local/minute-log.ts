import type { Json } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { minuteOf } from "../shared/core/time.ts";
import type { Database } from "./database.ts";
import { storedJson } from "../shared/app/ports/stored-json.ts";

/** What was noted about one target in one minute. */
export type MinuteRecord = { readonly minuteMs: number; readonly targetId: string; readonly record: Json };

/** One record a minute and target, for reports. */
export type MinuteLog = {
  /** Notes a minute once: `already` says that this minute of this target was noted before, and that stays. Throws `minute-not-whole`. */
  append(minuteMs: number, targetId: string, record: Json): Promise<"written" | "already">;
  /** Records of minutes in [fromMs, toMs), of one target or of all, by minute and then target. */
  range(fromMs: number, toMs: number, targetId?: string): Promise<readonly MinuteRecord[]>;
};

/** The minute log of the local store. */
export function minuteLog(database: Database): MinuteLog {
  const insert = database.sql.prepare("INSERT INTO minute (minute_ms, target_id, json) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const range = database.sql.prepare(
    `SELECT minute_ms, target_id, json FROM minute WHERE minute_ms >= @fromMs AND minute_ms < @toMs AND (@targetId IS NULL OR target_id = @targetId)
     ORDER BY minute_ms, target_id`,
  );
  return {
    append: async (minuteMs, targetId, record) => {
      if (minuteOf(minuteMs) !== minuteMs) {
        throw new CalltimeError(
          "minute-not-whole",
          `minute log, ${targetId}: ${minuteMs} is not the start of a minute; pass minuteOf(atMs)`,
        );
      }
      const json = storedJson(`minute ${minuteMs} of ${targetId}`, record);
      const { changes } = await database.operation(() => insert.run(minuteMs, targetId, json));
      return changes === 0 ? "already" : "written";
    },
    range: async (fromMs, toMs, targetId) => {
      const rows = await database.operation(() => range.all({ fromMs, toMs, targetId: targetId ?? null }));
      return rows.map((row) => ({
        minuteMs: Number(row["minute_ms"]),
        targetId: String(row["target_id"]),
        record: JSON.parse(String(row["json"])) as Json,
      }));
    },
  };
}
