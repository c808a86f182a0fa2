import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, ordinal } from "./field.ts";

/** The forecast's model has a new version in force. */
export const modelUpdated = defineEvent({
  name: "model.updated",
  version: 1,
  about: "The model that forecasts rest on has a new version in force.",
  sent: "When something was learned from measured load, and when a person goes back to an earlier version.",
  schema: () =>
    z.strictObject({
      modelVersion: described(ordinal, "Version now in force."),
      previousVersion: described(z.nullable(ordinal), "Version it replaces; null for the first."),
      cause: described(
        z.enum(["occasion", "broadcast-day", "lead", "rollback"]),
        "What it was learned from (an occasion, all broadcasts of a day, a target's lead), or that a person went back.",
      ),
      what: described(z.string(), "What changed, for a person."),
      occasionId: described(z.exactOptional(id), "Occasion it was learned from, where it was one."),
    }),
  example: {
    id: "model.updated/77",
    at: "2025-12-31T18:20:00.415Z",
    correlationId: "tick/2025-12-31T18:20:00.000Z",
    data: {
      modelVersion: 77,
      previousVersion: 76,
      cause: "occasion",
      what: "the King's New Year speech drew 1,310,000 viewers, 1,500,000 were expected",
      occasionId: "new-year-speech-2025",
    },
  },
});
