import type { Backtest } from "../local/backtest/backtest.ts";
import type { Outcome, PolicyScore, ProgrammeScore } from "../local/backtest/score.ts";
import { instantText, lengthText } from "../shared/core/instant-text.ts";
import { whole } from "./text.ts";

/** What was gone through, as a person names it. */
export type BacktestInput = { readonly schedule: string; readonly load: string; readonly understood: string };

const LISTED = 30;

/** A backtest as lines for a terminal: the input first, then policies, then programmes. */
export function linesOf({ fromMs, toMs, learnedMs, notes, outcome, walk }: Backtest, input: BacktestInput): readonly string[] {
  const { policies, programmes, requests, knownMinutes, forecast } = outcome;
  const minutes = Math.round((toMs - fromMs) / 60_000);
  const lines = [
    `backtest ${input.schedule} and ${input.load}: ${instantText(fromMs)} to ${instantText(toMs)}`,
    `         ${input.understood}`,
    `         ${whole(requests)} requests in ${whole(knownMinutes)} of ${whole(minutes)} minutes, after ${lengthText(learnedMs)} to learn from; ` +
      `${programmes.length} programmes`,
    ...notes.map(({ what }) => `         note: ${what}`),
    `         one unit serves ${walk.target.throughputRps} requests a second, ${lengthText(walk.target.startUpMs)} after it is asked for`,
    "",
    ...table(
      ["policy", "unit-hours", "× oracle", "unserved per million", "short minutes", "cost"],
      policies.map(({ score }) => policyCells(score)),
    ),
    "",
    hindsightText(outcome),
  ];
  if (forecast !== undefined) {
    const error = (forecast.errorShare * 100).toFixed(1);
    const above = (forecast.aboveTailShare * 100).toFixed(2);
    lines.push(
      "",
      `forecast, made when a unit could last be asked for: off by ${error} % on average; ${above} % of minutes above its tail`,
    );
  }
  lines.push(
    "",
    "under Calltime's floor alone:",
    ...table(
      ["programme", "starts (UTC)", "expected peak", "peak", "slack", "unserved", "waste, unit-hours", "cost"],
      programmes.slice(0, LISTED).map(programmeCells),
    ),
  );
  if (programmes.length > LISTED) lines.push(`… and ${programmes.length - LISTED} more (--report and --json have them all)`);
  return lines;
}

/** A policy, with what it was set to where it was tuned in hindsight. */
export function policyText({ policy, setting }: PolicyScore): string {
  return setting === undefined ? policy : `${policy} (${setting})`;
}

/** What the settings in brackets are, and which policies have none that will do. */
export function hindsightText({ promise, unfit }: Outcome): string {
  const most = `${promise} per million unserved`;
  const none = unfit.length === 0 ? "" : `; no setting of ${unfit.join(", ")} does`;
  return `in brackets: the cheapest setting that leaves no more than ${most}, chosen in hindsight${none}`;
}

function policyCells(score: PolicyScore): readonly string[] {
  const { unitHours, timesOracle, unservedPerMillion, shortMinutes, costUsd } = score;
  return [
    policyText(score),
    whole(unitHours),
    timesOracle.toFixed(2),
    unservedPerMillion.toFixed(1),
    whole(shortMinutes),
    moneyText(costUsd),
  ];
}

function programmeCells(programme: ProgrammeScore): readonly string[] {
  const { name, startsAtMs, predictedPeakRps, actualPeakRps, slackSeconds, unservedRequests, wasteUnitHours, costUsd } = programme;
  return [
    name.length > 44 ? `${name.slice(0, 43)}…` : name,
    instantText(startsAtMs),
    rpsText(predictedPeakRps),
    rpsText(actualPeakRps),
    slackText(slackSeconds),
    whole(unservedRequests),
    wasteUnitHours.toFixed(1),
    moneyText(costUsd),
  ];
}

function rpsText(rps: number | undefined): string {
  return rps === undefined ? "unknown" : `${whole(rps)}/s`;
}

/** How far capacity was ahead of its load: an hour is as good as for ever. */
export function slackText(seconds: number | undefined): string {
  if (seconds === undefined) return "unknown";
  return seconds >= 3_600 ? "1 h and more" : `${seconds} s`;
}

/** US dollars, or a dash where there is no price. */
export function moneyText(usd: number | undefined): string {
  return usd === undefined ? "–" : `$${whole(usd * 100) === "0" ? "0" : usd.toFixed(2)}`;
}

/** Columns as wide as their widest cell; all but the first to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "),
  );
}
