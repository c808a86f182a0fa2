import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, ordinal, units } from "./field.ts";

/** A warm-up did not bring what was asked for. */
export const warmUpFailed = defineEvent({
  name: "warm-up.failed",
  version: 1,
  about: "A warm-up did not bring what was asked for, and how much is missing where that is known.",
  sent: "At each attempt that was put off, refused or cut down, and once when the units are not serving in time.",
  schema: () =>
    z.strictObject({
      targetId: described(id, "Target that was to be warmed."),
      floorUnits: described(units, "Floor that was asked for, in its units."),
      outcome: described(
        z.enum(["deferred", "refused", "timed-out", "clamped"]),
        "Put off and tried again at the next tick, refused until a person acts, not serving in time, or cut down to the maximum.",
      ),
      code: described(id, "Stable code of the reason, the provider's own where it gave one; match on this one."),
      reason: described(z.string(), "Why, for a person."),
      attempt: described(ordinal, "Which attempt in a row that did not go through it was, from 1."),
      shortUnits: described(z.nullable(units), "Units missing; null when that is not known."),
    }),
  example: {
    id: "warm-up.failed/catalogue-db/14/1",
    at: "2025-12-31T16:36:00.512Z",
    correlationId: "tick/2025-12-31T16:36:00.000Z",
    data: {
      targetId: "catalogue-db",
      floorUnits: 14,
      outcome: "deferred",
      code: "ConcurrentUpdateException",
      reason: "another change to the target was in progress",
      attempt: 1,
      shortUnits: null,
    },
  },
});
