import * as z from "zod";
import { CalltimeError } from "../core/error.ts";

/** Every variable of ours begins with this; what begins so and is none of a function's own is a misprint. */
const PREFIX = "CALLTIME_";

/** One variable: text that is not blank, without the spaces around it. `meaning` says what would be right. */
export function variable(meaning: string) {
  return z.string().trim().min(1).describe(meaning);
}

/** A variable that is one of a few words. */
export function wordVariable<const Words extends readonly [string, ...string[]]>(words: Words, meaning: string) {
  return z.enum(words).describe(`${meaning}: ${words.join(" or ")}`);
}

/**
 * The environment of a function, typed; read it once, at cold start. Throws CalltimeError `env-invalid` with every problem together: what is
 * not set or blank, what has another form, and what begins with CALLTIME_ and is no variable of this function.
 */
export function readEnv<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const read = z.object(shape).safeParse(Object.fromEntries(Object.keys(shape).map((name) => [name, env[name]])));
  const wrong = new Set(read.error?.issues.map(({ path }) => String(path[0])));
  const problems = [...wrong].map((name) => `${name} ${stateOf(env[name])}; right would be ${meaningOf(shape[name])}`);
  for (const name of Object.keys(env)) {
    if (name.startsWith(PREFIX) && !(name in shape))
      problems.push(`${name} is no variable here; there are ${Object.keys(shape).join(", ")}`);
  }
  if (!read.success || problems.length > 0) throw new CalltimeError("env-invalid", problems.join("\n"));
  return read.data;
}

function meaningOf(schema: z.core.$ZodType | undefined): string {
  return (schema && z.globalRegistry.get(schema)?.description) ?? "a value";
}

function stateOf(value: string | undefined): string {
  if (value === undefined) return "is not set";
  return value.trim() === "" ? "is blank" : `is ${JSON.stringify(value.slice(0, 80))}`;
}
