import { CalltimeError } from "../core/error.ts";

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
