import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { explainAt } from "../app/operate.ts";
import { once } from "../core/once.ts";
import { reasonSchema } from "./fields.ts";
import { atInstant, targetId } from "./query.ts";
import { route } from "./route.ts";

/** Body of `GET /v1/explain`. */
export const explanationSchema = once(() =>
  annotated(
    z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("known"),
        targetId: z.string(),
        at: instant,
        floorUnits: z.number(),
        since: described(instant, "When that floor was asked for."),
        neededBy: described(instant, "When the need that set it begins."),
        reasons: described(z.array(reasonSchema()), "In the order in which they apply."),
      }),
      z.strictObject({ kind: z.literal("unknown"), targetId: z.string(), at: instant, why: z.string() }),
    ]),
    { id: "Explanation" },
  ),
);

/** Why a floor is what it is, was, or will be. */
export const explainRoute = route({
  method: "GET",
  path: "/v1/explain",
  operationId: "explainFloor",
  about: "Why a target's floor is what it is, was, or will be: the past from the record, the future from a plan made afresh.",
  writes: false,
  query: () =>
    z.strictObject({
      target: described(targetId, "The target."),
      at: described(z.optional(atInstant), 'The instant with its zone, like "2025-12-31T17:00Z"; now when left out.'),
    }),
  responses: { 200: { about: "The reasons, or why there is no answer.", schema: explanationSchema } },
  handle: async ({ parts, now, query }) => {
    const explained = await explainAt(parts.context, query.target, query.at ?? now, now);
    const { targetId: target, atMs } = explained;
    const body: z.input<ReturnType<typeof explanationSchema>> =
      explained.kind === "unknown"
        ? { kind: "unknown", targetId: target, at: isoOf(atMs), why: explained.why }
        : {
            kind: "known",
            targetId: target,
            at: isoOf(atMs),
            floorUnits: explained.floorUnits,
            since: isoOf(explained.sinceMs),
            neededBy: isoOf(explained.neededByMs),
            // In the words that were kept at the time, for the past.
            reasons: explained.reasons.map((reason, index) => ({ code: reason.type, text: explained.sentences[index] ?? "" })),
          };
    return { status: 200, body };
  },
});
