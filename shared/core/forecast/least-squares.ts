/**
 * Linear regressions that learn one observation at a time and slowly forget (recursive least squares with exponential forgetting: Ljung,
 * System Identification, 1999, ch. 11), each a stretch of an array of numbers: the weights, then the covariance row by row, in units of the
 * noise. There are many of them, and all learn every minute.
 */

/** Numbers that a regression on so many features takes. */
export function regressionNumbers(features: number): number {
  return features * (features + 1);
}

/**
 * Writes a regression that has learned nothing to `numbers` from `from` on: the weights that are believed at first, each give or take one. A
 * weight that is undefined stays zero, whatever is observed.
 */
export function firstRegression(numbers: Float64Array, from: number, weights: readonly (number | undefined)[]): void {
  const { length } = weights;
  numbers.fill(0, from, from + regressionNumbers(length));
  for (const [i, weight] of weights.entries()) {
    if (weight === undefined) continue;
    numbers[from + i] = weight;
    numbers[from + length + i * (length + 1)] = 1;
  }
}

/** What the regression at `from` makes of these features. */
export function predicted(numbers: Float64Array, from: number, features: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < features.length; i += 1) sum += (numbers[from + i] ?? 0) * (features[i] ?? 0);
  return sum;
}

/** Lets the regression at `from` learn one observation that was `error` more than predicted. `memory` counts observations. O(features²). */
export function learnRegression(
  numbers: Float64Array,
  from: number,
  observation: { readonly features: ArrayLike<number>; readonly error: number; readonly memory: number },
): void {
  const { features, error, memory } = observation;
  const size = features.length;
  const covariance = from + size;
  const kept = 1 - 1 / memory;
  let noise = kept;
  for (let i = 0; i < size; i += 1) {
    let gain = 0;
    for (let j = 0; j < size; j += 1) gain += (numbers[covariance + i * size + j] ?? 0) * (features[j] ?? 0);
    gains[i] = gain;
    noise += gain * (features[i] ?? 0);
  }
  for (let i = 0; i < size; i += 1) {
    const share = (gains[i] ?? 0) / noise;
    numbers[from + i] = (numbers[from + i] ?? 0) + share * error;
    // A covariance is the same on both sides of its diagonal.
    for (let j = i; j < size; j += 1) {
      const at = covariance + i * size + j;
      const next = ((numbers[at] ?? 0) - ((gains[i] ?? 0) * (gains[j] ?? 0)) / noise) / kept;
      numbers[at] = next;
      numbers[covariance + j * size + i] = next;
    }
  }
}

// Room to work in, made once: nothing in it is read before it is written.
const gains = new Float64Array(16);
