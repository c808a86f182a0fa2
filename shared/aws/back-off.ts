import type { Pace } from "../app/ports.ts";

/** Tries of what a reply left undone, the first included. */
export const MOST_TRIES = 5;

const FIRST_WAIT_MS = 50;

/** Waits before try `tried + 1`: anything from nothing to twice the last bound, so that those who failed together do not come back together. */
export async function backOff(pace: Pace, tried: number): Promise<void> {
  await pace.wait(pace.random() * FIRST_WAIT_MS * 2 ** tried);
}
