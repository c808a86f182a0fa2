import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { modeOf, readModes, setMode, type Modes, type ModeSet } from "../app/modes.ts";
import type { Context } from "../app/context.ts";
import { once } from "../core/once.ts";
import { TARGET_MODES } from "../core/target.ts";
import { readJsonBody } from "./body.ts";
import { author, why } from "./person.ts";
import { targetId } from "./query.ts";
import { route } from "./route.ts";

const setByPerson = described(
  z.nullable(z.strictObject({ mode: z.enum(TARGET_MODES), author: z.string(), why: z.string(), at: instant })),
  "What a person set, or null where nobody did.",
);

/** Body of `GET` and `PUT /v1/mode`. */
const modesSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      all: setByPerson,
      targets: z.array(
        z.strictObject({
          targetId: z.string(),
          mode: described(z.enum(TARGET_MODES), "The mode in force."),
          file: described(z.enum(TARGET_MODES), "What the file of targets says."),
          set: setByPerson,
        }),
      ),
    }),
    { id: "Modes" },
  ),
);

const askedModeSchema = once(() =>
  annotated(
    z.strictObject({
      mode: z.enum(TARGET_MODES, { error: `expected one of ${TARGET_MODES.join(", ")}` }),
      targetId: described(z.optional(targetId), "One target; the switch for all when left out."),
      author: described(author, "Who sets it."),
      why: described(why, "Why."),
    }),
    { id: "AskedMode" },
  ),
);

/** The modes in force, and who set them. */
export const modesRoute = route({
  method: "GET",
  path: "/v1/mode",
  operationId: "readModes",
  about: "What Calltime may do with each target, and who said so.",
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "The modes.", schema: modesSchema } },
  handle: async ({ parts, now }) => ({ status: 200, body: modesOf(parts.context, await readModes(parts.context), now) }),
});

/** Sets a mode. */
export const setModeRoute = route({
  method: "PUT",
  path: "/v1/mode",
  operationId: "setMode",
  about: "Sets the mode of one target, or of all at once. The switch for all can only take away: what is least allowed holds.",
  writes: true,
  query: () => z.strictObject({}),
  body: askedModeSchema,
  responses: { 200: { about: "It is in force; setting the same again changes nothing.", schema: modesSchema } },
  handle: async ({ parts, request }) => {
    const asked = await readJsonBody(askedModeSchema(), request);
    return parts.exclusively(async () => {
      const now = parts.now();
      await setMode(parts.context, asked, now);
      return { status: 200, body: modesOf(parts.context, await readModes(parts.context), now) };
    });
  },
});

function modesOf({ settings }: Context, modes: Modes, now: number): z.input<ReturnType<typeof modesSchema>> {
  return {
    now: isoOf(now),
    all: setOf(modes.all),
    targets: settings.targets.map((target) => ({
      targetId: target.id,
      mode: modeOf(target, modes),
      file: target.mode,
      set: setOf(modes.targets[target.id]),
    })),
  };
}

function setOf(set: ModeSet | undefined): z.input<typeof setByPerson> {
  return set === undefined ? null : { mode: set.mode, author: set.author, why: set.why, at: isoOf(set.atMs) };
}
