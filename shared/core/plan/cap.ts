import type { Target } from "../target.ts";
import { unitsForLoad, unitsForTail, withZoneReserve } from "./capacity.ts";

/** A raise that rests on the feed alone: nobody expects its occasion, and nothing of its series was ever measured (design rule 5). */
export type FeedOnlyRaise = {
  readonly occasionId: string;
  /** The audience that is forecast, above the slot's usual. */
  readonly viewers: number;
  readonly startsAtMs: number;
  /** The stretch [fromMs, toMs) in which its units are up. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What its units cost in an hour. */
  readonly usdPerHour: number;
  /** It was within the cap before, and its units have been asked for: what is up is not taken down for the sake of another. */
  readonly isUp: boolean;
};

/** What is within the cap, and what is not; each by rank. */
export type Capped<T extends FeedOnlyRaise> = { readonly within: readonly T[]; readonly over: readonly T[] };

// A unit without a price counts as a task of 2 vCPU and 4 GB does. Zero would let a false evening of any size through, and no bound at all
// on what is not known would refuse every raise of whoever states no prices.
const UNPRICED_USD_PER_UNIT_HOUR = 0.1;

/**
 * Units that one occasion adds at its peak to those that the usual load takes: for the median at target utilisation with a zone lost (a reserve
 * that the usual load has not without an occasion), or for the tail.
 */
export function unitsAdded(
  target: Target,
  { usualRps, medianRps, tailRps }: { readonly usualRps: number; readonly medianRps: number; readonly tailRps: number },
): number {
  const usual = Math.max(target.baselineUnits, unitsForLoad(target, usualRps));
  const expected = withZoneReserve(target, unitsForLoad(target, usualRps + medianRps));
  return Math.max(0, Math.max(expected, unitsForTail(target, usualRps + tailRps)) - usual);
}

/** What so many units of a target cost in an hour, in US dollars. */
export function usdPerHour({ costUsdPerUnitHour = UNPRICED_USD_PER_UNIT_HOUR }: Target, units: number): number {
  return units * costUsdPerUnitHour;
}

/**
 * Bounds what a feed alone can spend (design rule 5): raises are ranked (those that are up, then by audience, start and id) and let through
 * one by one for as long as all that were let through cost no more than the cap in an hour, at any instant. A small one may pass where a
 * larger one did not.
 */
export function withinCap<T extends FeedOnlyRaise>(raises: readonly T[], capUsdPerHour: number): Capped<T> {
  const within: T[] = [];
  const over: T[] = [];
  for (const raise of raises.toSorted(byRank)) {
    (raise.isUp || dearestHour(within, raise) <= capUsdPerHour ? within : over).push(raise);
  }
  return { within, over };
}

function byRank(a: FeedOnlyRaise, b: FeedOnlyRaise): number {
  if (a.isUp !== b.isUp) return a.isUp ? -1 : 1;
  return b.viewers - a.viewers || a.startsAtMs - b.startsAtMs || (a.occasionId < b.occasionId ? -1 : 1);
}

/** What `raise` and those let through cost together in the dearest instant of its stretch: one at which some stretch begins. */
function dearestHour(within: readonly FeedOnlyRaise[], raise: FeedOnlyRaise): number {
  const beside = within.filter(({ fromMs, toMs }) => fromMs < raise.toMs && toMs > raise.fromMs);
  let dearest = 0;
  for (const { fromMs } of [raise, ...beside]) {
    const atMs = Math.max(fromMs, raise.fromMs);
    const others = beside.reduce((sum, other) => sum + (other.fromMs <= atMs && other.toMs > atMs ? other.usdPerHour : 0), 0);
    dearest = Math.max(dearest, others + raise.usdPerHour);
  }
  return dearest;
}

/** What the cap keeps one occasion from adding to one target in [fromMs, toMs). */
export type OverCap = {
  readonly occasionId: string;
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly units: number;
  readonly capUsdPerHour: number;
};
