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
  const kept: T[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += jsonBytes(item) + 1;
    if (kept.length === maxItems || bytes > MAX_EVENT_BYTES * 0.8) return { items: kept, truncated: true };
    kept.push(item);
  }
  return { items: kept, truncated: false };
}
