import * as z from "zod";
import { EVENT_SOURCE, eventContracts, MAX_EVENT_BYTES } from "../events/index.ts";
import { formattedJson } from "./formatted-json.ts";

type AnyContract = (typeof eventContracts)[number];
type JsonSchema = z.core.JSONSchema.JSONSchema;
type Row = { readonly field: string; readonly type: string; readonly meaning: string };

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Every document that is derived from the contracts: path from the repository's root → text. */
export function contractDocuments(): ReadonlyMap<string, string> {
  const schemas = eventContracts.map((contract) => [schemaPath(contract), `${formattedJson(jsonSchemaOf(contract))}\n`] as const);
  return new Map([["docs/events.md", eventsPage()], ...schemas]);
}

function schemaPath(contract: AnyContract): string {
  return `docs/schemas/events/${fileName(contract)}.v${contract.version}.json`;
}

/** An event's file has its name, with a dash for the dot. */
function fileName(contract: AnyContract): string {
  return contract.name.replaceAll(".", "-");
}

function jsonSchemaOf(contract: AnyContract): JsonSchema {
  const schema = z.toJSONSchema(contract.schema, {
    override: ({ jsonSchema }) => {
      // We send no unknown key, but a reader must take one: a field may be added within a version.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      // Where zod says "safe integer" there is no bound of ours.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const $id = `urn:calltime:event:${contract.name}:v${contract.version}`;
  return { $schema: DIALECT, $id, title: contract.type, description: contract.about, ...schema };
}

function eventsPage(): string {
  const envelope = rowsOf(jsonSchemaOf(eventContracts[0])).filter(({ field }) => !field.startsWith("data."));
  return [
    "# Events",
    "<!-- Written by scripts/generate-contracts.ts from events/; change the contract there, then run it again. -->",
    `What Calltime says on the bus, for teams that subscribe. On EventBridge \`source\` is \`${EVENT_SOURCE}\`, \`detail-type\` is the event's \`type\`, and \`detail\` is the whole envelope, at most ${MAX_EVENT_BYTES.toLocaleString("en")} bytes.`,
    [
      "- **An event is a hint.** It may come twice, late, or in another order. Drop an `id` you have seen; of a cue keep the largest `revision`.",
      "- **Ignore keys you do not know.** Fields may be added within a version; a new `version` comes only when a reader would break.",
      "- **`null` means not known,** never zero.",
      "- **Instants** are ISO-8601 in UTC with milliseconds; intervals include their start and exclude their end.",
      "- **Match on codes,** not on sentences meant for people.",
    ].join("\n"),
    "The JSON Schema of each event is in [schemas/events/](schemas/events/).",
    table(
      ["Event", "What it says"],
      eventContracts.map((contract) => [`[${contract.type}](#${anchor(contract)})`, contract.about]),
    ),
    "## Envelope",
    "The same for every event; `type` and `version` are the event's own.",
    fieldTable(envelope.map((row) => (row.field === "type" ? { ...row, type: "text" } : row))),
    ...eventContracts.flatMap(section),
  ]
    .join("\n\n")
    .concat("\n");
}

/** The anchor that GitHub and most renderers give to the heading. */
function anchor(contract: AnyContract): string {
  return contract.type.replaceAll(".", "");
}

function section(contract: AnyContract): readonly string[] {
  const pattern = { source: [EVENT_SOURCE], "detail-type": [contract.type], detail: { version: [contract.version] } };
  const data = rowsOf(jsonSchemaOf(contract)).filter(({ field }) => field.startsWith("data."));
  return [
    `## ${contract.type}`,
    contract.about,
    `**Sent:** ${contract.sent.charAt(0).toLowerCase()}${contract.sent.slice(1)} Schema: [${fileName(contract)}.v${contract.version}.json](schemas/events/${fileName(contract)}.v${contract.version}.json).`,
    fieldTable(data),
    "Example:",
    fenced(contract.example),
    "EventBridge rule pattern:",
    fenced(pattern),
  ];
}

function rowsOf(schema: JsonSchema): readonly Row[] {
  return propertyRows(schema, "");
}

function propertyRows(schema: JsonSchema, prefix: string): readonly Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (typeof property === "boolean") return [];
    const optional = schema.required?.includes(key) === true ? "" : ", optional";
    const row = { field: `${prefix}${key}`, type: `${typeOf(property)}${optional}`, meaning: meaningOf(property) };
    return [row, ...nestedRows(property, row.field)];
  });
}

function nestedRows(schema: JsonSchema, field: string): readonly Row[] {
  const inner = alternatives(schema).filter((part) => part.type !== "null");
  return inner.flatMap((part) => {
    if (part.type === "array" && isSchema(part.items)) return nestedRows(part.items, `${field}[]`);
    if (part.type !== "object") return [];
    const rows = propertyRows(part, `${field}.`);
    const kind = part.properties?.["kind"];
    if (inner.length === 1 || !isSchema(kind)) return rows;
    // One variant of several: its fields are there only with its kind.
    return rows.map((row) => (row.field === `${field}.kind` ? row : { ...row, type: `${row.type}, with kind ${typeOf(kind)}` }));
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref === "#/$defs/Instant") return "instant";
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const parts = alternatives(schema);
  if (parts.length > 1) return [...new Set(parts.map(typeOf))].join(" or ");
  switch (schema.type) {
    case "string":
      return "text";
    case "integer":
      return `whole number${boundsOf(schema)}`;
    case "number":
      return `${schema.multipleOf === undefined ? "number" : `multiple of ${schema.multipleOf}`}${boundsOf(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `list of ${isSchema(schema.items) ? typeOf(schema.items) : "anything"}${schema.maxItems === undefined ? "" : `, at most ${schema.maxItems}`}`;
    case "object":
    case "null":
      return schema.type;
    default:
      throw new Error(`no words for the JSON Schema ${JSON.stringify(schema)}: teach scripts/contract-documents.ts`);
  }
}

function boundsOf({ minimum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const bounds = [
    minimum === undefined ? [] : [`≥ ${minimum}`],
    exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`],
    exclusiveMaximum === undefined ? [] : [`< ${exclusiveMaximum}`],
  ].flat();
  return bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`;
}

function meaningOf(schema: JsonSchema): string {
  return schema.description ?? alternatives(schema).find((part) => part.description !== undefined)?.description ?? "";
}

/** The variants of a union, or the schema itself. */
function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf)?.filter(isSchema) ?? [schema];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldTable(rows: readonly Row[]): string {
  return table(
    ["Field", "Type", "Meaning"],
    rows.map(({ field, type, meaning }) => [`\`${field}\``, type, meaning]),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function fenced(value: unknown): string {
  return `\`\`\`json\n${formattedJson(value)}\n\`\`\``;
}
