import type { Json } from "../shared/app/ports.ts";
import type { Database } from "./database.ts";
import { storedJson } from "../shared/app/ports/stored-json.ts";

/** What the run itself must find again after a stop or a kill: its seed, its tick, the simulated world. Of any size, without versions. */
export type RunState = {
  read(key: string): Promise<Json | undefined>;
  write(key: string, value: Json): Promise<void>;
};

/** The run's state in the local store: written inside the tick's transaction, it is kept or undone with the tick. */
export function runState(database: Database): RunState {
  const read = database.sql.prepare("SELECT json FROM run_state WHERE key = ?");
  const write = database.sql.prepare(
    "INSERT INTO run_state (key, json) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET json = excluded.json",
  );
  return {
    read: async (key) => {
      const row = await database.operation(() => read.get(key));
      return row === undefined ? undefined : (JSON.parse(String(row["json"])) as Json);
    },
    write: async (key, value) => {
      const json = storedJson(`run state ${key}`, value);
      await database.operation(() => write.run(key, json));
    },
  };
}
