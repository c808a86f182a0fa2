import type { Pace } from "../../shared/app/ports.ts";

/** A pace that passes no time, and what was waited for, in milliseconds. The dice always show just below 1. */
export function quickPace(): Pace & { readonly waited: readonly number[] } {
  const waited: number[] = [];
  return { waited, nowMs: () => 0, random: () => 0.999, wait: async (ms) => void waited.push(Math.round(ms)) };
}
