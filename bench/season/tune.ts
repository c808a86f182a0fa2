import { parseArgs } from "node:util";
import {
  outcomeOf,
  play,
  type Outcome,
  type Played,
  type ScalingPolicy,
  type Trace,
  type Unit,
} from "../../shared/core/simulate/peers/policy.ts";
import type { Slot } from "../../shared/core/simulate/peers/schedule-multiplier.ts";
import { PEER_SETTINGS } from "../../shared/core/simulate/peers/settings.ts";
import { calltime, type Sightings, type Without } from "./calltime.ts";
import { firstUnits } from "./trace.ts";

/** Unserved requests per million that a policy is tuned to stay within. */
export const LIMITS = [10, 30, 100] as const;

// Minutes from asking for a task to its serving that are tried.
const START_UPS = [3, 6, 12] as const;

/** The start-ups to play, in minutes: all, or of `--start-up N` that one. Throws on another option than that and `--json`. */
export function startUpsIn(args: readonly string[]): readonly number[] {
  const { values } = parseArgs({ args: [...args], options: { json: { type: "boolean" }, "start-up": { type: "string" } } });
  const only = values["start-up"];
  return only === undefined ? START_UPS : [Number(only)];
}

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
export const PEERS: Readonly<Record<string, (trace: Trace, slots: readonly Slot[], unit: Unit) => readonly Trial[]>> = Object.fromEntries(
  Object.entries(PEER_SETTINGS).map(([name, settingsOf]) => [
    name,
    (trace: Trace, slots: readonly Slot[], unit: Unit) =>
      settingsOf(unit, slots).map(({ setting, run }) => run((policy) => tried(setting, policy, trace, unit))),
  ]),
);

/**
 * Calltime tuned in hindsight: one margin for all minutes, searched by halving to where it just meets each limit. More margin never loses
 * more, save for what tracking does with it.
 */
export function tunedCalltime(
  trace: Trace,
  sightings: Sightings,
  unit: Unit,
  beside: { readonly tracking?: number; readonly without?: readonly Without[] } = {},
  { fewest, most, halvings }: SearchedSpreads = SEARCHED_SPREADS,
): readonly Trial[] {
  const withMargin = (spreads: number): Trial =>
    tried(`${spreads.toFixed(2)} spreads`, calltime(unit, sightings, { ...beside, safety: { kind: "fixed", spreads } }), trace, unit);
  const trials = new Map<number, Trial>();
  for (const limit of LIMITS) {
    let [below, enough] = [fewest, most];
    for (let halving = 0; halving < halvings; halving += 1) {
      const spreads = (below + enough) / 2;
      const trial = trials.get(spreads) ?? withMargin(spreads);
      trials.set(spreads, trial);
      if (trial.outcome.unservedPerMillion <= limit) enough = spreads;
      else below = spreads;
    }
  }
  return [...trials.values()];
}

/** Where margins are searched, in spreads, and how often that is halved. */
type SearchedSpreads = { readonly fewest: number; readonly most: number; readonly halvings: number };
const SEARCHED_SPREADS: SearchedSpreads = { fewest: 1, most: 5, halvings: 7 };
/** For spreads that are not the learned ones: a margin in them may be of any size. */
export const ANY_SPREADS: SearchedSpreads = { fewest: 0, most: 16, halvings: 10 };
