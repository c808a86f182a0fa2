/** The middle value; the mean of the two middle ones for an even count. Throws a RangeError on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("median: the list is empty; give at least one value");
  return (upper + lower) / 2;
}
