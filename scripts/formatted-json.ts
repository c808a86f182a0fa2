/** Of the formatter. */
const WIDTH = 140;

/** JSON as the formatter leaves it: objects open, a list of plain values on one line where it fits. */
export function formattedJson(value: unknown, indent = "", before = 0): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    const plain = value.every((item) => typeof item !== "object" || item === null);
    // One more column for the comma that may follow.
    if (plain && before + flat.length < WIDTH) return flat;
    return `[\n${value.map((item) => `${deeper}${formattedJson(item, deeper, deeper.length)}`).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item]) => {
    const start = `${deeper}${JSON.stringify(key)}: `;
    return `${start}${formattedJson(item, deeper, start.length)}`;
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
