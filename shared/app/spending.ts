import { unstretched } from "../core/forecast/audience.ts";
import type { Aired } from "../core/forecast/forecast.ts";
import type { Impact } from "../core/forecast/impact.ts";
import { startUpMsOf, type Model } from "../core/forecast/model.ts";
import { normalQuantile, PROBABILITIES } from "../core/forecast/samples.ts";
import { ARRIVAL_MS, DECAY_MS, peakMultiple } from "../core/forecast/shape.ts";
import { usualAt } from "../core/forecast/usual-load.ts";
import { unitsAdded, usdPerHour, withinCap, type FeedOnlyRaise, type OverCap } from "../core/plan/cap.ts";
import { leadMs } from "../core/plan/capacity.ts";
import type { Target } from "../core/target.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { Situation } from "./situation.ts";

/** Occasions after the cap on what rests on the feed alone: those that count, and what is left out, by target id. */
export type Spending = {
  readonly occasions: readonly Aired[];
  /** Ids of those that rest on the feed alone and count. */
  readonly withinIds: readonly string[];
  readonly over: ReadonlyMap<string, readonly OverCap[]>;
};

const SPENDING_KEY = "spending";
type StoredSpending = { readonly withinIds: readonly string[] };

type Raise = FeedOnlyRaise & { readonly aired: Aired; readonly units: ReadonlyMap<string, number> };

/** Leaves out what the feed alone may not spend (design rule 5); reads only. An expected audience, a series that was measured, a crowd that was seen: never capped. */
export async function spendingOn(context: Context, { model, now }: Situation, occasions: readonly Aired[]): Promise<Spending> {
  const { settings } = context;
  const feedOnly = occasions.filter(restsOnFeedAlone);
  if (feedOnly.length === 0) return { occasions, withinIds: [], over: new Map() };
  const before = new Set(await readWithinIds(context));
  const raises = feedOnly.map((aired): Raise => {
    const { occasion } = aired;
    const units = new Map(settings.targets.map((target) => [target.id, unitsOf(context, model, target, aired)]));
    const lead = (target: Target): number => leadMs(target, startUpMsOf(model.learned, target), units.get(target.id) ?? 0);
    const fromMs = occasion.startsAtMs - ARRIVAL_MS - Math.max(0, ...settings.targets.map(lead));
    return {
      aired,
      units,
      occasionId: occasion.id,
      viewers: viewersOf(aired),
      startsAtMs: occasion.startsAtMs,
      fromMs,
      toMs: occasion.endsAtMs + DECAY_MS,
      usdPerHour: settings.targets.reduce((sum, target) => sum + usdPerHour(target, units.get(target.id) ?? 0), 0),
      isUp: before.has(occasion.id) && fromMs <= now,
    };
  });
  const capUsdPerHour = settings.policy.feedOnlyUsdPerHour;
  const { within, over } = withinCap(raises, capUsdPerHour);
  const left = new Set(over.map(({ aired }) => aired));
  return {
    occasions: left.size === 0 ? occasions : occasions.filter((aired) => !left.has(aired)),
    withinIds: within.map(({ occasionId }) => occasionId).toSorted(),
    over: new Map(
      settings.targets.map(({ id }) => [
        id,
        over.flatMap(({ aired: { occasion }, units, toMs }): readonly OverCap[] => {
          const added = units.get(id) ?? 0;
          if (added === 0) return [];
          return [
            { occasionId: occasion.id, name: occasion.name, fromMs: occasion.startsAtMs - ARRIVAL_MS, toMs, units: added, capUsdPerHour },
          ];
        }),
      ]),
    ),
  };
}

/** Remembers what was let through: once its units have been asked for, nothing takes them down for the sake of another. */
export async function keepSpending(context: Context, { withinIds }: Pick<Spending, "withinIds">): Promise<void> {
  const { documents } = context.ports;
  const before = await readWithinIds(context);
  if (before.join(" ") !== withinIds.join(" ")) await updateDocument<StoredSpending>(documents, SPENDING_KEY, () => ({ withinIds }));
}

/** Ids of what was last let through. */
export async function readWithinIds({ ports }: Context): Promise<readonly string[]> {
  return (await readDocument<StoredSpending>(ports.documents, SPENDING_KEY))?.value.withinIds ?? [];
}

/** Nobody expects it, nothing of its series was measured, and its crowd was not seen. */
function restsOnFeedAlone({ air, impacts }: Aired): boolean {
  if (air.kind === "on-air" && air.startedAtMs !== undefined) return false;
  const known = [...(impacts?.values() ?? [])].find((impact) => impact.kind !== "unknown-audience");
  return known !== undefined && known.audience.basis === "measured" && !known.audience.seriesSeen;
}

type Known = Exclude<Impact, { kind: "unknown-audience" }>;

function viewersOf({ impacts }: Aired): number {
  const known = [...(impacts?.values() ?? [])].find((impact): impact is Known => impact.kind !== "unknown-audience");
  return known === undefined ? 0 : unstretched(known.audience.mean);
}

// The largest of the samples that a tail is cut at.
const LARGEST_SAMPLE = normalQuantile(PROBABILITIES.at(-1) ?? 0.5);

/** Units that an occasion adds to what a target asks for, in the dearer of its first and last minute. */
function unitsOf({ settings }: Context, model: Model, target: Target, { occasion, impacts }: Aired): number {
  const impact = impacts?.get(target.id);
  if (impact?.kind !== "above") return 0;
  const { audience, spread, mostViewers, loadPerViewerRps, shape } = impact;
  const rps = (z: number): number =>
    Math.max(0, Math.min(mostViewers, unstretched(audience.mean + z * spread))) * loadPerViewerRps * peakMultiple(shape);
  const usual = model.targets[target.id];
  const added = [occasion.startsAtMs, occasion.endsAtMs].map((atMs) => {
    const usualRps = (usual && usualAt(usual.load, atMs, settings.zone)) ?? 0;
    return unitsAdded(target, { usualRps, medianRps: rps(0), tailRps: rps(LARGEST_SAMPLE) });
  });
  return Math.max(...added);
}
