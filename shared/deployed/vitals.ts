import type { Vitals } from "../app/vitals.ts";
import type { Telemetry } from "../lambda/telemetry.ts";

/** Writes out vitals as metrics. A feed age that is not known is not written: its alarm takes silence for the worst. */
export function countVitals(telemetry: Telemetry, { feedAgeMs, verdictsPaging, unsentEvents }: Vitals): void {
  if (feedAgeMs !== undefined) telemetry.count("feedAge", Math.round(feedAgeMs / 1_000));
  telemetry.count("verdictsPaging", verdictsPaging);
  telemetry.count("unsentEvents", unsentEvents);
}
