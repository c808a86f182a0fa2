import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { correctProgramme, findProgrammes, type FoundProgramme } from "../app/corrections.ts";
import { lateChanges } from "../app/late-change.ts";
import { once } from "../core/once.ts";
import { END_SOURCES, type Correction } from "../core/schedule/correction.ts";
import { HOUR_MS } from "../core/time.ts";
import { readJsonBody } from "./body.ts";
import { instantOrNull, isoOrNull } from "./fields.ts";
import { lateChangesOf, lateChangesSchema } from "./late-change.ts";
import { author, why } from "./person.ts";
import { atInstant } from "./query.ts";
import { route } from "./route.ts";

/** The most programmes that one answer lists. */
const MOST_LISTED = 200;
const DEFAULT_WINDOW_MS = 24 * HOUR_MS;

const correctionSchema = once(() =>
  annotated(
    z.strictObject({
      startsAt: instantOrNull,
      endsAt: instantOrNull,
      title: z.nullable(z.string()),
      cancelled: z.boolean(),
      actualStartsAt: instantOrNull,
      actualEndsAt: instantOrNull,
      endedBy: z.nullable(z.enum(END_SOURCES)),
      author: z.string(),
      why: z.string(),
      at: described(instant, "When the newest of it was said."),
      until: described(instant, "When it ends by itself (excluded)."),
    }),
    { id: "Correction", description: "What somebody says of a programme over its feed; null where the feed's stands." },
  ),
);

const programmeSchema = once(() =>
  annotated(
    z.strictObject({
      id: described(z.string(), "Outlives moves and the next edition of the feed."),
      title: z.string(),
      channelId: z.string(),
      startsAt: instant,
      endsAt: instant,
      listed: described(z.strictObject({ title: z.string(), startsAt: instant, endsAt: instant }), "The same as the feed has it."),
      correction: z.nullable(correctionSchema()),
      occasionId: described(z.nullable(z.string()), "The occasion it is part of; null where it is cancelled, or a filler."),
    }),
    { id: "Programme", description: "A programme as it is in force." },
  ),
);

/** Body of `GET /v1/programmes`. */
const programmesSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      programmes: described(z.array(programmeSchema()), `By start; the first ${MOST_LISTED} that are meant.`),
      more: described(z.number().check(z.int()), "How many more are meant: say more of what you look for."),
    }),
    { id: "Programmes" },
  ),
);

/** Body of the answer to a correction. */
const correctedSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      outcome: z.enum(["corrected", "taken-back", "unchanged"]),
      programmeId: z.string(),
      correction: described(z.nullable(correctionSchema()), "All that holds of it now; null where nothing does."),
      late: lateChangesSchema(),
    }),
    { id: "ProgrammeCorrected" },
  ),
);

const INSTANT_OR_NULL = "expected an instant with its zone, or null to take it back";
const instantOrTakenBack = z.optional(z.union([z.null(), z.pipe(z.string(), atInstant)], { error: INSTANT_OR_NULL }));

const askedCorrectionSchema = once(() =>
  annotated(
    z.strictObject({
      startsAt: described(instantOrTakenBack, "Start; alone it moves the programme with its length."),
      endsAt: described(instantOrTakenBack, "End (excluded): held until then, and to its real end."),
      title: z.optional(z.union([z.null(), z.string().check(z.maxLength(300))], { error: "expected a title, or null to take it back" })),
      cancelled: described(z.optional(z.boolean({ error: "expected true or false" })), "Whether it does not take place."),
      actualStartsAt: described(instantOrTakenBack, "When it really started; not in the future."),
      actualEndsAt: described(instantOrTakenBack, "When it really ended; not in the future. What it held may be released."),
      endedBy: described(
        z.optional(z.enum(END_SOURCES, { error: `expected ${END_SOURCES.join(" or ")}` })),
        "Who says that it ended: a person, when left out, or its programme-end marker.",
      ),
      until: described(z.optional(atInstant), "When the correction ends by itself; a day after the programme when left out."),
      author: described(author, "Who says so."),
      why: described(why, "Why; whoever asks why the floor is what it is reads this."),
    }),
    { id: "AskedCorrection" },
  ),
);

