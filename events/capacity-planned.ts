import * as z from "zod";
import { defineEvent } from "./contract.ts";
import { id, ordinal, reason, units } from "./field.ts";
import { instant } from "./instant.ts";

/** Most steps that one event lists. */
export const MAX_LISTED_STEPS = 500;

/** A target has a new plan. */
export const capacityPlanned = defineEvent({
  name: "capacity.planned",
  version: 1,
  about: "A target has a new plan: which floor from when on, why, and where the customer's maximum leaves it short.",
  sent: "When a plan differs from the one before it.",
  schema: () =>
    z.strictObject({
      targetId: id.describe("Target that the plan is for."),
      planVersion: ordinal.describe("Version of this target's plan."),
      horizon: z
        .strictObject({ from: instant.describe("Start of the plan."), to: instant.describe("End of the plan (excluded).") })
        .refine(({ from, to }) => from < to, "expected `from` before `to`")
        .describe("The time that the plan covers."),
      steps: z
        .array(
          z.strictObject({
            at: instant.describe("From this instant on, until the next step."),
            floorUnits: units.describe("Floor, in units of the target."),
            reasons: z.array(reason).describe("Why it is this floor, in the order in which they apply."),
          }),
        )
        .max(MAX_LISTED_STEPS)
        .describe(`The floors in order of time, at most ${MAX_LISTED_STEPS}.`),
      truncated: z.boolean().describe("Whether `steps` leaves out the latest ones."),
      short: z
        .array(
          z.strictObject({
            from: instant.describe("Start of the shortage."),
            to: instant.describe("End of the shortage (excluded)."),
            units: units.describe("Units missing at the worst of it."),
            limit: id.describe("Stable code of the limit that binds, `ceiling`, `connections` or `cap`."),
          }),
        )
        .describe("Where the target cannot have what it needs; empty when it can throughout."),
    }),
  example: {
    id: "capacity.planned/player-api/118",
    at: "2025-12-31T14:02:12.020Z",
    correlationId: "schedule.changed/dk-guide/42",
    data: {
      targetId: "player-api",
      planVersion: 118,
      horizon: { from: "2025-12-31T14:02:00.000Z", to: "2026-01-01T14:02:00.000Z" },
      steps: [
        {
          at: "2025-12-31T14:02:00.000Z",
          floorUnits: 12,
          reasons: [{ code: "baseline", text: "the customer's own minimum" }],
        },
        {
          at: "2025-12-31T16:51:00.000Z",
          floorUnits: 600,
          reasons: [
            { code: "occasion", text: "the King's New Year speech at 17:00 needs 612" },
            { code: "ceiling", text: "the customer's maximum is 600" },
          ],
        },
        {
          at: "2025-12-31T17:24:00.000Z",
          floorUnits: 40,
          reasons: [{ code: "usual-load", text: "what a Wednesday evening carries" }],
        },
      ],
      truncated: false,
      short: [{ from: "2025-12-31T16:58:00.000Z", to: "2025-12-31T17:03:00.000Z", units: 12, limit: "ceiling" }],
    },
  },
});
