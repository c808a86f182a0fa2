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
    what: string,
    readFromMs: number,
    toMs: number,
    known: (minute: WorldMinute, index: number) => Entry,
    unknown: (atMs: number) => Entry,
  ): Entry[] => {
    const entries: Entry[] = [];
    const present = now();
    for (let atMs = Math.ceil(readFromMs / MINUTE_MS) * MINUTE_MS; atMs + MINUTE_MS <= toMs; atMs += MINUTE_MS) {
      const index = (atMs - fromMs) / MINUTE_MS;
      const minute = minutes[index];
      entries.push(minute !== undefined && readableFrom(what, atMs) <= present ? known(minute, index) : unknown(atMs));
    }
    return entries;
  };
  // The same minutes are read tick after tick.
  const loads = new Map<string, LoadMinute[]>();
  const audiences: AudienceMinute[] = [];
  return {
    load: async (targetId, readFromMs, toMs) => {
      let before = loads.get(targetId);
      if (before === undefined) loads.set(targetId, (before = []));
      const made = before;
      return each<LoadMinute>(
        targetId,
        readFromMs,
        toMs,
        (minute, index) => (made[index] ??= loadOf(minute, targetId)),
        (atMs) => ({ kind: "unknown", atMs, reason: "not published" }),
      );
    },
    audience: async (readFromMs, toMs) =>
      each<AudienceMinute>(
        "audience",
        readFromMs,
        toMs,
        ({ atMs, viewers }, index) => (audiences[index] ??= { kind: "known", atMs, viewers }),
        (atMs) => ({ kind: "unknown", atMs, reason: "not published" }),
      ),
  };
}

function loadOf({ atMs, targets }: WorldMinute, targetId: string): LoadMinute {
  const minute = targets[targetId];
  if (minute === undefined) return { kind: "unknown", atMs, reason: `${targetId}: no such target` };
  const { loadRps, unservedRps, servingUnits } = minute;
  return { kind: "known", atMs, loadRps, unservedRps, servingUnits };
}
