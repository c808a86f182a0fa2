import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { readHealth } from "../app/operate.ts";
import { once } from "../core/once.ts";
import { instantOrNull, isoOrNull } from "./fields.ts";
import { route } from "./route.ts";

/** Body of `GET /v1/health`. */
export const healthSchema = once(() =>
  annotated(
    z.strictObject({
      status: z.enum(["ok", "degraded"]),
      now: described(instant, "Platform time."),
      lastTickAt: described(instantOrNull, "When the last tick was, or null when none is on record."),
      feeds: z.array(
        z.strictObject({
          feedId: z.string(),
          generation: z.number().check(z.int()),
          publishedAt: instant,
          programmes: z.number().check(z.int()),
        }),
      ),
      targets: z.array(
        z.discriminatedUnion("kind", [
          z.strictObject({
            kind: z.literal("known"),
            targetId: z.string(),
            minimumUnits: z.number(),
            maximumUnits: z.number(),
            desiredUnits: described(z.nullable(z.number()), "Units asked for; null where nobody says."),
            servingUnits: described(z.nullable(z.number()), "Units that answer viewers; null where nobody says."),
            remarks: described(z.array(z.string()), "What to know of it besides, like a deployment under way."),
          }),
          z.strictObject({ kind: z.literal("unknown"), targetId: z.string(), reason: z.string() }),
        ]),
      ),
      deadLetters: described(
        z.nullable(z.number().check(z.int())),
        "Deliveries that the bus gave up and nobody redrove, or null where it does not say, or could not be asked.",
      ),
      problems: described(z.array(z.string()), "What is wrong, each in a sentence."),
    }),
    { id: "Health" },
  ),
);

/** How Calltime itself is: what a probe asks. */
export const healthRoute = route({
  method: "GET",
  path: "/v1/health",
  operationId: "readHealth",
  about: "How Calltime itself is, what schedules are in force, and what each target's own control plane says of it.",
  writes: false,
  query: () => z.strictObject({}),
  responses: {
    200: { about: "All is well.", schema: healthSchema },
    503: { about: "Something is wrong; `problems` says what.", schema: healthSchema },
  },
  handle: async ({ parts, now }) => {
    const { status, lastTickMs, feeds, targets, deadLetters, problems } = await readHealth(parts.context, now);
    const body: z.input<ReturnType<typeof healthSchema>> = {
      status,
      now: isoOf(now),
      lastTickAt: isoOrNull(lastTickMs),
      feeds: feeds.map(({ publishedAtMs, ...feed }) => ({ ...feed, publishedAt: isoOf(publishedAtMs) })),
      targets: targets.map((state) =>
        state.kind === "unknown"
          ? { kind: state.kind, targetId: state.targetId, reason: state.reason }
          : {
              kind: state.kind,
              targetId: state.targetId,
              minimumUnits: state.minimumUnits,
              maximumUnits: state.maximumUnits,
              desiredUnits: state.desiredUnits ?? null,
              servingUnits: state.servingUnits ?? null,
              remarks: [...(state.remarks ?? [])],
            },
      ),
      deadLetters: deadLetters ?? null,
      problems: [...problems],
    };
    return { status: status === "ok" ? 200 : 503, body };
  },
});
