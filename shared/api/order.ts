import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { ordersAhead, type OccasionOrder } from "../app/order.ts";
import { TICK_HORIZON_MS } from "../app/plan.ts";
import { once } from "../core/once.ts";
import { STAGES } from "../core/plan/order.ts";
import { TARGET_MODES } from "../core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { instantOrNull, isoOrNull, unitsOrNull } from "./fields.ts";
import { route } from "./route.ts";

const stepSchema = once(() =>
  annotated(
    z.strictObject({
      stage: z.enum(STAGES),
      targetId: z.string(),
      mode: described(z.enum(TARGET_MODES), "Only an `active` target is warmed at all."),
      neededUnits: described(z.number(), "The most that any minute of the occasion needs, whoever else is on."),
      neededBy: described(instant, "The first minute that does."),
      servingUnits: described(unitsOrNull, "Serving now; null where nobody could find out."),
      leadMinutes: described(
        z.number(),
        "From asking for what is missing to its serving: as measured, p95, or as its owner says until then.",
      ),
      askBy: described(
        instantOrNull,
        "When the first of what is missing has to be asked for; null when all of it has been. In the past: it is late.",
      ),
      after: described(z.nullable(z.string()), "The database that has to have room for its connections first."),
      inTimeUnits: described(unitsOrNull, "Units that can be serving when the most are needed; null where nobody knows what serves."),
      shortUnits: described(unitsOrNull, "The most that any minute will lack; null when none will, or nobody knows."),
      shortFrom: instantOrNull,
      shortUntil: described(instantOrNull, "When all that is needed can be there; null when not before the occasion ends."),
      unservedRequests: described(unitsOrNull, "Requests of the expected load that find no room until then."),
    }),
    { id: "OrderStep" },
  ),
);

/** Body of `GET /v1/order`. */
export const orderSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      occasions: described(
        z.array(
          z.strictObject({
            occasionId: z.string(),
            name: z.string(),
            startsAt: instant,
            steps: described(z.array(stepSchema()), "In order."),
          }),
        ),
        "By start.",
      ),
    }),
    { id: "Order" },
  ),
);

/** What each occasion needs, in the order in which it is warmed. */
export const orderRoute = route({
  method: "GET",
  path: "/v1/order",
  operationId: "readOrder",
  about: `The plan of each occasion of the next ${TICK_HORIZON_MS / HOUR_MS} hours: what is asked for by when, from the load balancer to the content, and what of it comes too late.`,
  writes: false,
  query: () =>
    z.strictObject({
      occasion: described(z.optional(z.string().check(z.minLength(1), z.maxLength(200))), "Its id; all when left out."),
    }),
  responses: { 200: { about: "The plans.", schema: orderSchema } },
  handle: async ({ parts, now, query }) => {
    const wanted = query.occasion;
    const orders = await ordersAhead(parts.context, now, ({ occasion }) => wanted === undefined || occasion.id === wanted);
    return { status: 200, body: { now: isoOf(now), occasions: orders.map(orderOf) } };
  },
});

function orderOf({ occasionId, name, startsAtMs, steps }: OccasionOrder): z.input<ReturnType<typeof orderSchema>>["occasions"][number] {
  return { occasionId, name, startsAt: isoOf(startsAtMs), steps: steps.map(stepOf) };
}

function stepOf(step: OccasionOrder["steps"][number]): z.input<ReturnType<typeof stepSchema>> {
  const { stage, targetId, mode, neededUnits, neededByMs, servingUnits = null, leadMs, askByMs, after = null, inTime } = step;
  return {
    stage,
    targetId,
    mode,
    neededUnits,
    neededBy: isoOf(neededByMs),
    servingUnits,
    leadMinutes: Math.ceil(leadMs / MINUTE_MS),
    askBy: isoOrNull(askByMs),
    after,
    inTimeUnits: inTime?.inTimeUnits ?? null,
    shortUnits: inTime?.shortfall?.units ?? null,
    shortFrom: isoOrNull(inTime?.shortfall?.fromMs),
    shortUntil: isoOrNull(inTime?.shortfall?.untilMs),
    unservedRequests: inTime?.shortfall?.unservedRequests ?? null,
  };
}
