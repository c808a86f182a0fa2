import { worldSchema } from "../local/world-file.ts";
import { expectationsSchema } from "../shared/config/expectations.ts";
import { jsonSchemaOf } from "../shared/config/json-schema.ts";
import { targetsSchema } from "../shared/config/targets.ts";
import { formattedJson } from "./formatted-json.ts";

const FILES = { targets: targetsSchema, expectations: expectationsSchema, world: worldSchema };

/** The JSON Schemas of the files a person writes, for editors: path from the repository's root → text. */
export function configSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(FILES).map(([name, schema]) => {
      const { $schema, ...rest } = jsonSchemaOf(schema) as Record<string, unknown>;
      return [`docs/schemas/${name}.json`, `${formattedJson({ $schema, title: `calltime ${name}`, ...rest })}\n`];
    }),
  );
}
