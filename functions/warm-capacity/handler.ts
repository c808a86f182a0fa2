import { warm } from "../../shared/app/warm.ts";
import { control } from "../../shared/deployed/control.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onQueue } from "../../shared/lambda/on-queue.ts";

const { handling, context, now } = deployed("warm-capacity", import.meta.url, (place) => ({ ...state(place), ...control(place) }));

/** Brings the targets that are named to what their plans ask for; a mode for all names all of them. */
export const handler = onQueue(handling, ["calltime.capacity.planned", "calltime.mode.changed"], async (events, { correlationId }) => {
  const named = events.map(({ data }) => data.targetId);
  const only = named.flatMap((targetId) => targetId ?? []);
  return warm(context, now(), correlationId, named.includes(null) ? undefined : new Set(only));
});
