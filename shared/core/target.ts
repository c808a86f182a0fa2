import type { TargetInAws } from "./target-in-aws.ts";

/** The kinds of thing that can be warmed. Any other Application Auto Scaling dimension is planned like `ecs-service`. */
export const TARGET_KINDS = ["ecs-service", "aurora-readers", "aurora-acu", "alb-lcu", "cdn-edge"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** `observe`: planned and scored, nothing is written. `active`: floors are set. `frozen`: floors stay as they are. */
export const TARGET_MODES = ["observe", "active", "frozen"] as const;
export type TargetMode = (typeof TARGET_MODES)[number];

/** One thing that can be warmed, as its owner describes it. */
export type Target = {
  readonly id: string;
  readonly kind: TargetKind;
  /** What its owner calls it together with others: an override may name a tag instead of ids. */
  readonly tags?: readonly string[];
  readonly mode: TargetMode;
  /** Requests (or queries) a second that one unit serves when fully used. */
  readonly throughputRps: number;
  /** Share of a unit's throughput to plan with, 0 … 1. */
  readonly targetUtilisation: number;
  /** The customer's own minimum, in units; never a forecast. */
  readonly baselineUnits: number;
  /** The customer's maximum, in units. */
  readonly ceilingUnits: number;
  /** Load that one viewer brings on the plateau of a programme, until it has been measured. */
  readonly loadPerViewerRps: number;
  /** Time from asking for the first unit to its serving, to plan with until it has been measured (p95). */
  readonly startUpMs: number;
  /** Units that can be started in a minute. */
  readonly launchUnitsPerMinute: number;
  /** Zones the units are spread over; 1 means no zone reserve. */
  readonly zones: number;
  /** Connections each unit may open to a database target, and which one. */
  readonly connections?: { readonly database: string; readonly poolPerUnit: number };
  /** Connections that one unit of this database target can take. */
  readonly maxConnectionsPerUnit?: number;
  /** What scales this target in when its minimum is released. Without one, a target is refused `active`. */
  readonly scalesIn: "target-tracking" | "step-policy" | "none";
  readonly costUsdPerUnitHour?: number;
  /** What its owner can do without when it is short, first what is missed least, and the share of its load that each is (0 … 1). */
  readonly shed?: readonly { readonly what: string; readonly share: number }[];
  /** Where it is, when it is in AWS. */
  readonly aws?: TargetInAws;
};
