type Path = readonly string[];
type JsonObject = Readonly<Record<string, unknown>>;

/** Every object inside `value`, itself included, with the path to it; items of a list have their index as key. */
export function objectsIn(value: unknown, path: Path = []): readonly { readonly path: Path; readonly value: JsonObject }[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, item]) => objectsIn(item, [...path, key]));
  return Array.isArray(value) ? inner : [{ path, value: value as JsonObject }, ...inner];
}

/** A copy of `value` with `replacement` at `path`. */
export function replaced(value: unknown, [key, ...deeper]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === key ? replaced(item, deeper, replacement) : item));
  const object = value as JsonObject;
  return { ...object, [key]: replaced(object[key], deeper, replacement) };
}
