import { chart } from "./chart.js";
import { html } from "./element.js";
import { countOf, timeOf } from "./words.js";
import { showWhy } from "./why.js";

/**
 * @typedef {import("./api.js").Occasion} Occasion
 * @typedef {import("./api.js").ModeSet} ModeSet
 * @typedef {import("./api.js").Override} Override
 * @typedef {import("./api.js").PlannedTarget} PlannedTarget
 * @typedef {import("./api.js").Step} Step
 * @typedef {import("./api.js").TargetState} TargetState
 */

const STEPS_SHOWN = 4;
const MODES = { active: "active", observe: "observe: nothing is written", frozen: "frozen: floors stay" };

/**
 * What an override asks of a target.
 * @param {Override} override
 */
function askedFor({ kind, floorUnits, factor }) {
  if (kind === "factor") return `asked for ${factor ?? 1} times what its load takes`;
  return kind === "hold" ? "asked that nothing be lowered" : `asked for at least ${countOf(floorUnits)}`;
}

/**
 * One target: what it has, what comes next, and the hours ahead.
 * @param {{ readonly target: PlannedTarget, readonly state: TargetState | undefined, readonly occasions: readonly Occasion[], readonly overrides: readonly Override[], readonly set: ModeSet | undefined, readonly width: number }} input
 */
export function targetRow({ target, state, occasions, overrides, set, width }) {
  const { targetId } = target;
  const needed = target.minutes[0]?.neededUnits;
  const serving = state?.kind === "known" ? state.servingUnits : undefined;
  const tooFew = serving !== undefined && needed !== null && needed !== undefined && serving < needed;
  const [present, ...later] = target.steps;
  return html(
    "article",
    { class: "target" },
    html(
      "div",
      { class: "facts" },
      html("h3", {}, targetId),
      html("p", { class: "quiet" }, `${target.kind} · ${MODES[target.mode]}`),
      set === undefined ? undefined : html("p", { class: "said" }, `${set.author} set it to ${set.mode} at ${timeOf(set.at)}: ${set.why}`),
      html(
        "dl",
        { class: "figures" },
        figure("Floor now", countOf(present?.floorUnits), "of floor"),
        figure("Serving", serving === undefined ? "unknown" : countOf(serving), tooFew ? "tone-bad" : ""),
        figure("Needed", countOf(needed), ""),
      ),
      tooFew ? html("p", { class: "tone-bad" }, html("span", { class: "word" }, `${needed - serving} too few serving`)) : undefined,
      state?.kind === "unknown" ? html("p", { class: "tone-odd" }, html("span", { class: "word" }, state.reason)) : undefined,
      target.shorts
        .slice(0, 2)
        .map(({ from, to, units, limit }) =>
          html(
            "p",
            { class: "tone-bad" },
            html("span", { class: "word" }, `Short by ${countOf(units)} (${limit}) ${timeOf(from)}–${timeOf(to)}`),
          ),
        ),
      overrides.map((override) =>
        html(
          "p",
          { class: "said" },
          `${override.author} ${askedFor(override)}, ${timeOf(override.from)}–${timeOf(override.until)}: ${override.why}`,
        ),
      ),
      whyButton(targetId, undefined, `Why ${countOf(present?.floorUnits)} now?`),
    ),
    target.minutes.length === 0 ? html("p", {}, "No plan") : chart(target, occasions, width),
    html(
      "div",
      { class: "steps" },
      html("h4", {}, "Next steps"),
      later.length === 0 ? html("p", { class: "quiet" }, "The floor stays as it is for the next 3 hours.") : stepTable(targetId, later),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} kind
 */
function figure(name, value, kind) {
  return html("div", { class: kind }, html("dt", {}, name), html("dd", {}, value));
}

/**
 * The next steps, and the highest of those after them: what the evening comes to.
 * @param {string} targetId
 * @param {readonly Step[]} steps
 */
function stepTable(targetId, steps) {
  const next = steps.slice(0, STEPS_SHOWN);
  const rest = steps.slice(STEPS_SHOWN);
  const nextHighest = Math.max(...next.map(({ floorUnits }) => floorUnits));
  const highest = [...rest].sort((a, b) => b.floorUnits - a.floorUnits).find(({ floorUnits }) => floorUnits > nextHighest);
  const left = rest.length - (highest === undefined ? 0 : 1);
  return [
    html(
      "table",
      {},
      html("caption", { class: "hidden" }, `Next floors of ${targetId}`),
      html(
        "thead",
        {},
        html(
          "tr",
          {},
          html("th", { scope: "col" }, "At"),
          html("th", { scope: "col", class: "number" }, "Floor"),
          html("th", { scope: "col" }, html("span", { class: "hidden" }, "Reason")),
        ),
      ),
      html(
        "tbody",
        {},
        next.map((step) => stepLine(targetId, step, "")),
        highest === undefined ? undefined : stepLine(targetId, highest, " highest"),
      ),
    ),
    left > 0 ? html("p", { class: "quiet" }, `and ${left} more`) : undefined,
  ];
}

/**
 * @param {string} targetId
 * @param {Step} step
 * @param {string} note
 */
function stepLine(targetId, step, note) {
  return html(
    "tr",
    {},
    html("td", {}, timeOf(step.at), html("span", { class: "quiet" }, note)),
    html("td", { class: "number" }, countOf(step.floorUnits)),
    html("td", {}, whyButton(targetId, step.at, "why?")),
  );
}

/**
 * @param {string} targetId
 * @param {string | undefined} at
 * @param {string} words
 */
function whyButton(targetId, at, words) {
  const when = at === undefined ? "now" : `at ${timeOf(at)}`;
  return html(
    "button",
    {
      type: "button",
      class: "why",
      "data-focus": `${targetId} ${at ?? "now"}`,
      "aria-label": `Why is the floor of ${targetId} what it is ${when}?`,
      click: () => void showWhy(targetId, at),
    },
    words,
  );
}
