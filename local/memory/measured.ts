import type { LoadSource } from "../../shared/app/ports.ts";
import type { AudienceMinute, LoadMinute } from "../../shared/core/measurement.ts";
import type { WorldMinute } from "../../shared/core/simulate/step.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

/** Minutes of a world that have happened, from `fromMs` on, without gaps. */
export type Happened = { readonly fromMs: number; readonly minutes: WorldMinute[] };

/** Whether, and from when on, the metrics of a minute can be read: infinity for never. */
export type ReadableFrom = (what: string, atMs: number) => number;

/**
 * What a world has published of its load at `now()`, which never goes back; what lies before the run is not there any more. What can be read
 * of a minute is settled once and for all when it can be, or never will: a tick that looks back over an hour copies it in one go.
 */
export function measuredOf({ fromMs, minutes }: Happened, now: () => number, readableFrom: ReadableFrom): LoadSource {
  const each = <Entry>({ what, make, settled }: Published<Entry>, readFromMs: number, toMs: number): readonly (Entry | Unpublished)[] => {
    const present = now();
    const read = (minute: WorldMinute): Entry | Unpublished =>
      readableFrom(what, minute.atMs) <= present ? make(minute) : unpublished(minute.atMs);
    for (let next = minutes[settled.length]; next !== undefined; next = minutes[settled.length]) {
      const readableMs = readableFrom(what, next.atMs);
      if (readableMs > present && readableMs !== Number.POSITIVE_INFINITY) break;
      settled.push(read(next));
    }
    const first = Math.ceil((readFromMs - fromMs) / MINUTE_MS);
    const end = Math.floor((toMs - fromMs) / MINUTE_MS);
    const entries = settled.slice(Math.max(0, first), Math.max(0, end));
    for (let index = Math.min(0, end) - 1; index >= first; index -= 1) entries.unshift(unpublished(fromMs + index * MINUTE_MS));
    for (let index = Math.max(settled.length, first, 0); index < end; index += 1) {
      const minute = minutes[index];
      entries.push(minute === undefined ? unpublished(fromMs + index * MINUTE_MS) : read(minute));
    }
    return entries;
  };
  const loads = new Map<string, Published<LoadMinute>>();
  const audience: Published<AudienceMinute> = {
    what: "audience",
    settled: [],
    make: ({ atMs, viewers }) => ({ kind: "known", atMs, viewers }),
  };
  return {
    load: async (targetId, readFromMs, toMs) => {
      let load = loads.get(targetId);
      if (load === undefined) loads.set(targetId, (load = { what: targetId, settled: [], make: (minute) => loadOf(minute, targetId) }));
      return each(load, readFromMs, toMs);
    },
    audience: async (readFromMs, toMs) => each(audience, readFromMs, toMs),
  };
}

/** One metric, and what can be read of its minutes from the first on, as far as that will not change any more. */
type Published<Entry> = {
  readonly what: string;
  readonly make: (minute: WorldMinute) => Entry;
  readonly settled: (Entry | Unpublished)[];
};

type Unpublished = { readonly kind: "unknown"; readonly atMs: number; readonly reason: string };

function unpublished(atMs: number): Unpublished {
  return { kind: "unknown", atMs, reason: "not published" };
}

function loadOf({ atMs, targets }: WorldMinute, targetId: string): LoadMinute {
  const minute = targets[targetId];
  if (minute === undefined) return { kind: "unknown", atMs, reason: `${targetId}: no such target` };
  const { loadRps, unservedRps, servingUnits } = minute;
  return { kind: "known", atMs, loadRps, unservedRps, servingUnits };
}
