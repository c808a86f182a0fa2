import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Finding } from "./problem.ts";

/** Larger than any configuration a person writes; the parser is not asked to read more. */
const MAX_CHARACTERS = 1_048_576;
const MAX_DEPTH = 32;

/** Where a value stands in its file, and where its parts stand. Offsets count characters from the start of the text. */
export type Place = { readonly offset: number; readonly keyOffset?: number; readonly parts: ReadonlyMap<string, Place> };

/** A YAML text as plain values. With findings in `syntax` the value cannot be trusted. */
export type YamlText = {
  readonly value: unknown;
  readonly place: Place;
  readonly syntax: readonly (Finding & { readonly offset: number })[];
  /** Line and column of an offset, both counted from 1. */
  readonly lineAndColumn: (offset: number) => { readonly line: number; readonly column: number };
};

/**
 * Reads YAML 1.2 into plain values with their places. Keys are text; aliases, tags and several documents in one file are findings:
 * each value stands in exactly one place, so that every problem can be shown where it is. Never throws.
 */
export function readYamlText(text: string): YamlText {
  const lines = new LineCounter();
  const syntax: (Finding & { offset: number })[] = [];
  const find = (offset: number, what: string, right: string) => syntax.push({ path: [], offset, what, right });
  const lineAndColumn = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const nothing: Place = { offset: 0, parts: new Map() };
  if (text.length > MAX_CHARACTERS) {
    find(0, `the file has ${text.length} characters`, `at most ${MAX_CHARACTERS} would be right`);
    return { value: null, place: nothing, syntax, lineAndColumn };
  }

  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const error of [...document.errors, ...document.warnings]) {
    // The parser's own limit; deeper than ours, which is told as well.
    if (error.code === "RESOURCE_EXHAUSTION") continue;
    if (error.code === "DUPLICATE_KEY") find(error.pos[0], "this key stands here for the second time", "each key once would be right");
    else find(error.pos[0], `this is not YAML: ${error.message.replace(/^./, (first) => first.toLowerCase())}`, "YAML 1.2 would be right");
  }

  function plain(node: unknown, depth: number, keyOffset?: number): { value: unknown; place: Place } {
    const offset = offsetOf(node) ?? keyOffset ?? 0;
    const at = (value: unknown, parts: ReadonlyMap<string, Place> = new Map()) => ({
      value,
      place: { offset, ...(keyOffset !== undefined && { keyOffset }), parts },
    });
    if (depth > MAX_DEPTH) {
      find(offset, `values are nested deeper than ${MAX_DEPTH}`, "flatter values would be right");
      return at(null);
    }
    if (isAlias(node)) {
      find(offset, `*${node.source} stands for a value elsewhere`, "the value itself would be right");
      return at(null);
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => plain(item, depth + 1));
      return at(
        items.map((item) => item.value),
        new Map(items.map((item, index) => [String(index), item.place])),
      );
    }
    if (isMap(node)) {
      const entries = node.items.flatMap(({ key, value }) => {
        const startsAt = offsetOf(key) ?? offset;
        if (!isScalar(key) || key.value === null) {
          find(startsAt, "this key is not text", "a plain word would be right");
          return [];
        }
        return [
          {
            name: typeof key.value === "string" ? key.value : (key.source ?? JSON.stringify(key.value)),
            ...plain(value, depth + 1, startsAt),
          },
        ];
      });
      // fromEntries makes "__proto__" a key like any other.
      const value = Object.fromEntries(entries.map((entry) => [entry.name, entry.value]));
      return at(value, new Map(entries.map((entry) => [entry.name, entry.place])));
    }
    return at(isScalar(node) ? node.value : null);
  }
  const { value, place } = plain(document.contents, 0);
  return { value, place, syntax, lineAndColumn };
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}
