import { plan } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { loads } from "../../shared/deployed/control.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onEvent } from "../../shared/lambda/on-event.ts";

const { handling, context, now } = deployed("plan", import.meta.url, (place) => ({ ...state(place), ...loads(place) }));

/** Plans anew, at once, when what a plan rests on has changed. */
export const handler = onEvent(
  handling,
  ["calltime.schedule.changed", "calltime.override.changed", "calltime.programme.corrected"],
  async (_, { correlationId }) => plan(context, await situationAt(context, now()), correlationId),
);
