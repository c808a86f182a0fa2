import { html, svg } from "./element.js";
import { briefly, countOf, timeOf } from "./words.js";

/**
 * @typedef {import("./api.js").Minute} Minute
 * @typedef {import("./api.js").Occasion} Occasion
 * @typedef {import("./api.js").PlannedTarget} PlannedTarget
 * @typedef {{ readonly x: (instant: string) => number, readonly y: (units: number) => number, readonly top: number, readonly right: number, readonly from: number, readonly to: number }} Scale
 */

const MINUTE_MS = 60_000;
const HEIGHT = 220;
const LEFT = 40;
const RIGHT = 46;
const ABOVE = 22;
const BELOW = 22;
/** Pixels of a letter of a label, amply. */
const WIDEST_LETTER = 6.5;

/**
 * The forecast band, the floor and the needed units of a target over its plan, drawn `width` pixels wide. One axis: loads are shown as the
 * units that would carry them, and again in requests a second on the right.
 * @param {PlannedTarget} target
 * @param {readonly Occasion[]} occasions
 * @param {number} width
 */
export function chart(target, occasions, width) {
  const scale = scaleOf(target, width);
  const known = runs(target.minutes, (minute) => minute.kind === "known");
  const image = svg(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": spoken(target) },
    unknownStretches(target, scale),
    target.shorts.map(({ from, to, units, limit }) =>
      svg(
        "rect",
        { class: "short", x: scale.x(from), y: ABOVE, width: Math.max(1, scale.x(to) - scale.x(from)), height: HEIGHT - ABOVE - BELOW },
        svg("title", {}, `short by ${countOf(units)} (${limit}), ${timeOf(from)} to ${timeOf(to)}`),
      ),
    ),
    unitTicks(target, scale, width),
    timeTicks(scale),
    occasionMarks(occasions, scale),
    known.map((run) => svg("path", { class: "band", d: bandPath(run, target.rpsPerUnit, scale) })),
    known.map((run) => svg("path", { class: "median", d: medianPath(run, target.rpsPerUnit, scale) })),
    svg("path", { class: "needed", d: stepPath(target.minutes, (minute) => minute.neededUnits, scale) }),
    svg("path", { class: "floor", d: stepPath(target.minutes, (minute) => minute.floorUnits, scale) }),
  );
  return html("figure", {}, image, legend(target.shorts.length > 0));
}

/**
 * @param {PlannedTarget} target
 * @param {number} width
 * @returns {Scale}
 */
function scaleOf({ minutes, rpsPerUnit }, width) {
  const from = Date.parse(minutes[0]?.at ?? "");
  const to = Date.parse(minutes.at(-1)?.at ?? "") + MINUTE_MS;
  const largest = minutes.reduce(
    (most, minute) =>
      Math.max(most, minute.floorUnits ?? 0, minute.neededUnits ?? 0, minute.kind === "known" ? minute.upperRps / rpsPerUnit : 0),
    1,
  );
  const top = largest * 1.08;
  return {
    x: (instant) => LEFT + ((Math.min(Math.max(Date.parse(instant), from), to) - from) / (to - from)) * (width - LEFT - RIGHT),
    y: (units) => HEIGHT - BELOW - (units / top) * (HEIGHT - ABOVE - BELOW),
    top,
    right: width - RIGHT,
    from,
    to,
  };
}

/**
 * Runs of neighbouring minutes that pass: a line never leaps over what is not known.
 * @param {readonly Minute[]} minutes
 * @param {(minute: Minute) => boolean} passes
 */
function runs(minutes, passes) {
  /** @type {Minute[][]} */
  const found = [];
  let open = false;
  for (const minute of minutes) {
    const here = passes(minute);
    if (here && !open) found.push([]);
    if (here) found.at(-1)?.push(minute);
    open = here;
  }
  return found;
}

/**
 * @param {readonly Minute[]} run
 * @param {number} rpsPerUnit
 * @param {Scale} scale
 */
function bandPath(run, rpsPerUnit, scale) {
  const known = run.flatMap((minute) => (minute.kind === "known" ? [minute] : []));
  const upper = known.map((minute) => point(scale.x(minute.at), scale.y(minute.upperRps / rpsPerUnit)));
  const lower = known.map((minute) => point(scale.x(minute.at), scale.y(minute.lowerRps / rpsPerUnit))).reverse();
  return `M${[...upper, ...lower].join("L")}Z`;
}

/**
 * @param {readonly Minute[]} run
 * @param {number} rpsPerUnit
 * @param {Scale} scale
 */
function medianPath(run, rpsPerUnit, scale) {
  return `M${run.flatMap((minute) => (minute.kind === "known" ? [point(scale.x(minute.at), scale.y(minute.medianRps / rpsPerUnit))] : [])).join("L")}`;
}

/**
 * A line that holds its value for the whole minute.
 * @param {readonly Minute[]} minutes
 * @param {(minute: Minute) => number | null} unitsOf
 * @param {Scale} scale
 */
