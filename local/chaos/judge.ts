import type { AirLog } from "../../shared/app/air-log.ts";
import { ARRIVAL_MS, DECAY_MS } from "../../shared/core/forecast/shape.ts";
import { leadMs } from "../../shared/core/plan/capacity.ts";
import { usdPerHour } from "../../shared/core/plan/cap.ts";
import { limitAt, stepAt } from "../../shared/core/plan/plan.ts";
import { shortMinutes, type Answerable, type EvidentMinute } from "../../shared/core/reliability.ts";
import { isOurs } from "../../shared/core/warm/bookings.ts";
import type { Target, TargetMode } from "../../shared/core/target.ts";
import type { WorldMinute } from "../../shared/core/simulate/step.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type { plainJournal } from "../memory/plain.ts";
import type { ChaosEvening, Happening } from "./evening.ts";
import { EVENING_MINUTES } from "./family.ts";
import type { NeededNow } from "./fold.ts";
import { emptyTally, type EveningOutcome, type Violation } from "./outcome.ts";
import type { Playground } from "./playground.ts";

// From knowing of a need to the last unit for it serving, on the slowest target there is.
const LONGEST_LEAD_MS = 25 * MINUTE_MS;

/** The stretches in which something answers for a shortage because it was known later than its lead. */
export function lateFor(
  { world, targets }: Pick<ChaosEvening, "world" | "targets">,
  knownAtMs: number,
  what: string | Happening,
): readonly Answerable[] {
  if (typeof what !== "string") {
    if (what.kind === "floor") {
      const target = targets.find(({ id }) => id === what.targetId);
      const lead = target === undefined ? 0 : leadMs(target, target.startUpMs, what.floorUnits) + 3 * MINUTE_MS;
      return [{ cause: "late", fromMs: knownAtMs, toMs: knownAtMs + lead, what: `override ${what.id}` }];
    }
    if (what.kind === "factor" && what.factor > 1) {
      return [{ cause: "late", fromMs: knownAtMs, toMs: knownAtMs + LONGEST_LEAD_MS, what: `override ${what.id}` }];
    }
    if (what.kind === "expected-audience") return lateFor({ world, targets }, knownAtMs, what.occasion);
    return [];
  }
  const occasion = world.occasions.find((each) => each.occasion === what);
  const startsAtMs = occasion?.startsAtMs;
  if (startsAtMs === undefined || startsAtMs - ARRIVAL_MS - knownAtMs >= LONGEST_LEAD_MS) return [];
  return [{ cause: "late", fromMs: Math.min(knownAtMs, startsAtMs - ARRIVAL_MS), toMs: knownAtMs + LONGEST_LEAD_MS, what }];
}

/** The stretches of occasions that turned out above the threshold although nobody knew their audience. */
export function unknownAudiences({ revealed, air }: AirLog, now: number): readonly Answerable[] {
  return Object.entries(revealed).flatMap(([id, { impact, name, startsAtMs, endsAtMs }]) => {
    if (impact !== "unknown-audience") return [];
    const stand = air[id];
    const overMs = stand?.kind === "ended" ? stand.endedAtMs : Math.max(endsAtMs, now);
    return [{ cause: "unknown-audience", fromMs: startsAtMs - ARRIVAL_MS, toMs: overMs + DECAY_MS + MINUTE_MS, what: name } as const];
  });
}

/** What was needed of a target at one minute, and what people had said by then that Calltime may do to it. */
export type Judged = NeededNow & { readonly mode: TargetMode };

/**
 * What is needed beyond what would be with nothing that rests on the feed alone costs no more than such occasions may, while nobody comes
 * whom nothing explains.
 */
export function overspent(
  { family, targets }: ChaosEvening,
  atMs: number,
  needed: readonly NeededNow[],
  frugal: readonly NeededNow[],
): readonly Violation[] {
  // What was measured calls for units of its own, and for a zone's reserve on top once any occasion is planned for.
  if (needed.some(({ plan }) => stepAt(plan, atMs)?.reasons.some(({ type }) => type === "surprise"))) return [];
  const usd = targets.reduce((sum, target) => {
    const units = (all: readonly NeededNow[]): number => all.find(({ targetId }) => targetId === target.id)?.neededUnits ?? 0;
    return sum + usdPerHour(target, Math.max(0, units(needed) - units(frugal)));
  }, 0);
  if (usd <= family.feedOnlyUsdPerHour) return [];
  const what = `what rests on the feed alone costs $${usd.toFixed(2)} an hour, and may cost $${family.feedOnlyUsdPerHour}`;
  return [{ kind: "feed-overspent", atMs, targetId: undefined, what }];
}

