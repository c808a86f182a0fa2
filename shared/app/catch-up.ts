import type { AudienceMinute, LoadMinute } from "../core/measurement.ts";
import { HOUR_MS, MINUTE_MS } from "../core/time.ts";
import type { AirLog } from "./air-log.ts";
import { contextOf, type Context } from "./context.ts";
import type { LoadSource } from "./ports.ts";

// A minute costs a few reads of the store, and a tick has to end in time: what was missed before that is looked at once, all together.
const ONE_BY_ONE_MS = 2 * HOUR_MS;
// A source that has published nothing for so long is not merely behind.
const LATEST_MS = 30 * MINUTE_MS;

type Unknown = Extract<LoadMinute, { readonly kind: "unknown" }>;

/** The minutes before `now` that nobody has looked at since the last look, oldest first: of a longer pause the latest two hours. */
export function minutesMissed({ throughMs }: AirLog, now: number): readonly number[] {
  if (throughMs === undefined) return [];
  const minutes: number[] = [];
  for (let atMs = Math.max(throughMs + MINUTE_MS, now - ONE_BY_ONE_MS); atMs < now; atMs += MINUTE_MS) minutes.push(atMs);
  return minutes;
}

/** Whether a minute is too long past to be gone through on its own. */
export function isLongAgo(atMs: number, now: number): boolean {
  return atMs <= now - ONE_BY_ONE_MS;
}

/**
 * What was known at each minute missed, for going through them one after the other: the feeds that were in force, and the measurements as far
 * as they would have been published by then, by how far behind the present the newest of them is. The audience is read once for all of them.
 */
export function knownThen({ ports, settings }: Context, now: number): (atMs: number) => Context {
  const { schedules, loads } = ports;
  let thenMs = now;
  let read: { readonly fromMs: number; readonly minutes: readonly AudienceMinute[] } | undefined;
  const audience: LoadSource["audience"] = async (fromMs, toMs) => {
    if (read === undefined || fromMs < read.fromMs) read = { fromMs, minutes: await loads.audience(fromMs, now) };
    const { minutes } = read;
    return publishedBy(
      thenMs - behindMs(minutes, now),
      minutes.filter(({ atMs }) => atMs >= fromMs && atMs + MINUTE_MS <= toMs),
    );
  };
  const behind = new Map<string, number>();
  const load: LoadSource["load"] = async (targetId, fromMs, toMs) => {
    const lagMs = behind.get(targetId) ?? behindMs(await loads.load(targetId, now - LATEST_MS, now), now);
    behind.set(targetId, lagMs);
    return publishedBy(thenMs - lagMs, await loads.load(targetId, fromMs, toMs));
  };
  // One context for all of them: what it concludes from a guide or a model is worked out again only when that changed.
  const context = contextOf(
    {
      ...ports,
      schedules: { ...schedules, current: (feedId) => schedules.inForceAt(feedId, thenMs) },
      loads: { load, audience },
    },
    settings,
  );
  return (atMs) => {
    thenMs = atMs;
    return context;
  };
}

/** How far behind the present its newest known minute is; nothing when there is none: then nobody can say. */
function behindMs(minutes: readonly (AudienceMinute | LoadMinute)[], now: number): number {
  const newest = minutes.findLast(({ kind }) => kind === "known");
  return newest === undefined ? 0 : now - newest.atMs;
}

/** The same, with what was not published yet when `newestMs` was the newest minute as unknown. */
function publishedBy<Minute extends AudienceMinute | LoadMinute>(newestMs: number, minutes: readonly Minute[]): (Minute | Unknown)[] {
  return minutes.map((minute) =>
    minute.atMs <= newestMs ? minute : { kind: "unknown", atMs: minute.atMs, reason: "not published by then" },
  );
}
