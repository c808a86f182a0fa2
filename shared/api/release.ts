import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { releaseAll } from "../app/release.ts";
import { once } from "../core/once.ts";
import { readJsonBody } from "./body.ts";
import { author, why } from "./person.ts";
import { route } from "./route.ts";

const units = z.int().check(z.minimum(0));

/** Body of `POST /v1/release`, as answered. */
const releasedSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      targets: z.array(
        z.discriminatedUnion("outcome", [
          z.strictObject({
            targetId: z.string(),
            outcome: z.literal("released"),
            fromUnits: described(units, "The minimum found."),
            units: described(units, "The minimum that stands now: the owner's own."),
            bookings: described(z.int().check(z.minimum(0)), "Bookings of ours that were removed."),
          }),
          z.strictObject({ targetId: z.string(), outcome: z.literal("nothing-of-ours") }),
          z.strictObject({
            targetId: z.string(),
            outcome: z.literal("failed"),
            code: z.string(),
            reason: described(z.string(), "What stood in the way. Something of ours may be there still: ask again."),
          }),
        ]),
      ),
    }),
    { id: "Released" },
  ),
);

const askedReleaseSchema = once(() =>
  annotated(z.strictObject({ author: described(author, "Who gives the targets back."), why: described(why, "Why.") }), {
    id: "AskedRelease",
  }),
);

/** Gives every target back to its owner. */
export const releaseRoute = route({
  method: "POST",
  path: "/v1/release",
  operationId: "releaseAll",
  about:
    "Gives every target back: all observe from now on, our bookings are removed, then each minimum that is ours goes back to its owner's.",
  writes: true,
  query: () => z.strictObject({}),
  body: askedReleaseSchema,
  responses: { 200: { about: "What became of each target; asking again changes nothing more.", schema: releasedSchema } },
  handle: async ({ parts, request }) => {
    const asked = await readJsonBody(askedReleaseSchema(), request);
    return parts.exclusively(async () => {
      const now = parts.now();
      const targets = await releaseAll(parts.context, now, asked);
      return { status: 200, body: { now: isoOf(now), targets } };
    });
  },
});
