import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { readPreflight } from "../app/preflight.ts";
import { once } from "../core/once.ts";
import { LIMIT_CODES } from "../core/plan/limits.ts";
import { instantOrNull, isoOrNull } from "./fields.ts";
import { route } from "./route.ts";

const preflightSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      lookedAt: described(instantOrNull, "When limits were looked at last; null when nobody has looked yet, and nothing is known."),
      until: described(instantOrNull, "The plans that were looked at end here."),
      findings: described(
        z.array(
          z.strictObject({
            code: z.enum(LIMIT_CODES),
            targetIds: z.array(z.string()),
            at: described(instantOrNull, "When it is first in the way; null when that is not known."),
            what: z.string(),
            right: z.string(),
          }),
        ),
        "What will be in the way of the next days' plans, first what is in the way first.",
      ),
    }),
    { id: "Preflight" },
  ),
);

/** What was found when the limits of accounts were looked at last. */
export const preflightRoute = route({
  method: "GET",
  path: "/v1/preflight",
  operationId: "readPreflight",
  about:
    "The limits of accounts that will be in the way of the next days' plans, as they were found last: quotas, addresses, scheduled actions, decreases.",
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "What was found.", schema: preflightSchema } },
  handle: async ({ parts, now }) => {
    const found = await readPreflight(parts.context);
    const findings = (found?.findings ?? []).map(({ code, targetIds, atMs, what, right }) => ({
      code,
      targetIds: [...targetIds],
      at: isoOrNull(atMs),
      what,
      right,
    }));
    const body = { now: isoOf(now), lookedAt: isoOrNull(found?.atMs), until: isoOrNull(found?.untilMs), findings };
    return { status: 200, body: body satisfies z.input<ReturnType<typeof preflightSchema>> };
  },
});
