import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import type { DeadLetter, DeadLetters } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import { once } from "../core/once.ts";
import { route, type ApiParts } from "./route.ts";

const deadLetterSchema = once(() =>
  annotated(
    z.strictObject({
      id: z.string(),
      subscriber: described(z.string(), "Who could not take it."),
      tries: described(z.nullable(z.number().check(z.int())), "Null where nobody counted them."),
      diedAt: described(instant, "When the last try failed."),
      reason: described(z.string(), "What the last try failed with."),
      event: described(
        z.nullable(z.looseObject({ id: z.string(), type: z.string(), at: instant })),
        "The event as it was published, docs/events.md describes each type; null for what is no event of this release.",
      ),
    }),
    { id: "DeadLetter", description: "One delivery that the bus gave up." },
  ),
);

/** Body of `GET /v1/dead-letters`. */
const deadLettersSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      deadLetters: described(z.array(deadLetterSchema()), "Those that lie there now, oldest first."),
    }),
    { id: "DeadLetters" },
  ),
);

/** Body of the answer to a redrive. */
const redrivenSchema = once(() =>
  annotated(z.strictObject({ now: described(instant, "Platform time."), redriven: described(deadLetterSchema(), "As it lay there.") }), {
    id: "Redriven",
  }),
);

/** What the bus gave up. */
export const deadLettersRoute = route({
  method: "GET",
  path: "/v1/dead-letters",
  operationId: "readDeadLetters",
  about: "The deliveries that the bus gave up: which event, who could not take it, after how many tries, and why.",
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "The dead letters.", schema: deadLettersSchema } },
  handle: async ({ parts, now }) => ({
    status: 200,
    body: { now: isoOf(now), deadLetters: (await placeOf(parts).deadLetters()).map(shown) },
  }),
});

/** Has one of them tried again. */
export const redriveRoute = route({
  method: "POST",
  path: "/v1/dead-letters/{id}/redrive",
  id: /^[A-Za-z0-9-]{1,100}$/,
  operationId: "redriveDeadLetter",
  about: "Has a dead letter tried again at once, from the first try, for its own subscriber alone. It can die again.",
  writes: true,
  query: () => z.strictObject({}),
  responses: { 200: { about: "It is being tried again.", schema: redrivenSchema } },
  handle: async ({ parts, id }) => {
    const place = placeOf(parts);
    return parts.exclusively(async () => {
      const now = parts.now();
      const letter = await place.redrive(id, now);
      if (letter === undefined)
        throw new CalltimeError("dead-letter-unknown", `there is no dead letter "${id}"; GET /v1/dead-letters has those there are`);
      return { status: 200, body: { now: isoOf(now), redriven: shown(letter) } };
    });
  },
});

/** Throws `dead-letters-elsewhere`. */
function placeOf({ context }: ApiParts): DeadLetters {
  const place = context.ports.deadLetters;
  if (place !== undefined) return place;
  throw new CalltimeError("dead-letters-elsewhere", "this bus keeps its dead letters in a queue of its own; look for them there");
}

function shown({ id, subscriber, tries, diedAtMs, reason, event }: DeadLetter): z.input<ReturnType<typeof deadLetterSchema>> {
  return { id, subscriber, tries: tries ?? null, diedAt: isoOf(diedAtMs), reason, event: event === undefined ? null : { ...event } };
}
