import * as z from "zod/mini";
import "../../events/english.ts";
import { parseInstant } from "../config/instant.ts";
import { CalltimeError } from "../core/error.ts";

/** A target's id. */
export const targetId = z.string({ error: "expected a target's id" }).check(z.minLength(1, "expected a target's id"));

/** A whole number from 1 to `most`, as text. */
export function wholeNumber(most: number) {
  const error = `expected a whole number from 1 to ${most}`;
  return z.pipe(z.string().check(z.regex(/^[1-9]\d{0,5}$/, error)), z.transform(Number)).check(z.refine((value) => value <= most, error));
}

/** `true` or `false`, as text. */
export const flag = z.pipe(
  z.enum(["true", "false"], { error: "expected true or false" }),
  z.transform((value) => value === "true"),
);

const INSTANT_ERROR = 'expected an instant with its zone, like "2025-12-31T17:00Z"';
/** From here on an instant takes five digits for its year, and no answer could name it. */
const END_MS = Date.UTC(10_000, 0);

/** An instant as a person may write it, in epoch milliseconds: seconds and their parts may be left out. From 1970 on. */
export const atInstant = z.pipe(
  z.string(),
  z.transform((text, check) => {
    const atMs = parseInstant(text);
    if (atMs !== undefined && atMs >= 0 && atMs < END_MS) return atMs;
    check.issues.push({ code: "custom", message: INSTANT_ERROR, input: text });
    return z.NEVER;
  }),
);

/** The query of `url` as `schema` reads it. Throws `query-invalid`, naming every parameter that is wrong, unknown or given twice. */
export function readQuery(schema: z.ZodMiniObject, url: URL): unknown {
  const problems: string[] = [];
  const given: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of url.searchParams) {
    if (name in given) problems.push(`${name}: given twice; once would be right`);
    given[name] = value;
  }
  const read = schema.safeParse({ ...given });
  if (!read.success) problems.push(...read.error.issues.flatMap((issue) => sentencesOf(issue, given, Object.keys(schema.shape))));
  if (problems.length > 0) throw new CalltimeError("query-invalid", problems.join("; "));
  return read.data;
}

function sentencesOf(issue: z.core.$ZodIssue, given: Readonly<Record<string, string>>, known: readonly string[]): readonly string[] {
  if (issue.code === "unrecognized_keys") {
    const right = known.length === 0 ? "this path takes none" : `this path takes ${known.join(", ")}`;
    return issue.keys.map((key) => `${key}: there is no such parameter; ${right}`);
  }
  const name = String(issue.path[0]);
  const value = given[name];
  return [
    value === undefined ? `${name}: missing; ${issue.message}` : `${name}: ${issue.message}, not ${JSON.stringify(value.slice(0, 60))}`,
  ];
}
