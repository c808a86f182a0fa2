import type { Said } from "../schedule/occasion.ts";
import { stepAt, type Plan, type Reason } from "./plan.ts";

/** The answer to "why is the floor 40 at 19:43?". */
export type Explanation =
  | {
      readonly kind: "known";
      readonly targetId: string;
      readonly atMs: number;
      readonly floorUnits: number;
      readonly sinceMs: number;
      readonly neededByMs: number;
      readonly reasons: readonly Reason[];
      /** One sentence a reason, in the order in which they apply. */
      readonly sentences: readonly string[];
    }
  | { readonly kind: "unknown"; readonly targetId: string; readonly atMs: number; readonly why: string };

/** Why a target's floor is what it is at an instant of its plan. */
export function explain(plan: Plan, atMs: number): Explanation {
  const step = stepAt(plan, atMs);
  if (step === undefined) {
    return { kind: "unknown", targetId: plan.targetId, atMs, why: "the instant lies outside the plan" };
  }
  return {
    kind: "known",
    targetId: plan.targetId,
    atMs,
    floorUnits: step.floorUnits,
    sinceMs: step.atMs,
    neededByMs: step.neededByMs,
    reasons: step.reasons,
    sentences: step.reasons.map(sentenceOf),
  };
}

/** A reason in words. */
export function sentenceOf(reason: Reason): string {
  switch (reason.type) {
    case "baseline":
      return `never below your own minimum of ${reason.units}`;
    case "usual-load":
      return `this part of the week carries ${rps(reason.loadRps)}`;
    case "measured-load":
      return `a few minutes ago it carried ${rps(reason.loadRps)}`;
    case "occasion":
      return `${reason.name} (${PHASES[reason.phase]}) adds ${rps(reason.medianRps)}`;
    case "surprise":
      return `${rps(reason.loadRps)} more than anything known explains`;
    case "tail":
      return `expected ${rps(reason.medianRps)}; ${rps(reason.tailRps)} leaves no more than ${reason.unservedPerMillion} per million of the forecast unserved`;
    case "near":
      return `the newest minutes lead to ${rps(reason.medianRps)}; ${rps(reason.tailRps)} keeps what is left unserved to ${reason.unservedPerMillion} per million`;
    case "zone-reserve":
      return `${reason.units} carry the expected load even when one of ${reason.zones} zones is lost`;
    case "connections":
      return `${reason.clients.map(({ targetId, units }) => `${units} of ${targetId}`).join(" and ")} need the connections of ${reason.units}`;
    case "connection-budget":
      return `${reason.database} has connections for ${reason.units} units, no more`;
    case "override":
      return `${reason.author} asked for at least ${reason.units}: ${reason.why}`;
    case "factor":
      return `${reason.author} asked for ${reason.factor} times what its load takes, which is ${reason.units}: ${reason.why}`;
    case "hold":
      return `${reason.author} asked that nothing be lowered: ${reason.why}`;
    case "said":
      return sentenceOfSaid(reason.name, reason.said);
    case "ceiling":
      return `your maximum is ${reason.units}: short by ${reason.shortUnits}`;
    case "cap":
      return `${reason.name} would take ${reason.units} more, and what rests on the feed alone may cost $${reason.capUsdPerHour} an hour: left out until somebody expects it or its crowd is seen`;
    case "held":
      return "held for a while after it was last needed";
    case "staged-release":
      return `on its way down to ${reason.towardsUnits}, in stages`;
    case "reservation":
      return `${reason.units} are reserved for the evening, the most of which needs ${reason.neededUnits}`;
    case "reservation-kept":
      return reason.decreasesLeft === 0
        ? `${reason.aheadUnits} would do, and it was lowered as often as it may be in 24 hours`
        : `${reason.aheadUnits} would do; a reservation is lowered seldom, by half at least and after four quiet hours`;
    case "unknown":
      return reason.why;
    default: {
      const never: never = reason;
      return never;
    }
  }
}

/** What a person said of an occasion, in words. */
export function sentenceOfSaid(name: string, { change, author, why }: Said): string {
  return `${author} said that ${name} ${changeOf(change)}: ${why}`;
}

function changeOf(change: Said["change"]): string {
  switch (change.kind) {
    case "start":
      return `begins ${minutesOf(change.byMinutes)} than the guide says`;
    case "end":
      return `ends ${minutesOf(change.byMinutes)} than the guide says`;
    case "audience":
      return `will have ${change.viewers} viewers`;
    case "cancelled":
      return "does not take place";
    default:
      return change satisfies never;
  }
}

function minutesOf(byMinutes: number): string {
  return `${Math.abs(byMinutes)} min ${byMinutes < 0 ? "earlier" : "later"}`;
}

const PHASES = { arrival: "the audience arriving", "on-air": "on air", end: "the crowd at the end", decay: "the crowd leaving" } as const;

function rps(value: number): string {
  return `${Math.round(value)} requests/s`;
}
