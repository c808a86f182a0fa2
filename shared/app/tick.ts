import { isoOf } from "../../events/index.ts";
import { MINUTE_MS } from "../core/time.ts";
import { assess } from "./assess.ts";
import type { Context } from "./context.ts";
import { cue } from "./cue.ts";
import { measure } from "./measure.ts";
import { plan, type Planned } from "./plan.ts";
import { warm } from "./warm.ts";
import { leadMs } from "../core/plan/capacity.ts";
import { sentenceOf } from "../core/plan/explain.ts";

/**
 * One minute of Calltime: measure, plan, warm, cue, assess. Each step reads what is, not what an event said; a tick that is lost is made
 * good by the next one, and a tick that runs twice changes nothing the second time.
 */
export async function tick(context: Context, now: number): Promise<void> {
  const correlationId = `tick/${isoOf(now)}`;
  await measure(context, now);
  const planned = await plan(context, now);
  const warmed = await warm(context, now, correlationId);
  await cue(context, now, correlationId);
  await assess(context, planned, warmed, now);
  await context.ports.journal.append(
    warmed.map(({ targetId, tick: evidence }) => {
      const step = planned.find((made) => made.target.id === targetId)?.plan.steps[0];
      const reasons = step?.reasons ?? [];
      return {
        atMs: now,
        targetId,
        tick: evidence,
        reasons,
        sentences: reasons.map(sentenceOf),
        forecast: aheadOf(planned, targetId, now),
      };
    }),
  );
}

/** What was just forecast for the minute that a decision taken now still reaches. */
function aheadOf(planned: readonly Planned[], targetId: string, now: number) {
  const made = planned.find((candidate) => candidate.target.id === targetId);
  if (made === undefined) return undefined;
  const reachedMs = now + Math.ceil(leadMs(made.target, made.startUpMs, 0) / MINUTE_MS) * MINUTE_MS;
  const minute = made.forecast.minutes.find((candidate) => candidate.atMs === reachedMs);
  return minute?.kind === "known" ? { forMs: minute.atMs, medianRps: minute.medianRps } : undefined;
}
