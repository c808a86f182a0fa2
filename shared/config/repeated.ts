/** Values that stood in the list before, with their positions. What is undefined is not known, so it repeats nothing. */
export function repeated<T>(values: readonly (T | undefined)[] = []): { readonly index: number; readonly value: T }[] {
  const seen = new Set<T>();
  return values.flatMap((value, index) => {
    if (value === undefined) return [];
    if (seen.has(value)) return [{ index, value }];
    seen.add(value);
    return [];
  });
}
