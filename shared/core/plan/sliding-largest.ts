import type { NeededUnits } from "./demand.ts";

/** A need and the stretch [fromMs, toMs) in which it is asked for: from a lead ahead of its minute until it has been held. */
export type AskedFor = { readonly fromMs: number; readonly toMs: number; readonly atMs: number; readonly needed: NeededUnits };

/** The largest need asked for at each of some instants, which are to be asked about in their order. */
export type Largest = {
  /** The largest at an instant, or undefined where none is; of equal ones the first whose minute is not over, else the last. */
  readonly at: (atMs: number) => AskedFor | undefined;
  /** Until when that is sure to stay the answer. */
  readonly staysUntilMs: () => number;
};

/**
 * The largest of needs by instant. Needs are sorted by minute, one a minute; one that needs more is asked for at least as long ahead, and all
 * are held equally long.
 */
export function largestAskedFor(sorted: readonly AskedFor[]): Largest {
  const waiting = isInOrder(sorted) ? sorted : sorted.toSorted((a, b) => a.fromMs - b.fromMs);
  // A sliding maximum: units never rise along `open`, so the first that is not over is the answer. Each need enters and leaves once.
  const open: AskedFor[] = [];
  let entered = 0;
  let front = 0;
  return {
    at: (atMs) => {
      for (let next = waiting[entered]; next !== undefined && next.fromMs <= atMs; next = waiting[++entered]) enter(open, front, next);
      while (isDone(open[front], open[front + 1], atMs)) front += 1;
      return open[front];
    },
    staysUntilMs: () => {
      const entersMs = waiting[entered]?.fromMs ?? Number.POSITIVE_INFINITY;
      const first = open[front];
      if (first === undefined) return entersMs;
      const isShared = open[front + 1]?.needed.units === first.needed.units;
      return Math.min(entersMs, first.toMs, isShared ? first.atMs + 1 : Number.POSITIVE_INFINITY);
    },
  };
}

/** Whether they are asked for in the order of their minutes: so they are until one needs so much more that its lead is longer. */
function isInOrder(sorted: readonly AskedFor[]): boolean {
  return sorted.every(({ fromMs }, index) => index === 0 || (sorted[index - 1]?.fromMs ?? fromMs) <= fromMs);
}

function enter(open: AskedFor[], front: number, next: AskedFor): void {
  // Whatever needs less and was asked for no later is over no later: beside `next` it never is the answer again.
  for (let back = open.at(-1); open.length > front && back !== undefined && back.needed.units < next.needed.units; back = open.at(-1)) {
    open.pop();
  }
  open.push(next);
}

function isDone(first: AskedFor | undefined, second: AskedFor | undefined, atMs: number): boolean {
  if (first === undefined) return false;
  if (first.toMs <= atMs) return true;
  return first.atMs < atMs && second !== undefined && second.needed.units === first.needed.units;
}
