import { ask, Refusal } from "./api.js";
import { byId, html } from "./element.js";
import { occasionCard } from "./occasions.js";
import { targetRow } from "./targets.js";
import { countOf, dayOf, timeOf } from "./words.js";

/**
 * @typedef {{ readonly health: import("./api.js").Health, readonly occasions: import("./api.js").Occasions, readonly verdicts: import("./api.js").Verdicts, readonly plan: import("./api.js").Plan, readonly overrides: import("./api.js").Overrides, readonly modes: import("./api.js").Modes }} Answers
 */

const REFRESH_MS = 2_000;
// What is not drawn is not read: below this the labels run into each other.
const NARROWEST_CHART = 280;

/** @type {Answers | undefined} */
let answers;
/** When, by the reader's own clock, the last answer came. */
let answeredAt = new Date();
let drawn = "";
// An element that is replaced between press and release is never clicked.
let pressed = false;

async function refresh() {
  try {
    const [health, occasions, verdicts, plan, overrides, modes] = await Promise.all([
      ask("/v1/health"),
      ask("/v1/occasions"),
      ask("/v1/verdicts"),
      ask("/v1/plan?minutes=true"),
      ask("/v1/overrides"),
      ask("/v1/mode"),
    ]);
    answers = { health, occasions, verdicts, plan, overrides, modes };
    answeredAt = new Date();
    draw();
    reachable(health);
  } catch (error) {
    away(error);
  }
  setTimeout(() => void next(), REFRESH_MS);
}

/** A page that nobody looks at asks nothing. */
async function next() {
  if (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  await refresh();
}

/** @param {import("./api.js").Health} health */
function reachable(health) {
  document.body.classList.remove("away");
  status(health.status === "ok" ? "ok" : "degraded", health.status === "ok" ? "good" : "bad");
  notices(health.problems);
  document.title = `Calltime ${timeOf(health.now)} ${health.status}`;
}

/** @param {unknown} error */
function away(error) {
  document.body.classList.add("away");
  status("no connection", "bad");
  document.title = "Calltime: no connection";
  const why = error instanceof Refusal ? `Calltime could not answer: ${error.message}` : "Calltime does not answer.";
  const since = answers === undefined ? "" : ` What you see is from ${timeOf(answeredAt.toISOString())} by your clock.`;
  notices([`${why}${since} Trying again every ${REFRESH_MS / 1_000} seconds.`]);
}

/**
 * @param {string} words
 * @param {string} tone
 */
function status(words, tone) {
  const badge = byId("status");
  if (badge.textContent !== words) badge.textContent = words;
  badge.className = `badge tone-${tone}`;
}

/** @param {readonly string[]} sentences */
function notices(sentences) {
  const place = byId("notices");
  // Said again only when it changed: it is read aloud.
  if (place.dataset["said"] === sentences.join("\n")) return;
  place.dataset["said"] = sentences.join("\n");
  place.replaceChildren(...sentences.map((sentence) => html("p", { class: "notice" }, sentence)));
}

function draw() {
  if (answers === undefined || pressed) return;
  const width = chartWidth();
  const state = JSON.stringify([answers, width]);
  if (state === drawn) return;
  drawn = state;
  const focus = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["focus"] : undefined;
  drawAnswers(answers, width);
  if (focus === undefined) return;
  const again = document.querySelector(`[data-focus="${CSS.escape(focus)}"]`);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * @param {Answers} present
 * @param {number} width
 */
function drawAnswers({ health, occasions, verdicts, plan, overrides, modes }, width) {
  byId("clock").textContent = timeOf(health.now);
  byId("clock").setAttribute("datetime", health.now);
  byId("date").textContent = dayOf(health.now);
  const standing = [...occasions.above].sort((a, b) => Number(a.air.kind === "ended") - Number(b.air.kind === "ended"));
  const cards = standing.map((occasion) =>
    occasionCard({
      occasion,
      verdict: verdicts.occasions.find(({ occasionId }) => occasionId === occasion.occasionId)?.verdicts[0],
      targets: plan.targets,
      states: health.targets,
      now: health.now,
    }),
  );
  const nothing = html("p", { class: "quiet" }, "Nothing above the impact threshold now or in the next 3 hours.");
  byId("occasions").replaceChildren(...(cards.length === 0 ? [nothing] : cards));
  byId("others").textContent =
    `Besides these: ${countOf(occasions.belowCount)} below the impact threshold, ${countOf(occasions.unknownCount)} of unknown audience`;
  byId("called-off").replaceChildren(
    ...occasions.calledOff.map(({ startsAt, endsAt, said }) =>
      html("p", { class: "said" }, `${timeOf(startsAt)}–${timeOf(endsAt)}: ${said.join("; ")}`),
    ),
  );
  byId("mode").replaceChildren(...(modes.all === null ? [] : [html("p", { class: "notice" }, switchOf(modes.all))]));
  byId("targets").replaceChildren(
    ...plan.targets.map((target) =>
      targetRow({
        target,
        state: health.targets.find(({ targetId }) => targetId === target.targetId),
        occasions: occasions.above.filter(({ targets }) => targets.includes(target.targetId)),
        overrides: overrides.overrides.filter(({ targetIds = [] }) => targetIds.includes(target.targetId)),
        set: modes.targets.find(({ targetId }) => targetId === target.targetId)?.set ?? undefined,
        width,
      }),
    ),
  );
  byId("feeds").textContent = health.feeds
    .map(
      ({ feedId, programmes, generation, publishedAt }) =>
        `Feed ${feedId}: ${countOf(programmes)} programmes, generation ${generation} of ${timeOf(publishedAt)}`,
    )
    .join(" · ");
}

const SWITCHES = {
  active: "The switch for all targets is active: each has its own mode.",
  observe: "All targets are observed at most: nothing is written.",
  frozen: "All targets are frozen: nothing is written, floors stay.",
};

/**
 * The switch for all targets, in words.
 * @param {import("./api.js").ModeSet} all
 */
function switchOf({ mode, author, why, at }) {
  return `${SWITCHES[mode]} Set by ${author} at ${timeOf(at)}: ${why}`;
}

/** Charts are drawn at the width they have, so that their words keep their size. */
function chartWidth() {
  const style = getComputedStyle(byId("targets"));
  const beside = Number.parseFloat(style.getPropertyValue("--beside-chart")) || 0;
  return Math.max(NARROWEST_CHART, Math.floor(byId("targets").clientWidth - beside));
}

addEventListener("pointerdown", () => (pressed = true));
for (const released of ["pointerup", "pointercancel"]) addEventListener(released, () => (pressed = false));
addEventListener("resize", draw);
void refresh();
