import { compareText } from "./programme.ts";
import type { Programme, Schedule } from "./programme.ts";

/** What may become of one programme from one edition to the next. */
export const CHANGE_KINDS = ["added", "cancelled", "moved", "extended", "shortened", "retitled", "revised"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One fact about one programme. A programme may have several: moved and retitled. */
export type ScheduleChange =
  | (Fact & { readonly kind: "added"; readonly after: Programme })
  | (Fact & { readonly kind: "cancelled"; readonly before: Programme })
  | (Fact & { readonly kind: Exclude<ChangeKind, "added" | "cancelled">; readonly before: Programme; readonly after: Programme });

type Fact = {
  readonly programmeId: string;
  /** Time from `now` to the start (the new one, where there is one): how much notice was given; negative once it was on air. */
  readonly ageMs: number;
};

/**
 * What changed from one edition to the next, by identity: `moved` is another start, `extended` and `shortened` another end after the same
 * start, `retitled` another title, `revised` anything else (sub-title, episode, description, categories, live mark, showing, clump). Put over `before`, each
 * in its own words, they give `after`. Sorted by start (the new one, where there is one), then id, then kind. Without `before` everything is
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
    const slot = slotChange(was, programme);
    if (slot !== undefined) changes.push({ ...pair, kind: slot });
    if (programme.title !== was.title) changes.push({ ...pair, kind: "retitled" });
    if (detailsOf(programme) !== detailsOf(was)) changes.push({ ...pair, kind: "revised" });
  }
  for (const programme of old.values()) {
    if (programme.endsAtMs <= now) continue;
    changes.push({ kind: "cancelled", programmeId: programme.id, ageMs: programme.startsAtMs - now, before: programme });
  }
  return changes.sort(byAge);
}

/** Changes in the order in which they are told. */
export function byAge(a: ScheduleChange, b: ScheduleChange): number {
  // ageMs is the start less a constant.
  return a.ageMs - b.ageMs || compareText(a.programmeId, b.programmeId) || compareText(a.kind, b.kind);
}

function slotChange(was: Programme, is: Programme): "moved" | "extended" | "shortened" | undefined {
  if (is.startsAtMs !== was.startsAtMs) return "moved";
  if (is.endsAtMs === was.endsAtMs) return undefined;
  return is.endsAtMs > was.endsAtMs ? "extended" : "shortened";
}

function detailsOf({ subTitle, episode, description, categories, live, showing, clump }: Programme): string {
  return JSON.stringify([subTitle ?? null, episode ?? null, description ?? null, categories, live, showing ?? null, clump ?? null]);
}
