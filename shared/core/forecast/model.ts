import type { Target } from "../target.ts";
import type { AudienceLevels } from "./audience.ts";
import { emptyResiduals, type Residuals } from "./residuals.ts";
import { firstShapes, type Shapes } from "./shape.ts";
import { emptyUsualLoad, type UsualLoad } from "./usual-load.ts";

/** Load per viewer on the plateau, as a log-normal estimate: learned per target and class of programme. */
export type LoadPerViewer = { readonly logRps: number; readonly variance: number; readonly count: number };

/** What was learned about one target's usual week. */
export type TargetUsual = {
  readonly load: UsualLoad;
  /** fact ÷ usual load, over ordinary minutes. */
  readonly residuals: Residuals;
};

/** What broadcasts have taught: versioned as a whole, so that one call returns to an earlier state. */
export type Learned = {
  readonly version: number;
  readonly audience: AudienceLevels;
  /** By target id, then by class of programme. */
  readonly shapes: Readonly<Record<string, Shapes>>;
  /** By target id, then by class of programme (`any` pools them). */
  readonly loadPerViewer: Readonly<Record<string, Readonly<Record<string, LoadPerViewer>>>>;
  /** The most viewers that one occasion ever drew, and how many above the threshold were seen: bounds the sum of those that overlap. */
  readonly reach: { readonly viewers: number; readonly broadcasts: number };
  /** By target id: how long the latest raises took from asking to serving, newest last. */
  readonly leads: Readonly<Record<string, readonly number[]>>;
};

/** Everything the forecast rests on. */
export type Model = {
  readonly learned: Learned;
  /** By target id. */
  readonly targets: Readonly<Record<string, TargetUsual>>;
  /** Usual viewers by channel id. */
  readonly viewers: Readonly<Record<string, UsualLoad>>;
};

// Five minutes follow the evening closely enough, and make 2,016 numbers a target.
const LOAD_BUCKET_MINUTES = 5;
// Channels are many; an hour each keeps 168 numbers a channel.
const VIEWERS_BUCKET_MINUTES = 60;
// Before any broadcast was measured, the owner's figure is right within 15 % two times in three.
const FIRST_VARIANCE = 0.15 ** 2;
// However alike the last broadcasts were, the next one may differ by this much.
const LEAST_VARIANCE = 0.05 ** 2;
// One broadcast moves the estimate as if it lay at most this factor away: something else may have been on that night.
const LARGEST_FACTOR = 4;
const MEMORY_BROADCASTS = 12;
const LEADS_KEPT = 40;
const LEADS_NEEDED = 5;
// Tomorrow's record may be twice today's.
const REACH_ROOM = 2;

/** The most viewers that any programme may be forecast to add from measured broadcasts alone. */
export function reachOf(learned: Learned): number {
  return REACH_ROOM * learned.reach.viewers;
}

/** Nothing learned yet. */
export function firstLearned(): Learned {
  return { version: 1, audience: {}, shapes: {}, loadPerViewer: {}, reach: { viewers: 0, broadcasts: 0 }, leads: {} };
}

/** A target whose load was never seen. */
export function firstTargetUsual(): TargetUsual {
  return { load: emptyUsualLoad(LOAD_BUCKET_MINUTES), residuals: emptyResiduals() };
}

/** A channel whose audience was never seen. */
export function firstViewers(): UsualLoad {
  return emptyUsualLoad(VIEWERS_BUCKET_MINUTES);
}

/** The learned shapes of a target, or the first guess. */
export function shapesFor(learned: Learned, targetId: string): Shapes {
  return learned.shapes[targetId] ?? firstShapes();
}

/** Load per viewer of this target for this class of programme; the owner's own figure until one was measured. */
export function loadPerViewerOf(learned: Learned, target: Target, programmeClass: string): LoadPerViewer {
  const byClass = learned.loadPerViewer[target.id];
  return byClass?.[programmeClass] ?? byClass?.["any"] ?? { logRps: Math.log(target.loadPerViewerRps), variance: FIRST_VARIANCE, count: 0 };
}

/**
 * What is learned from one broadcast in which one viewer brought `measured.loadRps` (above zero). A `censored` one (capacity was
 * short) may raise the estimate, never lower it.
 */
export function learnLoadPerViewer(
  learned: Learned,
  target: Target,
  programmeClass: string,
  measured: { readonly loadRps: number; readonly censored: boolean },
): Learned {
  const before = learned.loadPerViewer[target.id] ?? {};
  const next: Record<string, LoadPerViewer> = { ...before };
  const logRps = Math.log(measured.loadRps);
  for (const key of ["any", programmeClass]) {
    // A class that was never seen begins with the pool's estimate, which then weighs as much as one broadcast of its own.
    const estimate = before[key] ?? { ...loadPerViewerOf(learned, target, key), count: 0 };
    if (!measured.censored || logRps > estimate.logRps) next[key] = absorb(estimate, logRps);
  }
  return { ...learned, loadPerViewer: { ...learned.loadPerViewer, [target.id]: next } };
}

function absorb(estimate: LoadPerViewer, logRps: number): LoadPerViewer {
  const kept = Math.min(estimate.count, MEMORY_BROADCASTS - 1);
  // What was thought before any weighs as much as one broadcast.
  const weight = 1 / (kept + 2);
  const reach = Math.log(LARGEST_FACTOR);
  const surprise = Math.min(reach, Math.max(-reach, logRps - estimate.logRps));
  const variance = Math.max(LEAST_VARIANCE, (1 - weight) * (estimate.variance + weight * surprise ** 2));
  return { logRps: estimate.logRps + weight * surprise, variance, count: kept + 1 };
}

/**
 * How long (ms) to plan for one unit to serve after asking: the owner's figure until `LEADS_NEEDED` raises were measured, then the
 * 95th percentile of the latest ones.
 */
export function startUpMsOf(learned: Learned, target: Target): number {
  const measured = learned.leads[target.id] ?? [];
  if (measured.length < LEADS_NEEDED) return target.startUpMs;
  const sorted = [...measured].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? target.startUpMs;
}

/** What is learned from one more raise, which took `tookMs` from asking to serving. */
export function learnLead(learned: Learned, targetId: string, tookMs: number): Learned {
  const leads = [...(learned.leads[targetId] ?? []), tookMs].slice(-LEADS_KEPT);
  return { ...learned, leads: { ...learned.leads, [targetId]: leads } };
}