/** Programmes of the guide, to find the one that is meant. */
export const programmesRoute = route({
  method: "GET",
  path: "/v1/programmes",
  operationId: "findProgrammes",
  about: "The programmes of the guide in a window, as they are in force and as their feed has them: to find the one that is meant.",
  writes: false,
  query: () =>
    z.strictObject({
      title: described(
        z.optional(z.string().check(z.minLength(1, "expected a part of a title"), z.maxLength(300))),
        "Contained in the title; case does not matter.",
      ),
      channel: described(
        z.optional(z.string().check(z.minLength(1, "expected a channel's id"))),
        "One channel's id; all of them when left out.",
      ),
      from: described(z.optional(atInstant), "Start of the window; now when left out."),
      to: described(z.optional(atInstant), `End of the window; ${DEFAULT_WINDOW_MS / HOUR_MS} hours after its start when left out.`),
    }),
  responses: { 200: { about: "Those that are on air in the window.", schema: programmesSchema } },
  handle: async ({ parts, now, query }) => {
    const fromMs = query.from ?? now;
    const window = { fromMs, toMs: query.to ?? fromMs + DEFAULT_WINDOW_MS };
    const found = await findProgrammes(parts.context, { ...window, title: query.title, channelId: query.channel }, now);
    const body: z.input<ReturnType<typeof programmesSchema>> = {
      now: isoOf(now),
      programmes: found.slice(0, MOST_LISTED).map(programmeOf),
      more: Math.max(0, found.length - MOST_LISTED),
    };
    return { status: 200, body };
  },
});

/** Says something of a programme over what its feed lists. */
export const correctProgrammeRoute = route({
  method: "PATCH",
  path: "/v1/programmes/{id}",
  id: /^[A-Za-z0-9._~()+ -]{1,80}$/,
  operationId: "correctProgramme",
  about:
    "Says something of a programme over what its feed lists: when it starts and ends, that it is cancelled, that it really started or ended. What is left out stays as it was, null takes it back. In force at once.",
  writes: true,
  query: () => z.strictObject({}),
  body: askedCorrectionSchema,
  responses: { 200: { about: "What holds of it now; saying the same again changes nothing.", schema: correctedSchema } },
  handle: async ({ parts, id, request }) => {
    const { startsAt, endsAt, actualStartsAt, actualEndsAt, until, ...said } = await readJsonBody(askedCorrectionSchema(), request);
    const asked = {
      ...said,
      programmeId: id,
      startsAtMs: startsAt,
      endsAtMs: endsAt,
      actualStartsAtMs: actualStartsAt,
      actualEndsAtMs: actualEndsAt,
      untilMs: until,
    };
    return parts.exclusively(async () => {
      const now = parts.now();
      const { correction, outcome } = await correctProgramme(parts.context, asked, now);
      const late = lateChangesOf(await lateChanges(parts.context, [id], now));
      const body: z.input<ReturnType<typeof correctedSchema>> = {
        now: isoOf(now),
        outcome,
        programmeId: id,
        correction: correctionOf(correction),
        late,
      };
      return { status: 200, body };
    });
  },
});

function programmeOf({ programme, listed, correction, occasion }: FoundProgramme): z.input<ReturnType<typeof programmeSchema>> {
  const { id, title, channelId, startsAtMs, endsAtMs } = programme;
  return {
    id,
    title,
    channelId,
    startsAt: isoOf(startsAtMs),
    endsAt: isoOf(endsAtMs),
    listed: { title: listed.title, startsAt: isoOf(listed.startsAtMs), endsAt: isoOf(listed.endsAtMs) },
    correction: correctionOf(correction),
    occasionId: occasion?.id ?? null,
  };
}

function correctionOf(correction: Correction | undefined): z.input<ReturnType<typeof correctionSchema>> | null {
  if (correction === undefined) return null;
  const { startsAtMs, endsAtMs, title, cancelled, actualStartsAtMs, actualEnd, author: by, why: because, atMs, untilMs } = correction;
  return {
    startsAt: isoOrNull(startsAtMs),
    endsAt: isoOrNull(endsAtMs),
    title: title ?? null,
    cancelled: cancelled === true,
    actualStartsAt: isoOrNull(actualStartsAtMs),
    actualEndsAt: isoOrNull(actualEnd?.atMs),
    endedBy: actualEnd?.by ?? null,
    author: by,
    why: because,
    at: isoOf(atMs),
    until: isoOf(untilMs),
  };
}
