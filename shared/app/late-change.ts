import { ARRIVAL_MS } from "../core/forecast/shape.ts";
import { leadMs } from "../core/plan/capacity.ts";
import { neededUnits } from "../core/plan/demand.ts";
import { inTime, type InTime, type NeededMinute } from "../core/plan/in-time.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { TargetMode } from "../core/target.ts";
import { minuteOf } from "../core/time.ts";
import { describeTargets } from "./capacity.ts";
import type { Context } from "./context.ts";
import { modeOf, readModes } from "./modes.ts";
import { makePlans, TICK_HORIZON_MS, type Planned } from "./plan.ts";
import { situationAt } from "./situation.ts";
import { subjectsBetween } from "./subjects.ts";

/** What a change that came later than its lead leaves possible, for one occasion above the threshold. */
export type LateChange = {
  readonly occasionId: string;
  readonly name: string;
  readonly startsAtMs: number;
  readonly targets: readonly LateTarget[];
};

/** One target before an occasion. What is serving is undefined where it could not be found out: then nobody can say what is in time. */
export type LateTarget = {
  readonly targetId: string;
  readonly mode: TargetMode;
  readonly servingUnits: number | undefined;
  readonly inTime: InTime | undefined;
};

/**
 * What can still be warmed for the occasions of these programmes, what cannot, and the shortfall to expect: of those above the impact
 * threshold whose need is nearer than the lead of what it takes. The need is the whole target's, whoever else is on. Reads only; nothing is
 * written.
 */
export async function lateChanges(context: Context, programmeIds: readonly string[], now: number): Promise<readonly LateChange[]> {
  const changed = new Set(programmeIds);
  if (changed.size === 0) return [];
  const situation = await situationAt(context, now);
  const subjects = subjectsBetween(context, situation, now, now + TICK_HORIZON_MS).above.filter(
    ({ occasion, air }) => air.kind !== "ended" && occasion.programmes.some(({ id }) => changed.has(id)),
  );
  if (subjects.length === 0) return [];
  const planned = await makePlans(context, situation, TICK_HORIZON_MS, { everyMinute: true });
  const states = await describeTargets(context);
  const modes = await readModes(context);
  return subjects.flatMap(({ occasion, targets }) => {
    const late = targets.flatMap((target): readonly LateTarget[] => {
      const made = planned.find((each) => each.target.id === target.id);
      const state = states.find(({ targetId }) => targetId === target.id);
      const minutes = made === undefined ? [] : minutesOf(made, occasion, now);
      const base = { targetId: target.id, mode: modeOf(target, modes) };
      if (made === undefined || minutes.length === 0) return [];
      if (state?.kind !== "known" || state.servingUnits === undefined) {
        const mostUnits = Math.max(...minutes.map(({ units }) => units));
        return isLate(made, mostUnits, minutes, now) ? [{ ...base, servingUnits: undefined, inTime: undefined }] : [];
      }
      const { servingUnits, desiredUnits = servingUnits } = state;
      const found = inTime({ target, startUpMs: made.startUpMs, servingUnits, desiredUnits, minutes, now });
      return found?.shortfall === undefined ? [] : [{ ...base, servingUnits, inTime: found }];
    });
    const { id: occasionId, name, startsAtMs } = occasion;
    return late.length === 0 ? [] : [{ occasionId, name, startsAtMs, targets: late }];
  });
}

/** Whether so many units could not be had from nothing by when they are needed. */
function isLate({ target, startUpMs }: Planned, units: number, minutes: readonly NeededMinute[], now: number): boolean {
  const byMs = minutes.find((minute) => minute.units === units)?.atMs ?? now;
  return byMs - now < leadMs(target, startUpMs, units - target.baselineUnits);
}

/** What the minutes of an occasion need, from its audience's arrival on. */
function minutesOf({ needs, forecast }: Planned, { startsAtMs, endsAtMs }: Occasion, now: number): readonly NeededMinute[] {
  const [fromMs, toMs] = [Math.max(minuteOf(now), startsAtMs - ARRIVAL_MS), endsAtMs];
  const medians = new Map(forecast.minutes.map((minute) => [minute.atMs, minute.kind === "known" ? minute.medianRps : undefined]));
  return needs.flatMap((need) => {
    const units = neededUnits(need)?.units;
    if (units === undefined || need.atMs < fromMs || need.atMs >= toMs) return [];
    return [{ atMs: need.atMs, units, medianRps: medians.get(need.atMs) }];
  });
}
