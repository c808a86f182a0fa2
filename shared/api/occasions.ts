import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { readOccasions } from "../app/operate.ts";
import type { Subject } from "../app/subjects.ts";
import { TICK_HORIZON_MS } from "../app/plan.ts";
import { once } from "../core/once.ts";
import { sentenceOfSaid } from "../core/plan/explain.ts";
import { ENDED_BY } from "../core/forecast/air.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { HOUR_MS } from "../core/time.ts";
import { instantOrNull, isoOrNull } from "./fields.ts";
import { route } from "./route.ts";

/** Body of `GET /v1/occasions`. */
export const occasionsSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      above: described(
        z.array(
          z.strictObject({
            occasionId: z.string(),
            name: z.string(),
            channels: z.array(z.string()),
            startsAt: described(instant, "By the guide, as people corrected it."),
            endsAt: described(instant, "By the guide, which only proposes it, as people corrected it."),
            said: described(z.array(z.string()), "What people said of it that holds, each in a sentence with their name and reason."),
            air: z.discriminatedUnion("kind", [
              z.strictObject({ kind: z.literal("ahead") }),
              z.strictObject({ kind: z.literal("on-air"), startedAt: described(instantOrNull, "When its crowd came.") }),
              z.strictObject({
                kind: z.literal("ended"),
                startedAt: instantOrNull,
                endedAt: instant,
                by: described(
                  z.enum(ENDED_BY),
                  "`operator` or `marker`: it was said to have ended. `crowd`: it was seen to leave. `cap`: it was given up waiting.",
                ),
              }),
            ]),
            expectedAudience: z.strictObject({
              median: z.number(),
              lower: z.number(),
              upper: z.number(),
              level: described(z.number(), "How much of the probability lies between `lower` and `upper`."),
              basis: described(z.enum(["expectation", "measured"]), "Whether a person said so or earlier broadcasts did."),
            }),
            targets: described(z.array(z.string()), "The targets whose impact threshold it is above."),
          }),
        ),
        "By start.",
      ),
      calledOff: described(
        z.array(
          z.strictObject({
            occasionId: z.string(),
            name: z.string(),
            startsAt: instant,
            endsAt: instant,
            said: described(z.array(z.string()), "Who said so, and why."),
          }),
        ),
        "What people called off: nothing is asked for it.",
      ),
      belowCount: described(z.number().check(z.int()), "Occasions below the impact threshold of every target."),
      unknownCount: described(z.number().check(z.int()), "Occasions whose audience nobody knows: neither above nor below."),
    }),
    { id: "Occasions" },
  ),
);

/** The occasions that matter, now and in the hours ahead. */
export const occasionsRoute = route({
  method: "GET",
  path: "/v1/occasions",
  operationId: "readOccasions",
  about: `The occasions above the impact threshold, lately, now and in the next ${TICK_HORIZON_MS / HOUR_MS} hours, and how many others there are.`,
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "The occasions.", schema: occasionsSchema } },
  handle: async ({ parts, now }) => {
    const { above, below, unknown, calledOff } = await readOccasions(parts.context, now);
    const body: z.input<ReturnType<typeof occasionsSchema>> = {
      now: isoOf(now),
      above: above.map(occasionOf),
      calledOff: calledOff.map(calledOffOf),
      belowCount: below,
      unknownCount: unknown.length,
    };
    return { status: 200, body };
  },
});

function occasionOf({ occasion, air, expected, targets }: Subject): z.input<ReturnType<typeof occasionsSchema>>["above"][number] {
  return {
    occasionId: occasion.id,
    name: occasion.name,
    channels: [...occasion.channelIds],
    startsAt: isoOf(occasion.startsAtMs),
    endsAt: isoOf(occasion.endsAtMs),
    said: (occasion.said ?? []).map((said) => sentenceOfSaid(occasion.name, said)),
    air: airOf(air),
    expectedAudience: {
      median: expected.median,
      lower: expected.lower,
      upper: expected.upper,
      level: expected.level,
      basis: expected.basis,
    },
    targets: targets.map((target) => target.id),
  };
}

function calledOffOf(occasion: Occasion): z.input<ReturnType<typeof occasionsSchema>>["calledOff"][number] {
  const { id, name, startsAtMs, endsAtMs, said = [] } = occasion;
  return {
    occasionId: id,
    name,
    startsAt: isoOf(startsAtMs),
    endsAt: isoOf(endsAtMs),
    said: said.map((each) => sentenceOfSaid(name, each)),
  };
}

function airOf(air: Subject["air"]): z.input<ReturnType<typeof occasionsSchema>>["above"][number]["air"] {
  switch (air.kind) {
    case "ahead":
      return { kind: "ahead" };
    case "on-air":
      return { kind: "on-air", startedAt: isoOrNull(air.startedAtMs) };
    case "ended":
      return { kind: "ended", startedAt: isoOrNull(air.startedAtMs), endedAt: isoOf(air.endedAtMs), by: air.by };
    default:
      return air satisfies never;
  }
}
