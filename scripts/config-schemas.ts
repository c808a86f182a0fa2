import { worldSchema } from "../local/world-file.ts";
import { contentSchema } from "../shared/config/content.ts";
import { databasesSchema } from "../shared/config/databases.ts";
import { expectationsSchema } from "../shared/config/expectations.ts";
import { jsonSchemaOf } from "../shared/config/json-schema.ts";
import { targetsSchema } from "../shared/config/targets.ts";
import { scheduleSchema } from "./feed-schema.ts";
import { formattedJson } from "./formatted-json.ts";

const FILES = {
  targets: targetsSchema,
  expectations: expectationsSchema,
  world: worldSchema,
  content: contentSchema,
  databases: databasesSchema,
};

/** The JSON Schemas of the files a person or a program writes, for editors: path from the repository's root → text. */
export function configSchemas(): ReadonlyMap<string, string> {
  const written = Object.entries(FILES).map(([name, schema]): [string, Record<string, unknown>] => {
    const { $schema, ...rest } = jsonSchemaOf(schema) as Record<string, unknown>;
    return [name, { $schema, title: `calltime ${name}`, ...rest }];
  });
  return new Map(
    [...written, ["schedule", scheduleSchema()] as const].map(([name, schema]) => [
      `docs/schemas/${name}.json`,
      `${formattedJson(schema)}\n`,
    ]),
  );
}
