import type { ContentBudget } from "../core/warm/content.ts";
import type { Pace } from "./ports.ts";

/** What is left of a budget while several requests are under way. */
export type Allowance = {
  /**
   * Waits its turn, and sets bytes aside for one request: as many as one object may have, or what is left. `undefined`: no request or no
   * byte is left, and none will be given back. What was not read is given back with `settle`; `undefined` gives the request back as well.
   */
  readonly take: () => Promise<{ readonly mostBytes: number; readonly settle: (bytes: number | undefined) => void } | undefined>;
  readonly spent: () => { readonly bytes: number; readonly requests: number };
};

/** A budget in use; never more is spent of it than it has, to the byte. */
export function allowance(budget: ContentBudget, pace: Pace): Allowance {
  let [bytes, reserved, requests] = [0, 0, 0];
  let nextMs = pace.nowMs();
  let waiting: (() => void)[] = [];
  const intervalMs = 1000 / budget.requestsPerSecond;

  const free = (): number => budget.bytes - bytes - reserved;

  const turn = async (): Promise<void> => {
    // At any instant of its own interval, so that several that began together do not stay in step.
    const atMs = Math.max(nextMs, pace.nowMs()) + pace.random() * intervalMs;
    nextMs = Math.max(nextMs, pace.nowMs()) + intervalMs;
    await pace.wait(Math.max(0, atMs - pace.nowMs()));
  };

  return {
    take: async () => {
      while (requests < budget.requests && free() <= 0 && reserved > 0) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      if (requests >= budget.requests || free() <= 0) return undefined;
      requests += 1;
      const mostBytes = Math.min(budget.objectBytes, free());
      reserved += mostBytes;
      await turn();
      return {
        mostBytes,
        settle: (read) => {
          reserved -= mostBytes;
          bytes += read ?? 0;
          if (read === undefined) requests -= 1;
          const woken = waiting;
          waiting = [];
          for (const wake of woken) wake();
        },
      };
    },
    spent: () => ({ bytes, requests }),
  };
}
