import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { lateChanges } from "../app/late-change.ts";
import { hearSignal, LONGEST_STILL_LIVE_MS, type Signal } from "../app/signal.ts";
import { CalltimeError } from "../core/error.ts";
import { once } from "../core/once.ts";
import { MINUTE_MS } from "../core/time.ts";
import { readJsonBody } from "./body.ts";
import { lateChangesOf, lateChangesSchema } from "./late-change.ts";
import { author } from "./person.ts";
import { atInstant } from "./query.ts";
import { route } from "./route.ts";

const MOST_MINUTES = LONGEST_STILL_LIVE_MS / MINUTE_MS;
const DEFAULT_MINUTES = 10;

const signalSchema = once(() =>
  annotated(
    z.strictObject({
      kind: described(
        z.enum(["present", "following", "ended", "still-live"], { error: "expected present, following, ended or still-live" }),
        "`present`: this is on, and what was on before has ended. `following`: this comes next, and what is before it goes on until then. `ended`: what was on has ended. `still-live`: it goes on.",
      ),
      channelId: z.string({ error: "expected a channel's id" }).check(z.minLength(1, "expected a channel's id"), z.maxLength(300)),
      source: described(
        author.check(z.minLength(1, "expected what signals it")),
        "What signals it, such as EIT or SCTE-35: the author of what it says.",
      ),
      at: described(
        z.optional(atInstant),
        "When it really began or ended, for `present` and `ended`, not in the future; when it is to begin, for `following`.",
      ),
      title: described(
        z.optional(z.string({ error: "expected a title" }).check(z.minLength(1, "expected a title"), z.maxLength(300))),
        "Its title, or whole words of it. Needed by all but `present`; left out, `present` means what starts nearest.",
      ),
      forMinutes: described(
        z.optional(
          z
            .number({ error: "expected minutes" })
            .check(
              z.int(),
              z.minimum(1, "expected at least 1 minute"),
              z.maximum(MOST_MINUTES, `expected at most ${MOST_MINUTES} minutes`),
            ),
        ),
        `For \`still-live\`: its end is put off to so much later than now, ${DEFAULT_MINUTES} minutes when left out. Say it again as long as it is true.`,
      ),
    }),
    { id: "Signal", description: "What a channel's own signalling says of what is on it." },
  ),
);

const heardSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      heard: z.array(
        annotated(
          z.strictObject({
            programmeId: z.string(),
            title: z.string(),
            outcome: described(
              z.enum(["corrected", "taken-back", "unchanged"]),
              "`unchanged` too where a person has said something else, which holds.",
            ),
          }),
          { id: "Heard" },
        ),
      ),
      late: lateChangesSchema(),
    }),
    { id: "SignalHeard" },
  ),
);

/** Takes what a channel signals of what is on it. */
export const signalsRoute = route({
  method: "POST",
  path: "/v1/signals",
  operationId: "hearSignal",
  about:
    "Takes what a channel's own signalling says: what is on and since when, what follows and when, that it ended, that it is still live. It becomes a correction of the programme meant, and outlives the next feed; what a person has said of the same holds over it.",
  writes: true,
  query: () => z.strictObject({}),
  body: signalSchema,
  responses: { 200: { about: "What it made known; the same again changes nothing.", schema: heardSchema } },
  handle: async ({ parts, request }) => {
    const signal = signalOf(await readJsonBody(signalSchema(), request));
    return parts.exclusively(async () => {
      const now = parts.now();
      const heard = await hearSignal(parts.context, signal, now);
      const late = await lateChanges(
        parts.context,
        heard.map(({ programmeId }) => programmeId),
        now,
      );
      const body: z.input<ReturnType<typeof heardSchema>> = { now: isoOf(now), heard: [...heard], late: lateChangesOf(late) };
      return { status: 200, body };
    });
  },
});

function signalOf({ kind, channelId, source, at, title, forMinutes }: z.output<ReturnType<typeof signalSchema>>): Signal {
  const base = { channelId, source };
  switch (kind) {
    case "present":
      if (at === undefined || forMinutes !== undefined) throw invalid(kind, "at and no forMinutes");
      return { ...base, kind, startedAtMs: at, title };
    case "following":
      if (at === undefined || title === undefined || forMinutes !== undefined) throw invalid(kind, "at, a title and no forMinutes");
      return { ...base, kind, startsAtMs: at, title };
    case "ended":
      if (at === undefined || title === undefined || forMinutes !== undefined) throw invalid(kind, "at, a title and no forMinutes");
      return { ...base, kind, endedAtMs: at, title };
    case "still-live":
      if (title === undefined || at !== undefined) throw invalid(kind, "a title and no at");
      return { ...base, kind, title, forMs: (forMinutes ?? DEFAULT_MINUTES) * MINUTE_MS };
    default:
      return kind satisfies never;
  }
}

function invalid(kind: string, right: string): CalltimeError {
  return new CalltimeError("signal-invalid", `a signal of kind ${kind} takes ${right}`);
}
