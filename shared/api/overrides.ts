import * as z from "zod";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { listOverrides, LONGEST_OVERRIDE_MS, OVERRIDE_ID, setOverride, withdrawOverride } from "../app/override.ts";
import { previewOverride, type OverridePreview } from "../app/override-preview.ts";
import type { FloorOverride } from "../core/plan/plan.ts";
import { TARGET_MODES } from "../core/target.ts";
import { DAY_MS } from "../core/time.ts";
import { readJsonBody } from "./body.ts";
import { unitsOrNull } from "./fields.ts";
import { author, why } from "./person.ts";
import { atInstant, targetId } from "./query.ts";
import { route } from "./route.ts";

const overrideSchema = z
  .strictObject({
    id: z.string(),
    targetIds: z.array(z.string()),
    floorUnits: z.number(),
    from: instant,
    until: instant.describe("When it ends by itself (excluded)."),
    author: z.string(),
    why: z.string(),
  })
  .meta({ id: "Override", description: "A floor that a person asked for, for a while; the largest of several holds." });

/** Body of `GET /v1/overrides`. */
const overridesSchema = z
  .strictObject({
    now: instant.describe("Platform time."),
    overrides: z.array(overrideSchema).describe("Those that hold now or will, by start."),
  })
  .meta({ id: "Overrides" });

/** What a person sends to raise a floor. */
const askedOverrideSchema = z
  .strictObject({
    id: z
      .string({ error: "expected text" })
      .optional()
      .describe("To name it yourself; sent again with the same content it changes nothing."),
    targetIds: z.array(targetId, { error: "expected a list of targets" }).min(1, "expected at least one target").max(200),
    floorUnits: z
      .number({ error: "expected a number of units" })
      .meta({ minimum: 1, multipleOf: 1, description: "Whole; at most the ceiling of each target." }),
    from: atInstant.optional().describe("When it begins; at once when left out."),
    until: z
      .string({ error: "expected an instant: an override ends by itself" })
      .pipe(atInstant)
      .describe(`When it ends by itself, at most ${LONGEST_OVERRIDE_MS / DAY_MS} days ahead.`),
    author: author.describe("Who asks for it."),
    why: why.describe("Why; whoever asks why the floor is what it is reads this."),
  })
  .meta({ id: "AskedOverride" });

/** Body of the answer to an override. */
const setSchema = z
  .strictObject({
    now: instant.describe("Platform time."),
    override: overrideSchema,
    preview: z.array(
      z.strictObject({
        targetId: z.string(),
        mode: z.enum(TARGET_MODES).describe("Only `active` targets are written to."),
        nowUnits: unitsOrNull.describe("The floor without the override, now."),
        willBeUnits: unitsOrNull.describe("The floor when the override begins, or null when that is more than a day ahead."),
        addedUnits: unitsOrNull.describe("Units that are there because of the override alone, when it begins."),
        addedUsdPerHour: z.number().nullable().describe("What those cost in an hour, or null where the price is not known."),
      }),
    ),
  })
  .meta({ id: "OverrideSet" });

/** Body of the answer to a withdrawal. */
const withdrawnSchema = z
  .strictObject({ now: instant.describe("Platform time."), withdrawn: overrideSchema })
  .meta({ id: "OverrideWithdrawn" });

/** The overrides that hold, and those to come. */
export const overridesRoute = route({
  method: "GET",
  path: "/v1/overrides",
  operationId: "listOverrides",
  about: "The floors that people asked for: those that hold now, and those to come.",
  writes: false,
  query: z.strictObject({}),
  responses: { 200: { about: "By start, then by id.", schema: overridesSchema } },
  handle: async ({ parts, now }) => {
    const overrides = (await listOverrides(parts.context, now)).map(overrideOf);
    return { status: 200, body: { now: isoOf(now), overrides } satisfies z.input<typeof overridesSchema> };
  },
});

/** Raises a floor for a while. */
export const setOverrideRoute = route({
  method: "POST",
  path: "/v1/overrides",
  operationId: "setOverride",
  about: "Raises the floor of some targets for a while. It takes effect at once, and ends by itself.",
  writes: true,
  query: z.strictObject({}),
  body: askedOverrideSchema,
  responses: {
    200: { about: "It was set already, with the same content; nothing changed.", schema: setSchema },
    201: { about: "It is set.", schema: setSchema },
  },
  handle: async ({ parts, request }) => {
    const { from, until, ...asked } = await readJsonBody(askedOverrideSchema, request);
    return parts.exclusively(async () => {
      const now = parts.now();
      const { override, outcome } = await setOverride(parts.context, { ...asked, fromMs: from, untilMs: until }, now);
      const preview = (await previewOverride(parts.context, override, now)).map(previewOf);
      const body: z.input<typeof setSchema> = { now: isoOf(now), override: overrideOf(override), preview };
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
  query: z.strictObject({
    author: author.describe("Who withdraws it."),
    why: why.optional().describe("Why."),
  }),
  responses: { 200: { about: "It holds no more. The second time it is `override-unknown`.", schema: withdrawnSchema } },
  handle: async ({ parts, id, query }) =>
    parts.exclusively(async () => {
      const now = parts.now();
      const withdrawn = overrideOf(await withdrawOverride(parts.context, id, query, now));
      return { status: 200, body: { now: isoOf(now), withdrawn } satisfies z.input<typeof withdrawnSchema> };
    }),
});

function overrideOf({ fromMs, untilMs, targetIds, ...override }: FloorOverride): z.input<typeof overrideSchema> {
  return { ...override, targetIds: [...targetIds], from: isoOf(fromMs), until: isoOf(untilMs) };
}

function previewOf(preview: OverridePreview): z.input<typeof setSchema>["preview"][number] {
  const { targetId: id, mode, nowUnits = null, willBeUnits = null, addedUnits = null, addedUsdPerHour = null } = preview;
  return { targetId: id, mode, nowUnits, willBeUnits, addedUnits, addedUsdPerHour };
}
