import { compareText } from "./programme.ts";
import type { Programme, Schedule } from "./programme.ts";

/** One fact about one programme. A programme may have several: moved and retitled. */
export type ScheduleChange =
  | (Fact & { readonly kind: "added"; readonly after: Programme })
  | (Fact & { readonly kind: "cancelled"; readonly before: Programme })
  | (Fact & { readonly kind: "moved" | "extended" | "shortened" | "retitled"; readonly before: Programme; readonly after: Programme });

type Fact = {
  readonly programmeId: string;
  /** Time from `now` to the start (the new one, where there is one): how much notice was given; negative once it was on air. */
  readonly ageMs: number;
};

/**
 * What changed from one edition to the next, by identity: `moved` is another start, `extended` and `shortened` another length,
 * `retitled` another wording. Sorted by start (the new one, where there is one), then id, then kind. Without `before` everything is
 * added. A programme that had ended by `now` and is listed no more fell off the front of the feed's window: that is no cancellation.
 */
export function diffSchedules(before: Schedule | undefined, after: Schedule, now: number): readonly ScheduleChange[] {
  const old = new Map(before?.programmes.map((programme) => [programme.id, programme]));
  const changes: ScheduleChange[] = [];
  for (const programme of after.programmes) {
    const was = old.get(programme.id);
    old.delete(programme.id);
    const fact = { programmeId: programme.id, ageMs: programme.startsAtMs - now };
    if (was === undefined) {
      changes.push({ ...fact, kind: "added", after: programme });
      continue;
    }
    const pair = { ...fact, before: was, after: programme };
    const longerMs = lengthMs(programme) - lengthMs(was);
    if (longerMs > 0) changes.push({ ...pair, kind: "extended" });
    if (programme.startsAtMs !== was.startsAtMs) changes.push({ ...pair, kind: "moved" });
    if (programme.title !== was.title) changes.push({ ...pair, kind: "retitled" });
    if (longerMs < 0) changes.push({ ...pair, kind: "shortened" });
  }
  for (const programme of old.values()) {
    if (programme.endsAtMs <= now) continue;
    changes.push({ kind: "cancelled", programmeId: programme.id, ageMs: programme.startsAtMs - now, before: programme });
  }
  // ageMs is the start less a constant.
  return changes.sort((a, b) => a.ageMs - b.ageMs || compareText(a.programmeId, b.programmeId) || compareText(a.kind, b.kind));
}

function lengthMs(programme: Programme): number {
  return programme.endsAtMs - programme.startsAtMs;
}
