import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id } from "./field.ts";

/** A person changed what Calltime may do, for one target or for all. */
export const modeChanged = defineEvent({
  name: "mode.changed",
  version: 1,
  about: "A person changed what Calltime may do, for one target or for all.",
  sent: "When a mode was set that differs from the one before.",
  schema: () =>
    z.strictObject({
      targetId: described(z.nullable(id), "The target; null for the switch that all of them have in common."),
      mode: described(
        z.enum(["observe", "active", "frozen"]),
        "`observe`: planned, nothing is written; `active`: floors are set; `frozen`: bookings are removed, floors stay.",
      ),
      author: described(id, "Who set it."),
      reason: described(z.string(), "Why, in the author's words."),
    }),
  example: {
    id: "mode.changed/3",
    at: "2025-12-31T17:20:00.000Z",
    data: { targetId: null, mode: "frozen", author: "operations", reason: "the metrics are being moved" },
  },
});
