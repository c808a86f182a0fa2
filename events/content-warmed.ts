import * as z from "zod";
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
      occasionId: id.describe("Identity of the occasion."),
      name: z.string().describe("What people call the occasion."),
      startsAt: instant.describe("Start of the occasion, as it was known then."),
      edges: z
        .array(
          z.strictObject({
            edgeId: id.describe("Edge that was asked."),
            objects: count.describe("Objects that it is to hold, each encoding by itself."),
            warm: count.describe("Those seen to be held until the crowd comes: a GET was a hit."),
            unproven: count.describe("Those fetched of which the edge does not say whether it holds them."),
            refused: count.describe("Those that are not to be warmed, however often it is tried."),
            failed: count.describe("Those that may go well another time."),
            reasons: z
              .array(
                z.strictObject({
                  code: id.describe("Stable code of why these are not held."),
                  objects: count.describe("How many."),
                  example: z.string().describe("Address of one of them."),
                }),
              )
              .describe("Why some are not held, most objects first."),
          }),
        )
        .describe("Edge by edge."),
      bytes: count.describe("Bytes of bodies that were fetched."),
      requests: count.describe("Requests that were made."),
      costUsd: z.number().min(0).describe("What the CDN bills for them, in US dollars."),
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
