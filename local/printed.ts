import type { Database } from "./database.ts";
import { runState } from "./run-state.ts";

/**
 * How much of a run's output is surely out: what its events up to `seq` say, which are the first `bytes` bytes of it. Kept after it is
 * out and never before, so that a run that was killed prints a line again rather than not at all.
 */
export type Printed = { readonly seq: number; readonly bytes: number };

/** What the run in a store has printed. */
export type PrintedRecord = {
  /** Nothing at all when nothing was kept. */
  readonly read: () => Promise<Printed>;
  /** Inside a tick's transaction it is kept with the tick. */
  readonly keep: (printed: Printed) => Promise<void>;
};

const KEY = "printed";

/** The record in the run's own store. */
export function printedRecord(database: Database): PrintedRecord {
  const runs = runState(database);
  return {
    read: async () => ((await runs.read(KEY)) as Printed | undefined) ?? { seq: 0, bytes: 0 },
    keep: (printed) => runs.write(KEY, printed),
  };
}
