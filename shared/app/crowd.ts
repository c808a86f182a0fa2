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
  const last = lastSeen.get(occasion);
  const before = last?.viewers === model.viewers && last.zone === zone ? last : undefined;
  const excess = audience.map((minute, nth) =>
    minute === before?.audience[nth] ? before.excess[nth] : minuteOf(model, occasion, minute, zone),
  );
  lastSeen.set(occasion, { viewers: model.viewers, zone, audience, excess });
  return excess.filter((minute) => minute !== undefined);
}

/** What was looked at last for an occasion, and what came of it: while it runs over, every tick looks at all of it. */
type Seen = {
  readonly viewers: Model["viewers"];
  readonly zone: ZoneOffsets;
  readonly audience: readonly AudienceMinute[];
  readonly excess: readonly (ExcessMinute | undefined)[];
};

const lastSeen = new WeakMap<Occasion, Seen>();

function minuteOf(model: Model, occasion: Occasion, minute: AudienceMinute, zone: ZoneOffsets): ExcessMinute | undefined {
  const excess = excessIn(model, occasion, minute, zone);
  return excess === undefined ? undefined : { atMs: minute.atMs, excess };
}

function excessIn(model: Model, occasion: Occasion, minute: AudienceMinute, zone: ZoneOffsets): number | undefined {
  if (minute.kind === "unknown") return undefined;
  let excess = 0;
  for (const channelId of occasion.channelIds) {
    const viewers = minute.viewers[channelId];
    const usual = model.viewers[channelId];
    const usualViewers = usual === undefined ? undefined : usualAt(usual, minute.atMs, zone);
    if (viewers === undefined || usualViewers === undefined) return undefined;
    excess += viewers - usualViewers;
  }
  return excess;
}

/**
 * The viewers above usual in the newest known minute, where they and those of the minute before would have been above the threshold of
 * some target, had anybody known; else undefined.
 */
export function turnedOutAbove(
  context: Context,
  model: Model,
  occasion: Occasion,
  audience: readonly AudienceMinute[],
): number | undefined {
  let newest: number | undefined;
  for (let index = audience.length - 1; index >= 0; index -= 1) {
    const minute = audience[index];
    const excess = minute && excessIn(model, occasion, minute, context.settings.zone);
    if (excess === undefined) continue;
    // Most of an evening's programmes draw no more than usual.
    if (excess < 0) return undefined;
    if (newest !== undefined) return crowdIsAbove(context, model, occasion, Math.min(newest, excess)) ? Math.round(newest) : undefined;
    newest = excess;
  }
  return undefined;
}

/** Whether so many viewers above usual are above the threshold of some target. */
export function crowdIsAbove(context: Context, model: Model, occasion: Occasion, viewers: number): boolean {
  const { zone, threshold, targets } = context.settings;
  const { peaks, leastViewers } = peaksPerViewer(context, model, occasion.programmeClass);
  if (viewers < 0 || viewers < leastViewers) return false;
  return targets.some((target, index) =>
    isAbove({ model, target, atMs: occasion.startsAtMs, addedRps: viewers * (peaks[index] ?? 0), zone, threshold }),
  );
}

/** What one viewer of a class of programme brings, and how many it takes to bring what the threshold counts in units. */
type Peaks = {
  /** The most load, in requests a second, by target. */
  readonly peaks: readonly number[];
  /** Fewer viewers are above the threshold of no target, whatever is usual. */
  readonly leastViewers: number;
};

const known = new WeakMap<Context, { readonly learned: Model["learned"]; readonly byClass: Map<string, Peaks> }>();

// What is a hair below the least may be it in binary: it is looked at target by target.
const ROUNDING = 1 - 1e-9;

/** What one viewer of a class of programme brings: worked out once for what was learned. */
function peaksPerViewer(context: Context, { learned }: Model, programmeClass: string): Peaks {
  let memory = known.get(context);
  if (memory?.learned !== learned) known.set(context, (memory = { learned, byClass: new Map() }));
  let found = memory.byClass.get(programmeClass);
  if (found === undefined) {
    const { targets, threshold } = context.settings;
    let leastViewers = Number.POSITIVE_INFINITY;
    const peaks = targets.map((target) => {
      const perViewer = Math.exp(loadPerViewerOf(learned, target, programmeClass).logRps);
      const peak = perViewer * peakMultiple(shapeOf(shapesFor(learned, target.id), programmeClass));
      leastViewers = Math.min(leastViewers, (ROUNDING * threshold.units * target.throughputRps * target.targetUtilisation) / peak);
      return peak;
    });
    memory.byClass.set(programmeClass, (found = { peaks, leastViewers }));
  }
  return found;
}
