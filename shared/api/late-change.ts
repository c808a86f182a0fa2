import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import type { LateChange, LateTarget } from "../app/late-change.ts";
import { once } from "../core/once.ts";
import { TARGET_MODES } from "../core/target.ts";
import { instantOrNull, isoOrNull, unitsOrNull } from "./fields.ts";

const lateTargetSchema = once(() =>
  annotated(
    z.strictObject({
      targetId: z.string(),
      mode: described(z.enum(TARGET_MODES), "Only an `active` target is warmed at all."),
      servingUnits: described(unitsOrNull, "Serving now; null where nobody could find out, and then nobody can say what is in time."),
      neededUnits: described(unitsOrNull, "The most that any minute of the occasion needs, whoever else is on."),
      neededBy: described(instantOrNull, "The first minute that does."),
      inTimeUnits: described(unitsOrNull, "Units that can be serving by then."),
      shortUnits: described(unitsOrNull, "The most that any minute will lack."),
      shortFrom: instantOrNull,
      shortUntil: described(
        instantOrNull,
        "When all that is needed can be there; null when not before the occasion ends, or before the plan does.",
      ),
      unservedRequests: described(
        unitsOrNull,
        "Requests of the expected load that find no room until then; null where that load is not known.",
      ),
    }),
    { id: "LateTarget" },
  ),
);

/** What a change that came later than its lead leaves possible. */
export const lateChangesSchema = once(() =>
  described(
    z.array(
      annotated(z.strictObject({ occasionId: z.string(), name: z.string(), startsAt: instant, targets: z.array(lateTargetSchema()) }), {
        id: "LateChange",
        description: "An occasion for which not everything can be warmed in time any more.",
      }),
    ),
    "What of it came too late to be warmed in time, with what can still be had; empty when all can.",
  ),
);

/** The late changes as the API gives them. */
export function lateChangesOf(late: readonly LateChange[]): z.input<ReturnType<typeof lateChangesSchema>> {
  return late.map(({ occasionId, name, startsAtMs, targets }) => ({
    occasionId,
    name,
    startsAt: isoOf(startsAtMs),
    targets: targets.map(lateTargetOf),
  }));
}

function lateTargetOf({ targetId, mode, servingUnits, inTime }: LateTarget): z.input<ReturnType<typeof lateTargetSchema>> {
  const { shortfall } = inTime ?? {};
  return {
    targetId,
    mode,
    servingUnits: servingUnits ?? null,
    neededUnits: inTime?.neededUnits ?? null,
    neededBy: isoOrNull(inTime?.neededByMs),
    inTimeUnits: inTime?.inTimeUnits ?? null,
    shortUnits: shortfall?.units ?? null,
    shortFrom: isoOrNull(shortfall?.fromMs),
    shortUntil: isoOrNull(shortfall?.untilMs),
    unservedRequests: shortfall?.unservedRequests ?? null,
  };
}
