import type { Ports } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";

// Who has none of these goes on without.
const OPTIONAL: ReadonlySet<string> = new Set<keyof Ports>(["deadLetters", "sheets"]);

/**
 * Ports that a function does not have. Each function has the few that its work needs, so that it can be allowed no more than that; should
 * it reach for another, it fails with `port-absent` before anything is asked of AWS.
 */
export function withAbsent(functionName: string, ports: Partial<Ports>): Ports {
  return new Proxy(ports, {
    get: (own, name) =>
      name in own || typeof name === "symbol" || OPTIONAL.has(name) ? Reflect.get(own, name) : absent(functionName, name),
  }) as Ports;
}

function absent(functionName: string, port: string): unknown {
  const refuse = (): never => {
    throw new CalltimeError("port-absent", `${functionName} has no ${port}; right would be to give it one, and the permissions it takes`);
  };
  return new Proxy({}, { get: () => refuse });
}
