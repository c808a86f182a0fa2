/**
 * A linear regression that learns one observation at a time and slowly forgets (recursive least squares with exponential forgetting: Ljung,
 * System Identification, 1999, ch. 11). `covariance` is the matrix row by row, in units of the noise.
 */
export type Regression = { readonly weights: readonly number[]; readonly covariance: readonly number[] };

/** Nothing learned: the weights that are believed at first, each give or take one. */
export function firstRegression(weights: readonly number[]): Regression {
  const { length } = weights;
  return { weights, covariance: Array.from({ length: length * length }, (_, i) => (i % (length + 1) === 0 ? 1 : 0)) };
}

/** What the regression makes of these features. */
export function predicted({ weights }: Regression, features: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) sum += (weights[i] ?? 0) * (features[i] ?? 0);
  return sum;
}

/** The regression after one observation that was `error` more than predicted. `memory` counts observations. O(features²). */
export function learnRegression(regression: Regression, features: readonly number[], error: number, memory: number): Regression {
  const { weights, covariance } = regression;
  const size = weights.length;
  const kept = 1 - 1 / memory;
  const gains: number[] = [];
  let noise = kept;
  for (let i = 0; i < size; i += 1) {
    let gain = 0;
    for (let j = 0; j < size; j += 1) gain += (covariance[i * size + j] ?? 0) * (features[j] ?? 0);
    gains.push(gain);
    noise += gain * (features[i] ?? 0);
  }
  return {
    weights: weights.map((weight, i) => weight + ((gains[i] ?? 0) / noise) * error),
    covariance: covariance.map((value, at) => {
      const shrunk = value - ((gains[Math.floor(at / size)] ?? 0) * (gains[at % size] ?? 0)) / noise;
      return shrunk / kept;
    }),
  };
}
