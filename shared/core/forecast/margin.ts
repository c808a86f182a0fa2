import { MINUTES_PER_DAY } from "../time.ts";
import type { NearMinute, Side } from "./growth.ts";

/**
 * How many spreads above its median a near forecast asks for, corrected by what was promised and what was lost (adaptive conformal
 * inference: Gibbs & Candès 2021), apart around what draws a crowd and without it. Each is what is added to the default, so that another
 * promise needs no new start.
 */
export type Margins = Readonly<Record<Side, number>> & {
  /** Mean load of about a day; undefined until a minute was learned. */
  readonly meanRps: number | undefined;
};

/** Nothing lost and nothing spared yet. */
export const FIRST_MARGINS: Margins = { inside: 0, outside: 0, meanRps: undefined };

// At 30 requests per million the margin is 3.3 spreads. What is lost falls to a third with every third of a spread more, so another promise
// moves it by its logarithm ÷ 3.5.
const DEFAULT_SPREADS = 3.3;
const DEFAULT_PER_MILLION = 30;
const LOG_LOSS_PER_SPREAD = 3.5;
const FEWEST_SPREADS = 2;
const MOST_SPREADS = 5;
// A day without a loss takes this away, and losing what is promised for a day puts it back.
const SPREADS_A_DAY = 0.02;
// A minute that no margin would have covered counts for no more than a day.
const MOST_DAYS_A_MINUTE = 1;
// Whatever the load, one spread is at least this share of a unit.
const LEAST_UNITS = 0.1;

/** Margins in spreads. */
export type Spreads = Readonly<Record<Side, number>>;

/** The margins in spreads, for requests per million that may be left unserved. */
export function spreadsOf(margins: Margins, unservedPerMillion: number): Spreads {
  const first = defaultSpreads(unservedPerMillion);
  return { inside: within(first + margins.inside), outside: within(first + margins.outside) };
}

function defaultSpreads(unservedPerMillion: number): number {
  return DEFAULT_SPREADS + Math.log(DEFAULT_PER_MILLION / unservedPerMillion) / LOG_LOSS_PER_SPREAD;
}

function within(spreads: number): number {
  return Math.min(MOST_SPREADS, Math.max(FEWEST_SPREADS, spreads));
}

/** The load to have capacity for, so many spreads above the median: relative ones, and the least that a unit allows. */
export function tailOfNear(
  { medianRps, spread }: Pick<NearMinute, "medianRps" | "spread">,
  spreads: number,
  throughputRps: number,
): number {
  return medianRps * Math.exp(spreads * spread) + spreads * LEAST_UNITS * throughputRps;
}

/** The margins after a minute that carried `loadRps`, when capacity for `askedRps` had been asked for a lead before it. */
export function learnMargins(
  margins: Margins,
  minute: { readonly side: Side; readonly loadRps: number; readonly askedRps: number },
  unservedPerMillion: number,
): Margins {
  const { side, loadRps, askedRps } = minute;
  const meanRps = margins.meanRps === undefined ? loadRps : margins.meanRps + (loadRps - margins.meanRps) / MINUTES_PER_DAY;
  if (meanRps <= 0) return { ...margins, meanRps };
  const dayRps = meanRps * MINUTES_PER_DAY;
  const lostDays = Math.min(MOST_DAYS_A_MINUTE, Math.max(0, loadRps - askedRps) / dayRps / (unservedPerMillion / 1e6));
  const first = defaultSpreads(unservedPerMillion);
  const spreads = within(first + margins[side] + SPREADS_A_DAY * (lostDays - loadRps / dayRps));
  return { ...margins, [side]: spreads - first, meanRps };
}
