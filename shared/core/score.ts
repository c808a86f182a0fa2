import type { Limit } from "./plan/plan.ts";
import type { TargetMode } from "./target.ts";
import { HOUR_MS, MINUTE_MS } from "./time.ts";

/** What happened to one target in one minute, and what Calltime had decided: the evidence the score rests on. */
export type ScoredMinute = {
  readonly atMs: number;
  readonly loadRps: number;
  readonly unservedRps: number;
  readonly servingUnits: number;
  /** Units that are paid for: asked for, serving or not. */
  readonly billedUnits: number;
  /** The tick that ended before this minute; undefined while Calltime was not running. */
  readonly tick: TickEvidence | undefined;
};

/** What a tick knew and did about one target. */
export type TickEvidence = {
  readonly mode: TargetMode;
  /** The floor in force after the tick. */
  readonly floorUnits: number;
  /** What the plan wanted for that instant. */
  readonly wantedUnits: number;
  /** The limit that cut the need for that minute, if one did. */
  readonly limit: Limit | undefined;
  /** The write did not go through. */
  readonly refused: boolean;
};

/** A stretch [fromMs, toMs) in which an occasion bears the blame for a shortage, and why. */
export type Blame = { readonly fromMs: number; readonly toMs: number; readonly cause: "late" | "unknown-audience"; readonly name: string };

/** Why a minute was short: the first of these that applies (design rule 3). */
export const CAUSES = ["held", "ceiling", "cap", "refused", "down", "late", "unknown-audience", "tail"] as const;
export type Cause = (typeof CAUSES)[number];

/** How one target fared. */
export type TargetScore = {
  readonly minutes: number;
  readonly requests: number;
  readonly unservedRequests: number;
  readonly unservedPerMillion: number;
  /** Minutes in which less was serving than arrived, and what was lost in them, by cause. */
  readonly causes: Readonly<Record<Cause, { readonly minutes: number; readonly unservedRequests: number }>>;
  readonly unitHours: number;
  /** What serving every minute's load exactly would have taken, with no start-up: max(baseline, ceil(load ÷ throughput)). */
  readonly oracleUnitHours: number;
};

// A refusal explains a shortage until the second tick after it (rule 3), plus the time that the units asked for then take.
const REFUSED_TICKS = 2;
const SECONDS_A_MINUTE = 60;

type ScoreInput = {
  /** Sorted, one a minute, without gaps. */
  readonly minutes: readonly ScoredMinute[];
  readonly blames: readonly Blame[];
  readonly throughputRps: number;
  readonly baselineUnits: number;
  readonly ceilingUnits: number;
  /** How long a decision takes to show. */
  readonly leadMs: number;
};

/** The score of one target over a run. A minute is short when something in it was left unserved. */
export function scoreTarget(input: ScoreInput): TargetScore {
  const causes = Object.fromEntries(CAUSES.map((cause) => [cause, { minutes: 0, unservedRequests: 0 }])) as Record<
    Cause,
    { minutes: number; unservedRequests: number }
  >;
  const lookBackMinutes = Math.ceil(input.leadMs / MINUTE_MS) + REFUSED_TICKS;
  let requests = 0;
  let unservedRequests = 0;
  let unitHours = 0;
  let oracleUnitHours = 0;
  input.minutes.forEach((minute, index) => {
    requests += minute.loadRps * SECONDS_A_MINUTE;
    unitHours += (minute.billedUnits * MINUTE_MS) / HOUR_MS;
    oracleUnitHours += (Math.max(input.baselineUnits, Math.ceil(minute.loadRps / input.throughputRps)) * MINUTE_MS) / HOUR_MS;
    if (minute.unservedRps <= 0) return;
    const lost = minute.unservedRps * SECONDS_A_MINUTE;
    unservedRequests += lost;
    const tally = causes[causeOf(input, minute, input.minutes.slice(Math.max(0, index - lookBackMinutes), index))];
    tally.minutes += 1;
    tally.unservedRequests += lost;
  });
  return {
    minutes: input.minutes.length,
    requests,
    unservedRequests,
    unservedPerMillion: requests === 0 ? 0 : (unservedRequests / requests) * 1e6,
    causes,
    unitHours,
    oracleUnitHours,
  };
}

/** The first cause with evidence of its own; `before` are the minutes whose decisions still show in this one. */
function causeOf(input: ScoreInput, minute: ScoredMinute, before: readonly ScoredMinute[]): Cause {
  const { atMs, tick, loadRps } = minute;
  if (tick !== undefined && tick.mode !== "active") return "held";
  if (before.some((earlier) => earlier.tick !== undefined && isHeldBack(earlier.tick))) return "held";
  if (loadRps > input.ceilingUnits * input.throughputRps || (tick?.limit !== undefined && tick.limit !== "cap")) return "ceiling";
  if (tick?.limit === "cap") return "cap";
  const reaching = [...before, minute];
  if (reaching.some((earlier) => earlier.tick?.refused === true)) return "refused";
  if (reaching.some((earlier) => earlier.tick === undefined)) return "down";
  const blames = input.blames.filter(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  if (blames.some(({ cause }) => cause === "late")) return "late";
  if (blames.some(({ cause }) => cause === "unknown-audience")) return "unknown-audience";
  return "tail";
}

function isHeldBack(tick: TickEvidence): boolean {
  return tick.mode !== "active" && tick.wantedUnits > tick.floorUnits;
}

/** Mean of |forecast − fact| ÷ fact over pairs with a fact above zero, as a share; undefined when there is none. */
export function meanRelativeError(pairs: readonly { readonly forecast: number; readonly fact: number }[]): number | undefined {
  const errors = pairs.filter(({ fact }) => fact > 0).map(({ forecast, fact }) => Math.abs(forecast - fact) / fact);
  return errors.length === 0 ? undefined : errors.reduce((sum, error) => sum + error, 0) / errors.length;
}
