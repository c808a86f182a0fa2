import type { ScheduleChange } from "../../../shared/core/schedule/diff.ts";
import type { Programme, Schedule } from "../../../shared/core/schedule/programme.ts";

/** Plays `changes` over `before`, each in its own words alone: an independent reading of what each fact says. */
export function played(before: Schedule, changes: readonly ScheduleChange[]): Map<string, Programme> {
  const programmes = new Map(before.programmes.map((programme) => [programme.id, programme]));
  for (const change of changes) {
    const was = programmes.get(change.programmeId);
    if (change.kind === "cancelled") programmes.delete(change.programmeId);
    else if (change.kind === "added") programmes.set(change.programmeId, change.after);
    else if (was === undefined) throw new Error(`${change.programmeId} was not there to be ${change.kind}`);
    else programmes.set(change.programmeId, changed(was, change));
  }
  return programmes;
}

function changed(was: Programme, { kind, after }: Extract<ScheduleChange, { before: Programme; after: Programme }>): Programme {
  const { startsAtMs, endsAtMs, title, ...details } = after;
  switch (kind) {
    case "moved":
      return { ...was, startsAtMs, endsAtMs };
    case "extended":
    case "shortened":
      return { ...was, endsAtMs };
    case "retitled":
      return { ...was, title };
    case "revised":
      return { startsAtMs: was.startsAtMs, endsAtMs: was.endsAtMs, title: was.title, ...details };
    default:
      return kind satisfies never;
  }
}
