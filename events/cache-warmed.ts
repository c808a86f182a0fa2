import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { count, id } from "./field.ts";

const cachedShare = z.number().check(z.minimum(0), z.maximum(1));

/** The instances of a database were asked to hold in memory what viewers will ask for. */
export const cacheWarmed = defineEvent({
  name: "cache.warmed",
  version: 1,
  about: "What viewers will ask of a database was read into the buffer cache of its instances, and how much of it each was seen to hold.",
  sent: "When a warm-up of a database has ended, however it ended.",
  schema: () =>
    z.strictObject({
      databaseId: described(id, "Database whose instances were warmed."),
      instances: described(
        z.array(
          z.strictObject({
            instanceId: described(id, "Instance that was warmed."),
            role: described(z.enum(["writer", "reader"]), "What it is to its cluster."),
            state: described(
              z.enum(["warm", "partly", "unreachable"]),
              "`warm`: all of it is there. `partly`: some is not, and the failures say why. `unreachable`: nobody knows.",
            ),
            cachedBefore: described(z.nullable(cachedShare), "Share of the hot blocks in the cache before; null when that is not known."),
            cachedAfter: described(z.nullable(cachedShare), "The same afterwards."),
            bytes: described(count, "Bytes that were read into the cache."),
            tookMs: described(count, "Milliseconds that it took."),
            takesViewers: described(z.boolean(), "Viewers' questions reach it: it was let into the custom endpoint, or there is none."),
            failures: described(
              z.array(
                z.strictObject({
                  code: described(id, "Stable code of what did not go well."),
                  what: described(z.string(), "The relation or the statement."),
                  reason: described(z.string(), "What was said, for a person."),
                }),
              ),
              "What did not go well, in the order in which it was tried.",
            ),
          }),
        ),
        "Instance by instance.",
      ),
    }),
  example: {
    id: "cache.warmed/catalogue/2025-12-31T16:33:40.000Z",
    at: "2025-12-31T16:33:40.000Z",
    correlationId: "tick/2025-12-31T16:30:00.000Z",
    data: {
      databaseId: "catalogue",
      instances: [
        {
          instanceId: "catalogue-1",
          role: "writer",
          state: "warm",
          cachedBefore: 0.42,
          cachedAfter: 1,
          bytes: 301_989_888,
          tookMs: 4210,
          takesViewers: true,
          failures: [],
        },
        {
          instanceId: "catalogue-2",
          role: "reader",
          state: "unreachable",
          cachedBefore: null,
          cachedAfter: null,
          bytes: 0,
          tookMs: 10_000,
          takesViewers: true,
          failures: [{ code: "database-unreachable", what: "connecting", reason: "timeout expired" }],
        },
      ],
    },
  },
});
