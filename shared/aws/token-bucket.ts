import { CalltimeError } from "../core/error.ts";
import type { Pace } from "../app/ports.ts";

/** How many calls an account and Region may have. */
export type CallRate = {
  readonly callsPerSecond: number;
  /** Calls that may be made at once after a pause. */
  readonly burst: number;
  /** The longest that a call waits for its turn. */
  readonly longestWaitMs: number;
};

/**
 * Application Auto Scaling publishes no rate; ten calls a second are held to be safe. A look asks for the scheduled actions of each target by
 * itself: with this burst 100 targets of one account and Region have their answers within the limit of a look.
 */
export const DEFAULT_RATE: CallRate = { callsPerSecond: 10, burst: 40, longestWaitMs: 15_000 };

/** Lets calls through at a pace, in the order they came. */
export type TokenBucket = {
  /** Waits for the turn of one call. Throws `throttled-here` when that would take longer than it may: nothing was called then. */
  readonly turn: () => Promise<void>;
};

/** A bucket that is full at first. */
export function tokenBucket({ callsPerSecond, burst, longestWaitMs }: CallRate, pace: Pace): TokenBucket {
  const eachMs = 1_000 / callsPerSecond;
  // When the bucket would be full: each call takes it one further away.
  let fullAtMs = -Infinity;
  return {
    turn: async () => {
      const now = pace.nowMs();
      const nextMs = Math.max(now, fullAtMs) + eachMs;
      const waitMs = nextMs - now - burst * eachMs;
      if (waitMs > longestWaitMs) {
        const message = `the calls to this account and Region would wait for ${Math.ceil(waitMs / 1_000)} s; the next tick goes on`;
        throw new CalltimeError("throttled-here", message);
      }
      fullAtMs = nextMs;
      if (waitMs > 0) await pace.wait(waitMs);
    },
  };
}
