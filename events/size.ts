/** Largest envelope as JSON in UTF-8: EventBridge takes 256 KB an entry, source and detail type included. */
export const MAX_EVENT_BYTES = 250_000;

/** Bytes of `value` as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/**
 * The first items that together stay within `maxItems` and within four fifths of an event, so that the rest of it fits beside them;
 * `truncated` says that some were left out.
 */
export function fitting<T>(items: readonly T[], maxItems: number): { readonly items: readonly T[]; readonly truncated: boolean } {
  const room = MAX_EVENT_BYTES * 0.8;
  // Nearly always all of them fit. A list has one byte more than its items with a comma each: its two brackets, less the last comma.
  if (items.length <= maxItems && jsonBytes(items) <= room + 1) return { items, truncated: false };
  const kept: T[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += jsonBytes(item) + 1;
    if (kept.length === maxItems || bytes > room) break;
    kept.push(item);
  }
  return { items: kept, truncated: true };
}
