import { forecastAudience, type AudienceForecast } from "../core/forecast/audience.ts";
import { impactOf, type Impact } from "../core/forecast/impact.ts";
import type { Model } from "../core/forecast/model.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Context } from "./context.ts";

/** What one occasion does to every target. */
export type Impacts = {
  /** By target id, where the verdict is above. Of the others, thousands a fortnight, only the verdict is kept. */
  readonly byTarget: ReadonlyMap<string, Impact>;
  readonly audience: AudienceForecast;
  /** Above: the threshold of some target; nobody knows the audience, whatever the target. */
  readonly verdict: "above" | "below" | "unknown-audience";
};

/** What was worked out for an occasion, and the levels that this was forecast from last. */
type Worked = { readonly impacts: Impacts; levels: Model["learned"]["audience"] };

type Known = { model: Model; readonly byOccasion: WeakMap<Occasion, Worked> };

const known = new WeakMap<Context, Known>();

/** What an occasion does to every target: worked out once for as long as nothing is learned that it follows from. */
export function impactsOf(context: Context, model: Model, occasion: Occasion): Impacts {
  let memory = known.get(context);
  if (memory === undefined || !followsAlike(context, memory.model, model))
    known.set(context, (memory = { model, byOccasion: new WeakMap() }));
  memory.model = model;
  const levels = model.learned.audience;
  const worked = memory.byOccasion.get(occasion);
  if (worked?.levels === levels) return worked.impacts;
  const audience = forecastAudience(levels, occasion, context.settings.zone);
  // A broadcast that is over teaches of its own kind: of most others the same is thought as before.
  if (worked !== undefined && isSame(worked.impacts.audience, audience)) {
    worked.levels = levels;
    return worked.impacts;
  }
  const impacts = judged(context, model, occasion, audience);
  memory.byOccasion.set(occasion, { impacts, levels });
  return impacts;
}

function isSame(a: AudienceForecast, b: AudienceForecast): boolean {
  if (a.kind === "unknown" || b.kind === "unknown") return a.kind === b.kind;
  return a.mean === b.mean && a.variance === b.variance && a.basis === b.basis && a.seriesSeen === b.seriesSeen;
}

const NONE_ABOVE: Impacts["byTarget"] = new Map();

function judged({ settings }: Context, model: Model, occasion: Occasion, audience: AudienceForecast): Impacts {
  const { targets, zone, threshold } = settings;
  const byTarget = new Map<string, Impact>();
  let verdict: Impacts["verdict"] = "below";
  for (const target of targets) {
    const impact = impactOf({ model, target, occasion, audience, zone, threshold });
    byTarget.set(target.id, impact);
    if (impact.kind === "unknown-audience" || (impact.kind === "above" && verdict === "below")) verdict = impact.kind;
  }
  return { byTarget: verdict === "above" ? byTarget : NONE_ABOVE, verdict, audience };
}

/** Whether all that an impact follows from beside the audience is the same: lead times and viewers by channel are not part of it. */
function followsAlike({ settings }: Context, a: Model, b: Model): boolean {
  if (a === b) return true;
  const { shapes, loadPerViewer, reach } = a.learned;
  const { learned } = b;
  if (shapes !== learned.shapes || loadPerViewer !== learned.loadPerViewer || reach !== learned.reach) return false;
  return settings.targets.every(({ id }) => a.targets[id] === b.targets[id]);
}
