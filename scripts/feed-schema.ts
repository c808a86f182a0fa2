import { SHOWINGS } from "../shared/core/schedule/programme.ts";
import { CALLTIME_FORMAT, CALLTIME_VERSION, CHANNEL_FIELDS, PROGRAMME_FIELDS, type FieldRule } from "../shared/feeds/calltime-fields.ts";

/** The JSON Schema of a schedule in our own format, from the fields that its reader checks. */
export function scheduleSchema(): Record<string, unknown> {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "calltime schedule",
    description: "A broadcast schedule. format and version come first, so that it is known by its beginning.",
    type: "object",
    properties: {
      format: { const: CALLTIME_FORMAT },
      version: { const: CALLTIME_VERSION },
      channels: { type: "array", items: objectOf(CHANNEL_FIELDS) },
      programmes: { type: "array", items: objectOf(PROGRAMME_FIELDS) },
    },
    required: ["format", "version"],
  };
}

function objectOf(rules: Readonly<Record<string, FieldRule>>): Record<string, unknown> {
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, propertyOf(rule)])),
    required: Object.keys(rules).filter((name) => rules[name]?.required === true),
  };
}

function propertyOf({ type, required, about }: FieldRule): Record<string, unknown> {
  const nullable = (name: string) => (required ? name : [name, "null"]);
  switch (type) {
    case "text":
      return { type: nullable("string"), description: about, ...(required && { minLength: 1 }) };
    case "instant":
      return { type: nullable("string"), description: about, format: "date-time" };
    case "flag":
      return { type: nullable("boolean"), description: about };
    case "showing":
      return { enum: required ? [...SHOWINGS] : [...SHOWINGS, null], description: about };
    case "texts":
      return { type: nullable("array"), description: about, items: { type: "string" } };
    default:
      return type satisfies never;
  }
}
