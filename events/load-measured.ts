import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { count, id, rps } from "./field.ts";
import { instant } from "./instant.ts";

/** What a target carried in a stretch of time. */
export const loadMeasured = defineEvent({
  name: "load.measured",
  version: 1,
  about: "What a target carried in a stretch of time, as far as it is known.",
  sent: "When measured load has been read and stored.",
  schema: () =>
    z
      .strictObject({
        targetId: described(id, "Target that carried it."),
        from: described(instant, "Start of the stretch."),
        to: described(instant, "End of the stretch (excluded)."),
        knownMinutes: described(count, "Minutes of it with a measurement."),
        unknownMinutes: described(count, "Minutes of it without one; they count as nothing, not as zero."),
        meanRps: described(
          z.nullable(rps),
          "Mean over the known minutes, refused requests included, in requests a second; null when none is known.",
        ),
        peakRps: described(z.nullable(rps), "Largest known minute, in requests a second; null when none is known."),
        unservedRequests: described(
          z.nullable(z.number().check(z.minimum(0))),
          "Requests refused or lost in the known minutes, as far as somebody counts them; null when that is not known of any.",
        ),
      })
      .check(z.refine(({ from, to }) => from < to, { error: "expected `from` before `to`", path: ["to"] })),
  example: {
    id: "load.measured/player-api/2025-12-31T17:00:00.000Z",
    at: "2025-12-31T17:18:00.140Z",
    correlationId: "tick/2025-12-31T17:18:00.000Z",
    data: {
      targetId: "player-api",
      from: "2025-12-31T17:00:00.000Z",
      to: "2025-12-31T17:15:00.000Z",
      knownMinutes: 14,
      unknownMinutes: 1,
      meanRps: 41870.5,
      peakRps: 63204,
      unservedRequests: 0,
    },
  },
});
