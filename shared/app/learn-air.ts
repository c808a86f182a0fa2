import type { Air, ExcessMinute } from "../core/forecast/air.ts";
import type { MeasuredBroadcast } from "../core/forecast/audience.ts";
import { learnBroadcast, measuredBroadcast, middleThird, wasShort, type Broadcast } from "../core/forecast/learn.ts";
import { firstTargetUsual } from "../core/forecast/model.ts";
import { ARRIVAL_MS, DECAY_MS } from "../core/forecast/shape.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { Judged } from "./air-log.ts";
import type { Following } from "./follow-air.ts";
import { readLoad } from "./loads.ts";
import type { Lesson } from "./model.ts";

/** A broadcast is learned from once its crowd has left: this long after its end. */
export const LEARN_AFTER_MS = 40 * MINUTE_MS;

/** A broadcast that is over, as it was measured. */
export type Over = {
  readonly occasion: Occasion;
  readonly excess: readonly ExcessMinute[];
  /** The plateau, above usual. */
  readonly viewers: number;
  readonly thought: Judged;
  /** It was followed on air: above the threshold as forecast or as it turned out. */
  readonly tracked: boolean;
  readonly overMs: number;
  /** A load that cannot be read now may be readable later: throw rather than learn without it. */
  readonly insists: boolean;
};

/**
 * What a broadcast teaches at once (its series, and where it was above the threshold also its shape and load per viewer), and what is kept
 * of it for its groups to learn when the day is over. Throws what a load source throws when `insists`.
 */
export async function lessonOf(
  following: Following,
  over: Over,
): Promise<{ readonly lesson: Lesson; readonly kept: MeasuredBroadcast | undefined }> {
  const { context, air } = following;
  const { occasion, excess, viewers, thought, tracked, overMs, insists } = over;
  const { targets, zone } = context.settings;
  const measured = tracked ? await Promise.all(targets.map((target) => loadAround(following, target, occasion, overMs, insists))) : [];
  const stand: Air = air[occasion.id] ?? { kind: "ended", endedAtMs: occasion.endsAtMs, by: "cap" };
  const broadcast: Broadcast = {
    occasion,
    air: stand,
    viewers: excess,
    targets: measured,
    overlapped: overlapWithAnother(following, occasion, overMs),
    censored: measured.some(({ load }) => wasShort(load)),
  };
  const lesson: Lesson = {
    apply: (before) => learnBroadcast(before, broadcast, zone),
    cause: "occasion",
    what: tracked ? sentence(occasion, viewers, thought) : undefined,
    occasionId: occasion.id,
  };
  return { lesson, kept: measuredBroadcast(broadcast, zone) };
}

async function loadAround({ context, model }: Following, target: Target, occasion: Occasion, endedAtMs: number, insists: boolean) {
  const fromMs = occasion.startsAtMs - ARRIVAL_MS;
  const toMs = endedAtMs + LEARN_AFTER_MS;
  const load = insists ? await context.ports.loads.load(target.id, fromMs, toMs) : await readLoad(context, target.id, fromMs, toMs);
  return { target, usual: model.targets[target.id] ?? firstTargetUsual(), load };
}

/** How another occasion that draws a crowd was on air meanwhile, on whatever channel. Its crowd comes before it begins and leaves after it ends. */
function overlapWithAnother({ air, occasions }: Following, occasion: Occasion, endedAtMs: number): Broadcast["overlapped"] {
  const others = Object.values(occasions).filter(
    (other) =>
      other.id !== occasion.id && air[other.id] !== undefined && other.startsAtMs < endedAtMs && other.endsAtMs > occasion.startsAtMs,
  );
  if (others.length === 0) return "not";
  const middle = middleThird({ startsAtMs: occasion.startsAtMs, endsAtMs: endedAtMs });
  const apart = others.every((other) => other.startsAtMs - ARRIVAL_MS >= middle.toMs || other.endsAtMs + DECAY_MS <= middle.fromMs);
  return apart ? "outside-middle" : "wholly";
}

function sentence(occasion: Occasion, viewers: number, { expectedViewers }: Judged): string {
  const expected = expectedViewers === undefined ? "nothing was known of it" : `${grouped(expectedViewers)} were expected`;
  return `${occasion.name} drew ${grouped(viewers)} viewers above usual; ${expected}`;
}

/** 1279418 as 1,279,418. */
function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
