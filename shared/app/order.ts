import { ARRIVAL_MS } from "../core/forecast/shape.ts";
import { neededUnits } from "../core/plan/demand.ts";
import type { NeededMinute } from "../core/plan/in-time.ts";
import { warmOrder, type Needing, type OrderStep } from "../core/plan/order.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { TargetMode } from "../core/target.ts";
import { MINUTE_MS, minuteOf } from "../core/time.ts";
import { describeTargets } from "./capacity.ts";
import type { Context } from "./context.ts";
import { modeOf, readModes } from "./modes.ts";
import { makePlans, TICK_HORIZON_MS, type Planned } from "./plan.ts";
import type { TargetState } from "./ports.ts";
import { situationAt } from "./situation.ts";
import { subjectsBetween, type Subject } from "./subjects.ts";

/** The plan of one occasion above the impact threshold: what it needs, in the order in which that is warmed. */
export type OccasionOrder = {
  readonly occasionId: string;
  readonly name: string;
  readonly startsAtMs: number;
  readonly steps: readonly (OrderStep & { readonly mode: TargetMode })[];
};

/**
 * The plans of the occasions that are ahead or on air and that `wanted` names, by start. The need is the whole target's, whoever else is on;
 * the database of a target is there too, since its connections are needed. Reads only; nothing is written.
 */
export async function ordersAhead(context: Context, now: number, wanted: (subject: Subject) => boolean): Promise<readonly OccasionOrder[]> {
  const situation = await situationAt(context, now);
  const subjects = subjectsBetween(context, situation, now, now + TICK_HORIZON_MS).above.filter(
    (subject) => subject.air.kind !== "ended" && wanted(subject),
  );
  if (subjects.length === 0) return [];
  const planned = await makePlans(context, situation, TICK_HORIZON_MS, { everyMinute: true });
  const states = await describeTargets(context);
  const modes = await readModes(context);
  return subjects.map(({ occasion, targets }) => {
    const databases = new Set(targets.map(({ connections }) => connections?.database));
    const needing = planned
      .filter(({ target }) => databases.has(target.id) || targets.some(({ id }) => id === target.id))
      .map((made) => needingOf(made, occasion, states, now));
    const steps = warmOrder(needing, now).map((step) => {
      const target = context.settings.targets.find(({ id }) => id === step.targetId);
      return { ...step, mode: target === undefined ? ("observe" as const) : modeOf(target, modes) };
    });
    return { occasionId: occasion.id, name: occasion.name, startsAtMs: occasion.startsAtMs, steps };
  });
}

function needingOf(made: Planned, occasion: Occasion, states: readonly TargetState[], now: number): Needing {
  const { target, startUpMs } = made;
  const state = states.find(({ targetId }) => targetId === target.id);
  const { servingUnits, desiredUnits } = state?.kind === "known" ? state : { servingUnits: undefined, desiredUnits: undefined };
  return { target, startUpMs, servingUnits, desiredUnits, minutes: minutesOf(made, occasion, now) };
}

/** What the minutes of an occasion need, from its audience's arrival on. Between two that were looked at the need of the first stands. */
function minutesOf({ needs, forecast }: Planned, { startsAtMs, endsAtMs }: Occasion, now: number): readonly NeededMinute[] {
  const [fromMs, toMs] = [Math.max(minuteOf(now), startsAtMs - ARRIVAL_MS), endsAtMs];
  const medians = new Map(forecast.minutes.map((minute) => [minute.atMs, minute.kind === "known" ? minute.medianRps : undefined]));
  const minutes: NeededMinute[] = [];
  for (const [index, need] of needs.entries()) {
    const units = neededUnits(need)?.units;
    if (units === undefined) continue;
    const nextMs = Math.min(toMs, needs[index + 1]?.atMs ?? need.atMs + MINUTE_MS);
    for (let atMs = need.atMs; atMs < nextMs; atMs += MINUTE_MS) {
      if (atMs >= fromMs) minutes.push({ atMs, units, medianRps: medians.get(need.atMs) });
    }
  }
  return minutes;
}