function stepPath(minutes, unitsOf, scale) {
  return runs(minutes, (minute) => unitsOf(minute) !== null)
    .map((run) => {
      const corners = run.flatMap((minute) => {
        const y = scale.y(unitsOf(minute) ?? 0);
        const end = new Date(Date.parse(minute.at) + MINUTE_MS).toISOString();
        return [point(scale.x(minute.at), y), point(scale.x(end), y)];
      });
      return `M${corners.join("L")}`;
    })
    .join("");
}

/**
 * @param {number} x
 * @param {number} y
 */
function point(x, y) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/**
 * @param {PlannedTarget} target
 * @param {Scale} scale
 */
function unknownStretches(target, scale) {
  return runs(target.minutes, (minute) => minute.kind === "unknown").map((run) => {
    const x = scale.x(run[0]?.at ?? "");
    const width = scale.x(new Date(Date.parse(run.at(-1)?.at ?? "") + MINUTE_MS).toISOString()) - x;
    const label =
      width > 60 ? svg("text", { class: "label", x: x + width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, "unknown") : undefined;
    return svg("g", {}, svg("rect", { class: "unknown", x, y: ABOVE, width, height: HEIGHT - ABOVE - BELOW }), label);
  });
}

/**
 * @param {PlannedTarget} target
 * @param {Scale} scale
 * @param {number} width
 */
function unitTicks(target, scale, width) {
  const every = niceStep(scale.top / 4);
  const ticks = [];
  for (let units = 0; units <= scale.top; units += every) {
    const y = scale.y(units);
    ticks.push(
      svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }),
      svg("text", { class: "label", x: LEFT - 6, y: y + 4, "text-anchor": "end" }, countOf(units)),
      units === 0 ? [] : svg("text", { class: "label", x: width - RIGHT + 6, y: y + 4 }, briefly(units * target.rpsPerUnit)),
    );
  }
  return [
    ticks,
    svg("text", { class: "label", x: LEFT - 6, y: 11, "text-anchor": "end" }, "units"),
    svg("text", { class: "label", x: width - RIGHT + 6, y: 11 }, "req/s"),
  ];
}

/**
 * The next larger of 1, 2, 5, 10, 20, …
 * @param {number} least
 */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

/** @param {Scale} scale */
function timeTicks(scale) {
  const every = 30 * MINUTE_MS;
  const ticks = [];
  for (let atMs = Math.ceil(scale.from / every) * every; atMs <= scale.to; atMs += every) {
    const instant = new Date(atMs).toISOString();
    ticks.push(svg("text", { class: "label", x: scale.x(instant), y: HEIGHT - 5, "text-anchor": "middle" }, timeOf(instant)));
  }
  return ticks;
}

/**
 * Starts and ends, labelled where there is room for the words; where one ends as another starts, the start is named.
 * @param {readonly Occasion[]} occasions
 * @param {Scale} scale
 */
function occasionMarks(occasions, scale) {
  let free = 0;
  return occasions
    .flatMap(({ name, startsAt, endsAt }) => [
      { at: startsAt, text: `▸ ${name}`, rank: 0 },
      { at: endsAt, text: "end", rank: 1 },
    ])
    .filter(({ at }) => Date.parse(at) > scale.from && Date.parse(at) < scale.to)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.rank - b.rank)
    .map(({ at, text }) => {
      const x = scale.x(at);
      const words = text.length > 26 ? `${text.slice(0, 25)}…` : text;
      const space = words.length * WIDEST_LETTER + 8;
      // Near the right edge the words stand before their line.
      const before = x + space > scale.right;
      const fits = (before ? x - space : x) >= free;
      if (fits) free = before ? x + 8 : x + space;
      const label = { class: "label mark-label", x: before ? x - 3 : x + 3, y: 11, "text-anchor": before ? "end" : "start" };
      return svg(
        "g",
        {},
        svg("line", { class: "mark", x1: x, x2: x, y1: ABOVE - 6, y2: HEIGHT - BELOW }, svg("title", {}, `${text} ${timeOf(at)}`)),
        fits ? svg("text", label, words) : undefined,
      );
    });
}

/** @param {boolean} anyShort */
function legend(anyShort) {
  const entries = [
    ["floor", "floor"],
    ["needed", "needed serving"],
    ["median", "load expected"],
    ["band", "9 times of 10"],
    ...(anyShort ? [["short", "short"]] : []),
  ];
  return html(
    "figcaption",
    { class: "legend" },
    entries.map(([kind, words]) => html("span", {}, html("i", { class: `swatch ${kind}`, "aria-hidden": "true" }), words)),
  );
}

/**
 * The chart for those who do not see it.
 * @param {PlannedTarget} target
 */
function spoken(target) {
  const steps = target.steps.slice(0, 8).map((step) => `${countOf(step.floorUnits)} from ${timeOf(step.at)}`);
  const needed = Math.max(0, ...target.minutes.map((minute) => minute.neededUnits ?? 0));
  return `${target.targetId}, the next three hours: floor ${steps.join(", ")}; at most ${countOf(needed)} needed serving`;
}
