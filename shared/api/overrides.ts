import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { listOverrides, LONGEST_OVERRIDE_MS, OVERRIDE_ID, setOverride, withdrawOverride, type AskedOverride } from "../app/override.ts";
import { previewOverride, type OverridePreview } from "../app/override-preview.ts";
import { once } from "../core/once.ts";
import { OVERRIDE_KINDS, type Override } from "../core/plan/override.ts";
import { TARGET_MODES } from "../core/target.ts";
import { DAY_MS } from "../core/time.ts";
import { readJsonBody } from "./body.ts";
import { unitsOrNull } from "./fields.ts";
import { author, why } from "./person.ts";
import { atInstant, targetId } from "./query.ts";
import { route } from "./route.ts";

const overrideSchema = once(() =>
  annotated(
    z.strictObject({
      id: z.string(),
      kind: z.enum(OVERRIDE_KINDS),
      targetIds: described(z.optional(z.array(z.string())), "Of a floor, a factor or a hold."),
      floorUnits: z.optional(z.number()),
      factor: z.optional(z.number()),
      occasionId: described(z.optional(z.string()), "Of the other kinds: the occasion, or one of its programmes."),
      byMinutes: z.optional(z.number()),
      viewers: z.optional(z.number()),
      interval: z.optional(z.tuple([z.number(), z.number()])),
      from: instant,
      until: described(instant, "When it ends by itself (excluded)."),
      author: z.string(),
      why: z.string(),
    }),
    { id: "Override", description: "What a person asked for, for a while." },
  ),
);

/** Body of `GET /v1/overrides`. */
const overridesSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      overrides: described(z.array(overrideSchema()), "Those that hold now or will, by start."),
    }),
    { id: "Overrides" },
  ),
);

const ON_TARGETS = ["targetIds", "tags"] as const;
const ON_OCCASION = ["occasionId"] as const;

/** What belongs to each kind, besides what all of them have: nothing that is sent is ignored. */
const FIELDS = {
  floor: [...ON_TARGETS, "floorUnits"],
  factor: [...ON_TARGETS, "factor"],
  hold: [...ON_TARGETS],
  overrun: [...ON_OCCASION, "byMinutes"],
  delay: [...ON_OCCASION, "byMinutes"],
  cancel: [...ON_OCCASION],
  "expected-audience": [...ON_OCCASION, "viewers", "interval"],
} satisfies Record<Override["kind"], readonly (keyof Omit<AskedOverride, "kind">)[]> as Record<
  Override["kind"],
  readonly ("targetIds" | "tags" | "floorUnits" | "factor" | "occasionId" | "byMinutes" | "viewers" | "interval")[]
>;

/** What a person sends to override the plan. */
const askedOverrideSchema = once(() =>
  annotated(
    z
      .strictObject({
        id: described(
          z.optional(z.string({ error: "expected text" })),
          "To name it yourself; sent again with the same content it changes nothing.",
        ),
        kind: described(
          z.optional(z.enum(OVERRIDE_KINDS, { error: `expected one of ${OVERRIDE_KINDS.join(", ")}` })),
          "A floor when left out.",
        ),
        targetIds: described(
          z.optional(
            z
              .array(targetId, { error: "expected a list of targets" })
              .check(z.minLength(1, "expected at least one target"), z.maxLength(200)),
          ),
          "Targets of a floor, a factor or a hold.",
        ),
        tags: described(
          z.optional(z.array(z.string(), { error: "expected a list of tags" }).check(z.maxLength(50))),
          "Targets that carry one of these tags, too.",
        ),
        floorUnits: annotated(z.optional(z.number({ error: "expected a number of units" })), {
          minimum: 1,
          multipleOf: 1,
          description: "Whole; at most the ceiling of each target.",
        }),
        factor: described(z.optional(z.number({ error: "expected a factor" })), "Times what the load takes."),
        occasionId: described(z.optional(z.string({ error: "expected an occasion's id" })), "The occasion, or one of its programmes."),
        byMinutes: described(z.optional(z.number({ error: "expected minutes" })), "How much later it is (`delay`), or ends (`overrun`)."),
        viewers: described(
          z.optional(z.number({ error: "expected a number of viewers" })),
          "Expected at the plateau, over all its channels.",
        ),
        interval: described(
          z.optional(z.tuple([z.number(), z.number()], { error: "expected [lower, upper]" })),
          "Your own 90 % interval around `viewers`.",
        ),
        from: described(z.optional(atInstant), "When it begins; at once when left out."),
        until: described(
          z.pipe(z.string({ error: "expected an instant: an override ends by itself" }), atInstant),
          `When it ends by itself, at most ${LONGEST_OVERRIDE_MS / DAY_MS} days ahead.`,
        ),
        author: described(author, "Who asks for it."),
        why: described(why, "Why; whoever asks why the floor is what it is reads this."),
      })
      .check(
        z.superRefine((asked, check) => {
          const own = FIELDS[asked.kind ?? "floor"];
          for (const field of Object.values(FIELDS).flat()) {
            if (own.includes(field) || asked[field] === undefined) continue;
            check.addIssue({ code: "custom", path: [field], message: `a ${asked.kind ?? "floor"} has none; it has ${own.join(", ")}` });
          }
        }),
      ),
    { id: "AskedOverride" },
  ),
);

