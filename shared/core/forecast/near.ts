import type { LoadMinute } from "../measurement.ts";
import { MINUTE_MS } from "../time.ts";
import {
  firstGrowth,
  growthLearner,
  nearMinutes,
  type Growth,
  type GrowthInput,
  type GrowthLearner,
  type NearMinute,
  type Side,
} from "./growth.ts";
import { FIRST_MARGINS, learnMargins, spreadsOf, tailOfNear, type Margins, type Spreads } from "./margin.ts";

/** What the newest minutes of a target let be seen of the next ones is made from: how its load grows, and the margin that keeps the promise. */
export type Near = {
  readonly growth: Growth;
  readonly margins: Margins;
  /** What was asked for in the coming minutes when a decision could last reach them, in the order of time. */
  readonly asked: readonly Asked[];
};

/** Capacity that was asked for in a minute, in requests a second. */
type Asked = { readonly atMs: number; readonly side: Side; readonly rps: number };

/** What is needed to learn from measured minutes. */
export type NearInput = GrowthInput & {
  /** From a minute until the first one that a decision which knows it can still bring capacity to. */
  readonly leadMinutes: number;
  /** What serves whatever is asked for, in requests a second. */
  readonly leastRps: number;
  readonly unservedPerMillion: number;
};

/** Nothing learned yet, for looking up to `minutesAhead`. */
export function firstNear(minutesAhead: number): Near {
  return { growth: firstGrowth(minutesAhead), margins: FIRST_MARGINS, asked: [] };
}

/** What is learned from the measured minutes from `fromMs` on, one after the other: O(minutes ahead) each. Unknown ones teach nothing. */
export function learnNear(near: Near, input: NearInput, fromMs: number): Near {
  if (!input.measured.some(({ atMs }) => atMs >= fromMs)) return near;
  const learner = nearLearner(near);
  learner.learn(input, fromMs);
  return learner.learned();
}

/** Learns minute after minute, in numbers of its own, and looks ahead by what it has learned. */
export type NearLearner = {
  /** Learns the measured minutes from `fromMs` on, as `learnNear` does. */
  readonly learn: (input: NearInput, fromMs: number) => void;
  /** Looks ahead from the newest known minute, as `lookNear` does; all minutes up to there have to be learned. */
  readonly look: (input: NearInput) => NearForecast | undefined;
  /** What was learned so far. */
  readonly learned: () => Near;
};

/** What goes on learning from what was learned before. */
export function nearLearner(near: Near): NearLearner {
  const { minutesAhead } = near.growth;
  const growth = growthLearner(near.growth);
  const asked = new Map(near.asked.map((each) => [each.atMs, each]));
  let { margins } = near;
  const learnAt = (input: NearInput, index: number): void => {
    const { measured, throughputRps, unservedPerMillion, leastRps } = input;
    const minute = measured[index];
    const before = minute && asked.get(minute.atMs);
    if (minute !== undefined) asked.delete(minute.atMs);
    if (minute?.kind === "known" && before !== undefined) {
      const { side, rps } = before;
      margins = learnMargins(margins, { side, loadRps: minute.loadRps, askedRps: Math.max(leastRps, rps) }, unservedPerMillion);
    }
    growth.learn(input, index);
    const reached = growth.ahead(Math.min(input.leadMinutes, minutesAhead));
    if (reached === undefined) return;
    const spreads = spreadsOf(margins, unservedPerMillion)[reached.side];
    asked.set(reached.atMs, { atMs: reached.atMs, side: reached.side, rps: tailOfNear(reached, spreads, throughputRps) });
  };
  return {
    learn: (input, fromMs) => {
      const first = input.measured.findIndex(({ atMs }) => atMs >= fromMs);
      if (first < 0) return;
      for (let index = first; index < input.measured.length; index += 1) learnAt(input, index);
    },
    look: (input) => forecastFrom(margins, input, growth.look),
    learned: () => ({ growth: growth.learned(), margins, asked: [...asked.values()] }),
  };
}

/** A minute as the newest ones let it be seen, with the load to have capacity for. */
export type SeenMinute = NearMinute & { readonly tailRps: number };

/** The coming minutes of a target, as its newest known one lets them be seen. */
export type NearForecast = {
  readonly newestMs: number;
  /** What the newest minute carried. */
  readonly newestRps: number;
  /** One after the other, from the one after the newest on. */
  readonly minutes: readonly NearMinute[];
  /** What the load to have capacity for is made with: few of the minutes are asked for it. */
  readonly spreads: Spreads;
  readonly throughputRps: number;
};

/** The minute that starts at `atMs` as the newest one lets it be seen, or undefined where it is not among them. */
export function nearAt({ newestMs, minutes }: NearForecast, atMs: number): NearMinute | undefined {
  return minutes[(atMs - newestMs) / MINUTE_MS - 1];
}

/** A minute of the forecast with the load to have capacity for. */
export function seenIn({ spreads, throughputRps }: NearForecast, minute: NearMinute): SeenMinute {
  const { atMs, side, medianRps, spread, seenMinutes } = minute;
  return { atMs, side, medianRps, spread, seenMinutes, tailRps: tailOfNear(minute, spreads[side], throughputRps) };
}

/** Looks ahead from the newest known minute; undefined where none is known, or too little before it. */
export function lookNear(near: Near, input: GrowthInput, unservedPerMillion: number): NearForecast | undefined {
  return forecastFrom(near.margins, { ...input, unservedPerMillion }, (seen, fromMs) => nearMinutes(near.growth, seen, fromMs));
}

function forecastFrom(
  margins: Margins,
  input: GrowthInput & Pick<NearInput, "unservedPerMillion">,
  look: GrowthLearner["look"],
): NearForecast | undefined {
  const newest = input.measured.findLast((minute): minute is Extract<LoadMinute, { kind: "known" }> => minute.kind === "known");
  if (newest === undefined) return undefined;
  const minutes = look(input, newest.atMs);
  if (minutes.length === 0) return undefined;
  const { throughputRps, unservedPerMillion } = input;
  return { newestMs: newest.atMs, newestRps: newest.loadRps, minutes, spreads: spreadsOf(margins, unservedPerMillion), throughputRps };
}
