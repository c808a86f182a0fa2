import { setTimeout as pause } from "node:timers/promises";
import type { Pace } from "../app/ports.ts";

/** Time and dice of this machine. */
export function realPace(): Pace {
  return { nowMs: () => Date.now(), wait: (ms) => pause(ms), random: () => Math.random() };
}
