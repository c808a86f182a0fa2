import { HARD_CAP_MS } from "../core/forecast/air.ts";
import type { Aired } from "../core/forecast/forecast.ts";
import { ARRIVAL_MS, DECAY_MS } from "../core/forecast/shape.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { HOUR_MS, minuteOf } from "../core/time.ts";
import type { AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { impactsOf } from "./impacts.ts";
import { occasionsAround, type Situation } from "./situation.ts";

/** The occasions that count between now and `untilMs`: those above the threshold of some target. */
export function countedUntil(context: Context, { model, log, now, occasions }: Situation, untilMs: number): readonly Aired[] {
  const around = occasionsAround(occasions, minuteOf(now) - HARD_CAP_MS - DECAY_MS, untilMs + ARRIVAL_MS + HOUR_MS);
  // What is below the threshold of every target adds nothing to any.
  const counted: Aired[] = [];
  for (const occasion of around) {
    const { verdict, byTarget: impacts } = impactsOf(context, model, occasion);
    if (verdict === "above" && mayCount(log, occasion, now))
      counted.push({ occasion, air: log.air[occasion.id] ?? { kind: "ahead" }, impacts });
  }
  return counted;
}

/**
 * An occasion that was not above the threshold when it started gets no floor of its own; the nowcast serves what it brings. Of one that
 * is over, and was not followed on air, nothing is left after its decay.
 */
function mayCount(log: AirLog, { id, endsAtMs }: Occasion, now: number): boolean {
  const thought = log.judged[id]?.impact;
  return thought === undefined ? endsAtMs > now - DECAY_MS : thought === "above";
}
