import type { Occasion } from "../schedule/occasion.ts";
import type { Target } from "../target.ts";
import type { ZoneOffsets } from "../time.ts";
import { forecastAudience, unstretched, type AudienceForecast } from "./audience.ts";
import { loadPerViewerOf, reachOf, shapesFor, type Model } from "./model.ts";
import { normalQuantile } from "./samples.ts";
import { peakMultiple, shapeOf, type Shape } from "./shape.ts";
import { usualAt } from "./usual-load.ts";

const NINETIETH = normalQuantile(0.9);

/** When an occasion is told apart from the usual load of a target. */
export type ImpactThreshold = {
  /** Share of the target's usual load at the start of the occasion. */
  readonly shareOfUsual: number;
  /** Units that the added load must take at least. */
  readonly units: number;
};

/** The 90th percentile of the load that an occasion adds must be at least 5 % of the usual load, and at least one unit's. */
export const DEFAULT_IMPACT_THRESHOLD: ImpactThreshold = { shareOfUsual: 0.05, units: 1 };

/** What one occasion adds to one target, judged by the threshold; or that nobody knows its audience. */
export type Impact =
  | { readonly kind: "unknown-audience" }
  | {
      readonly kind: "above" | "below";
      readonly audience: Extract<AudienceForecast, { kind: "known" }>;
      /** Spread of the stretched load at the plateau: of the audience, and of what each viewer brings. */
      readonly spread: number;
      /** What measured broadcasts alone can reach; no bound on what a person expects. */
      readonly mostViewers: number;
      readonly loadPerViewerRps: number;
      readonly shape: Shape;
    };

/** The impact of an occasion on a target, judged by the threshold. */
export function impactOf(input: {
  readonly model: Model;
  readonly target: Target;
  readonly occasion: Occasion;
  /** Its audience as it is forecast, where that was worked out before: it is the same for every target. */
  readonly audience?: AudienceForecast;
  readonly zone: ZoneOffsets;
  readonly threshold: ImpactThreshold;
}): Impact {
  const { model, target, occasion, zone, threshold } = input;
  const audience = input.audience ?? forecastAudience(model.learned.audience, occasion, zone);
  if (audience.kind === "unknown") return { kind: "unknown-audience" };
  const perViewer = loadPerViewerOf(model.learned, target, occasion.programmeClass);
  const shape = shapeOf(shapesFor(model.learned, target.id), occasion.programmeClass);
  const spread = Math.sqrt(audience.variance + perViewer.variance);
  const loadPerViewerRps = Math.exp(perViewer.logRps);
  const mostViewers = audience.basis === "measured" ? reachOf(model.learned) : Number.POSITIVE_INFINITY;
  const addedRps = Math.min(mostViewers, unstretched(audience.mean + spread * NINETIETH)) * loadPerViewerRps * peakMultiple(shape);
  const above = isAbove({ model, target, atMs: occasion.startsAtMs, addedRps, zone, threshold });
  return { kind: above ? "above" : "below", audience, spread, mostViewers, loadPerViewerRps, shape };
}

/** Whether `addedRps` at `atMs` is above the threshold. Where the usual load is unknown, only the units decide. */
export function isAbove(input: {
  readonly model: Model;
  readonly target: Target;
  readonly atMs: number;
  readonly addedRps: number;
  readonly zone: ZoneOffsets;
  readonly threshold: ImpactThreshold;
}): boolean {
  const { model, target, atMs, addedRps, zone, threshold } = input;
  if (addedRps < threshold.units * target.throughputRps * target.targetUtilisation) return false;
  const usual = model.targets[target.id];
  const usualRps = usual === undefined ? undefined : usualAt(usual.load, atMs, zone);
  return usualRps === undefined || addedRps >= threshold.shareOfUsual * usualRps;
}
