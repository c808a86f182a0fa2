import type { Pace } from "../ports.ts";

/** Time and dice of this machine. */
export const MACHINE_PACE: Pace = {
  nowMs: () => Date.now(),
  wait: (ms) => new Promise((done) => void setTimeout(done, ms)),
  random: () => Math.random(),
};
