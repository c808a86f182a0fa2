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
};

/** What one viewer costs a target, in truth. Calltime never reads it. */
export type TrueCost = {
  readonly requestsPerArrival: number;
  readonly requestsPerViewerMinute: number;
  readonly requestsPerDeparture: number;
};

/** A target as the world runs it. */
export type TrueTarget = TrueCost & {
  /** Median time from launch to serving, and its spread (sigma of the logarithm). */
  readonly startUpMs: number;
  readonly startUpSpread: number;
};

/** A stretch of time in which the control plane of a target refuses or throttles calls. */
export type Refusal = {
  readonly targetId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: "deferred" | "refused";
  readonly code: string;
};

/** What is true tonight. */
export type World = {
  /** Viewers of the whole platform at the busiest minute of a usual week. */
  readonly usualPeakViewers: number;
  readonly occasions: readonly TrueOccasion[];
  /** By target id; a target that is not named costs what its kind usually costs. */
  readonly targets: Readonly<Record<string, Partial<TrueTarget>>>;
  readonly refusals: readonly Refusal[];
};

/** Everything a world is made from. The same setting gives the same world, minute by minute. */
export type WorldSetting = {
  readonly world: World;
  readonly schedule: Schedule;
  readonly targets: readonly Target[];
  readonly seed: number;
};
