import type { Released } from "../app/release.ts";
import type { StackAnswer } from "../lambda/on-stack.ts";

// Whoever is at a target is done, or its lease is over, within a minute.
const WAITS_MS = [2_000, 10_000, 50_000];

/** Waits so many milliseconds. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Releases again, after a while each time, until every target is given back; says which are not. */
export async function giveBack(release: () => Promise<readonly Released[]>, wait: (ms: number) => Promise<unknown>): Promise<StackAnswer> {
  let kept = keptIn(await release());
  for (const waitMs of WAITS_MS) {
    if (kept.length === 0) break;
    await wait(waitMs);
    kept = keptIn(await release());
  }
  return kept.length === 0 ? { done: true } : { done: false, why: kept.join("; ") };
}

function keptIn(all: readonly Released[]): readonly string[] {
  return all.flatMap((one) => (one.outcome === "failed" ? [`${one.targetId}: ${one.reason} (${one.code})`] : []));
}
