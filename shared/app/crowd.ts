import type { ExcessMinute } from "../core/forecast/air.ts";
import { isAbove } from "../core/forecast/impact.ts";
import { loadPerViewerOf, shapesFor, type Model } from "../core/forecast/model.ts";
import { peakMultiple, shapeOf } from "../core/forecast/shape.ts";
import { usualAt } from "../core/forecast/usual-load.ts";
import type { AudienceMinute } from "../core/measurement.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { ZoneOffsets } from "../core/time.ts";
import type { Context } from "./context.ts";

/** Viewers of an occasion's channels above their usual, in the minutes in which all of them are known. */
export function excessViewers(
  model: Model,
  occasion: Occasion,
  audience: readonly AudienceMinute[],
  zone: ZoneOffsets,
): readonly ExcessMinute[] {
  return audience.flatMap((minute) => {
    if (minute.kind === "unknown") return [];
    let excess = 0;
    for (const channelId of occasion.channelIds) {
      const viewers = minute.viewers[channelId];
      const usual = model.viewers[channelId];
      const usualViewers = usual === undefined ? undefined : usualAt(usual, minute.atMs, zone);
      if (viewers === undefined || usualViewers === undefined) return [];
      excess += viewers - usualViewers;
    }
    return [{ atMs: minute.atMs, excess }];
  });
}

/** Viewers above usual in the newest minute; 0 when none is known. */
export function newestExcess(excess: readonly ExcessMinute[]): number {
  return Math.round(excess.at(-1)?.excess ?? 0);
}

/** Whether the crowd that is there now would have been above the threshold of some target, had anybody known. */
export function turnedOutAbove(context: Context, model: Model, occasion: Occasion, excess: readonly ExcessMinute[]): boolean {
  const lately = excess.slice(-2).map((minute) => minute.excess);
  return lately.length === 2 && crowdIsAbove(context, model, occasion, Math.min(...lately));
}

/** Whether so many viewers above usual are above the threshold of some target. */
export function crowdIsAbove(context: Context, model: Model, occasion: Occasion, viewers: number): boolean {
  const { zone, threshold, targets } = context.settings;
  return targets.some((target) => {
    const perViewer = Math.exp(loadPerViewerOf(model.learned, target, occasion.programmeClass).logRps);
    const peak = peakMultiple(shapeOf(shapesFor(model.learned, target.id), occasion.programmeClass));
    return isAbove({ model, target, atMs: occasion.startsAtMs, addedRps: viewers * perViewer * peak, zone, threshold });
  });
}
