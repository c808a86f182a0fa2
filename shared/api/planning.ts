import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { instant } from "../../events/instant.ts";
import { isoOf } from "../../events/index.ts";
import { partsOf, readPlanningState, type PlanningPart } from "../app/planning-state.ts";
import { once } from "../core/once.ts";
import { route } from "./route.ts";

/** A function may answer 6 MB; no piece is larger than half a megabyte. */
const MOST_BYTES = 3_000_000;

const KINDS = ["document", "feed", "load", "programmes", "settings"] as const satisfies readonly PlanningPart["kind"][];

/** Body of `GET /v1/planning`. */
const planningSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      parts: described(
        z.array(z.looseObject({ kind: z.enum(KINDS) })),
        "As they are stored, for this release to read: other programs have `GET /v1/plan`.",
      ),
      next: described(z.nullable(z.string()), "What `after` has to be for the pieces that follow; null when there are none."),
    }),
    { id: "Planning" },
  ),
);

/** What plans rest on, so that others can be made from it. */
export const planningRoute = route({
  method: "GET",
  path: "/v1/planning",
  operationId: "readPlanning",
  about: "What the plans rest on, in pieces, for `calltime plan --against` to plan with other targets, other rules or other code.",
  writes: false,
  query: () =>
    z.strictObject({
      after: described(z.optional(z.string().check(z.maxLength(2_000))), "Only the pieces after this one, as `next` had it."),
    }),
  responses: { 200: { about: "Some of the pieces.", schema: planningSchema } },
  handle: async ({ parts: { context }, now, query }) => {
    const { after } = query;
    const left = partsOf(await readPlanningState(context, now)).filter(([name]) => after === undefined || name > after);
    let bytes = 0;
    const fit = left.findIndex(([, part]) => (bytes += JSON.stringify(part).length) > MOST_BYTES);
    const given = fit < 0 ? left : left.slice(0, Math.max(1, fit));
    const next = given.length === left.length ? null : (given.at(-1)?.[0] ?? null);
    return { status: 200, body: { now: isoOf(now), parts: given.map(([, part]) => part), next } };
  },
});
