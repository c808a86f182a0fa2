import type { Forecast } from "../../shared/core/forecast/forecast.ts";
import type { NearMinute } from "../../shared/core/forecast/growth.ts";
import { tailOfNear, type Spreads } from "../../shared/core/forecast/margin.ts";

/** The next minutes of a target as its newest ones let them be seen; `newestMs` is the minute that they are seen from. */
export function forecastNear(input: {
  readonly targetId: string;
  readonly near: readonly NearMinute[];
  readonly newestMs: number;
  readonly spreads: Spreads;
  /** Of one unit. */
  readonly throughputRps: number;
}): Forecast {
  const { targetId, near, newestMs, spreads, throughputRps } = input;
  return {
    targetId,
    minutes: near.map((minute) => ({
      kind: "known",
      atMs: minute.atMs,
      usualRps: minute.medianRps,
      medianRps: minute.medianRps,
      interval: undefined,
      tailRps: tailOfNear(minute, spreads[minute.side], throughputRps),
      contributions: [],
      surpriseRps: 0,
    })),
    nowcast: { newestMs, level: 1, amplitude: undefined, surprise: undefined, suddenFall: false, farBelow: false },
  };
}
