import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id, units } from "./field.ts";
import { instant } from "./instant.ts";

const verdict = z.enum(["planned", "warming-on-time", "ready", "late", "short", "unknown"]);

/** An occasion's readiness, with the evidence. */
export const readinessAssessed = defineEvent({
  name: "readiness.assessed",
  version: 1,
  about: "Whether the targets of an occasion, and the caches that its viewers meet, are ready for it, with the evidence.",
  sent: "When the longest lead of the occasion begins, and 30, 10 and 2 minutes before its start.",
  schema: () =>
    z.strictObject({
      occasionId: described(id, "Identity of the occasion."),
      name: described(z.string(), "What people call the occasion."),
      startsAt: described(instant, "Start of the occasion."),
      checkpoint: described(z.enum(["longest-lead", "T-30", "T-10", "T-2"]), "When it was assessed."),
      verdict: described(verdict, "The worst over all targets. `unknown`: readiness could not be proved."),
      pages: described(z.boolean(), "Whether a person is paged: for late and short, and for unknown from T-10 on."),
      evidence: described(
        z.array(
          z.strictObject({
            targetId: described(id, "Target that was looked at."),
            neededUnits: described(z.nullable(units), "Units the occasion needs of it; null when the load to come is not known."),
            servingUnits: described(z.nullable(units), "Units seen serving; null when that is not known."),
            floorUnits: described(z.nullable(units), "Floor in force; null when that is not known."),
            readyBy: described(z.nullable(instant), "When they are, or were, meant to be serving; null when they cannot be in time."),
            note: described(z.string(), "What was seen, for a person; may be empty."),
            next: described(
              z.nullable(
                z.strictObject({
                  code: described(z.string(), "Stable; match on this."),
                  text: described(z.string(), "The same for people."),
                }),
              ),
              "What is best done next where it is not ready; null where nothing has to be.",
            ),
          }),
        ),
        "What the verdict rests on, target by target.",
      ),
      warmUps: described(
        z.array(
          z.strictObject({
            kind: described(z.enum(["edge", "buffer-cache"]), "An edge of a CDN, or the memory of one instance of a database."),
            id: described(id, "The edge, or the database and its instance."),
            verdict: described(verdict, "How it stands by itself."),
            heldShare: described(
              z.nullable(z.number().check(z.minimum(0), z.maximum(1))),
              "Share that was seen to be held; null when that is not known.",
            ),
            goalShare: described(z.number().check(z.minimum(0), z.maximum(1)), "Share that has to be held."),
            seenAt: described(z.nullable(instant), "When it was looked at; null when nobody did."),
            note: described(z.string(), "What was seen, for a person."),
          }),
        ),
        "Caches that the occasion's viewers meet, one by one.",
      ),
    }),
  example: {
    id: "readiness.assessed/new-year-speech-2025/T-10",
    at: "2025-12-31T16:50:00.332Z",
    correlationId: "tick/2025-12-31T16:50:00.000Z",
    data: {
      occasionId: "new-year-speech-2025",
      name: "the King's New Year speech",
      startsAt: "2025-12-31T17:00:00.000Z",
      checkpoint: "T-10",
      verdict: "short",
      pages: true,
      evidence: [
        {
          targetId: "player-api",
          neededUnits: 612,
          servingUnits: 410,
          floorUnits: 600,
          readyBy: "2025-12-31T16:58:00.000Z",
          note: "short by 12 tasks from 16:58: the customer's maximum is 600",
          next: { code: "raise-limit", text: "raise what limits player-api by 12 units now: there is still time to fill it" },
        },
        {
          targetId: "catalogue-db",
          neededUnits: 14,
          servingUnits: null,
          floorUnits: 14,
          readyBy: "2025-12-31T16:58:00.000Z",
          note: "could not be described: throttled",
          next: { code: "look", text: "find out what serves of catalogue-db, at its own control plane; nothing proves that it is there" },
        },
      ],
      warmUps: [
        {
          kind: "edge",
          id: "fra",
          verdict: "ready",
          heldShare: 0.996,
          goalShare: 0.99,
          seenAt: "2025-12-31T16:35:04.000Z",
          note: "99.6 % held of 99 % at least, 15 min ago",
        },
      ],
    },
  },
});
