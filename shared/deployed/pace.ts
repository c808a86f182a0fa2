import type { Pace } from "../app/ports.ts";

/** Time and dice of a deployment, for waiting between two tries. */
export const PACE: Pace = {
  nowMs: () => Date.now(),
  wait: (ms) => new Promise((done) => void setTimeout(done, ms)),
  random: () => Math.random(),
};
