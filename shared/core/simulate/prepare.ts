import { compareText } from "../schedule/programme.ts";
import type { Programme } from "../schedule/programme.ts";
import { isFillerTitle, normaliseTitle } from "../schedule/title.ts";
import type { Target } from "../target.ts";
import { placeOccasion } from "./crowd.ts";
import type { PlacedOccasion } from "./crowd.ts";
import { derive, normal, uniform } from "./seeded.ts";
import { POLICIES, trueTarget } from "./target-kinds.ts";
import type { Policy } from "./target-kinds.ts";
import { usualViewers } from "./usual.ts";
import { troublesOf } from "./troubles.ts";
import type { Troubles } from "./troubles.ts";
import type { CustomerAction, Deployment, OutsideChange, TrueTarget, WorldSetting } from "./world.ts";

/** Audiences fall with the channel's rank to this power. */
const RANK_EXPONENT = 0.9;
/** How much a programme's own audience departs from its slot's (sigma of the logarithm), and what a filler keeps of it. */
const PROGRAMME_SIGMA = 0.25;
const FILLER_FACTOR = 0.3;

/** A stretch of one channel's guide, and what it makes of the channel's usual audience. */
type Attraction = { readonly startsAtMs: number; readonly endsAtMs: number; readonly factor: number };

/** A channel as the world knows it. */
export type PreparedChannel = {
  readonly id: string;
  /** Share of the platform's usual audience. All channels together have 1. */
  readonly share: number;
  readonly seed: number;
  readonly wanderSeeds: readonly number[];
  /** By start. */
  readonly attractions: readonly Attraction[];
};

/** A target with everything the world knows of it. What is left out does not happen to it. */
export type PreparedTarget = {
  readonly target: Target;
  readonly truth: TrueTarget;
  readonly policy: Policy;
  readonly seed: number;
  readonly outside?: readonly OutsideChange[];
  readonly deployments?: readonly Deployment[];
  readonly actions?: readonly CustomerAction[];
  readonly troubles?: Troubles | undefined;
};

/** A setting worked out once, so that its minutes are cheap. Nothing in it changes. */
export type PreparedWorld = {
  readonly setting: WorldSetting;
  /** By id: the order of the feed makes no difference. */
  readonly channels: readonly PreparedChannel[];
  /** Zero for each of `channels`, by id. */
  readonly nobody: Readonly<Record<string, number>>;
  readonly wanderSeeds: readonly number[];
  readonly targets: readonly PreparedTarget[];
  readonly occasions: readonly PlacedOccasion[];
  /** Names of the world's occasions that this schedule has no slot or no channel of: nobody comes for them. */
  readonly unplaced: readonly string[];
  /** What goes wrong between Calltime and the targets; undefined: nothing. */
  readonly troubles: Troubles | undefined;
};

function wanderSeeds(seed: number): number[] {
  return [derive(seed, "slow"), derive(seed, "quick")];
}

function attractionsOf(programmes: readonly Programme[], channelSeed: number): Attraction[] {
  return programmes
    .map(({ title, startsAtMs, endsAtMs }) => {
      const named = normaliseTitle(title);
      const own = Math.exp(PROGRAMME_SIGMA * normal(channelSeed, "programme", named) - PROGRAMME_SIGMA ** 2 / 2);
      return { startsAtMs, endsAtMs, factor: isFillerTitle(named) ? FILLER_FACTOR * own : own };
    })
    .toSorted((a, b) => a.startsAtMs - b.startsAtMs);
}

function prepareChannels({ schedule, seed }: WorldSetting): PreparedChannel[] {
  const guides = new Map<string, Programme[]>(schedule.channels.map((channel) => [channel.id, []]));
  for (const programme of schedule.programmes) {
    const guide = guides.get(programme.channelId);
    if (guide) guide.push(programme);
    else guides.set(programme.channelId, [programme]);
  }
  const ranked = [...guides.keys()]
    .map((id) => ({ id, luck: uniform(seed, "rank", id) }))
    .toSorted((a, b) => a.luck - b.luck || compareText(a.id, b.id));
  const weights = new Map(ranked.map(({ id }, index) => [id, (index + 1) ** -RANK_EXPONENT]));
  const allWeights = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return [...guides]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([id, guide]) => {
      const channelSeed = derive(seed, "channel", id);
      return {
        id,
        share: (weights.get(id) ?? 0) / allWeights,
        seed: channelSeed,
        wanderSeeds: wanderSeeds(channelSeed),
        attractions: attractionsOf(guide, channelSeed),
      };
    });
}

function prepareTarget({ world, seed }: WorldSetting, target: Target, troubles: Troubles | undefined): PreparedTarget {
  const ofIt = <T extends { readonly targetId: string }>(all: readonly T[] = []): readonly T[] =>
    all.filter(({ targetId }) => targetId === target.id);
  return {
    target,
    truth: trueTarget(world, target),
    policy: POLICIES[target.kind],
    seed: derive(seed, "target", target.id),
    outside: ofIt(world.outside).toSorted((a, b) => a.atMs - b.atMs),
    deployments: ofIt(world.deployments),
    actions: ofIt(world.actions),
    troubles,
  };
}

/** Works a setting out: channels with their shares and guides, occasions on the clock, targets with their true costs. */
export function prepareWorld(setting: WorldSetting): PreparedWorld {
  const troubles = troublesOf(setting.world, setting.seed);
  const channels = prepareChannels(setting);
  const unoccupied: PreparedWorld = {
    setting,
    channels,
    nobody: Object.fromEntries(channels.map(({ id }) => [id, 0])),
    wanderSeeds: wanderSeeds(derive(setting.seed, "platform")),
    targets: setting.targets.map((target) => prepareTarget(setting, target, troubles)),
    occasions: [],
    unplaced: [],
    troubles,
  };
  const occasions: PlacedOccasion[] = [];
  const unplaced: string[] = [];
  for (const occasion of setting.world.occasions) {
    const placed = placeOccasion(
      occasion,
      setting.schedule.programmes,
      unoccupied.channels,
      (atMs) => drawnViewers(unoccupied, atMs),
      setting.seed,
      setting.world.loginMinutes ?? 0,
    );
    if (placed) occasions.push(placed);
    else unplaced.push(occasion.occasion);
  }
  return { ...unoccupied, occasions, unplaced };
}

/** What is on at `atMs` makes of the channel's usual audience: a factor; 1 where the guide has a hole. The last to start wins. */
function attractionAt(channel: PreparedChannel, atMs: number): number {
  let low = 0;
  let high = channel.attractions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((channel.attractions[middle]?.startsAtMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  const latest = channel.attractions[low - 1];
  return latest !== undefined && atMs < latest.endsAtMs ? latest.factor : 1;
}

/** Viewers whom each channel draws at `atMs` with what is on, occasions apart; in the order of `world.channels`. */
export function drawnViewers(world: PreparedWorld, atMs: number): number[] {
  const viewers = usualViewers(world, atMs);
  for (const [index, channel] of world.channels.entries()) viewers[index] = (viewers[index] ?? 0) * attractionAt(channel, atMs);
  return viewers;
}
