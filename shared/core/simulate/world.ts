import type { Expectation } from "../schedule/expectation.ts";
import type { Schedule } from "../schedule/programme.ts";
import type { Target } from "../target.ts";

/** An occasion as it really is: which slots (like an expectation names them), who comes, and how it departs from the guide. */
export type TrueOccasion = Pick<
  Expectation,
  "occasion" | "title" | "channels" | "windowStartMs" | "windowEndMs" | "startsAtMs" | "endsAtMs"
> & {
  /** Viewers at the plateau, over all its channels. */
  readonly viewers: number;
  readonly startsLateMinutes: number;
  readonly endsLateMinutes: number;
  /** Called off so many minutes after its real start: whoever came by then leaves. Left out: it takes place. */
  readonly calledOffAfterMinutes?: number;
  /** No guide names it: it is on `channels` at the times it states, whatever their slots are called. */
  readonly unlisted?: boolean;
};

/** What one viewer costs a target, in truth. Calltime never reads it. */
export type TrueCost = {
  readonly requestsPerArrival: number;
  readonly requestsPerViewerMinute: number;
  readonly requestsPerDeparture: number;
  /** Of a viewer who opens the home page and logs in, minutes before watching. Left out: none. */
  readonly requestsPerLogin?: number;
};

/** A target as the world runs it. What is left out does not happen to it, or is no bound. */
export type TrueTarget = TrueCost & {
  /** Median time from launch to serving in full, and its spread (sigma of the logarithm). */
  readonly startUpMs: number;
  readonly startUpSpread: number;
  /** The last stretch of a start-up, in which the unit is there and does not serve in full: health checks pending, or caches cold. */
  readonly joiningMs?: number;
  /** Share of its throughput that a joining unit serves, while it takes its share of the load. Left out: it takes no load yet. */
  readonly joiningThroughput?: number;
  /** Share of launched units that never become healthy and are replaced: their start-up takes twice as long. */
  readonly failedStartShare?: number;
  /** Units that it really launches in a minute. Left out: what its owner says of it. */
  readonly launchUnitsPerMinute?: number;
  /** At most this share of the units goes in one scale-in. */
  readonly scaleInShare?: number;
  /** Capacity that grows by itself grows by at most this share of what is there in a minute, and by `leastGrowthUnits` at least. */
  readonly growthShare?: number;
  readonly leastGrowthUnits?: number;
  /** Of capacity that shrinks by itself, the share that goes in a minute. */
  readonly shrinkShare?: number;
  /** Median time for which an accepted minimum keeps the control plane busy, and its spread (sigma of the logarithm). */
  readonly pendingMs?: number;
  readonly pendingSpread?: number;
  /** Decreases of the minimum that are taken in a UTC day. */
  readonly decreasesPerDay?: number;
  /** What was warmed for a minimum is forgotten after this time, unless viewers or the same minimum ask for it again. */
  readonly ttlMs?: number;
};

/** A stretch of time in which the control plane of a target refuses or throttles calls. */
export type Refusal = {
  readonly targetId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: "deferred" | "refused";
  readonly code: string;
};

/** Bounds that somebody else sets at an instant, as `terraform apply` does. What is left out stays. */
export type OutsideChange = {
  readonly targetId: string;
  readonly atMs: number;
  readonly minimumUnits?: number;
  readonly maximumUnits?: number;
};

/**
 * A deployment in flight over [fromMs, toMs): at its start the count is reset to the deployer's own number, whatever the minimum says,
 * and while it runs every unit is replaced and nothing scales in.
 */
export type Deployment = {
  readonly targetId: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Left out: the deployer leaves the count alone. */
  readonly countUnits?: number;
};

/** A scheduled action of the customer's own, as it stands when the world begins. */
export type CustomerAction = {
  readonly targetId: string;
  readonly name: string;
  /** The first instant at which it fires; if it is `everyDay`, it fires again each 24 h. */
  readonly atMs: number;
  readonly everyDay: boolean;
  readonly minimumUnits?: number;
  readonly maximumUnits?: number;
};

/** A stretch [fromMs, toMs) in which the service is dark: of each audience only `share` can watch. The others come back in a burst. */
export type Dip = { readonly fromMs: number; readonly toMs: number; readonly share: number };

/** What can go wrong between Calltime and a target. */
export const TROUBLES = ["throttled", "conflicting", "lost", "lost-done", "slow", "dark", "unpublished", "late"] as const;

/**
 * What goes wrong. `throttled`, `conflicting`: a call may be tried again; `lost`: it times out and did nothing; `lost-done`: it times
 * out and took effect; `slow`: it times out and takes effect a minute later; `dark`: the target cannot be described; `unpublished`:
 * the minute's metrics are never published; `late`: they are published later.
 */
export type TroubleKind = (typeof TROUBLES)[number];

/** A stretch [fromMs, toMs) of trouble at one target, at `audience` (its metrics), or with `undefined` at everything. */
export type Trouble = {
  readonly kind: TroubleKind;
  readonly where: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** How much later, for `late`. */
  readonly lateMinutes: number;
};

/** Share of calls, descriptions and minutes of metrics that each trouble befalls, 0 … 1; `refused` answers AccessDeniedException. */
export type TroubleShares = Readonly<Partial<Record<TroubleKind | "refused", number>>>;

/** A stretch [fromMs, toMs) in which Calltime's clock says `byMs` more than the world's; negative: less. */
export type ClockStep = { readonly fromMs: number; readonly toMs: number; readonly byMs: number };

/** What is true tonight. What is left out does not happen. */
export type World = {
  /** Viewers of the whole platform at the busiest minute of a usual week. */
  readonly usualPeakViewers: number;
  readonly occasions: readonly TrueOccasion[];
  /** By target id; a target that is not named costs what its kind usually costs. */
  readonly targets: Readonly<Record<string, Partial<TrueTarget>>>;
  readonly refusals: readonly Refusal[];
  /** Minutes that a viewer of an occasion spends on the home page and logging in before watching: as many spend each of 1 … so many. */
  readonly loginMinutes?: number;
  readonly dips?: readonly Dip[];
  /** Tasks that all services of the account together start in a minute; 1,200. */
  readonly accountLaunchUnitsPerMinute?: number;
  /** A database takes no more connections than its units have room for, and units that were refused theirs serve less. Left out: no limit. */
  readonly connectionLimits?: boolean;
  readonly outside?: readonly OutsideChange[];
  readonly deployments?: readonly Deployment[];
  readonly actions?: readonly CustomerAction[];
  readonly troubles?: readonly Trouble[];
  readonly troubleShares?: TroubleShares;
  readonly clockSteps?: readonly ClockStep[];
};

/** Everything a world is made from. The same setting gives the same world, minute by minute. */
export type WorldSetting = {
  readonly world: World;
  readonly schedule: Schedule;
  readonly targets: readonly Target[];
  readonly seed: number;
};
