import { table, type Promised } from "../season/report.ts";

/** What each part of the wired plan is worth: ratio and unserved per million over the whole season, a start-up a column. */
export function wiredTable(wired: readonly Promised[]): string {
  const startUps = [...new Set(wired.map(({ startUpMinutes }) => startUpMinutes))];
  const lines = [...new Set(wired.map(({ policy }) => policy))].map((policy) => [
    policy,
    ...startUps.map((startUp) => {
      const all = wired.find((each) => each.policy === policy && each.startUpMinutes === startUp)?.parts["all"];
      return all === undefined ? "–" : `${all.ratio.toFixed(2)} / ${all.unservedPerMillion.toFixed(0)}`;
    }),
  ]);
  return table(["task-hours ÷ oracle / unserved per million", ...startUps.map((startUp) => `start-up ${startUp} min`)], lines);
}