/** Body of the answer to an override. */
const setSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      override: overrideSchema(),
      preview: z.array(
        z.strictObject({
          targetId: z.string(),
          mode: described(z.enum(TARGET_MODES), "Only `active` targets are written to."),
          nowUnits: described(unitsOrNull, "The floor without the override, now."),
          willBeUnits: described(unitsOrNull, "The floor when the override begins, or null when that is more than a day ahead."),
          addedUnits: described(unitsOrNull, "Units that are there because of the override alone, when it begins."),
          addedUsdPerHour: described(z.nullable(z.number()), "What those cost in an hour, or null where the price is not known."),
        }),
      ),
    }),
    { id: "OverrideSet" },
  ),
);

/** Body of the answer to a withdrawal. */
const withdrawnSchema = once(() =>
  annotated(z.strictObject({ now: described(instant, "Platform time."), withdrawn: overrideSchema() }), {
    id: "OverrideWithdrawn",
  }),
);

/** The overrides that hold, and those to come. */
export const overridesRoute = route({
  method: "GET",
  path: "/v1/overrides",
  operationId: "listOverrides",
  about: "What people asked for: the overrides that hold now, and those to come.",
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "By start, then by id.", schema: overridesSchema } },
  handle: async ({ parts, now }) => {
    const overrides = (await listOverrides(parts.context, now)).map(overrideOf);
    return { status: 200, body: { now: isoOf(now), overrides } satisfies z.input<ReturnType<typeof overridesSchema>> };
  },
});

/** Puts an override in force for a while. */
export const setOverrideRoute = route({
  method: "POST",
  path: "/v1/overrides",
  operationId: "setOverride",
  about:
    "Puts an override in force for a while: a floor, a factor or a hold on targets; an overrun, a delay, a cancellation or an audience of an occasion. It takes effect at once, and ends by itself.",
  writes: true,
  query: () => z.strictObject({}),
  body: askedOverrideSchema,
  responses: {
    200: { about: "It was set already, with the same content; nothing changed.", schema: setSchema },
    201: { about: "It is set.", schema: setSchema },
  },
  handle: async ({ parts, request }) => {
    const { from, until, ...asked } = await readJsonBody(askedOverrideSchema(), request);
    return parts.exclusively(async () => {
      const now = parts.now();
      const { override, outcome } = await setOverride(parts.context, { ...asked, fromMs: from, untilMs: until }, now);
      const preview = (await previewOverride(parts.context, override, now)).map(previewOf);
      const body: z.input<ReturnType<typeof setSchema>> = { now: isoOf(now), override: overrideOf(override), preview };
      return { status: outcome === "set" ? 201 : 200, body };
    });
  },
});

/** Ends an override before its time. */
export const withdrawOverrideRoute = route({
  method: "DELETE",
  path: "/v1/overrides/{id}",
  id: OVERRIDE_ID,
  operationId: "withdrawOverride",
  about: "Withdraws an override before its end. What it held is released in stages, as far as nothing else needs it.",
  writes: true,
  query: () =>
    z.strictObject({
      author: described(author, "Who withdraws it."),
      why: described(z.optional(why), "Why."),
    }),
  responses: { 200: { about: "It holds no more. The second time it is `override-unknown`.", schema: withdrawnSchema } },
  handle: async ({ parts, id, query }) =>
    parts.exclusively(async () => {
      const now = parts.now();
      const withdrawn = overrideOf(await withdrawOverride(parts.context, id, query, now));
      return { status: 200, body: { now: isoOf(now), withdrawn } satisfies z.input<ReturnType<typeof withdrawnSchema>> };
    }),
});

function overrideOf(override: Override): z.input<ReturnType<typeof overrideSchema>> {
  const { id, kind, fromMs, untilMs, author: by, why: because } = override;
  return {
    id,
    kind,
    ...("targetIds" in override && { targetIds: [...override.targetIds] }),
    ...("floorUnits" in override && { floorUnits: override.floorUnits }),
    ...("factor" in override && { factor: override.factor }),
    ...("occasionId" in override && { occasionId: override.occasionId }),
    ...("byMinutes" in override && { byMinutes: override.byMinutes }),
    ...("viewers" in override && { viewers: override.viewers }),
    ...("interval" in override && override.interval !== undefined && { interval: [override.interval.lower, override.interval.upper] }),
    from: isoOf(fromMs),
    until: isoOf(untilMs),
    author: by,
    why: because,
  };
}

function previewOf(preview: OverridePreview): z.input<ReturnType<typeof setSchema>>["preview"][number] {
  const { targetId: id, mode, nowUnits = null, willBeUnits = null, addedUnits = null, addedUsdPerHour = null } = preview;
  return { targetId: id, mode, nowUnits, willBeUnits, addedUnits, addedUsdPerHour };
}
