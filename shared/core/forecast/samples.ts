import { stableHash } from "../hash.ts";

/**
 * Evenly spread sample points for the predictive distribution. The core has no dice: the points are fixed (stratified, one in
 * each of SAMPLE_COUNT equal slices), and each variable takes them in an order of its own, drawn from its name (Latin hypercube
 * sampling, McKay, Beckman & Conover 1979). The same inputs give the same plan.
 */
export const SAMPLE_COUNT = 200;

/** The middle of each slice of (0, 1), ascending: the probabilities that the samples stand for. */
export const PROBABILITIES: readonly number[] = Array.from({ length: SAMPLE_COUNT }, (_, i) => (i + 0.5) / SAMPLE_COUNT);

const STANDARD_NORMAL = PROBABILITIES.map(normalQuantile);

/** Standard normal sample points in the order that belongs to `name`. */
export function normalSamples(name: string): readonly number[] {
  return inOrderOf(name, STANDARD_NORMAL);
}

/** `points`, of which there are SAMPLE_COUNT, in the order that belongs to `name`. */
export function inOrderOf(name: string, points: readonly number[]): readonly number[] {
  return Array.from(orderOf(name), (index) => points[index] ?? 0);
}

// The occasions of an evening are asked for at every tick; those of a week fit in here.
const ORDERS_KEPT = 4_096;
const orders = new Map<string, Uint8Array>();

/** Which sample point each of the samples of `name` takes: an order that follows from the name alone, and is remembered. */
export function orderOf(name: string): Uint8Array {
  const known = orders.get(name);
  if (known !== undefined) return known;
  if (orders.size >= ORDERS_KEPT) orders.clear();
  const order = shuffled(name);
  orders.set(name, order);
  return order;
}

const SPREADS_KEPT = 1_024;
const exponentials = new Map<number, Float64Array>();

/** e^(spread · z) at the sample points z in ascending order. The same spreads come again minute after minute, so they are remembered. */
export function spreadPoints(spread: number): Float64Array {
  const known = exponentials.get(spread);
  if (known !== undefined) return known;
  if (exponentials.size >= SPREADS_KEPT) exponentials.clear();
  const points = Float64Array.from(STANDARD_NORMAL, (z) => Math.exp(spread * z));
  exponentials.set(spread, points);
  return points;
}

function shuffled(name: string): Uint8Array {
  const indices = Uint8Array.from({ length: SAMPLE_COUNT }, (_, i) => i);
  // The lower half of the hash: 32 bits. xorshift stays at zero for ever.
  let state = Number.parseInt(stableHash(name).slice(7), 36) || 1;
  for (let i = SAMPLE_COUNT - 1; i > 0; i -= 1) {
    // xorshift32 (Marsaglia 2003): enough to decorrelate two orders, and the same on every machine.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const j = (state >>> 0) % (i + 1);
    const kept = indices[i] ?? 0;
    indices[i] = indices[j] ?? 0;
    indices[j] = kept;
  }
  return indices;
}

/** Quantile of the standard normal distribution for 0 < p < 1 (Acklam's rational approximation, relative error < 1.2e-9). */
export function normalQuantile(p: number): number {
  if (p < 0.02425) return tailQuantile(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return -tailQuantile(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (
    (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r +
      2.506628277459239) *
    (q /
      (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1))
  );
}

function tailQuantile(q: number): number {
  return (
    (((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q +
      2.938163982698783) /
    ((((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
  );
}
