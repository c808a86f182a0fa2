import { html } from "./element.js";
import { countOf, roughly, timeOf, untilOf, verdictOf } from "./words.js";

/**
 * @typedef {import("./api.js").Occasion} Occasion
 * @typedef {import("./api.js").Verdict} Verdict
 * @typedef {import("./api.js").PlannedTarget} PlannedTarget
 * @typedef {import("./api.js").TargetState} TargetState
 */

// The audience that must find capacity is the arrival's: the first minutes of the programme.
const ARRIVAL_MS = 5 * 60_000;

/**
 * One occasion: when, for whom, and whether we are ready.
 * @param {{ readonly occasion: Occasion, readonly verdict: Verdict | undefined, readonly targets: readonly PlannedTarget[], readonly states: readonly TargetState[], readonly now: string }} input
 */
export function occasionCard({ occasion, verdict, targets, states, now }) {
  const { word, sign, tone } = verdictOf(verdict?.verdict);
  const { median, lower, upper, basis } = occasion.expectedAudience;
  return html(
    "article",
    { class: `card tone-${tone}` },
    html(
      "header",
      {},
      html("h3", {}, occasion.name),
      html("p", { class: `badge tone-${tone}` }, html("span", { "aria-hidden": "true" }, sign), ` ${word}`),
    ),
    html("p", { class: "when" }, whenOf(occasion, now), html("span", { class: "quiet" }, ` · ${occasion.channels.join(", ")}`)),
    html(
      "p",
      {},
      html("strong", {}, roughly(median)),
      ` viewers expected, ${roughly(lower)} to ${roughly(upper)}`,
      html("span", { class: "quiet" }, basis === "measured" ? " · from earlier broadcasts" : " · from what people expect"),
    ),
    occasion.said.map((sentence) => html("p", { class: "said" }, sentence)),
    needTable(occasion, verdict, targets, states, now),
    [...(verdict?.evidence ?? []).map((target) => ({ ...target, id: target.targetId })), ...(verdict?.warmUps ?? [])]
      .filter((each) => verdictOf(each.verdict).tone === "bad" || each.verdict === "unknown")
      .map((each) =>
        html("p", { class: `tone-${verdictOf(each.verdict).tone}` }, html("span", { class: "word" }, `${each.id}: ${each.note}`)),
      ),
    verdict === undefined
      ? undefined
      : html("p", { class: "quiet" }, `Verdict of ${timeOf(verdict.at)} (${checkpointOf(verdict.checkpoint)})`),
  );
}

/**
 * @param {Occasion} occasion
 * @param {string} now
 */
function whenOf(occasion, now) {
  const slot = `${timeOf(occasion.startsAt)}–${timeOf(occasion.endsAt)}`;
  switch (occasion.air.kind) {
    case "ahead":
      return `${slot}, ${untilOf(occasion.startsAt, now)}`;
    case "on-air":
      return `${slot}, on air${now > occasion.endsAt ? ", past its end in the guide" : ""}`;
    default:
      return `${slot}, ended ${timeOf(occasion.air.endedAt)}`;
  }
}

/** @param {string} checkpoint */
function checkpointOf(checkpoint) {
  return checkpoint === "longest-lead" ? "when its longest lead began" : checkpoint.replace("T-", "T−");
}

/**
 * @param {Occasion} occasion
 * @param {Verdict | undefined} verdict
 * @param {readonly PlannedTarget[]} targets
 * @param {readonly TargetState[]} states
 * @param {string} now
 */
function needTable(occasion, verdict, targets, states, now) {
  const ahead = occasion.air.kind === "ahead";
  return html(
    "table",
    {},
    html("caption", { class: "hidden" }, `Units for ${occasion.name}, by target`),
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        html("th", { scope: "col" }, "Target"),
        html("th", { scope: "col", class: "number" }, ahead ? "Needed at start" : "Needed now"),
        html("th", { scope: "col", class: "number" }, "Serving now"),
        html("th", { scope: "col" }, "Verdict"),
      ),
    ),
    html(
      "tbody",
      {},
      occasion.targets.map((targetId) => {
        const state = states.find((candidate) => candidate.targetId === targetId);
        const evidence = verdict?.evidence.find((candidate) => candidate.targetId === targetId);
        const { word, tone } = verdictOf(evidence?.verdict);
        const needed =
          neededFor(
            occasion,
            targets.find((candidate) => candidate.targetId === targetId),
            now,
          ) ?? evidence?.neededUnits;
        return html(
          "tr",
          {},
          html("th", { scope: "row" }, targetId),
          html("td", { class: "number" }, countOf(needed)),
          html("td", { class: "number" }, state?.kind === "known" ? countOf(state.servingUnits) : "unknown"),
          html(
            "td",
            { class: `tone-${tone}`, title: evidence?.note },
            html("span", { class: "word" }, evidence === undefined ? "–" : word),
          ),
        );
      }),
    ),
  );
}

/**
 * The most that the arrival needs, or the present minute once it is on air; undefined beyond the plan.
 * @param {Occasion} occasion
 * @param {PlannedTarget | undefined} target
 * @param {string} now
 */
function neededFor(occasion, target, now) {
  const from = occasion.air.kind === "ahead" ? Date.parse(occasion.startsAt) : Math.floor(Date.parse(now) / 60_000) * 60_000;
  const to = occasion.air.kind === "ahead" ? from + ARRIVAL_MS : from + 1;
  const units = (target?.minutes ?? []).flatMap(({ at, neededUnits }) =>
    Date.parse(at) >= from && Date.parse(at) < to && neededUnits !== null ? [neededUnits] : [],
  );
  return units.length === 0 ? undefined : Math.max(...units);
}
