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
    // Running is not serving: the load balancer sends a task nothing before it is healthy.
    joiningMs: 30 * SECOND_MS,
  },
  // A reader that has joined is cold for minutes: its start-up lasts until it is warm, and the endpoint gives it its share before that.
  "aurora-readers": {
    requestsPerArrival: 4,
    requestsPerViewerMinute: 0.3,
    requestsPerDeparture: 3,
    startUpMs: 9 * MINUTE_MS,
    startUpSpread: 0.2,
    joiningMs: 3 * MINUTE_MS,
    joiningThroughput: 0.5,
  },
  // The higher its present capacity, the faster it grows; a change of its range keeps the cluster from `available` for a while.
  "aurora-acu": {
    requestsPerArrival: 4,
    requestsPerViewerMinute: 0.3,
    requestsPerDeparture: 3,
    startUpMs: MINUTE_MS,
    startUpSpread: 0,
    growthShare: 0.4,
    leastGrowthUnits: 1,
    shrinkShare: 0.1,
    pendingMs: 90 * SECOND_MS,
    pendingSpread: 0.3,
  },
  // By itself a load balancer grows by half in five minutes; a reservation is all there when it is provisioned, minutes to hours later.
  "alb-lcu": {
    requestsPerArrival: 9,
    requestsPerViewerMinute: 1.2,
    requestsPerDeparture: 5,
    startUpMs: MINUTE_MS,
    startUpSpread: 0,
    growthShare: 0.085,
    leastGrowthUnits: 1,
    shrinkShare: 0.05,
    pendingMs: 12 * MINUTE_MS,
    pendingSpread: 0.9,
    decreasesPerDay: 2,
  },
  "cdn-edge": {
    requestsPerArrival: 30,
    requestsPerViewerMinute: 12,
    requestsPerDeparture: 12,
    startUpMs: MINUTE_MS,
    startUpSpread: 0.2,
  },
};

/** Tasks that one ECS service starts in a minute at most, whatever its owner says: the quota. */
const SERVICE_LAUNCH_UNITS_PER_MINUTE = 500;

/** A target as this world runs it: what the world says of it, and for the rest what its kind usually does. */
export function trueTarget(world: World, target: Target): TrueTarget {
  const truth = { ...USUAL_TARGET[target.kind], ...world.targets[target.id] };
  if (target.kind !== "ecs-service") return truth;
  const launchUnitsPerMinute = truth.launchUnitsPerMinute ?? Math.min(target.launchUnitsPerMinute, SERVICE_LAUNCH_UNITS_PER_MINUTE);
  return { ...truth, launchUnitsPerMinute };
}

/** How the capacity of a target comes and goes. */
export type Mechanism =
  /** Units of their own, each launched and started; only those that ECS starts count against the account's rate. */
  | { readonly type: "units"; readonly ofAccount: boolean; readonly scheduledActions: boolean }
  /** One capacity that grows and shrinks by itself with the load, as fast as its size allows. A minimum is reached by growth alone. */
  | { readonly type: "growing"; readonly busyCode: string }
  /** As `growing`, and a minimum is a reservation: all there once it is provisioned. */
  | { readonly type: "reserved"; readonly busyCode: string };

const MECHANISMS: Readonly<Record<TargetKind, Mechanism>> = {
  "ecs-service": { type: "units", ofAccount: true, scheduledActions: true },
  "aurora-readers": { type: "units", ofAccount: false, scheduledActions: true },
  "aurora-acu": { type: "growing", busyCode: "InvalidDBClusterStateFault" },
  "alb-lcu": { type: "reserved", busyCode: "CapacityReservationPending" },
  "cdn-edge": { type: "units", ofAccount: false, scheduledActions: false },
};

/** How the capacity of a target of this kind comes and goes. */
export function mechanismOf({ kind }: Target): Mechanism {
  return MECHANISMS[kind];
}

/** How units go again when they are not needed. */
export type ScaleIn =
  /** Below `below` × the target utilisation for some consecutive minutes: down to what the latest metric needs, then a cooldown. */
  | { readonly type: "tracking"; readonly afterMinutes: number; readonly below: number; readonly cooldownMs: number }
  /** Down to the most that any of the last `afterMinutes` needed, whatever policies its owner has. */
  | { readonly type: "forgetting"; readonly afterMinutes: number };

/** The customer's own policy, as AWS documents target tracking: a one-minute metric, an alarm after consecutive minutes, a cooldown. */
export type Policy = {
  /** Whole minutes until a minute's metric can be read. */
  readonly metricDelayMinutes: number;
  readonly scaleOutAfterMinutes: number;
  readonly scaleOutCooldownMs: number;
  readonly scaleIn: ScaleIn;
};

/**
 * The policy of each kind. That of `cdn-edge` stands for edges that fill themselves by misses and forget what nobody asks for; those of
 * `aurora-acu` and `alb-lcu` for capacity that follows its load by itself.
 */
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
  "aurora-acu": {
    metricDelayMinutes: 0,
    scaleOutAfterMinutes: 1,
    scaleOutCooldownMs: 0,
    scaleIn: { type: "forgetting", afterMinutes: 5 },
  },
  "alb-lcu": {
    metricDelayMinutes: 0,
    scaleOutAfterMinutes: 1,
    scaleOutCooldownMs: 0,
    scaleIn: { type: "forgetting", afterMinutes: 60 },
  },
  "cdn-edge": {
    metricDelayMinutes: 0,
    scaleOutAfterMinutes: 1,
    scaleOutCooldownMs: 0,
    // The time that an object nobody asks for stays in a cache.
    scaleIn: { type: "forgetting", afterMinutes: 20 },
  },
};
