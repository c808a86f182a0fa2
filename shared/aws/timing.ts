import { CalltimeError } from "../core/error.ts";

/** The clock and the dice of an adapter, so that tests have their own. */
export type Timing = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** From 0, included, to 1, excluded. */
  readonly random: () => number;
};

/** The machine's own. */
export const MACHINE_TIMING: Timing = {
  now: Date.now,
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  random: Math.random,
};

/**
 * Does `work` within `limitMs` or throws `no-answer-in-time`, whatever becomes of it: what hangs delays nobody for longer. Its signal is
 * aborted then.
 */
export async function withinLimit<T>(limitMs: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CalltimeError("no-answer-in-time", `${what}: no answer within ${limitMs} ms`));
      stop.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([work(stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
