import { MINUTE_MS } from "../time.ts";
import type { Nowcast } from "./nowcast.ts";
import type { NearMinute } from "./growth.ts";
import { nearAt, seenIn, type NearForecast, type SeenMinute } from "./near.ts";
import { ARRIVAL_MS } from "./shape.ts";
import type { Term } from "./terms.ts";

// So long after a start the crowd is there, and what is measured is its size.
const SETTLED_MS = 10 * MINUTE_MS;
// Half an hour of a kind; of arrivals, which differ more, half a dozen.
const FEWEST_MINUTES = 30;
const FEWEST_ARRIVAL_MINUTES = 200;
// A week that usually rises by a tenth more has something in it at that time which half-hours do not show.
const STEEPER = 1.1;
// Newest minutes that usually err by more (as a logarithm) may know less than the guide: where a crowd leaves at its own pace, say.
const UNSURE_SPREAD = 0.1;

/**
 * The minute at `atMs` as the newest minutes let it be seen, where these know more of it than the guide does; else undefined, and it is
 * forecast from usual week, audience and shape. Minutes ahead belong to the newest ones unless
 *
 * - too few of their kind were seen to know how far such a forecast errs; where they usually err by much, both are rivals, and the surer one is
 *   taken;
 * - a crowd comes between the newest minute and it: how large it will be is not to be seen yet. Where nobody said how many will come, and
 *   enough arrivals were seen, both are forecasts from the past, and rivals too;
 * - the usual week rises until then, and by more than the newest minutes let be seen;
 * - the newest minute lies far below all that is known, which is an outage until shown otherwise (design rule 6).
 */
export function handedOver(
  near: NearForecast,
  { planned, correction, atMs, usualRps }: Known & { readonly atMs: number },
): { readonly seen: SeenMinute; readonly isRival: boolean } | undefined {
  const minute = nearAt(near, atMs);
  if (minute === undefined || minute.seenMinutes < FEWEST_MINUTES) return undefined;
  if (correction.suddenFall || correction.farBelow) return undefined;
  if (isSteeper(near, minute, usualRps)) return undefined;
  const coming = planned.filter((term) => comesBetween(term, near.newestMs, atMs));
  if (coming.length === 0) return { seen: seenIn(near, minute), isRival: minute.spread > UNSURE_SPREAD };
  const isKnownKind = coming.every(({ isExpected, lateTiming }) => !isExpected && lateTiming === undefined);
  return isKnownKind && minute.seenMinutes >= FEWEST_ARRIVAL_MINUTES ? { seen: seenIn(near, minute), isRival: true } : undefined;
}

/** What is known beside the newest minutes: the occasions, what was corrected by measurements, and the usual load by instant. */
type Known = {
  readonly planned: readonly Term[];
  readonly correction: Nowcast;
  readonly usualRps: (atMs: number) => number | undefined;
};

/** Whether the usual week rises more from the newest minute to the one seen than that one is forecast to. */
function isSteeper({ newestMs, newestRps }: NearForecast, { atMs, medianRps }: NearMinute, usualRps: Known["usualRps"]): boolean {
  const [before, then] = [usualRps(newestMs), usualRps(atMs)];
  return before !== undefined && then !== undefined && then * newestRps > STEEPER * medianRps * before && then > before;
}

/** Whether a crowd that could not be measured yet may be there in the minute at `atMs`. */
function comesBetween({ timing, lateTiming }: Term, newestMs: number, atMs: number): boolean {
  return lateTiming !== undefined || (newestMs < timing.startsAtMs + SETTLED_MS && atMs >= timing.startsAtMs - ARRIVAL_MS);
}
