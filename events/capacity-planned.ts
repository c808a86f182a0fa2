import * as z from "zod/mini";
import { described } from "./described.ts";
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
      targetId: described(id, "Target that the plan is for."),
      planVersion: described(ordinal, "Version of this target's plan."),
      horizon: described(
        z
          .strictObject({ from: described(instant, "Start of the plan."), to: described(instant, "End of the plan (excluded).") })
          .check(z.refine(({ from, to }) => from < to, "expected `from` before `to`")),
        "The time that the plan covers.",
      ),
      steps: described(
        z
          .array(
            z.strictObject({
              at: described(instant, "From this instant on, until the next step."),
              floorUnits: described(units, "Floor, in units of the target."),
              reasons: described(z.array(reason), "Why it is this floor, in the order in which they apply."),
            }),
          )
          .check(z.maxLength(MAX_LISTED_STEPS)),
        `The floors in order of time, at most ${MAX_LISTED_STEPS}.`,
      ),
      truncated: described(z.boolean(), "Whether `steps` leaves out the latest ones."),
      short: described(
        z.array(
          z.strictObject({
            from: described(instant, "Start of the shortage."),
            to: described(instant, "End of the shortage (excluded)."),
            units: described(units, "Units missing at the worst of it."),
            limit: described(id, "Stable code of the limit that binds, `ceiling`, `connections` or `cap`."),
          }),
        ),
        "Where the target cannot have what it needs; empty when it can throughout.",
      ),
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
