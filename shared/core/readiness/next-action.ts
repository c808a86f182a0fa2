import { leadMs } from "../plan/capacity.ts";
import type { Target } from "../target.ts";
import type { TargetEvidence, Verdict } from "./verdict.ts";

/** What a person, or whoever acts for them, would best do next of a target that is not ready. */
export type NextAction =
  /** Nobody knows what comes, or what serves: find that out first. */
  | { readonly type: "look"; readonly what: "load" | "serving" }
  /** Nothing is asked for until somebody says that it is expected. */
  | { readonly type: "expect"; readonly units: number }
  /** Nothing is written in its mode. */
  | { readonly type: "activate" }
  /** Its control plane says no, and will until somebody mends that. */
  | { readonly type: "permit"; readonly code: string }
  /** Its database has to have room first. */
  | { readonly type: "first"; readonly targetId: string }
  /** The customer's own maximum, while there is still time to fill it. */
  | { readonly type: "raise-limit"; readonly units: number }
  /** What was asked for does not come up: ask for as many more, and they are there in time. */
  | { readonly type: "larger-step"; readonly toUnits: number }
  /** Another target that carries the same has room and time. */
  | { readonly type: "other-target"; readonly targetId: string; readonly byUnits: number }
  /** Nothing more comes up in time: leave out what its owner can do without. */
  | { readonly type: "shed"; readonly what: readonly string[]; readonly share: number; readonly missingShare: number }
  | { readonly type: "page" };

/** A target as it was judged, with what can be done about it; without `means` nothing was planned for it. */
export type Judged = TargetEvidence & { readonly verdict: Verdict; readonly means: Means | undefined };

/** What a target is, and how fast it starts: p95 as measured. */
export type Means = { readonly target: Target; readonly startUpMs: number };

/** The next best action for one of the targets of an occasion; undefined while it is ready or will be in time. */
export function nextAction(judged: Judged, all: readonly Judged[], now: number): NextAction | undefined {
  switch (judged.verdict) {
    case "ready":
    case "warming-on-time":
    case "planned":
      return undefined;
    case "unknown":
      return { type: "look", what: judged.neededUnits !== undefined && judged.loadKnown ? "serving" : "load" };
    case "late":
    case "short":
      return ofWhatIsMissing(judged, all, now);
    default:
      return judged.verdict satisfies never;
  }
}

function ofWhatIsMissing(judged: Judged, all: readonly Judged[], now: number): NextAction {
  const { cappedUnits, shortUnits, mode, failing, waitsFor, means } = judged;
  if (cappedUnits > 0) return { type: "expect", units: cappedUnits };
  if (mode !== "active") return { type: "activate" };
  if (failing?.needsPerson === true) return { type: "permit", code: failing.code };
  if (waitsFor !== undefined) return { type: "first", targetId: waitsFor };
  if (means === undefined) return { type: "page" };
  const missing = shortUnits > 0 ? shortUnits : (judged.neededUnits ?? 0) - (judged.servingUnits ?? 0);
  // What is overdue takes longer than was measured, and what is asked for now will take at least as long.
  const overdueMs = Math.max(0, now - (judged.readyByMs ?? now));
  if (isInTime(means, missing, judged.neededByMs - overdueMs, now)) {
    if (shortUnits > 0) return { type: "raise-limit", units: shortUnits };
    const asked = Math.max(judged.floorUnits ?? 0, judged.servingUnits ?? 0);
    const toUnits = Math.min(means.target.ceilingUnits, asked + missing);
    if (toUnits > asked) return { type: "larger-step", toUnits };
  }
  return elsewhere(judged, means, missing, all, now) ?? shedding(judged, means, missing);
}

function isInTime({ target, startUpMs }: Means, units: number, neededByMs: number, now: number): boolean {
  return now + leadMs(target, startUpMs, units) <= neededByMs;
}

/** Another target that its owner calls by the same name, is ready itself, and can have as much more in time. */
function elsewhere(judged: Judged, { target }: Means, missing: number, all: readonly Judged[], now: number): NextAction | undefined {
  for (const other of all) {
    const { means } = other;
    if (means === undefined || other.targetId === judged.targetId || other.verdict !== "ready" || other.mode !== "active") continue;
    if (means.target.tags?.some((tag) => target.tags?.includes(tag)) !== true) continue;
    const byUnits = Math.ceil((missing * target.throughputRps) / means.target.throughputRps);
    const room = means.target.ceilingUnits - Math.max(other.neededUnits ?? 0, other.floorUnits ?? 0);
    if (byUnits <= room && isInTime(means, byUnits, judged.neededByMs, now))
      return { type: "other-target", targetId: other.targetId, byUnits };
  }
  return undefined;
}

/** The first of what its owner can do without that together makes up for what is missing; all of it where that is not enough. */
function shedding({ neededUnits = 0, shortUnits }: Judged, { target }: Means, missing: number): NextAction {
  const missingShare = missing / Math.max(1, neededUnits + shortUnits);
  const what: string[] = [];
  let share = 0;
  for (const each of target.shed ?? []) {
    if (share >= missingShare) break;
    what.push(each.what);
    share += each.share;
  }
  return what.length === 0 ? { type: "page" } : { type: "shed", what, share, missingShare };
}

/** An action in words, for whoever is woken. */
export function sentenceOfAction(action: NextAction, { targetId }: Pick<TargetEvidence, "targetId">): string {
  switch (action.type) {
    case "look":
      return action.what === "load"
        ? `find out what comes to ${targetId}: its load metric has a gap, or was never there; until then an override says what to have`
        : `find out what serves of ${targetId}, at its own control plane; nothing proves that it is there`;
    case "expect":
      return `say what is expected, by an expectation or an override: ${action.units} more units rest on the feed alone`;
    case "activate":
      return `set ${targetId} active, or have its own people raise it`;
    case "permit":
      return `mend what says ${action.code}; nothing is set before`;
    case "first":
      return `bring ${action.targetId} up first: ${targetId} waits for its connections`;
    case "raise-limit":
      return `raise what limits ${targetId} by ${action.units} units now: there is still time to fill it`;
    case "larger-step":
      return `ask for ${action.toUnits} units of ${targetId} at once, by an override: what was asked for does not come up, and more still can`;
    case "other-target":
      return `send a part of it to ${action.targetId}, raised by ${action.byUnits} units: there is time for that`;
    case "shed": {
      const enough = action.share >= action.missingShare ? "that is enough" : "that is not enough: page its owner as well";
      return `leave out ${action.what.join(", ")}: ${percent(action.share)} of its load, and ${percent(action.missingShare)} are missing; ${enough}`;
    }
    case "page":
      return `page the owner of ${targetId}: no more of it can be there in time, and nothing is known that could be left out`;
    default:
      return action satisfies never;
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
