/** Each value once, in the order of its first appearance; values are the same when their JSON is. */
export function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
