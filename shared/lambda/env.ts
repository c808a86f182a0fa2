import { CalltimeError } from "../core/error.ts";

/** Every variable of ours begins with this; what begins so and is none of a function's own is a misprint. */
const PREFIX = "CALLTIME_";

/** The variables of a function by name, each with what it means: for whoever set it wrong. */
export type Variables<Name extends string = string> = Readonly<Record<Name, string>>;

/**
 * The environment of a function: text that is not blank, without the spaces around it; read it once, at cold start. Throws CalltimeError
 * `env-invalid` with every problem together: what is not set or blank, and what begins with CALLTIME_ and is no variable of this function.
 * Without a schema: to make one for a dozen texts took 3 ms of each cold start.
 */
export function readEnv<Name extends string>(
  variables: Variables<Name>,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<Name, string>> {
  const problems: string[] = [];
  const read = Object.entries<string>(variables).map(([name, meaning]) => {
    const value = env[name]?.trim() ?? "";
    if (value === "") problems.push(`${name} is ${env[name] === undefined ? "not set" : "blank"}; right would be ${meaning}`);
    return [name, value] as const;
  });
  for (const name of Object.keys(env)) {
    if (name.startsWith(PREFIX) && !(name in variables))
      problems.push(`${name} is no variable here; there are ${Object.keys(variables).join(", ")}`);
  }
  if (problems.length > 0) throw new CalltimeError("env-invalid", problems.join("\n"));
  return Object.fromEntries(read) as Record<Name, string>;
}
