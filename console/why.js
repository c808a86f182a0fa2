import { ask } from "./api.js";
import { byId, html } from "./element.js";
import { countOf, timeOf } from "./words.js";

/** Of answers that come in another order than they were asked for, the last asked for is shown. */
let asked = 0;

/**
 * Asks the API why a floor is what it is, and shows its sentences.
 * @param {string} targetId
 * @param {string | undefined} at
 */
export async function showWhy(targetId, at) {
  const turn = (asked += 1);
  const dialog = byId("why");
  if (!(dialog instanceof HTMLDialogElement)) throw new Error("#why is no dialog");
  byId("why-title").textContent = `Why is the floor of ${targetId} what it is?`;
  byId("why-answer").replaceChildren(html("p", { class: "quiet" }, "Asking."));
  if (!dialog.open) dialog.showModal();
  const query = new URLSearchParams({ target: targetId, ...(at !== undefined && { at }) });
  try {
    /** @type {import("./api.js").Explanation} */
    const explanation = await ask(`/v1/explain?${query}`);
    if (turn === asked) show(targetId, explanation);
  } catch (error) {
    if (turn === asked)
      byId("why-answer").replaceChildren(html("p", {}, `No answer: ${error instanceof Error ? error.message : String(error)}`));
  }
}

/**
 * @param {string} targetId
 * @param {import("./api.js").Explanation} explanation
 */
function show(targetId, explanation) {
  const answer = byId("why-answer");
  if (explanation.kind === "unknown") {
    answer.replaceChildren(html("p", {}, `Not known: ${explanation.why}.`));
    return;
  }
  const { floorUnits, at, since, neededBy, reasons } = explanation;
  byId("why-title").textContent = `Why is the floor of ${targetId} ${countOf(floorUnits)} at ${timeOf(at)}?`;
  answer.replaceChildren(
    html(
      "ol",
      {},
      reasons.map(({ text }) => html("li", {}, text)),
    ),
    html("p", { class: "quiet" }, `Asked for at ${timeOf(since)}, needed by ${timeOf(neededBy)}.`),
  );
}
