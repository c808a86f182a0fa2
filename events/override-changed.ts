import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, units } from "./field.ts";
import { instant } from "./instant.ts";

/** A person's override was set or withdrawn, or has expired. */
export const overrideChanged = defineEvent({
  name: "override.changed",
  version: 1,
  about: "A person's override was set or withdrawn, or has expired.",
  sent: "At each of these three moments of an override.",
  schema: () =>
    z.strictObject({
      overrideId: described(id, "Identity of the override."),
      change: described(z.enum(["set", "withdrawn", "expired"]), "What became of it."),
      kind: described(
        z.enum(["floor", "factor", "hold", "overrun", "delay", "cancel", "expected-audience"]),
        "A floor that holds whatever the plan says, a factor on what the plan asks, or nothing lowered; an occasion that ends later, is later, is cancelled, or has another audience.",
      ),
      what: described(z.string(), "What it does, for people."),
      targetIds: described(z.array(id), "Targets it applies to; none where it is about an occasion."),
      floorUnits: described(z.exactOptional(units), "The floor, in units of each target; with `floor` only."),
      factor: described(z.exactOptional(z.number().check(z.minimum(0))), "The factor; with `factor` only."),
      occasionId: described(z.exactOptional(id), "The occasion it is about, where it is about one."),
      author: described(id, "Who set it."),
      reason: described(z.string(), "Why, in the author's words; with `withdrawn`, who withdrew it and why."),
      expiresAt: described(instant, "When it ends by itself."),
    }),
  example: {
    id: "override.changed/ov-31/set",
    at: "2025-12-31T15:40:07.655Z",
    data: {
      overrideId: "ov-31",
      change: "set",
      kind: "floor",
      what: "a floor of 450 for player-api",
      targetIds: ["player-api"],
      floorUnits: 450,
      author: "newsroom",
      reason: "extra bulletin expected after the speech",
      expiresAt: "2025-12-31T18:30:00.000Z",
    },
  },
});
