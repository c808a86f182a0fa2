/**
 * Evenly spread sample points for the predictive distribution. The core has no dice: the points are fixed (stratified, one in
 * each of SAMPLE_COUNT equal slices), and each variable takes them in an order of its own, drawn from its name (Latin hypercube
 * sampling, McKay, Beckman & Conover 1979). The same inputs give the same plan.
 */
export const SAMPLE_COUNT = 200;

const STANDARD_NORMAL = Array.from({ length: SAMPLE_COUNT }, (_, i) => normalQuantile((i + 0.5) / SAMPLE_COUNT));

/** Standard normal sample points in the order that belongs to `name`. */
export function normalSamples(name: string): readonly number[] {
  return permuted(STANDARD_NORMAL, name);
}

/** Probabilities in (0, 1) in the order that belongs to `name`. */
export function uniformSamples(name: string): readonly number[] {
  return permuted(UNIFORM, name);
}

const UNIFORM = Array.from({ length: SAMPLE_COUNT }, (_, i) => (i + 0.5) / SAMPLE_COUNT);
// Orders are asked for again at every tick; names are few (one or two an occasion).
const orders = new Map<string, readonly number[]>();
const ORDERS_KEPT = 5_000;

function permuted(points: readonly number[], name: string): readonly number[] {
  let order = orders.get(name);
  if (order === undefined) {
    if (orders.size >= ORDERS_KEPT) orders.clear();
    order = shuffledIndices(hash32(name));
    orders.set(name, order);
  }
  return order.map((index) => points[index] ?? 0);
}

function shuffledIndices(seed: number): readonly number[] {
  const indices = Array.from({ length: SAMPLE_COUNT }, (_, i) => i);
  let state = seed || 1;
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

/** FNV-1a, 32 bits. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
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
