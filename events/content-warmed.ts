import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { count, id } from "./field.ts";
import { instant } from "./instant.ts";

/** Edges were asked to hold what an occasion's viewers fetch first. */
export const contentWarmed = defineEvent({
  name: "content.warmed",
  version: 1,
  about: "What an occasion's viewers fetch first was fetched through its edges, and what each of them was seen to hold.",
  sent: "When a warm-up of content has ended, however it ended.",
  schema: () =>
    z.strictObject({
      occasionId: described(id, "Identity of the occasion."),
      name: described(z.string(), "What people call the occasion."),
      startsAt: described(instant, "Start of the occasion, as it was known then."),
      edges: described(
        z.array(
          z.strictObject({
            edgeId: described(id, "Edge that was asked."),
            objects: described(count, "Objects that it is to hold, each encoding by itself."),
            warm: described(count, "Those seen to be held until the crowd comes: a GET was a hit."),
            unproven: described(count, "Those fetched of which the edge does not say whether it holds them."),
            refused: described(count, "Those that are not to be warmed, however often it is tried."),
            failed: described(count, "Those that may go well another time."),
            reasons: described(
              z.array(
                z.strictObject({
                  code: described(id, "Stable code of why these are not held."),
                  objects: described(count, "How many."),
                  example: described(z.string(), "Address of one of them."),
                }),
              ),
              "Why some are not held, most objects first.",
            ),
          }),
        ),
        "Edge by edge.",
      ),
      bytes: described(count, "Bytes of bodies that were fetched."),
      requests: described(count, "Requests that were made."),
      costUsd: described(z.number().check(z.minimum(0)), "What the CDN bills for them, in US dollars."),
    }),
  example: {
    id: "content.warmed/e-premiere/2025-12-31T16:35:04.000Z",
    at: "2025-12-31T16:35:04.000Z",
    correlationId: "tick/2025-12-31T16:30:00.000Z",
    data: {
      occasionId: "e-premiere",
      name: "Harbour Lights",
      startsAt: "2025-12-31T17:00:00.000Z",
      edges: [
        { edgeId: "shield", objects: 240, warm: 240, unproven: 0, refused: 0, failed: 0, reasons: [] },
        {
          edgeId: "fra",
          objects: 240,
          warm: 238,
          unproven: 0,
          refused: 2,
          failed: 0,
          reasons: [{ code: "content-ttl-short", objects: 2, example: "https://www.example.tv/api/home" }],
        },
      ],
      bytes: 812_000_000,
      requests: 962,
      costUsd: 0.0702,
    },
  },
});
