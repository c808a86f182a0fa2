import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import type { Context } from "../app/context.ts";
import { acceptQuarantined } from "../app/ingest.ts";
import { readQuarantine, rejectQuarantined, type Quarantine } from "../app/quarantine.ts";
import { once } from "../core/once.ts";
import { readJsonBody } from "./body.ts";
import { checkFeedId, countsSchema, FEED_ID } from "./feeds.ts";
import { author, why } from "./person.ts";
import { route } from "./route.ts";

const generation = z.nullable(z.number().check(z.int()));

const quarantineSchema = once(() =>
  annotated(
    z.strictObject({
      id: described(z.string(), "The upload, made from its content: name it when you decide, so that you decide about what you saw."),
      feedId: z.string(),
      receivedAt: described(instant, "When it was received."),
      until: described(instant, "When it is forgotten (excluded)."),
      findings: described(z.array(z.strictObject({ code: z.string(), what: z.string() })), "Why it was set aside."),
      counts: countsSchema(),
      besideGeneration: described(generation, "The generation that it was judged beside, or null when there was none."),
      generation: described(generation, "The generation in force now, or null when there is none."),
      acceptable: described(z.boolean(), "Whether it can still be put in force: not decided, kept, and nothing else in force since."),
      decision: described(
        z.nullable(
          z.strictObject({ kind: z.enum(["accepted", "rejected"]), author: z.string(), why: z.string(), at: instant, generation }),
        ),
        "What a person decided; null while nobody has.",
      ),
    }),
    { id: "Quarantine", description: "The newest upload of a feed that was set aside." },
  ),
);

/** Body of `GET /v1/feeds/{id}/quarantine`. */
const quarantineAnswerSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      quarantine: described(z.nullable(quarantineSchema()), "Null when nothing is set aside."),
    }),
    { id: "QuarantineAnswer" },
  ),
);

/** Body of the answer to a decision. */
const decidedSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      outcome: described(z.enum(["accepted", "rejected", "unchanged"]), "`unchanged`: it had been decided so before."),
      changesCount: described(z.number().check(z.int()), "How many changes it brought; schedule.changed lists them."),
      quarantine: quarantineSchema(),
    }),
    { id: "QuarantineDecided" },
  ),
);

const askedSchema = once(() =>
  annotated(
    z.strictObject({
      id: described(z.optional(z.string().check(z.maxLength(40))), "The upload that is meant; whichever is set aside when left out."),
      author: described(author, "Who decides."),
      why: described(why, "Why; whoever asks why this guide is in force reads this."),
    }),
    { id: "AskedAcceptance" },
  ),
);

/** What the gate set aside. */
export const quarantineRoute = route({
  method: "GET",
  path: "/v1/feeds/{id}/quarantine",
  id: FEED_ID,
  operationId: "readQuarantine",
  about: "The newest upload of a feed that was set aside, why, and what was decided about it. It is kept for three days.",
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "What is set aside.", schema: quarantineAnswerSchema } },
  handle: async ({ parts, id, now }) => {
    checkFeedId(id);
    const quarantine = await readQuarantine(parts.context, id, now);
    const current = await parts.context.ports.schedules.current(id);
    const body: z.input<ReturnType<typeof quarantineAnswerSchema>> = {
      now: isoOf(now),
      quarantine: quarantine === undefined ? null : quarantineOf(quarantine, current?.generation),
    };
    return { status: 200, body };
  },
});

/** Puts it in force all the same. */
export const acceptQuarantineRoute = route({
  method: "POST",
  path: "/v1/feeds/{id}/quarantine/accept",
  id: FEED_ID,
  operationId: "acceptQuarantine",
  about:
    "Puts the upload that was set aside in force, as the person who looked at it says. Refused when another generation is in force since.",
  writes: true,
  query: () => z.strictObject({}),
  body: askedSchema,
  responses: { 200: { about: "It is in force; the second time is harmless.", schema: decidedSchema } },
  handle: async ({ parts, id, request }) => {
    checkFeedId(id);
    const { id: quarantineId, ...by } = await readJsonBody(askedSchema(), request);
    return parts.exclusively(async () => {
      const now = parts.now();
      const { quarantine, outcome, changes } = await acceptQuarantined(parts.context, { feedId: id, quarantineId, ...by }, now);
      return { status: 200, body: await decidedOf(parts.context, { quarantine, outcome, changesCount: changes.length }, now) };
    });
  },
});

/** Leaves what is in force. */
export const rejectQuarantineRoute = route({
  method: "DELETE",
  path: "/v1/feeds/{id}/quarantine",
  id: FEED_ID,
  operationId: "rejectQuarantine",
  about: "Rejects the upload that was set aside: what is in force stays, and its listing is forgotten.",
  writes: true,
  query: () =>
    z.strictObject({
      id: described(z.optional(z.string().check(z.maxLength(40))), "The upload that is meant; whichever is set aside when left out."),
      author: described(author, "Who decides."),
      why: described(why, "Why."),
    }),
  responses: { 200: { about: "It is rejected; the second time is harmless.", schema: decidedSchema } },
  handle: async ({ parts, id, query }) => {
    checkFeedId(id);
    const { id: quarantineId, ...by } = query;
    return parts.exclusively(async () => {
      const now = parts.now();
      const { quarantine, outcome } = await rejectQuarantined(parts.context, { feedId: id, quarantineId, ...by }, now);
      return { status: 200, body: await decidedOf(parts.context, { quarantine, outcome, changesCount: 0 }, now) };
    });
  },
});

type Decided = Pick<z.input<ReturnType<typeof decidedSchema>>, "outcome" | "changesCount"> & { readonly quarantine: Quarantine };

async function decidedOf(
  { ports }: Context,
  { quarantine, outcome, changesCount }: Decided,
  now: number,
): Promise<z.input<ReturnType<typeof decidedSchema>>> {
  const inForce = (await ports.schedules.current(quarantine.feedId))?.generation;
  return { now: isoOf(now), outcome, changesCount, quarantine: quarantineOf(quarantine, inForce) };
}

function quarantineOf(quarantine: Quarantine, inForce: number | undefined): z.input<ReturnType<typeof quarantineSchema>> {
  const { id, feedId, receivedAtMs, untilMs, findings, counts, besideGeneration, parts, decision } = quarantine;
  return {
    id,
    feedId,
    receivedAt: isoOf(receivedAtMs),
    until: isoOf(untilMs),
    findings: findings.map(({ code, what }) => ({ code, what })),
    counts: { ...counts },
    besideGeneration: besideGeneration === 0 ? null : besideGeneration,
    generation: inForce ?? null,
    acceptable: decision === undefined && parts !== undefined && (inForce ?? 0) === besideGeneration,
    decision:
      decision === undefined
        ? null
        : {
            kind: decision.kind,
            author: decision.author,
            why: decision.why,
            at: isoOf(decision.atMs),
            generation: decision.generation ?? null,
          },
  };
}
