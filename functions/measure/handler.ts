import { measureTick } from "../../shared/app/tick.ts";
import { loads } from "../../shared/deployed/control.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onMinute } from "../../shared/lambda/on-minute.ts";

const { handling, context, minute } = deployed("measure", import.meta.url, (place) => ({ ...state(place), ...loads(place) }));

/** The minute's measuring: what was carried, what is on air, and what both teach. */
export const handler = onMinute(handling, () => measureTick(context, minute()));
