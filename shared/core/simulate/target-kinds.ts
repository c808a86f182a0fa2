import type { Target, TargetKind } from "../target.ts";
import { MINUTE_MS, SECOND_MS } from "../time.ts";
import type { TrueTarget, World } from "./world.ts";

/** What a target of each kind costs and how it starts, where the world does not say. The one place of these defaults. */
const USUAL_TARGET: Readonly<Record<TargetKind, TrueTarget>> = {
  "ecs-service": {
    requestsPerArrival: 9,
    requestsPerViewerMinute: 1.2,
    requestsPerDeparture: 5,
    startUpMs: 95 * SECOND_MS,
    startUpSpread: 0.25,
  },
  // A reader that has joined is cold for minutes: its start-up lasts until it is warm.
  "aurora-readers": {
    requestsPerArrival: 4,
    requestsPerViewerMinute: 0.3,
    requestsPerDeparture: 3,
    startUpMs: 9 * MINUTE_MS,
    startUpSpread: 0.2,
  },
  "cdn-edge": {
    requestsPerArrival: 30,
    requestsPerViewerMinute: 12,
    requestsPerDeparture: 12,
    startUpMs: MINUTE_MS,
    startUpSpread: 0.2,
  },
};

/** A target as this world runs it: what the world says of it, and for the rest what its kind usually does. */
export function trueTarget(world: World, target: Target): TrueTarget {
  return { ...USUAL_TARGET[target.kind], ...world.targets[target.id] };
}

/** How units go again when they are not needed. */
export type ScaleIn =
  /** Below `below` × the target utilisation for some consecutive minutes: down to what the latest metric needs, then a cooldown. */
  | { readonly type: "tracking"; readonly afterMinutes: number; readonly below: number; readonly cooldownMs: number }
  /** Down to the most that any of the last `afterMinutes` needed. */
  | { readonly type: "forgetting"; readonly afterMinutes: number };

/** The customer's own policy, as AWS documents target tracking: a one-minute metric, an alarm after consecutive minutes, a cooldown. */
export type Policy = {
  /** Whole minutes until a minute's metric can be read. */
  readonly metricDelayMinutes: number;
  readonly scaleOutAfterMinutes: number;
  readonly scaleOutCooldownMs: number;
  readonly scaleIn: ScaleIn;
};

/** The policy of each kind. That of `cdn-edge` stands for edges that fill themselves by misses and forget what nobody asks for. */
export const POLICIES: Readonly<Record<TargetKind, Policy>> = {
  "ecs-service": {
    metricDelayMinutes: 1,
    scaleOutAfterMinutes: 3,
    scaleOutCooldownMs: MINUTE_MS,
    scaleIn: { type: "tracking", afterMinutes: 15, below: 0.9, cooldownMs: 5 * MINUTE_MS },
  },
  "aurora-readers": {
    metricDelayMinutes: 1,
    scaleOutAfterMinutes: 5,
    scaleOutCooldownMs: 5 * MINUTE_MS,
    scaleIn: { type: "tracking", afterMinutes: 15, below: 0.9, cooldownMs: 10 * MINUTE_MS },
  },
  "cdn-edge": {
    metricDelayMinutes: 0,
    scaleOutAfterMinutes: 1,
    scaleOutCooldownMs: 0,
    // The time that an object nobody asks for stays in a cache.
    scaleIn: { type: "forgetting", afterMinutes: 20 },
  },
};
