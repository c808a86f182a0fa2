import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

/** Units of one target: those that serve, and those that are paid for and still starting. */
export type Fleet = {
  /** Brings the units asked for to `units` from `atMs` on: more start, and of too many the youngest go at once. */
  readonly ask: (units: number, atMs: number) => void;
  readonly billed: () => number;
  readonly servingAt: (atMs: number) => number;
};

/** A fleet of `units` that serve already; further ones take the target's start-up, and no more are launched a minute than it can. */
export function fleetOf(target: Target, units: number): Fleet {
  // Oldest first; `from` is when they serve.
  const batches: { units: number; readonly from: number }[] = [{ units, from: Number.NEGATIVE_INFINITY }];
  let billed = units;
  return {
    ask: (wanted, atMs) => {
      const perMinute = Math.max(1, Math.floor(target.launchUnitsPerMinute));
      for (let from = atMs + target.startUpMs; billed < wanted; from += MINUTE_MS) {
        const launched = Math.min(perMinute, wanted - billed);
        batches.push({ units: launched, from });
        billed += launched;
      }
      while (billed > wanted) {
        const youngest = batches.at(-1);
        if (youngest === undefined) break;
        const gone = Math.min(youngest.units, billed - wanted);
        youngest.units -= gone;
        billed -= gone;
        if (youngest.units === 0) batches.pop();
      }
    },
    billed: () => billed,
    servingAt: (atMs) => {
      let serving = 0;
      for (const batch of batches) if (batch.from <= atMs) serving += batch.units;
      // What serves already need not be told apart any more.
      while ((batches[1]?.from ?? Number.POSITIVE_INFINITY) <= atMs && batches.length > 1) {
        const [first, second] = batches;
        if (first === undefined || second === undefined) break;
        batches.splice(0, 2, { units: first.units + second.units, from: Number.NEGATIVE_INFINITY });
      }
      return serving;
    },
  };
}
