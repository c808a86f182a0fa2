import type { Programme, Schedule } from "../../../shared/core/schedule/programme.ts";
import { derive, uniform } from "../../../shared/core/simulate/seeded.ts";
import { normaliseTitle } from "../../../shared/core/schedule/title.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";

/** One thing that a scheduler did; `programmes` are those it was done to, by id. */
export type Edit = { readonly kind: "move" | "overrun" | "cancel" | "retitle" | "swap"; readonly ids: readonly string[] };

/** What may be done. */
export const KINDS = ["move", "overrun", "cancel", "retitle", "swap"] as const;

/** `count` edits of a schedule, drawn from a seed, none of which touches a programme within two of another's. */
export function edited(schedule: Schedule, count: number, seed: number) {
  const channels = Map.groupBy(schedule.programmes, ({ channelId }) => channelId);
  const lists = new Map([...channels].map(([id, programmes]) => [id, [...programmes]]));
  const ids = [...lists.keys()];
  const touched = new Set<string>();
  const edits: Edit[] = [];
  for (let nth = 0; edits.length < count; nth += 1) {
    const draw = (what: string): number => uniform(derive(seed, "edit"), what, nth);
    const list = lists.get(ids[Math.floor(draw("channel") * ids.length)] ?? "") ?? [];
    const at = 2 + Math.floor(draw("place") * (list.length - 4));
    const around = list.slice(Math.max(0, at - 2), at + 4);
    const [programme, next] = [list[at], list[at + 1]];
    if (programme === undefined || next === undefined || around.some(({ id }) => touched.has(id))) continue;
    // Of two showings of one title that are edited at once nobody can say which is which.
    const isAlone = ({ title }: Programme): boolean => !list.some((other) => touched.has(other.id) && sameTitle(other, { title }));
    if (!isAlone(programme) || !isAlone(next)) continue;
    const kind = KINDS[Math.floor(draw("kind") * KINDS.length)] ?? "move";
    const byMs = (5 + Math.floor(draw("by") * 55)) * MINUTE_MS;
    const change = (index: number, changes: Partial<Programme>): void => {
      const was = list[index];
      if (was !== undefined) list[index] = { ...was, ...changes };
    };
    const { startsAtMs, endsAtMs } = programme;
    if (kind === "move") {
      const later = draw("way") < 0.5 ? byMs : -byMs;
      change(at, { startsAtMs: startsAtMs + later, endsAtMs: endsAtMs + later });
    } else if (kind === "overrun") {
      // The desk pushes the next one back, which is a second edit; where it forgets, the repair of the overlap undoes the overrun.
      if (next.startsAtMs !== endsAtMs || next.endsAtMs <= endsAtMs + byMs) continue;
      change(at, { endsAtMs: endsAtMs + byMs });
      change(at + 1, { startsAtMs: endsAtMs + byMs });
    } else if (kind === "cancel") list.splice(at, 1);
    else if (kind === "retitle") change(at, { title: `Extraordinary ${nth}` });
    else {
      if (next.startsAtMs !== endsAtMs || sameTitle(programme, next)) continue;
      change(at, { startsAtMs: startsAtMs + (next.endsAtMs - next.startsAtMs), endsAtMs: next.endsAtMs });
      change(at + 1, { startsAtMs, endsAtMs: startsAtMs + (next.endsAtMs - next.startsAtMs) });
    }
    const both = kind === "swap" || kind === "overrun";
    edits.push({ kind, ids: both ? [programme.id, next.id] : [programme.id] });
    for (const { id } of around) touched.add(id);
  }
  return { edits, programmes: [...lists.values()].flat() };
}

function sameTitle(a: Pick<Programme, "title">, b: Pick<Programme, "title">): boolean {
  return normaliseTitle(a.title) === normaliseTitle(b.title);
}
