import type { Said } from "../schedule/occasion.ts";

/** Why a step has the floor it has: data for machines, made into words by `explain`. */
export type Reason =
  | { readonly type: "baseline"; readonly units: number }
  | { readonly type: "usual-load"; readonly loadRps: number }
  /** What a minute that has passed really carried; it still holds for a while. */
  | { readonly type: "measured-load"; readonly loadRps: number }
  | {
      readonly type: "occasion";
      readonly occasionId: string;
      readonly name: string;
      readonly medianRps: number;
      readonly phase: "arrival" | "on-air" | "end" | "decay";
    }
  | { readonly type: "surprise"; readonly loadRps: number }
  | { readonly type: "tail"; readonly medianRps: number; readonly tailRps: number; readonly unservedPerMillion: number }
  /** Likewise, from how the newest minutes move. */
  | { readonly type: "near"; readonly medianRps: number; readonly tailRps: number; readonly unservedPerMillion: number }
  | { readonly type: "zone-reserve"; readonly zones: number; readonly units: number }
  /** Units of the clients that may be up in that minute; their connections add up. */
  | {
      readonly type: "connections";
      readonly clients: readonly { readonly targetId: string; readonly units: number }[];
      readonly units: number;
    }
  | { readonly type: "connection-budget"; readonly database: string; readonly units: number }
  | { readonly type: "override"; readonly overrideId: string; readonly units: number; readonly author: string; readonly why: string }
  | {
      readonly type: "factor";
      readonly overrideId: string;
      readonly factor: number;
      readonly units: number;
      readonly author: string;
      readonly why: string;
    }
  | { readonly type: "hold"; readonly overrideId: string; readonly untilMs: number; readonly author: string; readonly why: string }
  /** What a person said of an occasion, by override or by correction. */
  | { readonly type: "said"; readonly occasionId: string; readonly name: string; readonly said: Said }
  | { readonly type: "ceiling"; readonly units: number; readonly shortUnits: number }
  /** What rests on the feed alone may spend so much, and this occasion is beyond it. */
  | { readonly type: "cap"; readonly occasionId: string; readonly name: string; readonly units: number; readonly capUsdPerHour: number }
  | { readonly type: "held"; readonly untilMs: number }
  | { readonly type: "staged-release"; readonly towardsUnits: number }
  /** One reservation for the evening; `neededUnits` are the most that any minute of it needs. */
  | { readonly type: "reservation"; readonly units: number; readonly neededUnits: number }
  /** A reservation is larger than what is ahead, and not lowered yet. */
  | { readonly type: "reservation-kept"; readonly aheadUnits: number; readonly decreasesLeft: number }
  | { readonly type: "unknown"; readonly why: string };

/** A floor from an instant on. */
export type Step = {
  /** When the floor is asked for. */
  readonly atMs: number;
  readonly floorUnits: number;
  /** The minute that needs it; later than `atMs` by the lead, or by less where the notice was shorter. */
  readonly neededByMs: number;
  readonly reasons: readonly Reason[];
};

/**
 * What keeps a target from having all it needs: the customer's own maximum, the connections its database has, or the cap on what a feed
 * alone may spend.
 */
export const LIMITS = ["ceiling", "connections", "cap"] as const;
export type Limit = (typeof LIMITS)[number];

/** A stretch [fromMs, toMs) in which more is wanted than the limit allows; `units` are missing in its worst minute. */
export type Short = { readonly fromMs: number; readonly toMs: number; readonly units: number; readonly limit: Limit };

/** The floors and shortages of one target in [madeAtMs, untilMs). The first step is in force at `madeAtMs`; steps are sorted and differ. */
export type Plan = {
  readonly targetId: string;
  readonly madeAtMs: number;
  readonly untilMs: number;
  readonly steps: readonly Step[];
  readonly shorts: readonly Short[];
};

/** The step in force at an instant, or undefined outside [madeAtMs, untilMs). */
export function stepAt(plan: Plan, atMs: number): Step | undefined {
  if (atMs < plan.madeAtMs || atMs >= plan.untilMs) return undefined;
  return plan.steps.findLast((step) => step.atMs <= atMs);
}

/** The limit that keeps a target from having all it needs at an instant, or undefined. */
export function limitAt({ shorts }: Plan, atMs: number): Limit | undefined {
  return shorts.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)?.limit;
}

/** The largest floor that the plan asks for in [fromMs, toMs), or undefined where it says nothing. */
export function largestFloor(plan: Plan, fromMs: number, toMs: number): number | undefined {
  const inForce = stepAt(plan, fromMs);
  const floors = plan.steps.filter((step) => step.atMs > fromMs && step.atMs < toMs).map((step) => step.floorUnits);
  if (inForce !== undefined) floors.push(inForce.floorUnits);
  return floors.length === 0 ? undefined : Math.max(...floors);
}

/** How floors are asked for and released; one default, stated here. */
export type PlanPolicy = {
  /** A floor stays for this long after the end of the last minute that needed it. */
  readonly holdMinutes: number;
  /** Releases happen on whole multiples of this since the epoch: 2 is each :00, :02, :04 …; the minute after it is the one that agrees. */
  readonly releaseEveryMinutes: number;
  /** Share of the floor that one release may take away; at least one unit always may go. */
  readonly releaseShare: number;
  /** Requests per million that may be left unserved, in expectation: what the tail is cut at. */
  readonly unservedPerMillion: number;
  /** US dollars an hour that occasions which rest on the feed alone may cost together (design rule 5). */
  readonly feedOnlyUsdPerHour: number;
};

/**
 * Eight minutes of hold outlast an advertisement break and half of a half-time. Half of a floor may go every two minutes, of which the second is
 * there to agree: one of ten times the usual is back in eight. Slower stages cost a tenth of a season's capacity, for a few requests in a
 * million (docs/decisions/0031). A hundred dollars an hour are a thousand small tasks: a false evening costs some hundreds, and what really
 * draws more than that is something that somebody expects.
 */
export const DEFAULT_PLAN_POLICY: PlanPolicy = {
  holdMinutes: 8,
  releaseEveryMinutes: 2,
  releaseShare: 0.5,
  unservedPerMillion: 10,
  feedOnlyUsdPerHour: 100,
};
