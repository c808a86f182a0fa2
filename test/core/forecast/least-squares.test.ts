import { describe, expect, test } from "vitest";
import { firstRegression, learnRegression, predicted, regressionNumbers } from "../../../shared/core/forecast/least-squares.ts";
import { seededNormals } from "./near.ts";

/** The weights that minimise the faded squared errors and the faded distance from the first ones, all at once: normal equations, eliminated. */
function solved(
  first: readonly number[],
  rows: readonly (readonly number[])[],
  values: readonly number[],
  memory: number,
): readonly number[] {
  const size = first.length;
  const kept = 1 - 1 / memory;
  const left = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) left[i * size + i] = kept ** rows.length;
  const at = (i: number, j: number): number => left[i * size + j] ?? 0;
  const right = first.map((weight) => kept ** rows.length * weight);
  rows.forEach((row, nth) => {
    const faded = kept ** (rows.length - 1 - nth);
    for (let i = 0; i < size; i += 1) {
      right[i] = (right[i] ?? 0) + faded * (row[i] ?? 0) * (values[nth] ?? 0);
      for (let j = 0; j < size; j += 1) left[i * size + j] = at(i, j) + faded * (row[i] ?? 0) * (row[j] ?? 0);
    }
  });
  for (let pivot = 0; pivot < size; pivot += 1) {
    for (let i = 0; i < size; i += 1) {
      if (i === pivot) continue;
      const factor = at(i, pivot) / at(pivot, pivot);
      for (let j = 0; j < size; j += 1) left[i * size + j] = at(i, j) - factor * at(pivot, j);
      right[i] = (right[i] ?? 0) - factor * (right[pivot] ?? 0);
    }
  }
  return right.map((value, i) => value / at(i, i));
}

describe("least squares, one observation at a time", () => {
  test("come to the same weights as all observations at once", () => {
    const normals = seededNormals(7);
    const rows = Array.from({ length: 60 }, () => [1, normals(), normals()]);
    const values = rows.map(([, a = 0, b = 0]) => 0.3 + 2 * a - b + 0.1 * normals());
    // Two of them in one array, of which the second learns.
    const from = regressionNumbers(3);
    const numbers = new Float64Array(2 * from);
    firstRegression(numbers, from, [0, 1, 0]);
    rows.forEach((features, nth) => {
      learnRegression(numbers, from, { features, error: (values[nth] ?? 0) - predicted(numbers, from, features), memory: 50 });
    });
    const expected = solved([0, 1, 0], rows, values, 50);
    expected.forEach((weight, i) => expect(numbers[from + i]).toBeCloseTo(weight, 6));
    expect(numbers[from + 1]).toBeCloseTo(2, 1);
    expect(numbers.slice(0, from).every((number) => number === 0)).toBe(true);
  });

  test("nothing learned predicts with the weights that are believed at first", () => {
    const numbers = new Float64Array(regressionNumbers(2));
    firstRegression(numbers, 0, [0.5, 2]);
    expect(predicted(numbers, 0, [1, 3])).toBe(6.5);
  });

  test("a weight that is left out stays zero, and the others are those of the regression without it", () => {
    const normals = seededNormals(11);
    const numbers = new Float64Array(regressionNumbers(3) + regressionNumbers(2));
    const rest = regressionNumbers(3);
    firstRegression(numbers, 0, [0, undefined, 0]);
    firstRegression(numbers, rest, [0, 0]);
    for (let nth = 0; nth < 80; nth += 1) {
      const [a, b] = [normals(), normals()];
      const value = 0.3 + 2 * a - b;
      const learn = (from: number, features: readonly number[]): void =>
        learnRegression(numbers, from, { features, error: value - predicted(numbers, from, features), memory: 50 });
      learn(0, [1, a, b]);
      learn(rest, [1, b]);
    }
    expect([...numbers.subarray(0, 3)]).toEqual([numbers[rest], 0, numbers[rest + 1]]);
    expect(numbers[rest + 1]).toBeLessThan(-0.5);
  });
});
