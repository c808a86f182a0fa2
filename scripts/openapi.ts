import * as z from "zod";
import { errorSchema } from "../shared/api/failure.ts";
import type { Route } from "../shared/api/route.ts";
import { routes } from "../shared/api/routes.ts";
import { formattedJson } from "./formatted-json.ts";

/** Where the document lies, from the repository's root. */
export const OPENAPI_PATH = "docs/openapi.json";

/** The HTTP API as OpenAPI 3.1, made from the routes themselves. */
export function openApiDocument(): string {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Calltime",
      version: "1",
      description:
        "Reading is open to whoever reaches the server; writing needs the write token. Instants are ISO-8601 in UTC with milliseconds; null means not known, never zero.",
    },
    paths,
    components: {
      securitySchemes: { writeToken: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
  return `${formattedJson(document)}\n`;
}

function operationOf(route: Route, schemas: Record<string, unknown>): unknown {
  const responses: Record<string, unknown> = {};
  for (const [status, { about, schema }] of Object.entries(route.responses)) responses[status] = answer(about, schema(), schemas);
  responses["default"] = answer("An error; docs/api.md lists the codes.", errorSchema(), schemas);
  return {
    operationId: route.operationId,
    summary: route.about,
    ...(route.writes && { security: [{ writeToken: [] }] }),
    parameters: parametersOf(route, schemas),
    ...(route.body !== undefined && { requestBody: { required: true, content: contentOf(route.body, schemas) } }),
    responses,
  };
}

function contentOf(body: NonNullable<Route["body"]>, schemas: Record<string, unknown>): unknown {
  if (body === "file") return { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
  return { "application/json": { schema: schemaOf(body(), schemas, "input") } };
}

function parametersOf(route: Route, schemas: Record<string, unknown>): readonly unknown[] {
  const inPath =
    route.id === undefined ? [] : [{ name: "id", in: "path", required: true, schema: { type: "string", pattern: route.id.source } }];
  const { properties = {}, required = [] } = schemaOf(route.query(), schemas, "input") as {
    properties?: Record<string, { description?: string }>;
    required?: readonly string[];
  };
  const inQuery = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    description,
    schema,
  }));
  return [...inPath, ...inQuery];
}

function answer(description: string, schema: z.core.$ZodType, schemas: Record<string, unknown>): unknown {
  return { description, content: { "application/json": { schema: schemaOf(schema, schemas, "output") } } };
}

/** The JSON Schema of `schema`; what has a name of its own goes to `schemas` and is pointed at. */
function schemaOf(schema: z.core.$ZodType, schemas: Record<string, unknown>, io: "input" | "output"): unknown {
  const {
    $schema: _,
    $defs = {},
    ...own
  } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      // A reader must take keys it does not know: fields may be added.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  for (const [name, definition] of Object.entries($defs)) schemas[name] = pointed(withoutId(definition));
  return pointed(own);
}

function withoutId(definition: object): object {
  return Object.fromEntries(Object.entries(definition).filter(([key]) => key !== "id"));
}

/** The same with its pointers into the components. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === "$ref" && typeof inner === "string" ? [key, inner.replace("#/$defs/", "#/components/schemas/")] : [key, pointed(inner)],
    ),
  );
}
