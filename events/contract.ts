import * as z from "zod/mini";
// By itself: `z.core` as a value would bring all of it into a bundle, with the messages of 50 languages.
import { toDotPath } from "zod/v4/core";
import { described } from "./described.ts";
import "./english.ts";
import { EventError } from "./event-error.ts";
import { id } from "./field.ts";
import { instant, isoOf } from "./instant.ts";
import { jsonBytes, MAX_EVENT_BYTES } from "./size.ts";

/** `source` of every event of ours, in the envelope and on the bus. */
export const EVENT_SOURCE = "calltime";

type Frozen<T> = T extends string | number | boolean | null | undefined ? T : { readonly [K in keyof T]: Frozen<T[K]> };

/** One event as it crosses the bus. On EventBridge `type` is also the detail type, and the whole envelope is the detail. */
export type Envelope<Name extends string, Version extends number, Data> = {
  /** The same event delivered twice has the same id. */
  readonly id: string;
  readonly source: typeof EVENT_SOURCE;
  readonly type: `calltime.${Name}`;
  readonly version: Version;
  /** When it was written, ISO-8601 in UTC with milliseconds. */
  readonly at: string;
  /** What set off the chain of events that this one belongs to. */
  readonly correlationId?: string;
  readonly data: Data;
};

/** Everything there is to know about one event: types, validator, example and documentation come from here. */
export type Contract<Name extends string, Version extends number, Data> = {
  /** `subject.what-happened`, in lower case. */
  readonly name: Name;
  readonly type: `calltime.${Name}`;
  readonly version: Version;
  /** What it says, in one sentence. */
  readonly about: string;
  /** When it is sent, in one sentence. */
  readonly sent: string;
  /** Of the whole envelope; unknown keys are refused at every depth. */
  readonly schema: z.ZodMiniType<Envelope<Name, Version, Data>>;
  readonly example: Envelope<Name, Version, Data>;
};

/** The events of one contract, or of several. */
export type EventOf<C> = C extends Contract<infer Name, infer Version, infer Data> ? Envelope<Name, Version, Data> : never;

type Definition<Name extends string, Version extends number, Data> = {
  readonly name: Name;
  readonly version: Version;
  readonly about: string;
  readonly sent: string;
  /** Makes the schema of `data`: strict objects all the way down, a description on every field. Called when it is first needed. */
  readonly schema: () => z.ZodMiniType<Data>;
  readonly example: { readonly id: string; readonly at: string; readonly correlationId?: string; readonly data: Frozen<Data> };
};

/** A contract from its parts. */
export function defineEvent<Name extends string, Version extends number, Data>(
  definition: Definition<Name, Version, Data>,
): Contract<Name, Version, Frozen<Data>> {
  const { name, version, about, sent, example } = definition;
  const type = `calltime.${name}` as const;
  const schemaOf = () =>
    z.strictObject({
      id: described(id, "Identity of the event; the same event delivered twice has the same one."),
      source: described(z.literal(EVENT_SOURCE), "Who sent it."),
      type: described(z.literal(type), "What it says; also the detail type on the bus."),
      version: described(z.literal(version), "Version of this contract."),
      at: described(instant, "When it was written."),
      correlationId: described(z.exactOptional(id), "What set off the chain of events that this one belongs to."),
      data: described(definition.schema(), "What it says; the fields are this event's own."),
    });
  let schema: ReturnType<typeof schemaOf> | undefined;
  return {
    name,
    type,
    version,
    about,
    sent,
    // A function that starts has all contracts before it, and needs one or two.
    get schema() {
      schema ??= schemaOf();
      // What a schema over generic parts puts out is beyond inference; that it is the envelope, the tests of each contract show.
      return schema as unknown as z.ZodMiniType<Envelope<Name, Version, Frozen<Data>>>;
    },
    example: { id: example.id, source: EVENT_SOURCE, type, version, ...rest(example) },
  };
}

function rest<Data>({
  at,
  correlationId,
  data,
}: {
  readonly at: string;
  readonly correlationId?: string | undefined;
  readonly data: Data;
}) {
  return correlationId === undefined ? { at, data } : { at, correlationId, data };
}

/** What an event is made from; `atMs` is when it is written, in epoch milliseconds. */
export type EventFacts<Data> = {
  readonly id: string;
  readonly atMs: number;
  readonly data: Data;
  readonly correlationId?: string | undefined;
};

/**
 * An event that keeps its contract and fits on the bus.
 * @throws EventError `event-invalid`, `event-too-large` or `event-time-invalid`.
 */
export function newEvent<Name extends string, Version extends number, Data>(
  contract: Contract<Name, Version, Data>,
  facts: EventFacts<Data>,
): Envelope<Name, Version, Data> {
  const { type, version } = contract;
  const event = { id: facts.id, source: EVENT_SOURCE, type, version, ...rest({ ...facts, at: isoOf(facts.atMs) }) } as const;
  const checked = conforming(contract, event);
  refuseTooLarge(checked);
  return checked;
}

/** Throws EventError `event-too-large` for an event that does not fit on the bus. */
export function refuseTooLarge(event: { readonly id: string; readonly type: string }): void {
  const bytes = jsonBytes(event);
  if (bytes <= MAX_EVENT_BYTES) return;
  const what = `${event.type} ${event.id}: ${bytes} bytes as JSON, at most ${MAX_EVENT_BYTES}`;
  throw new EventError("event-too-large", `${what}; shorten its lists`);
}

/**
 * `value` as an event of `contract`.
 * @throws EventError `event-invalid`, naming every field that breaks the contract.
 */
export function conforming<Name extends string, Version extends number, Data>(
  contract: Contract<Name, Version, Data>,
  value: { readonly [key: string]: unknown },
): Envelope<Name, Version, Data> {
  const result = contract.schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${toDotPath(issue.path) || "the envelope"}: ${issue.message}`);
  const name = typeof value["id"] === "string" && value["id"] !== "" ? `${contract.type} ${value["id"]}` : contract.type;
  throw new EventError("event-invalid", `${name}: ${problems.join("; ")}`, { cause: result.error });
}
