import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Backtest } from "../local/backtest/backtest.ts";
import type { PolicyScore, ProgrammeScore, Scored } from "../local/backtest/score.ts";
import { instantText, lengthText } from "../shared/core/instant-text.ts";
import { hindsightText, moneyText, policyText, slackText, type BacktestInput } from "./backtest-text.ts";
import { whole } from "./text.ts";

const SECONDS_A_MINUTE = 60;

/** The report as one HTML file: charts, tables and their script are all in it. */
export function pageOf(made: Backtest, input: BacktestInput): string {
  const { outcome, notes, fromMs, toMs } = made;
  const title = `Backtest of ${input.schedule}, ${instantText(fromMs)} to ${instantText(toMs)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escaped(title)}</title>
<style>${textAt(import.meta.resolve("uplot/dist/uPlot.min.css"))}${textAt(import.meta.resolve("./backtest-page.css"))}</style>
</head>
<body>
<header>
<h1>What Calltime would have done</h1>
<p>${escaped(instantText(fromMs))} to ${escaped(instantText(toMs))} UTC · ${escaped(input.schedule)} · ${escaped(input.load)} · ${escaped(input.understood)}</p>
${headline(made)}
${notes.map(({ code, what }) => `<p class="note" data-code="${escaped(code)}">${escaped(what)}</p>`).join("\n")}
</header>
<section aria-labelledby="policies">
<h2 id="policies">Policies side by side</h2>
${policyTable(outcome.policies.map(({ score }) => score))}
<p class="aside">${aside(made)} ${escaped(capitalised(hindsightText(outcome)))}.</p>
</section>
<section aria-labelledby="minutes">
<h2 id="minutes">Minute by minute</h2>
<p class="controls"><label>Beside the floor: <select id="policy"></select></label> <button type="button" id="all">Show all of it</button>
<span class="aside">Drag over the chart to look closer; a click on a name below it hides its line. Grey: a programme is on air. The scale ends at 2.5 times the load.</span></p>
<div id="chart" role="img" aria-label="Load, its forecast, and capacity, minute by minute"></div>
</section>
<section aria-labelledby="programmes">
<h2 id="programmes">Programmes, under Calltime's floor alone</h2>
${programmeTable(outcome.programmes)}
</section>
<script type="application/json" id="data">${jsonText(dataOf(made))}</script>
<script>${textAt(import.meta.resolve("uplot/dist/uPlot.iife.min.js"))}</script>
<script>${textAt(import.meta.resolve("./backtest-page.js"))}</script>
</body>
</html>
`;
}

function textAt(url: string): string {
  return readFileSync(fileURLToPath(url), "utf8");
}

/** What a reader takes home, in a sentence: the same policy with the floor and without. */
function headline({ outcome: { policies } }: Backtest): string {
  const named = (start: string): PolicyScore | undefined => policies.find(({ score }) => score.policy.startsWith(start))?.score;
  const own = named("target tracking at");
  const above = named("Calltime's floor + target tracking at 100 %");
  if (own === undefined || above === undefined) return "";
  const unserved = (score: PolicyScore): string => `${score.unservedPerMillion.toFixed(1)} requests per million unserved`;
  const spent = (score: PolicyScore): string =>
    score.costUsd === undefined ? `${whole(score.unitHours)} unit-hours` : moneyText(score.costUsd);
  return `<p class="headline">With Calltime's floor below it, target tracking at 100 % would have left <b>${unserved(above)}</b> for
<b>${spent(above)}</b>. Your ${escaped(own.policy)} alone: <b>${unserved(own)}</b> for <b>${spent(own)}</b>.</p>`;
}

