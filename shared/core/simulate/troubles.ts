import { MINUTE_MS } from "../time.ts";
import { derive, uniform } from "./seeded.ts";
import type { Trouble, TroubleKind, TroubleShares, World } from "./world.ts";

/** What goes wrong in a world. Whether it does is a pure function of where and when, so that a resumed run meets the same. */
export type Troubles = { readonly seed: number; readonly shares: TroubleShares; readonly stretches: readonly Trouble[] };

/** What becomes of one call to a control plane. `lost`: the caller hears nothing; it took effect, did not, or will in a minute. */
export type CallFate =
  | { readonly kind: "served" }
  | { readonly kind: "deferred" | "refused"; readonly code: string }
  | { readonly kind: "lost"; readonly tookEffect: "yes" | "no" | "later" };

/** The troubles of a world, or undefined where nothing goes wrong. */
export function troublesOf({ troubles = [], troubleShares = {} }: World, seed: number): Troubles | undefined {
  if (troubles.length === 0 && !Object.values(troubleShares).some((share) => share > 0)) return undefined;
  return { seed: derive(seed, "troubles"), shares: troubleShares, stretches: troubles };
}

function stretchAt({ stretches }: Troubles, kind: TroubleKind, where: string, atMs: number): Trouble | undefined {
  return stretches.find(
    (each) => each.kind === kind && (each.where === undefined || each.where === where) && each.fromMs <= atMs && atMs < each.toMs,
  );
}

/** How much later than usual the metrics of a minute are published; infinity: never. `what` is a target's id, or `audience`. */
export function metricDelayMs(troubles: Troubles | undefined, what: string, atMs: number): number {
  if (troubles === undefined) return 0;
  const { seed, shares } = troubles;
  const { unpublished = 0, late = 0 } = shares;
  if (stretchAt(troubles, "unpublished", what, atMs) !== undefined) return Infinity;
  if (unpublished > 0 && uniform(seed, "unpublished", what, atMs) < unpublished) return Infinity;
  const stretch = stretchAt(troubles, "late", what, atMs);
  if (stretch !== undefined) return stretch.lateMinutes * MINUTE_MS;
  if (late === 0 || uniform(seed, "late", what, atMs) >= late) return 0;
  // One to three minutes.
  return (1 + Math.floor(3 * uniform(seed, "late by", what, atMs))) * MINUTE_MS;
}

/** Whether a target cannot be described in the minute of `atMs`. `asked` tells one kind of description from another. */
export function isDark(troubles: Troubles | undefined, targetId: string, asked: "capacity" | "actions", atMs: number): boolean {
  if (troubles === undefined) return false;
  const { dark = 0 } = troubles.shares;
  return (
    stretchAt(troubles, "dark", targetId, atMs) !== undefined || (dark > 0 && uniform(troubles.seed, "dark", asked, targetId, atMs) < dark)
  );
}

const FATES: Readonly<Record<"throttled" | "conflicting" | "refused" | "lost" | "lost-done" | "slow", CallFate>> = {
  throttled: { kind: "deferred", code: "ThrottlingException" },
  conflicting: { kind: "deferred", code: "ConcurrentUpdateException" },
  refused: { kind: "refused", code: "AccessDeniedException" },
  lost: { kind: "lost", tookEffect: "no" },
  "lost-done": { kind: "lost", tookEffect: "yes" },
  slow: { kind: "lost", tookEffect: "later" },
};

/** What becomes of the `nth` call of the minute of `atMs` that would change something of a target. */
export function callFate(troubles: Troubles, targetId: string, atMs: number, nth: number): CallFate {
  let chance = uniform(troubles.seed, "call", targetId, atMs, nth);
  for (const kind of ["throttled", "conflicting", "refused", "lost", "lost-done", "slow"] as const) {
    if (kind !== "refused" && stretchAt(troubles, kind, targetId, atMs) !== undefined) return FATES[kind];
  }
  for (const kind of ["throttled", "conflicting", "refused", "lost", "lost-done", "slow"] as const) {
    chance -= troubles.shares[kind] ?? 0;
    if (chance < 0) return FATES[kind];
  }
  return { kind: "served" };
}
