import { HOUR_MS } from "../time.ts";

/** What a plan asks for, as far as two of them are compared. */
export type ComparedPlan = {
  readonly targetId: string;
  /** Floors from an instant on, by instant. */
  readonly steps: readonly { readonly atMs: number; readonly floorUnits: number }[];
  /** Where the target cannot have what it needs, `units` being what is missing in the worst minute. */
  readonly shorts: readonly { readonly fromMs: number; readonly toMs: number; readonly units: number }[];
  /** US dollars for a unit and hour; undefined where nobody said. */
  readonly costUsdPerUnitHour: number | undefined;
};

/** A plan in numbers. */
export type PlanSum = {
  readonly peakUnits: number;
  readonly peakAtMs: number;
  /** Floors over time. */
  readonly unitHours: number;
  /** What the floors cost; undefined where nobody said what a unit does. */
  readonly usd: number | undefined;
  /** Units missing in the worst minute; 0 when the target can have all it needs. */
  readonly shortUnits: number;
};

/** A stretch [fromMs, toMs) in which the floors differ, and the floors where they differ most; undefined where there is no such target. */
export type Difference = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly beforeUnits: number | undefined;
  readonly afterUnits: number | undefined;
};

/** What a change does to one target. */
export type Comparison = {
  readonly targetId: string;
  /** Undefined for a target that the change adds, or takes away. */
  readonly before: PlanSum | undefined;
  readonly after: PlanSum | undefined;
  /** By instant; none when both plans ask for the same. */
  readonly differences: readonly Difference[];
};

/** What a change does to the floors of [fromMs, toMs): the targets as `after` has them, then those that it has no more. */
export function comparePlans(
  before: readonly ComparedPlan[],
  after: readonly ComparedPlan[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly Comparison[] {
  const ids = new Set([...after, ...before].map(({ targetId }) => targetId));
  return [...ids].map((targetId) => {
    const [old, next] = [before, after].map((plans) => plans.find((plan) => plan.targetId === targetId));
    return {
      targetId,
      before: old && sumOf(old, fromMs, toMs),
      after: next && sumOf(next, fromMs, toMs),
      differences: differencesOf(old, next, fromMs, toMs),
    };
  });
}

function sumOf(plan: ComparedPlan, fromMs: number, toMs: number): PlanSum {
  const { shorts, costUsdPerUnitHour } = plan;
  let [peakUnits, peakAtMs, unitHours] = [0, fromMs, 0];
  const instants = instantsOf([plan], fromMs, toMs);
  for (const [index, atMs] of instants.entries()) {
    const units = floorAt(plan, atMs) ?? 0;
    const untilMs = instants[index + 1] ?? toMs;
    if (units > peakUnits) [peakUnits, peakAtMs] = [units, atMs];
    unitHours += (units * (untilMs - atMs)) / HOUR_MS;
  }
  const within = shorts.filter((short) => short.fromMs < toMs && short.toMs > fromMs);
  return {
    peakUnits,
    peakAtMs,
    unitHours,
    usd: costUsdPerUnitHour === undefined ? undefined : unitHours * costUsdPerUnitHour,
    shortUnits: Math.max(0, ...within.map(({ units }) => units)),
  };
}

function differencesOf(before: ComparedPlan | undefined, after: ComparedPlan | undefined, fromMs: number, toMs: number) {
  const plans = [before, after].flatMap((plan) => plan ?? []);
  const instants = instantsOf(plans, fromMs, toMs);
  const found: Difference[] = [];
  for (const [index, atMs] of instants.entries()) {
    const [beforeUnits, afterUnits] = [before && floorAt(before, atMs), after && floorAt(after, atMs)];
    if (beforeUnits === afterUnits) continue;
    const here: Difference = { fromMs: atMs, toMs: instants[index + 1] ?? toMs, beforeUnits, afterUnits };
    const last = found.at(-1);
    if (last?.toMs !== atMs) found.push(here);
    else found[found.length - 1] = { ...(apart(here) > apart(last) ? here : last), fromMs: last.fromMs, toMs: here.toMs };
  }
  return found;
}

function apart({ beforeUnits = 0, afterUnits = 0 }: Difference): number {
  return Math.abs(afterUnits - beforeUnits);
}

/** The instants of [fromMs, toMs) at which one of the plans has another floor, the first included. */
function instantsOf(plans: readonly ComparedPlan[], fromMs: number, toMs: number): readonly number[] {
  const within = plans.flatMap(({ steps }) => steps.map(({ atMs }) => atMs)).filter((atMs) => atMs > fromMs && atMs < toMs);
  return [...new Set([fromMs, ...within])].sort((a, b) => a - b);
}

/** The floor at an instant; what holds before the first step is its floor. */
function floorAt({ steps }: ComparedPlan, atMs: number): number | undefined {
  return (steps.findLast((step) => step.atMs <= atMs) ?? steps[0])?.floorUnits;
}
