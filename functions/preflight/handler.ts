import { checkLimits } from "../../shared/app/preflight.ts";
import { loads } from "../../shared/deployed/control.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { limits } from "../../shared/deployed/limits.ts";
import { state } from "../../shared/deployed/state.ts";
import { onMinute } from "../../shared/lambda/on-minute.ts";

const { handling, context, place, minute } = deployed("preflight", import.meta.url, (at) => ({ ...state(at), ...loads(at) }));
const source = limits(place);

/** Holds the plans of the next days against the limits they will meet, twice a day. */
export const handler = onMinute(handling, async ({ telemetry }) => {
  const { findings } = await checkLimits(context, source, minute());
  telemetry.count("limitFindings", findings.length);
});
