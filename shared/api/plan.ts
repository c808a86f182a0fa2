import * as z from "zod";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { modeOf, readModes } from "../app/modes.ts";
import { OPERATE_HORIZON_MS, readPlans } from "../app/operate.ts";
import { reasonsOf, TICK_HORIZON_MS, type Planned } from "../app/plan.ts";
import { neededUnits } from "../core/plan/demand.ts";
import { LIMITS, stepAt } from "../core/plan/plan.ts";
import { TARGET_KINDS, TARGET_MODES } from "../core/target.ts";
import { HOUR_MS } from "../core/time.ts";
import { reasonSchema, unitsOrNull } from "./fields.ts";
import { flag, targetId, wholeNumber } from "./query.ts";
import { route } from "./route.ts";

const rps = z.number().describe("Requests (or queries) a second.");

const minuteSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("known"),
      at: instant,
      medianRps: rps,
      lowerRps: rps.describe("Lower end of the 90 % interval."),
      upperRps: rps.describe("Upper end of the 90 % interval."),
      tailRps: rps.describe("What keeps the requests left unserved within their budget."),
      neededUnits: unitsOrNull.describe("Units that must be serving in this minute."),
      floorUnits: unitsOrNull,
    }),
    z.strictObject({
      kind: z.literal("unknown"),
      at: instant,
      reason: z.string(),
      neededUnits: unitsOrNull.describe("Known where a person or a client's connections ask for them."),
      floorUnits: unitsOrNull,
    }),
  ])
  .meta({ id: "PlanMinute" });

/** Body of `GET /v1/plan`. */
export const planSchema = z
  .strictObject({
    now: instant.describe("Platform time."),
    targets: z.array(
      z.strictObject({
        targetId: z.string(),
        kind: z.enum(TARGET_KINDS),
        mode: z.enum(TARGET_MODES),
        baselineUnits: z.number().describe("The customer's own minimum."),
        ceilingUnits: z.number().describe("The customer's maximum."),
        costUsdPerUnitHour: z.number().nullable().describe("US dollars for one unit and hour, or null where nobody said."),
        rpsPerUnit: z.number().describe("Requests (or queries) a second that one unit is planned to carry."),
        madeAt: instant,
        until: instant.describe("End of the plan (excluded)."),
        steps: z.array(
          z.strictObject({
            at: instant.describe("When the floor is asked for."),
            floorUnits: z.number(),
            neededBy: instant.describe("When the need that set it begins."),
            reasons: z.array(reasonSchema),
          }),
        ),
        shorts: z
          .array(z.strictObject({ from: instant, to: instant, units: z.number(), limit: z.enum(LIMITS) }))
          .describe("Where the target cannot have what it needs."),
        minutes: z.array(minuteSchema).optional().describe("With `minutes=true`."),
      }),
    ),
  })
  .meta({ id: "Plan" });

type PlannedTarget = z.input<typeof planSchema>["targets"][number];

/** The floors of the hours ahead, with reasons, planned afresh. */
export const planRoute = route({
  method: "GET",
  path: "/v1/plan",
  operationId: "readPlan",
  about: "The floors of the hours ahead with their reasons, planned afresh from what is known now.",
  writes: false,
  query: z.strictObject({
    target: targetId.optional().describe("One target; all of them when left out."),
    hours: wholeNumber(OPERATE_HORIZON_MS / HOUR_MS)
      .optional()
      .describe(`How far ahead; ${TICK_HORIZON_MS / HOUR_MS} when left out.`),
    minutes: flag.optional().describe("`true` adds the forecast minute by minute, for charts."),
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
    return { status: 200, body: { now: isoOf(now), targets } satisfies z.input<typeof planSchema> };
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
