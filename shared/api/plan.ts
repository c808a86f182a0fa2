import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { modeOf, readModes } from "../app/modes.ts";
import { OPERATE_HORIZON_MS, readPlans } from "../app/operate.ts";
import { reasonsOf, TICK_HORIZON_MS, type Planned } from "../app/plan.ts";
import { once } from "../core/once.ts";
import { neededUnits } from "../core/plan/demand.ts";
import { LIMITS, stepAt } from "../core/plan/plan.ts";
import { TARGET_KINDS, TARGET_MODES } from "../core/target.ts";
import { HOUR_MS } from "../core/time.ts";
import { reasonSchema, unitsOrNull } from "./fields.ts";
import { flag, targetId, wholeNumber } from "./query.ts";
import { route } from "./route.ts";

const rps = described(z.number(), "Requests (or queries) a second.");

const minuteSchema = once(() =>
  annotated(
    z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("known"),
        at: instant,
        medianRps: rps,
        lowerRps: described(rps, "Lower end of the 90 % interval."),
        upperRps: described(rps, "Upper end of the 90 % interval."),
        tailRps: described(rps, "What keeps the requests left unserved within their budget."),
        neededUnits: described(unitsOrNull, "Units that must be serving in this minute."),
        floorUnits: unitsOrNull,
      }),
      z.strictObject({
        kind: z.literal("unknown"),
        at: instant,
        reason: z.string(),
        neededUnits: described(unitsOrNull, "Known where a person or a client's connections ask for them."),
        floorUnits: unitsOrNull,
      }),
    ]),
    { id: "PlanMinute" },
  ),
);

/** Body of `GET /v1/plan`. */
export const planSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      targets: z.array(
        z.strictObject({
          targetId: z.string(),
          kind: z.enum(TARGET_KINDS),
          mode: z.enum(TARGET_MODES),
          baselineUnits: described(z.number(), "The customer's own minimum."),
          ceilingUnits: described(z.number(), "The customer's maximum."),
          costUsdPerUnitHour: described(z.nullable(z.number()), "US dollars for one unit and hour, or null where nobody said."),
          rpsPerUnit: described(z.number(), "Requests (or queries) a second that one unit is planned to carry."),
          madeAt: instant,
          until: described(instant, "End of the plan (excluded)."),
          steps: z.array(
            z.strictObject({
              at: described(instant, "When the floor is asked for."),
              floorUnits: z.number(),
              neededBy: described(instant, "When the need that set it begins."),
              reasons: z.array(reasonSchema()),
            }),
          ),
          shorts: described(
            z.array(z.strictObject({ from: instant, to: instant, units: z.number(), limit: z.enum(LIMITS) })),
            "Where the target cannot have what it needs.",
          ),
          minutes: described(z.optional(z.array(minuteSchema())), "With `minutes=true`."),
        }),
      ),
    }),
    { id: "Plan" },
  ),
);

type PlannedTarget = z.input<ReturnType<typeof planSchema>>["targets"][number];

/** The floors of the hours ahead, with reasons, planned afresh. */
export const planRoute = route({
  method: "GET",
  path: "/v1/plan",
  operationId: "readPlan",
  about: "The floors of the hours ahead with their reasons, planned afresh from what is known now.",
  writes: false,
  query: () =>
    z.strictObject({
      target: described(z.optional(targetId), "One target; all of them when left out."),
      hours: described(z.optional(wholeNumber(OPERATE_HORIZON_MS / HOUR_MS)), `How far ahead; ${TICK_HORIZON_MS / HOUR_MS} when left out.`),
      minutes: described(z.optional(flag), "`true` adds the forecast minute by minute, for charts."),
    }),
  responses: { 200: { about: "The plans, in the order of the targets.", schema: planSchema } },
  handle: async ({ parts, now, query }) => {
    const planned = await readPlans(parts.context, now, {
      ...(query.target !== undefined && { targetId: query.target }),
      ...(query.hours !== undefined && { horizonMs: query.hours * HOUR_MS }),
    });
    const modes = await readModes(parts.context);
    const targets = planned.map((made) => ({
      ...targetOf(made),
      mode: modeOf(made.target, modes),
      ...(query.minutes === true && { minutes: minutesOf(made) }),
    }));
    return { status: 200, body: { now: isoOf(now), targets } satisfies z.input<ReturnType<typeof planSchema>> };
  },
});

function targetOf({ target, plan }: Planned): PlannedTarget {
  return {
    targetId: target.id,
    kind: target.kind,
    mode: target.mode,
    baselineUnits: target.baselineUnits,
    ceilingUnits: target.ceilingUnits,
    costUsdPerUnitHour: target.costUsdPerUnitHour ?? null,
    rpsPerUnit: target.throughputRps * target.targetUtilisation,
    madeAt: isoOf(plan.madeAtMs),
    until: isoOf(plan.untilMs),
    steps: plan.steps.map((step) => ({
      at: isoOf(step.atMs),
      floorUnits: step.floorUnits,
      neededBy: isoOf(step.neededByMs),
      reasons: reasonsOf(step.reasons),
    })),
    shorts: plan.shorts.map((short) => ({ from: isoOf(short.fromMs), to: isoOf(short.toMs), units: short.units, limit: short.limit })),
  };
}

/** The forecast within the plan; what lies beyond its end only served to make it. */
function minutesOf({ plan, forecast, needs }: Planned): NonNullable<PlannedTarget["minutes"]> {
  const needed = new Map(needs.map((need) => [need.atMs, neededUnits(need)?.units]));
  return forecast.minutes
    .filter((minute) => minute.atMs >= plan.madeAtMs && minute.atMs < plan.untilMs)
    .map((minute) => {
      const units = { neededUnits: needed.get(minute.atMs) ?? null, floorUnits: stepAt(plan, minute.atMs)?.floorUnits ?? null };
      if (minute.kind === "unknown") return { kind: minute.kind, at: isoOf(minute.atMs), reason: minute.reason, ...units };
      const { medianRps, tailRps } = minute;
      const { lowerRps, upperRps } = minute.interval ?? { lowerRps: medianRps, upperRps: medianRps };
      return { kind: minute.kind, at: isoOf(minute.atMs), medianRps, lowerRps, upperRps, tailRps, ...units };
    });
}
