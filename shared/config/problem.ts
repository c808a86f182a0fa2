/** The way from the top of a file to a value: keys and list positions. */
export type Path = readonly (string | number)[];

/** Something wrong with one value: what is wrong, and what would be right. */
export type Finding = { readonly path: Path; readonly what: string; readonly right: string };

/** How a value is named in a message: the way to it below the entry it belongs to, like `connections.database` or `window[0]`. */
export function nameOf(path: Path): string {
  const entry = path.findLastIndex((step, index) => typeof step === "number" && index < path.length - 1);
  const below = path.slice(entry + 1);
  if (below.length === 0) return "the file";
  return below.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

/** What a value is, in a message: `is blank`, `is -3`, `is a list of 2`. */
export function stateOf(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null || (typeof value === "string" && value.trim() === "")) return "is blank";
  if (Array.isArray(value)) return `is a list of ${value.length}`;
  if (typeof value === "object") return "is a map of keys and values";
  return `is ${shown(value)}`;
}

/** A value as the file may have it, cut to a readable length. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
