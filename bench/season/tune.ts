import {
  outcomeOf,
  play,
  type Outcome,
  type Played,
  type ScalingPolicy,
  type Trace,
  type Unit,
} from "../../shared/core/simulate/peers/policy.ts";
import { horizontalScaling } from "../../shared/core/simulate/peers/horizontal.ts";
import { PATTERNS, predictiveScaling } from "../../shared/core/simulate/peers/predictive-scaling.ts";
import { scheduleMultiplier, type Slot } from "../../shared/core/simulate/peers/schedule-multiplier.ts";
import { targetTracking } from "../../shared/core/simulate/peers/target-tracking.ts";
import { calltime, type Sightings, type Without } from "./calltime.ts";
import { firstUnits } from "./trace.ts";

/** Unserved requests per million that a policy is tuned to stay within. */
export const LIMITS = [10, 30, 100] as const;

/** A policy with one setting, played over the season. */
export type Trial = { readonly setting: string; readonly outcome: Outcome; readonly played: Played };

/** Plays one policy over the season. */
export function tried<State>(setting: string, policy: ScalingPolicy<State>, trace: Trace, unit: Unit): Trial {
  const played = play(policy, trace, unit, firstUnits(trace, unit));
  return { setting, outcome: outcomeOf(played, trace, unit), played };
}

/** The cheapest trial that meets a limit: what its owner would have chosen, had he known the season. */
export function cheapest(trials: readonly Trial[], limitPerMillion: number): Trial | undefined {
  let best: Trial | undefined;
  for (const trial of trials) {
    if (trial.outcome.unservedPerMillion > limitPerMillion) continue;
    if (best === undefined || trial.outcome.ratio < best.outcome.ratio) best = trial;
  }
  return best;
}

/** The peers, each with every setting that is tried. */
export const PEERS: Readonly<Record<string, (trace: Trace, slots: readonly Slot[], unit: Unit) => readonly Trial[]>> = {
  "AWS target tracking": (trace, _, unit) => TARGETS.map((target) => tried(percent(target), targetTracking(unit, target), trace, unit)),
  "Kubernetes HPA": (trace, _, unit) => TARGETS.map((target) => tried(percent(target), horizontalScaling(unit, target), trace, unit)),
  "schedule multiplier": (trace, slots, unit) =>
    FACTORS.flatMap((factor) =>
      TARGETS.map((target) => tried(`×${factor}, ${percent(target)}`, scheduleMultiplier(unit, slots, { factor, target }), trace, unit)),
    ),
  "AWS predictive scaling": (trace, _, unit) =>
    PATTERNS.flatMap((pattern) =>
      TARGETS.map((target) => tried(`${pattern}, ${percent(target)}`, predictiveScaling(unit, { pattern, target }), trace, unit)),
    ),
};

/**
 * Calltime tuned in hindsight: one margin for all minutes, searched by halving to where it just meets each limit. More margin never loses
 * more, save for what tracking does with it.
 */
export function tunedCalltime(
  trace: Trace,
  sightings: Sightings,
  unit: Unit,
  beside: { readonly tracking?: number; readonly without?: Without } = {},
): readonly Trial[] {
  const withMargin = (spreads: number): Trial =>
    tried(`${spreads.toFixed(2)} spreads`, calltime(unit, sightings, { ...beside, safety: { kind: "fixed", spreads } }), trace, unit);
  const trials = new Map<number, Trial>();
  for (const limit of LIMITS) {
    let [least, most] = [FEWEST_SPREADS, MOST_SPREADS];
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      const spreads = (least + most) / 2;
      const trial = trials.get(spreads) ?? withMargin(spreads);
      trials.set(spreads, trial);
      if (trial.outcome.unservedPerMillion <= limit) most = spreads;
      else least = spreads;
    }
  }
  return [...trials.values()];
}

const FEWEST_SPREADS = 1;
const MOST_SPREADS = 5;
const HALVINGS = 7;

const FACTORS = [1, 1.5, 2, 3, 4] as const;

const TARGETS: readonly number[] = Array.from({ length: 90 }, (_, nth) => (nth + 10) / 100);

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
