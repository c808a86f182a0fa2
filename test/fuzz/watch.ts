import { Worker } from "node:worker_threads";
import { MOST_BYTES } from "./mutate.ts";

/** What the watchdog's thread sees: which input is being read, counted, how long it is, and the input. */
export type Watched = { readonly counted: Int32Array; readonly target: Uint8Array; readonly input: Uint8Array };

/** What the watchdog's thread is given. */
export type WatchdogData = { readonly memory: SharedArrayBuffer; readonly folder: string; readonly patienceMs: number };

const MOST_NAME_BYTES = 64;

/** The same memory as the two threads see it. */
export function watchedIn(memory: SharedArrayBuffer): Watched {
  return {
    counted: new Int32Array(memory, 0, 3),
    target: new Uint8Array(memory, 12, MOST_NAME_BYTES),
    input: new Uint8Array(memory, 12 + MOST_NAME_BYTES),
  };
}

/** Ends the process when one input is read for longer than `patienceMs`, which its own thread cannot do, and leaves that input in `folder`. */
export class Watchdog {
  readonly #watched: Watched;
  readonly #worker: Worker;

  constructor({ folder, patienceMs }: { readonly folder: string; readonly patienceMs: number }) {
    const memory = new SharedArrayBuffer(12 + MOST_NAME_BYTES + MOST_BYTES);
    this.#watched = watchedIn(memory);
    this.#worker = new Worker(new URL("./watchdog.ts", import.meta.url), {
      workerData: { memory, folder, patienceMs } satisfies WatchdogData,
    });
    this.#worker.unref();
  }

  /** Says what is read from now on. */
  begin(target: string, bytes: Uint8Array): void {
    const { counted, target: name, input } = this.#watched;
    const written = Buffer.from(target).subarray(0, MOST_NAME_BYTES);
    name.set(written);
    input.set(bytes);
    Atomics.store(counted, 1, bytes.length);
    Atomics.store(counted, 2, written.length);
    Atomics.add(counted, 0, 1);
  }

  /** Watches no longer. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