function aside({ outcome, walk, learnedMs }: Backtest): string {
  const { throughputRps, startUpMs } = walk.target;
  const forecast =
    outcome.forecast === undefined
      ? ""
      : ` The forecast, made when a unit could last be asked for, was off by ${(outcome.forecast.errorShare * 100).toFixed(1)} % on average.`;
  return escaped(
    `${whole(outcome.requests)} requests. One unit serves ${throughputRps} a second, ${lengthText(startUpMs)} after it is asked for. ` +
      `${lengthText(learnedMs)} of load were learned from before. The oracle knows every minute and needs no start-up.${forecast}`,
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function policyTable(scores: readonly PolicyScore[]): string {
  const most = Math.max(...scores.map(({ unitHours }) => unitHours), 1);
  const rows = scores.map((score) => {
    const width = ((100 * score.unitHours) / most).toFixed(1);
    const ours = score.policy.startsWith("Calltime") ? ' class="ours"' : "";
    return `<tr${ours}><th scope="row">${escaped(policyText(score))}</th>
<td class="bar"><span style="width:${width}%"></span></td><td>${whole(score.unitHours)}</td><td>${score.timesOracle.toFixed(2)}</td>
<td>${score.unservedPerMillion.toFixed(1)}</td><td>${whole(score.shortMinutes)}</td><td>${moneyText(score.costUsd)}</td></tr>`;
  });
  return `<div class="wide"><table><thead><tr><th scope="col">policy</th><th scope="col" colspan="2">unit-hours</th><th scope="col">× oracle</th>
<th scope="col">unserved per million</th><th scope="col">short minutes</th><th scope="col">cost</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function programmeTable(programmes: readonly ProgrammeScore[]): string {
  if (programmes.length === 0) return "<p>No programme of the schedule starts in this time.</p>";
  const rows = programmes.map((programme, index) => {
    const { name, startsAtMs, predictedPeakRps, predictedTailRps, actualPeakRps, slackSeconds, shortMinutes } = programme;
    const expected =
      predictedPeakRps === undefined || predictedTailRps === undefined
        ? "unknown"
        : `${whole(predictedPeakRps)} (up to ${whole(predictedTailRps)})`;
    const late = slackSeconds !== undefined && slackSeconds < 0 ? ' class="late"' : "";
    return `<tr${late}><th scope="row"><button type="button" data-programme="${index}">${escaped(name)}</button>${programme.toldApart ? "" : " <small>audience unknown before, or small</small>"}</th>
<td>${escaped(instantText(startsAtMs))}</td><td>${expected}</td><td>${actualPeakRps === undefined ? "unknown" : whole(actualPeakRps)}</td>
<td>${slackText(slackSeconds)}</td><td>${whole(shortMinutes)}</td><td>${whole(programme.unservedRequests)}</td>
<td>${programme.wasteUnitHours.toFixed(1)}</td><td>${moneyText(programme.costUsd)}</td></tr>`;
  });
  return `<div class="wide"><table><thead><tr><th scope="col">programme</th><th scope="col">starts, UTC</th><th scope="col">expected peak, requests/s</th>
<th scope="col">peak</th><th scope="col">slack</th><th scope="col">short minutes</th><th scope="col">requests unserved</th>
<th scope="col">waste, unit-hours</th><th scope="col">cost</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

/** What the charts are drawn from. Unknown is null, which leaves a gap. */
function dataOf({ outcome, walk, fromMs }: Backtest): unknown {
  const { played, policies, programmes } = outcome;
  const numbers = (values: Float64Array): readonly (number | null)[] =>
    Array.from(values, (value) => (Number.isNaN(value) ? null : Math.round(value * 10) / 10));
  const drawn = ({ score, course }: Scored): unknown => ({ name: policyText(score), serving: numbers(course.serving) });
  return {
    fromSeconds: fromMs / 1_000,
    stepSeconds: SECONDS_A_MINUTE,
    throughputRps: walk.target.throughputRps,
    loadRps: numbers(played.rps),
    medianRps: numbers(walk.medianRps),
    tailRps: numbers(walk.tailRps),
    floorUnits: numbers(walk.floor),
    policies: policies.map(drawn),
    programmes: programmes.map(({ name, startsAtMs, endsAtMs }) => ({
      name,
      startsAtSeconds: startsAtMs / 1_000,
      endsAtSeconds: endsAtMs / 1_000,
    })),
  };
}

/** JSON that no text in it can close the script with. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
