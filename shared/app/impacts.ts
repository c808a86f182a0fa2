import { impactOf, type Impact } from "../core/forecast/impact.ts";
import type { Model } from "../core/forecast/model.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Context } from "./context.ts";

/** What one occasion does to every target. */
export type Impacts = {
  readonly byTarget: ReadonlyMap<string, Impact>;
  /** Above: the threshold of some target; nobody knows the audience, whatever the target. */
  readonly verdict: "above" | "below" | "unknown-audience";
};

type Known = { model: Model; readonly byOccasion: WeakMap<Occasion, Impacts> };

const known = new WeakMap<Context, Known>();

/** What an occasion does to every target: worked out once for as long as nothing is learned that it follows from. */
export function impactsOf(context: Context, model: Model, occasion: Occasion): Impacts {
  let memory = known.get(context);
  if (memory === undefined || !followsAlike(context, memory.model, model))
    known.set(context, (memory = { model, byOccasion: new WeakMap() }));
  memory.model = model;
  let impacts = memory.byOccasion.get(occasion);
  if (impacts === undefined) memory.byOccasion.set(occasion, (impacts = judged(context, model, occasion)));
  return impacts;
}

function judged({ settings }: Context, model: Model, occasion: Occasion): Impacts {
  const { targets, zone, threshold } = settings;
  const byTarget = new Map(targets.map((target) => [target.id, impactOf({ model, target, occasion, zone, threshold })]));
  const kinds = [...byTarget.values()].map(({ kind }) => kind);
  const verdict = kinds.includes("unknown-audience") ? "unknown-audience" : kinds.includes("above") ? "above" : "below";
  return { byTarget, verdict };
}

/** Whether all that an impact follows from is the same: lead times and viewers by channel are not part of it. */
function followsAlike({ settings }: Context, a: Model, b: Model): boolean {
  if (a === b) return true;
  const { audience, shapes, loadPerViewer, reach } = a.learned;
  const { learned } = b;
  if (audience !== learned.audience || shapes !== learned.shapes || loadPerViewer !== learned.loadPerViewer || reach !== learned.reach)
    return false;
  return settings.targets.every(({ id }) => a.targets[id] === b.targets[id]);
}
