import type { TargetMode } from "../target.ts";
import { MINUTE_MS } from "../time.ts";
import { nextAction, type Means, type NextAction } from "./next-action.ts";
import { judgeWarmUp, type WarmUpEvidence } from "./warm-up.ts";

/** What stands when a programme is about to start; from best to worst. */
export const VERDICTS = ["ready", "warming-on-time", "planned", "unknown", "late", "short"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** When a verdict is given. */
export const CHECKPOINTS = ["longest-lead", "T-30", "T-10", "T-2"] as const;
export type Checkpoint = (typeof CHECKPOINTS)[number];

/** One target as it stands before one occasion. */
export type TargetEvidence = {
  readonly targetId: string;
  /** Units that must be serving when the audience arrives; undefined when nothing of the load to come is known. */
  readonly neededUnits: number | undefined;
  /** All of the load to come is known. Where only a part is, `neededUnits` is the least that it takes, and nothing is proved by having it. */
  readonly loadKnown: boolean;
  /** Units serving now; undefined when that could not be found out. */
  readonly servingUnits: number | undefined;
  /** What its control plane says besides, for a person. */
  readonly remarks?: readonly string[];
  /** The floor in force. */
  readonly floorUnits: number | undefined;
  /** When the most of them are needed. */
  readonly neededByMs: number;
  /** When the floor in force (or the step still to come) should be serving; undefined when nothing asks for so many. */
  readonly readyByMs: number | undefined;
  /** Units missing because of a limit of the customer's own. */
  readonly shortUnits: number;
  /** Units missing because the occasion is beyond what the feed alone may spend. */
  readonly cappedUnits: number;
  /** Floors are written only for an active target. */
  readonly mode: TargetMode;
  /** Calls to its control plane in a row that did not go through, the last code, and whether it takes a person to mend that. */
  readonly failing?: { readonly code: string; readonly reason: string; readonly attempts: number; readonly needsPerson: boolean };
  /** The database that its units wait for. */
  readonly waitsFor?: string;
};

/** The verdict of one occasion at one checkpoint, with its evidence. */
export type Readiness = {
  readonly verdict: Verdict;
  readonly pages: boolean;
  readonly evidence: readonly (TargetEvidence & { readonly verdict: Verdict; readonly note: string; readonly next?: NextAction })[];
  /** Caches that its viewers meet. */
  readonly warmUps: readonly (WarmUpEvidence & { readonly verdict: Verdict; readonly note: string })[];
};

/** Instants of the checkpoints of an occasion, earliest first. */
export function checkpointsOf(
  startsAtMs: number,
  longestLeadMs: number,
): readonly { readonly checkpoint: Checkpoint; readonly atMs: number }[] {
  return [
    { checkpoint: "longest-lead" as const, atMs: startsAtMs - longestLeadMs },
    { checkpoint: "T-30" as const, atMs: startsAtMs - 30 * MINUTE_MS },
    { checkpoint: "T-10" as const, atMs: startsAtMs - 10 * MINUTE_MS },
    { checkpoint: "T-2" as const, atMs: startsAtMs - 2 * MINUTE_MS },
  ].sort((a, b) => a.atMs - b.atMs);
}

/**
 * The verdict over all targets of an occasion and all caches that its viewers meet: the worst of them, each with a note that says why. Without any evidence it is unknown.
 * Late and short page, and unknown once the last calls are reached (T-10 and T-2); a target that is only observed wakes nobody.
 */
export function assessReadiness(input: {
  readonly checkpoint: Checkpoint;
  readonly targets: readonly TargetEvidence[];
  readonly warmUps?: readonly WarmUpEvidence[];
  /** By target id, of those that were planned. */
  readonly means?: ReadonlyMap<string, Means>;
  readonly now: number;
}): Readiness {
  const { means, now } = input;
  const judged = input.targets.map((target) => {
    const { verdict: own, note } = judge(target, now);
    return { ...target, verdict: own, note: [note, ...(target.remarks ?? [])].join("; ") };
  });
  const all = judged.map((each) => ({ ...each, means: means?.get(each.targetId) }));
  const evidence = judged.map((each, index) => {
    const next = all[index] && nextAction(all[index], all, now);
    return next === undefined ? each : { ...each, next };
  });
  const warmUps = (input.warmUps ?? []).map((each) => ({ ...each, ...judgeWarmUp(each, input.now) }));
  const given = new Set([...evidence, ...warmUps].map((each) => each.verdict));
  // Without a target there is nothing that serves, whatever is cached.
  const verdict = evidence.length === 0 ? "unknown" : (VERDICTS.findLast((candidate) => given.has(candidate)) ?? "unknown");
  const lastCalls = input.checkpoint === "T-10" || input.checkpoint === "T-2";
  const wakes = (each: Verdict): boolean => each === "late" || each === "short" || (each === "unknown" && lastCalls);
  const pages =
    [...evidence, ...warmUps].some((each) => each.mode !== "observe" && wakes(each.verdict)) || (evidence.length === 0 && wakes(verdict));
  return { verdict, pages, evidence, warmUps };
}

// A moment's throttling is over by the next tick or the one after it; what is put off for as long as this may be for ever.
const LASTING_ATTEMPTS = 5;

/** The share of what is needed that is enough: a fresh forecast moves by the rest from one minute to the next, and that wakes nobody. */
export const READY_SHARE = 0.98;

function judge(target: TargetEvidence, now: number): { readonly verdict: Verdict; readonly note: string } {
  const { neededUnits, servingUnits, floorUnits, readyByMs, shortUnits, cappedUnits } = target;
  // A limit is known to bind, whatever else is not known.
  if (shortUnits > 0) return { verdict: "short", note: `your limits leave it short by ${shortUnits}` };
  if (cappedUnits > 0) {
    const right = "it is left out until somebody expects it";
    return { verdict: "short", note: `the cap on what the feed alone may spend leaves it short by ${cappedUnits}: ${right}` };
  }
  if (neededUnits === undefined) return { verdict: "unknown", note: "the load to come is unknown" };
  if (servingUnits === undefined) return { verdict: "unknown", note: "how many units are serving could not be found out" };
  const seen = `${servingUnits} of ${neededUnits} serving`;
  if (servingUnits >= READY_SHARE * neededUnits) {
    return target.loadKnown
      ? { verdict: "ready", note: seen }
      : { verdict: "unknown", note: `${seen}, and more may come: the usual load is unknown` };
  }
  if (target.mode !== "active") return { verdict: "short", note: `${seen}, and its mode is ${target.mode}: nothing is written` };
  const { failing, waitsFor } = target;
  if (failing !== undefined && (failing.needsPerson || failing.attempts >= LASTING_ATTEMPTS)) {
    const times = failing.attempts === 1 ? "" : `, ${failing.attempts} times in a row`;
    return { verdict: "late", note: `${seen}, and it cannot be set${times}: ${failing.code}: ${failing.reason}` };
  }
  if (waitsFor !== undefined && readyByMs !== undefined && readyByMs > target.neededByMs)
    return { verdict: "late", note: `${seen}, the rest waits for connections of ${waitsFor}` };
  if (readyByMs === undefined || readyByMs > target.neededByMs) return { verdict: "late", note: `${seen}, not there in time` };
  if (readyByMs < now) {
    return { verdict: "late", note: `${seen}, the rest is overdue by ${Math.ceil((now - readyByMs) / MINUTE_MS)} min` };
  }
  if (floorUnits !== undefined && floorUnits >= neededUnits) return { verdict: "warming-on-time", note: seen };
  return { verdict: "planned", note: `${seen}, the rest is asked for in time` };
}
