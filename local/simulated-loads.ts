import type { LoadSource } from "../shared/app/ports.ts";
import type { AudienceMinute, LoadMinute } from "../shared/core/measurement.ts";
import type { AudienceFlow } from "../shared/core/simulate/audience.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import type { SimulatedWorld, TargetsMinute } from "./simulated-world.ts";

/** Settings of measurement. What is left out takes the value named here. */
export type MeasurementSettings = {
  /** From the start of a minute until its metrics can be read; 2 minutes, that is one after its end, as CloudWatch does at best. */
  readonly readableAfterMs?: number;
};

/** What the simulated world has published of its load, as of the world's present. What it has not is unknown. */
export function simulatedLoads(world: SimulatedWorld, { readableAfterMs = 2 * MINUTE_MS }: MeasurementSettings = {}): LoadSource {
  const entries = async <Minute extends { readonly atMs: number }, Entry>(
    what: string,
    fromMs: number,
    toMs: number,
    published: (fromMs: number, toMs: number) => Promise<readonly Minute[]>,
    known: (minute: Minute) => Entry,
    unknown: (atMs: number, reason: string) => Entry,
  ): Promise<readonly Entry[]> => {
    // Whole minutes only: a part of a minute has no measurement of its own.
    const firstMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
    const endMs = Math.floor(toMs / MINUTE_MS) * MINUTE_MS;
    if (endMs <= firstMs) return [];
    const readableMs = world.nowMs() - readableAfterMs + 1;
    const minutes = new Map((await published(firstMs, Math.min(endMs, readableMs))).map((minute) => [minute.atMs, minute]));
    const all: Entry[] = [];
    for (let atMs = firstMs; atMs < endMs; atMs += MINUTE_MS) {
      const minute = minutes.get(atMs);
      const delayMs = minute === undefined ? 0 : world.metricDelayMs(what, atMs);
      if (delayMs === Infinity) all.push(unknown(atMs, "never published"));
      else if (atMs + delayMs >= readableMs || minute === undefined) {
        all.push(unknown(atMs, minute === undefined && atMs < readableMs ? "from before the measured history" : "not published yet"));
      } else all.push(known(minute));
    }
    return all;
  };

  return {
    load: (targetId, fromMs, toMs) =>
      entries<TargetsMinute, LoadMinute>(
        targetId,
        fromMs,
        toMs,
        (from, to) => world.targetMinutes(from, to),
        ({ atMs, targets }) => {
          const minute = Object.hasOwn(targets, targetId) ? targets[targetId] : undefined;
          if (minute === undefined) return { kind: "unknown", atMs, reason: `${targetId}: no such target` };
          const { loadRps, unservedRps, servingUnits } = minute;
          return { kind: "known", atMs, loadRps, unservedRps, servingUnits };
        },
        (atMs, reason) => ({ kind: "unknown", atMs, reason: `${targetId}: ${reason}` }),
      ),
    audience: (fromMs, toMs) =>
      entries<AudienceFlow, AudienceMinute>(
        "audience",
        fromMs,
        toMs,
        (from, to) => world.audienceMinutes(from, to),
        ({ atMs, viewers }) => ({ kind: "known", atMs, viewers }),
        (atMs, reason) => ({ kind: "unknown", atMs, reason: `audience: ${reason}` }),
      ),
  };
}
