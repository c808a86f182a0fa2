import { outcomeOf, type Outcome, type Played, type Trace, type Unit } from "../../shared/core/simulate/peers/policy.ts";
import type { Part } from "./trace.ts";
import { cheapest, LIMITS, type Trial } from "./tune.ts";

/** A policy at one start-up: its cheapest setting for each limit, and how that does in each part of the season. */
export type Row = {
  readonly policy: string;
  readonly startUpMinutes: number;
  readonly byLimit: readonly Tuned[];
};

/** The cheapest setting that meets a limit; without one, none does. */
export type Tuned = {
  readonly limitPerMillion: number;
  readonly chosen: (Outcome & { readonly setting: string; readonly parts: Readonly<Record<string, Outcome>> }) | undefined;
};

type Place = { readonly trace: Trace; readonly unit: Unit; readonly parts: readonly Part[] };

/** The row of a policy whose settings were all tried. */
export function rowOf(policy: string, trials: readonly Trial[], place: Place): Row {
  const byLimit = LIMITS.map((limitPerMillion): Tuned => {
    const best = cheapest(trials, limitPerMillion);
    return {
      limitPerMillion,
      chosen: best && { setting: best.setting, ...best.outcome, parts: partOutcomes(best.played, place) },
    };
  });
  return { policy, startUpMinutes: place.unit.startUpMinutes, byLimit };
}

function partOutcomes(played: Played, { trace, unit, parts }: Place): Readonly<Record<string, Outcome>> {
  return Object.fromEntries(parts.map(({ name, counts }) => [name, outcomeOf(played, trace, unit, counts)]));
}

/** Task-hours ÷ oracle at each limit, a policy a line, a start-up a column. */
export function mainTable(rows: readonly Row[]): string {
  const startUps = [...new Set(rows.map(({ startUpMinutes }) => startUpMinutes))];
  const lines = [...new Set(rows.map(({ policy }) => policy))].map((policy) => {
    const cells = startUps.map((startUp) => {
      const row = rows.find((each) => each.policy === policy && each.startUpMinutes === startUp);
      return row?.byLimit.map(({ chosen }) => chosen?.ratio.toFixed(2) ?? "–").join(" ") ?? "";
    });
    return [policy, ...cells];
  });
  return table(["task-hours ÷ oracle at 10, 30, 100 per million", ...startUps.map((startUp) => `start-up ${startUp} min`)], lines);
}

/** Ratio and unserved per million of each policy, tuned to one limit, in each part of the season. */
export function partsTable(rows: readonly Row[], startUpMinutes: number, limitPerMillion: number): string {
  const tuned = rows
    .filter((row) => row.startUpMinutes === startUpMinutes)
    .flatMap(({ policy, byLimit }) => {
      const chosen = byLimit.find((each) => each.limitPerMillion === limitPerMillion)?.chosen;
      return chosen === undefined ? [] : [{ policy, chosen }];
    });
  const parts = Object.keys(tuned[0]?.chosen.parts ?? {});
  const lines = tuned.map(({ policy, chosen }) => [
    `${policy} (${chosen.setting})`,
    ...parts.map((part) => {
      const outcome = chosen.parts[part];
      return outcome === undefined ? "–" : `${outcome.ratio.toFixed(2)} / ${outcome.unservedPerMillion.toFixed(0)}`;
    }),
  ]);
  return table([`start-up ${startUpMinutes} min, limit ${limitPerMillion}: ratio / unserved per million`, ...parts], lines);
}

/** What a promise came to: chosen on the first half of the season, run once on the last. */
export type Promised = {
  readonly policy: string;
  readonly startUpMinutes: number;
  readonly promisedPerMillion: number;
  readonly parts: Readonly<Record<string, Outcome>>;
};

/** The promise of a policy, played. */
export function promiseOf(policy: string, promisedPerMillion: number, trial: Trial, place: Place): Promised {
  return { policy, promisedPerMillion, startUpMinutes: place.unit.startUpMinutes, parts: partOutcomes(trial.played, place) };
}

/** Ratio and unserved per million of each promise, in the half it was chosen on and in the other. */
export function promiseTable(promises: readonly Promised[]): string {
  const cell = (outcome: Outcome | undefined): string =>
    outcome === undefined ? "–" : `${outcome.ratio.toFixed(2)} / ${outcome.unservedPerMillion.toFixed(0)}`;
  const lines = promises.map(({ policy, startUpMinutes, promisedPerMillion, parts }) => [
    policy,
    `${promisedPerMillion}`,
    `${startUpMinutes} min`,
    cell(parts["first half"]),
    cell(parts["last half"]),
  ]);
  return table(["without hindsight: ratio / unserved per million", "promised", "start-up", "first 20 slots", "last 20 slots"], lines);
}

/** A table in Markdown. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...lines.map((line) => `| ${line.join(" | ")} |`)].join("\n");
}
