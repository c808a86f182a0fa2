import type { LoadSource } from "../../shared/app/ports.ts";
import type { AudienceMinute, LoadMinute } from "../../shared/core/measurement.ts";
import type { WorldMinute } from "../../shared/core/simulate/step.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

/** Minutes of a world that have happened, from `fromMs` on, without gaps. */
export type Happened = { readonly fromMs: number; readonly minutes: WorldMinute[] };

/** Whether, and from when on, the metrics of a minute can be read: infinity for never. */
export type ReadableFrom = (what: string, atMs: number) => number;

/** What a world has published of its load at `now()`; what lies before the run is not there any more. */
export function measuredOf({ fromMs, minutes }: Happened, now: () => number, readableFrom: ReadableFrom): LoadSource {
  const each = <Entry>(
    { what, made, make }: Published<Entry>,
    readFromMs: number,
    toMs: number,
  ): (Entry | { readonly kind: "unknown"; readonly atMs: number; readonly reason: string })[] => {
    const entries = [];
    const present = now();
    for (let atMs = Math.ceil(readFromMs / MINUTE_MS) * MINUTE_MS; atMs + MINUTE_MS <= toMs; atMs += MINUTE_MS) {
      const index = (atMs - fromMs) / MINUTE_MS;
      const minute = minutes[index];
      const known = minute && (made[index] ??= { entry: make(minute), fromMs: readableFrom(what, atMs) });
      entries.push(
        known !== undefined && known.fromMs <= present ? known.entry : { kind: "unknown" as const, atMs, reason: "not published" },
      );
    }
    return entries;
  };
  const loads = new Map<string, Published<LoadMinute>>();
  const audience: Published<AudienceMinute> = {
    what: "audience",
    made: [],
    make: ({ atMs, viewers }) => ({ kind: "known", atMs, viewers }),
  };
  return {
    load: async (targetId, readFromMs, toMs) => {
      let load = loads.get(targetId);
      if (load === undefined) loads.set(targetId, (load = { what: targetId, made: [], make: (minute) => loadOf(minute, targetId) }));
      return each(load, readFromMs, toMs);
    },
    audience: async (readFromMs, toMs) => each(audience, readFromMs, toMs),
  };
}

/** The minutes of one metric, each with when it can be read: they are read tick after tick, and worked out once. */
type Published<Entry> = {
  readonly what: string;
  readonly made: { readonly entry: Entry; readonly fromMs: number }[];
  readonly make: (minute: WorldMinute) => Entry;
};

function loadOf({ atMs, targets }: WorldMinute, targetId: string): LoadMinute {
  const minute = targets[targetId];
  if (minute === undefined) return { kind: "unknown", atMs, reason: `${targetId}: no such target` };
  const { loadRps, unservedRps, servingUnits } = minute;
  return { kind: "known", atMs, loadRps, unservedRps, servingUnits };
}
