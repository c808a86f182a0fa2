import type * as z from "zod/mini";
import type { Context } from "../app/context.ts";
import { once } from "../core/once.ts";

/** What every route works with. */
export type ApiParts = {
  readonly context: Context;
  /** Platform time, in epoch milliseconds. */
  readonly now: () => number;
  /** Runs one write after the tick under way and apart from every other; what it did before it threw is undone. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Bytes of a request's body, as sent, beyond which it is refused. */
  readonly maxBodyBytes: number;
};

/** One request, with its parameters read and judged. */
type Call<Query> = {
  readonly parts: ApiParts;
  /** Platform time at which the request came. */
  readonly now: number;
  readonly query: Query;
  /** The variable part of the path, where it has one. */
  readonly id: string;
  readonly request: Request;
};

/** One answer: its body is checked against the schema of its status before it goes out. */
export type Reply = { readonly status: number; readonly body: unknown };

/** What a status means on one route, and what comes with it. */
type ResponseShape = { readonly about: string; readonly schema: () => z.ZodMiniType };

/**
 * One path and what it does: the router, the checks and `docs/openapi.json` are made from it. Its schemas are made when a request first needs
 * them: a Lambda that starts for one request has all routes before it.
 */
export type Route<Query = unknown> = {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** As OpenAPI writes it: `{id}` is the variable part. */
  readonly path: string;
  /** What the variable part may be, where there is one. */
  readonly id?: RegExp;
  readonly operationId: string;
  readonly about: string;
  /** Whether it needs the write token. */
  readonly writes: boolean;
  readonly query: () => z.ZodMiniObject;
  /** What comes as the body: JSON of this shape, or a file as it is. */
  readonly body?: (() => z.ZodMiniObject) | "file";
  /** By status; errors other than these have the shape of `errorSchema`. */
  readonly responses: Readonly<Record<number, ResponseShape>>;
  readonly handle: (call: Call<Query>) => Promise<Reply>;
};

/** A route whose handler sees its query as the schema reads it. */
export function route<Schema extends z.ZodMiniObject>(
  definition: Omit<Route<z.output<Schema>>, "query"> & { readonly query: () => Schema },
): Route {
  // The router hands each handler what its own schema read.
  return { ...definition, query: once(definition.query) } as unknown as Route;
}
