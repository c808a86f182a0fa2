import type { Plan, Reason } from "./plan.ts";

/** Reasons that an ordinary week gives: none of them is news within minutes. */
const ORDINARY: ReadonlySet<Reason["type"]> = new Set<Reason["type"]>([
  "baseline",
  "usual-load",
  "tail",
  "near",
  "zone-reserve",
  "connections",
  "connection-budget",
  "held",
  "staged-release",
]);

/**
 * Whether a plan asks, of [fromMs, untilMs), for what an ordinary week takes and nothing else: no occasion, no surprise, nobody's word, no
 * shortage, and nothing that is not known.
 */
export function asksForUsual(plan: Plan, fromMs: number, untilMs: number): boolean {
  if (plan.shorts.some((short) => short.fromMs < untilMs && short.toMs > fromMs)) return false;
  return plan.steps
    .filter((step, index) => step.atMs < untilMs && (plan.steps[index + 1]?.atMs ?? plan.untilMs) > fromMs)
    .every(({ reasons }) => reasons.every(({ type }) => ORDINARY.has(type)));
}
