import * as z from "zod";
import type { ConfigSchema } from "./fields.ts";
import type { Path } from "./problem.ts";

/** A JSON Schema, as far as it is read here. */
export type JsonSchema = {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
};

/** The JSON Schema (draft 7, which editors know best) of what a person writes, before defaults are filled in. */
export function jsonSchemaOf(schema: ConfigSchema): JsonSchema {
  return z.toJSONSchema(schema, { target: "draft-7", io: "input" }) as JsonSchema;
}

/** The part of a schema that describes the value at `path`, or undefined where it describes none. */
export function partAt(schema: JsonSchema, path: Path): JsonSchema | undefined {
  let part: JsonSchema | undefined = schema;
  for (const step of path) {
    if (typeof step === "number") {
      const items: JsonSchema | readonly JsonSchema[] | undefined = part?.items;
      part = isTuple(items) ? items[step] : items;
    } else if (part?.properties !== undefined) {
      part = Object.hasOwn(part.properties, step) ? part.properties[step] : undefined;
    } else {
      part = typeof part?.additionalProperties === "object" ? part.additionalProperties : undefined;
    }
  }
  return part;
}

function isTuple(items: JsonSchema | readonly JsonSchema[] | undefined): items is readonly JsonSchema[] {
  return Array.isArray(items);
}
