import { instantText } from "../shared/core/instant-text.ts";
import type { Comparison, Difference, PlanSum } from "../shared/core/plan/compare.ts";
import { HOUR_MS } from "../shared/core/time.ts";
import type { Compared } from "./plan-against.ts";
import { whole } from "./text.ts";

/** Differences of one target that are listed; a comment is no place for all of a day's. */
const MOST_LISTED = 12;

const HEAD = ["target", "largest floor", "unit-hours", "cost of the floors, USD", "short by"] as const;
const FLOORS_HEAD = ["target", "from", "until", "floor now", "floor then"] as const;

/** A comparison as tables of a terminal. */
export function textOfComparison(compared: Compared, url: string): readonly string[] {
  return [
    title(compared, url),
    "",
    ...aligned([HEAD, ...rowsOf(compared)]),
    ...floorsOf(compared, (rows) => ["", ...aligned([FLOORS_HEAD, ...rows])]),
  ];
}

/** The same in Markdown, for a comment on a pull request. */
export function markdownOfComparison(compared: Compared, url: string): readonly string[] {
  return [
    "### What this change does to the floors of the next hours",
    "",
    title(compared, url),
    "",
    ...marked([HEAD, ...rowsOf(compared)]),
    ...floorsOf(compared, (rows) => [
      "",
      "<details><summary>Where the floors differ</summary>",
      "",
      ...marked([FLOORS_HEAD, ...rows]),
      "",
      "</details>",
    ]),
  ];
}

function title({ fromMs, toMs, targets }: Compared, url: string): string {
  const changed = targets.filter(({ differences }) => differences.length > 0).length;
  const what = changed === 0 ? "No floor differs" : `The floors of ${changed} of ${targets.length} targets differ`;
  return `${what}, against ${url}, from ${instantText(fromMs)} for ${Math.round((toMs - fromMs) / HOUR_MS)} hours.`;
}

function rowsOf({ targets }: Compared): readonly (readonly string[])[] {
  const rows = targets.map(({ targetId, before, after }) => [
    targetId,
    beside(before, after, ({ peakUnits, peakAtMs }) => `${whole(peakUnits)} (${instantText(peakAtMs)})`),
    beside(before, after, ({ unitHours }) => unitHours.toFixed(1)),
    beside(before, after, ({ usd }) => (usd === undefined ? "not known" : usd.toFixed(2))),
    beside(before, after, ({ shortUnits }) => whole(shortUnits)),
  ]);
  const priced = targets.flatMap(({ before, after }) => [before, after].flatMap((sum) => sum ?? [])).every(({ usd }) => usd !== undefined);
  const total = (of: (comparison: Comparison) => PlanSum | undefined): number =>
    targets.reduce((sum, each) => sum + (of(each)?.usd ?? 0), 0);
  const [old, next] = [total(({ before }) => before), total(({ after }) => after)];
  const more = next - old;
  const cost = `${old.toFixed(2)} → ${next.toFixed(2)} (${more < 0 ? "" : "+"}${more.toFixed(2)})`;
  return [...rows, ["all", "", "", priced ? cost : `${cost}, of those whose price is known`, ""]];
}

function beside(before: PlanSum | undefined, after: PlanSum | undefined, of: (sum: PlanSum) => string): string {
  const [old, next] = [before === undefined ? "none" : of(before), after === undefined ? "none" : of(after)];
  return old === next ? next : `${old} → ${next}`;
}

function floorsOf({ targets }: Compared, shown: (rows: readonly (readonly string[])[]) => readonly string[]): readonly string[] {
  const rows = targets.flatMap(({ targetId, differences }) => [
    ...differences.slice(0, MOST_LISTED).map((each) => rowOf(targetId, each)),
    ...(differences.length > MOST_LISTED ? [[targetId, `and ${differences.length - MOST_LISTED} more`, "", "", ""]] : []),
  ]);
  return rows.length === 0 ? [] : shown(rows);
}

function rowOf(targetId: string, { fromMs, toMs, beforeUnits, afterUnits }: Difference): readonly string[] {
  const units = (floor: number | undefined): string => (floor === undefined ? "none" : whole(floor));
  return [targetId, instantText(fromMs), instantText(toMs), units(beforeUnits), units(afterUnits)];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<readonly number[]>((most, row) => row.map((cell, at) => Math.max(cell.length, most[at] ?? 0)), []);
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function marked([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
