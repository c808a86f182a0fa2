import type * as z from "zod";
import { CalltimeError } from "../core/error.ts";
import type { ConfigSchema } from "./fields.ts";
import { jsonSchemaOf, partAt, type JsonSchema } from "./json-schema.ts";
import { nameOf, shown, stateOf, type Finding, type Path } from "./problem.ts";
import { closestWord } from "./spelling.ts";
import { readYamlText, type Place } from "./yaml-text.ts";

/** What is sound of a value: its type as written, with everything that has a problem of its own taken out. */
export type Sound<T> = T extends readonly unknown[]
  ? { readonly [I in keyof T]: Sound<T[I]> | undefined }
  : T extends object
    ? { readonly [K in keyof T]?: Sound<T[K]> | undefined }
    : T;

/** What a schema alone cannot say: how values must fit together. Sees only sound values, so that it can run beside other problems. */
export type Rule<T> = (value: Sound<T>) => Iterable<Finding>;

/**
 * The values of a YAML file, typed. Throws CalltimeError `config-invalid` with every problem of the file, one a line, sorted by line:
 * `file:line:column what is wrong; what would be right`. Values below a syntax error cannot be trusted, so syntax errors stand alone.
 */
export function parseYaml<S extends ConfigSchema>(
  source: string,
  file: string,
  schema: S,
  rules: readonly Rule<z.input<S>>[] = [],
): z.output<S> {
  const { value, place, syntax, lineAndColumn } = readYamlText(source);
  const complain = (findings: readonly (Finding & { offset: number })[]): never => {
    const sorted = findings.map((finding) => ({ ...finding, ...lineAndColumn(finding.offset) }));
    sorted.sort((a, b) => a.line - b.line || a.column - b.column);
    const said = new Set(sorted.map(({ line, column, what, right }) => `${file}:${line}:${column} ${what}; ${right}`));
    throw new CalltimeError("config-invalid", [...said].join("\n"));
  };
  if (syntax.length > 0) complain(syntax);

  const result = schema.safeParse(value);
  const issues = result.error?.issues ?? [];
  const sound = soundPart(value, issues);
  const findings: KeyedFinding[] = [
    ...(issues.length === 0 ? [] : wordIssues(issues, value, jsonSchemaOf(schema))),
    ...(sound === undefined || sound === null ? [] : rules.flatMap((rule) => [...rule(sound as Sound<z.input<S>>)])),
  ];
  if (findings.length > 0)
    complain(findings.map((finding) => ({ ...finding, offset: offsetAt(place, finding.path, finding.onKey === true) })));
  if (!result.success) throw result.error;
  return result.data;
}

type KeyedFinding = Finding & { readonly onKey?: boolean };

function wordIssues(issues: readonly z.core.$ZodIssue[], value: unknown, schema: JsonSchema): KeyedFinding[] {
  return issues.flatMap((issue) => {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      const known = Object.keys(partAt(schema, path)?.properties ?? {});
      return issue.keys.map((key) => {
        const meant = closestWord(key, known);
        const right = meant === undefined ? `the keys here are ${known.join(", ")}` : `did you mean ${meant}?`;
        return { path: [...path, key], what: `there is no key ${shown(key)} here`, right, onKey: true };
      });
    }
    if (issue.code === "invalid_key") {
      const right = partAt(schema, path.slice(0, -1))?.propertyNames?.description ?? "another key";
      return [{ path, what: `the key is ${shown(path.at(-1))}`, right: `right would be ${right}`, onKey: true }];
    }
    const written = valueAt(value, path);
    const part = partAt(schema, path) as (JsonSchema & { readonly type?: unknown }) | undefined;
    const quotes = part?.type === "string" && (typeof written === "number" || typeof written === "boolean") ? ", in quotes" : "";
    return [
      { path, what: `${nameOf(path)} ${stateOf(written)}`, right: `right would be ${part?.description ?? "something else"}${quotes}` },
    ];
  });
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (part, step) =>
      typeof part === "object" && part !== null && Object.hasOwn(part, step) ? (part as Record<string | number, unknown>)[step] : undefined,
    value,
  );
}

/** The offset of the value at `path`, or of what should have held it. */
function offsetAt(place: Place, path: Path, onKey: boolean): number {
  let at = place;
  for (const step of path) {
    const part = at.parts.get(String(step));
    if (part === undefined) return at.offset;
    at = part;
  }
  return onKey ? (at.keyOffset ?? at.offset) : at.offset;
}

/** A copy without the values that have an issue. */
function soundPart(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const bad = new Set(
    issues.flatMap((issue) =>
      (issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]).map(pathKey),
    ),
  );
  const copy = (part: unknown, path: Path): unknown => {
    if (bad.has(pathKey(path))) return undefined;
    if (Array.isArray(part)) return part.map((item, index) => copy(item, [...path, index]));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, copy(item, [...path, key])]));
  };
  return copy(value, []);
}

function pathKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path);
}
