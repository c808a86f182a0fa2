import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import type { StoredVerdict } from "../app/assess.ts";
import type { Context } from "../app/context.ts";
import { readVerdicts } from "../app/operate.ts";
import { CalltimeError } from "../core/error.ts";
import { once } from "../core/once.ts";
import { compareText } from "../core/schedule/programme.ts";
import { WARM_UP_KINDS } from "../core/readiness/warm-up.ts";
import { sentenceOfAction } from "../core/readiness/next-action.ts";
import { CHECKPOINTS, VERDICTS } from "../core/readiness/verdict.ts";
import { instantOrNull, isoOrNull, reasonSchema, unitsOrNull } from "./fields.ts";
import { route } from "./route.ts";
import { TARGET_MODES } from "../core/target.ts";

const verdict = z.enum(VERDICTS);

/** Body of `GET /v1/verdicts`. */
export const verdictsSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      occasions: described(
        z.array(
          z.strictObject({
            occasionId: z.string(),
            name: z.string(),
            startsAt: described(instant, "The start that the newest verdict was given for."),
            verdicts: described(
              z.array(
                z.strictObject({
                  verdict,
                  checkpoint: z.enum(CHECKPOINTS),
                  at: instant,
                  startsAt: described(instant, "The start at that time."),
                  pages: described(z.boolean(), "Whether somebody was paged."),
                  evidence: z.array(
                    z.strictObject({
                      targetId: z.string(),
                      verdict,
                      neededUnits: unitsOrNull,
                      servingUnits: unitsOrNull,
                      floorUnits: unitsOrNull,
                      readyBy: instantOrNull,
                      shortUnits: z.number(),
                      mode: described(z.enum(TARGET_MODES), "Floors are written only for an active target."),
                      note: z.string(),
                      next: described(z.nullable(reasonSchema()), "What is best done next; null where nothing has to be."),
                    }),
                  ),
                  warmUps: described(
                    z.array(
                      z.strictObject({
                        kind: z.enum(WARM_UP_KINDS),
                        id: described(z.string(), "The edge, or the database and its instance."),
                        verdict,
                        heldShare: described(z.nullable(z.number()), "Share that was seen to be held; null when that is not known."),
                        goalShare: described(z.number(), "Share that has to be held."),
                        seenAt: instantOrNull,
                        note: z.string(),
                      }),
                    ),
                    "Caches that the occasion's viewers meet.",
                  ),
                }),
              ),
              "Newest first.",
            ),
          }),
        ),
        "By start.",
      ),
    }),
    { id: "Verdicts" },
  ),
);

/** The verdicts given so far, with their evidence. */
export const verdictsRoute = route({
  method: "GET",
  path: "/v1/verdicts",
  operationId: "readVerdicts",
  about: "The verdicts given so far, by occasion, with the evidence each rests on.",
  writes: false,
  query: () =>
    z.strictObject({
      occasion: described(
        z.optional(z.string().check(z.minLength(1, "expected an occasion's id"))),
        "One occasion's id; all of them when left out.",
      ),
    }),
  responses: { 200: { about: "The verdicts.", schema: verdictsSchema } },
  handle: async ({ parts, now, query }) => {
    const byOccasion = new Map<string, StoredVerdict[]>();
    for (const given of await readVerdicts(parts.context)) {
      if (query.occasion !== undefined && given.occasionId !== query.occasion) continue;
      byOccasion.set(given.occasionId, [...(byOccasion.get(given.occasionId) ?? []), given]);
    }
    if (query.occasion !== undefined && byOccasion.size === 0) await checkOccasion(parts.context, query.occasion, now);
    // Instants of the API sort as text.
    const occasions = [...byOccasion.values()].flatMap(occasionOf).sort((a, b) => compareText(a.startsAt, b.startsAt));
    return { status: 200, body: { now: isoOf(now), occasions } satisfies z.input<ReturnType<typeof verdictsSchema>> };
  },
});

type OccasionVerdicts = z.input<ReturnType<typeof verdictsSchema>>["occasions"][number];

function occasionOf(given: readonly StoredVerdict[]): readonly OccasionVerdicts[] {
  const newestFirst = given.toSorted((a, b) => b.atMs - a.atMs);
  const [newest] = newestFirst;
  if (newest === undefined) return [];
  const { occasionId, name, startsAtMs } = newest;
  return [{ occasionId, name, startsAt: isoOf(startsAtMs), verdicts: newestFirst.map(verdictOf) }];
}

function verdictOf(given: StoredVerdict): OccasionVerdicts["verdicts"][number] {
  return {
    verdict: given.verdict,
    checkpoint: given.checkpoint,
    at: isoOf(given.atMs),
    startsAt: isoOf(given.startsAtMs),
    pages: given.pages,
    evidence: given.evidence.map((target) => ({
      targetId: target.targetId,
      verdict: target.verdict,
      neededUnits: target.neededUnits ?? null,
      servingUnits: target.servingUnits ?? null,
      floorUnits: target.floorUnits ?? null,
      readyBy: isoOrNull(target.readyByMs),
      shortUnits: target.shortUnits,
      mode: target.mode,
      note: target.note,
      next: target.next === undefined ? null : { code: target.next.type, text: sentenceOfAction(target.next, target) },
    })),
    warmUps: (given.warmUps ?? []).map(({ kind, id, verdict: own, goal, seen, note }) => ({
      kind,
      id,
      verdict: own,
      heldShare: seen?.shares?.held ?? null,
      goalShare: goal,
      seenAt: isoOrNull(seen?.atMs),
      note,
    })),
  };
}

/** An occasion without a verdict is no mistake, one that nobody knows is. Throws `occasion-unknown`. */
async function checkOccasion(context: Context, id: string, now: number): Promise<void> {
  if ((await context.guide(now)).byId.has(id)) return;
  throw new CalltimeError("occasion-unknown", `${id}: there is no such occasion in the schedules in force; GET /v1/occasions lists them`);
}