/** Units of a target that its database served connections for in a minute; undefined where nothing bounds them. */
function roomAt(targets: readonly Target[], { connections }: Target, minute: WorldMinute | undefined): number | undefined {
  const database = targets.find(({ id }) => id === connections?.database);
  const serving = database && minute?.targets[database.id];
  if (connections === undefined || serving === undefined || database?.maxConnectionsPerUnit === undefined) return undefined;
  return Math.floor((serving.servingUnits * database.maxConnectionsPerUnit) / connections.poolPerUnit);
}

/** Judges what was played. */
export function judged(played: {
  readonly evening: ChaosEvening;
  readonly ground: Playground;
  readonly needed: readonly (readonly Judged[])[];
  readonly journal: ReturnType<typeof plainJournal>;
  readonly violations: readonly Violation[];
  readonly answerable: readonly Answerable[];
}): EveningOutcome {
  const { evening, ground, needed, journal, answerable } = played;
  const { family, targets, seed } = evening;
  const violations = [...played.violations];
  const causes = emptyTally();
  let requests = 0;
  for (const [place, target] of targets.entries()) {
    const minutes = needed.map((all, index): EvidentMinute => {
      const atMs = family.fromMs + index * MINUTE_MS;
      const minute = ground.happened.minutes[(atMs - ground.happened.fromMs) / MINUTE_MS]?.targets[target.id];
      const now = all[place];
      if (minute === undefined || now === undefined) throw new Error(`evening ${seed}: minute ${index} of ${target.id} is missing`);
      requests += minute.loadRps * 60;
      const lead = Math.ceil(leadMs(target, target.startUpMs, now.neededUnits - target.baselineUnits) / MINUTE_MS) + 1;
      const before = needed[index - lead]?.[place];
      const failed = ground.failed.get(atMs);
      const tick = journal.at(target.id, atMs)?.tick;
      // What was refused is what the world says was, what was held what people had said, and a limit what the fold met: not what Calltime says.
      return {
        atMs,
        loadRps: minute.loadRps,
        unservedRps: minute.unservedRps,
        servingUnits: minute.servingUnits,
        desiredUnits: minute.desiredUnits,
        minimumUnits: minute.minimumUnits,
        tick: tick && { ...tick, refused: false, mode: now.mode, limit: limitAt(now.plan, atMs) },
        neededUnits: now.neededUnits,
        roomUnits: roomAt(targets, target, ground.happened.minutes[(atMs - ground.happened.fromMs) / MINUTE_MS]),
        keptUp: now.keptUp,
        statedRps: before?.statedRps.get(atMs),
        callFailed: failed !== undefined && (failed.has(target.id) || failed.has("audience")),
        undone: ground.undone.get(atMs)?.has(target.id) === true,
      };
    });
    for (const short of shortMinutes({ target, startUpMs: target.startUpMs, minutes, answerable })) {
      if (short.cause === undefined) {
        const what = `${short.servingUnits} serving of ${short.requiredUnits} required, and nothing in evidence says why`;
        violations.push({ kind: "short-without-cause", atMs: short.atMs, targetId: target.id, what });
        continue;
      }
      const tally = causes[short.cause];
      tally.minutes += 1;
      tally.unservedRequests += short.unservedRequests;
    }
  }
  for (const { atMs, targetId, fromUnits, toUnits } of ground.lowered) {
    // What late events bring about after the last minute is not judged: nothing was folded there.
    const all = needed[(atMs - family.fromMs) / MINUTE_MS];
    if (all === undefined) continue;
    const neededUnits = all.find((each) => each.targetId === targetId)?.neededUnits;
    if (neededUnits === undefined) throw new Error(`evening ${seed}: what ${targetId} needed at ${atMs} is missing`);
    if (toUnits < neededUnits) {
      const what = `lowered from ${fromUnits} to ${toUnits} while ${neededUnits} were needed`;
      violations.push({ kind: "needed-floor-lowered", atMs, targetId, what });
    }
  }
  for (const { atMs, targetId, fromUnits, toUnits, name } of ground.loweredByAction) {
    // What the customer booked is the customer's own.
    if (!isOurs(name)) continue;
    violations.push({ kind: "scheduled-action-lowered", atMs, targetId, what: `${name} lowered it from ${fromUnits} to ${toUnits}` });
  }
  const budgetRequests = (requests * family.unservedPerMillion) / 1e6;
  return { seed, minutes: EVENING_MINUTES * targets.length, requests, budgetRequests, causes, violations, troubles: ground.troubles };
}
