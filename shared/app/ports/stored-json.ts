import { CalltimeError } from "../../core/error.ts";

/**
 * `value` as JSON text. Throws `value-not-json`, naming `where`, when reading the text back would give another value, and
 * `value-too-large` when it takes more than `maxBytes` in UTF-8.
 */
export function storedJson(where: string, value: unknown, maxBytes = Number.POSITIVE_INFINITY): string {
  const fault = faultIn(value, "value", new Set());
  if (fault !== undefined) throw new CalltimeError("value-not-json", `${where}: ${fault}; store plain JSON`);
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw new CalltimeError("value-too-large", `${where}: ${bytes} bytes of JSON, at most ${maxBytes} are allowed; split it`);
  return text;
}

/** Where and why `value` would not survive JSON, or undefined. A property that is undefined is left out by JSON, as the port allows. */
function faultIn(value: unknown, path: string, above: Set<object>): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== "object") return `${path} is ${typeof value}`;
  if (above.has(value)) return `${path} contains itself`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return `${path} is not a plain object`;
  above.add(value);
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? Array.from(value, (item: unknown, index) => [index, item] as const)
    : Object.entries(value).filter(([, item]) => item !== undefined);
  for (const [key, item] of entries) {
    const fault = faultIn(item, `${path}.${key}`, above);
    if (fault !== undefined) return fault;
  }
  above.delete(value);
  return undefined;
}
