import type { Pace } from "../app/ports.ts";

// Targets are looked at side by side; what they ask for within so long goes out in one call.
const GATHERED_WITHIN_MS = 5;

/**
 * Asks for keys one by one what `askAll` answers for many: those that are asked for at nearly the same time go out together, at most
 * `most` in one call, each key once. A call that fails fails for the keys in it alone; a key that is not answered for is undefined.
 */
export function gathered<V>(
  most: number,
  pace: Pace,
  askAll: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
): (key: string) => Promise<V | undefined> {
  let waiting: { readonly keys: Set<string>; readonly answers: Promise<(key: string) => Promise<V | undefined>> } | undefined;
  const askThose = async (keys: Set<string>): Promise<(key: string) => Promise<V | undefined>> => {
    await pace.wait(GATHERED_WITHIN_MS);
    waiting = undefined;
    const all = [...keys];
    const calls = new Map<string, Promise<ReadonlyMap<string, V>>>();
    for (let first = 0; first < all.length; first += most) {
      const some = all.slice(first, first + most);
      const call = askAll(some);
      for (const key of some) calls.set(key, call);
    }
    return async (key) => (await calls.get(key))?.get(key);
  };
  return async (key) => {
    if (waiting === undefined) {
      const keys = new Set<string>();
      waiting = { keys, answers: askThose(keys) };
    }
    waiting.keys.add(key);
    return (await waiting.answers)(key);
  };
}
