import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, ordinal } from "./field.ts";
import { instant } from "./instant.ts";

/** A person decided about an upload that had been set aside. */
export const quarantineDecided = defineEvent({
  name: "quarantine.decided",
  version: 1,
  about: "A person looked at an upload that had been set aside, and put it in force or rejected it.",
  sent: "Once for each upload that is accepted or rejected; `schedule.changed` tells of what an accepted one changed.",
  schema: () =>
    z.strictObject({
      feedId: described(id, "Feed whose upload it is."),
      quarantineId: described(id, "The upload: made from its content, so the same upload has the same."),
      receivedAt: described(instant, "When the upload was received."),
      decision: described(z.enum(["accepted", "rejected"]), "`accepted`: it is in force; `rejected`: what was in force stays."),
      author: described(id, "Who decided."),
      reason: described(z.string(), "Why, in the author's words."),
      generation: described(z.nullable(ordinal), "Generation in force afterwards; null when there never was one."),
    }),
  example: {
    id: "quarantine.decided/dk-guide/0f3k1xj9a2b4c6/2025-12-31T15:00:02.007Z",
    at: "2025-12-31T15:20:00.000Z",
    data: {
      feedId: "dk-guide",
      quarantineId: "0f3k1xj9a2b4c6",
      receivedAt: "2025-12-31T15:00:02.007Z",
      decision: "accepted",
      author: "traffic desk",
      reason: "the sports package ended with the year; half of its channels are really gone",
      generation: 43,
    },
  },
});
