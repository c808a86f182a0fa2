import { tick } from "../../shared/app/tick.ts";
import { readVitals } from "../../shared/app/vitals.ts";
import { control, loads } from "../../shared/deployed/control.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { sheets } from "../../shared/deployed/sheets.ts";
import { state } from "../../shared/deployed/state.ts";
import { countVitals } from "../../shared/deployed/vitals.ts";
import { onMinute } from "../../shared/lambda/on-minute.ts";

const { handling, context, minute } = deployed("cue", import.meta.url, (place) => ({
  ...state(place),
  ...loads(place),
  ...control(place),
  ...sheets(place),
}));

/** The minute: plans what is stale, repairs what differs, sends the cues that are due, and says how it stands. */
export const handler = onMinute(handling, async ({ telemetry }) => {
  const now = minute();
  try {
    await tick(context, now);
  } finally {
    countVitals(telemetry, await readVitals(context, now));
  }
});
