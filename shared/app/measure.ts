import type { AirLog } from "./air-log.ts";
import { attempt } from "./attempt.ts";
import { learnDaysOver } from "./broadcast-day.ts";
import { knownThen, isLongAgo, minutesMissed } from "./catch-up.ts";
import type { Context } from "./context.ts";
import { followAir } from "./follow-air.ts";
import { measureTarget, measureViewers } from "./measure-usual.ts";
import { publish } from "./publish.ts";
import { followedOf } from "./near.ts";
import type { Followed } from "../core/forecast/air.ts";
import { countedUntil } from "./counted.ts";
import { readAirLog, situationAt } from "./situation.ts";

/**
 * Reads what was carried, follows what is on air, learns the usual week from full hours, and learns from broadcasts and broadcast days that are
 * over. Minutes that were missed are gone through first, one by one: what they teach is what it would have been without a pause. A source
 * that fails for one target keeps nothing else from being measured; its failure is returned.
 */
export async function measure(context: Context, now: number): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const before = await readAirLog(context);
  if (before.sinceMs === undefined) {
    // A new deployment has to know its usual week before it can tell a crowd from it.
    await measureUsual(context, before, now, failures);
    await attempt(failures, () => followAir(context, now));
    await attempt(failures, () => learnDaysOver(context, now));
    return failures;
  }
  const then = knownThen(context, now);
  for (const atMs of minutesMissed(before, now)) {
    // What else fails then is tried again at the present minute, and said there.
    const passing: unknown[] = [];
    if (await measureMinute(then(atMs), atMs, passing)) continue;
    failures.push(...passing);
    // Whoever went on would skip this minute, so the next tick takes it up from here; but what the targets carry does not wait for ever.
    if (!isLongAgo(atMs, now)) return failures;
    break;
  }
  await measureMinute(context, now, failures);
  return failures;
}

/** Whether the audience could be followed. It comes first: after a pause, an hour that a crowd was there in must not be learned as a usual one. */
async function measureMinute(context: Context, now: number, failures: unknown[]): Promise<boolean> {
  const followed = await attempt(failures, async () => {
    await followAir(context, now);
    return true;
  });
  await measureUsual(context, await readAirLog(context), now, failures);
  await attempt(failures, () => learnDaysOver(context, now));
  return followed === true;
}

/** What was on air in the hours that are learned from, and what begins soon after. */
async function followedAt(context: Context, log: AirLog, now: number): Promise<readonly Followed[]> {
  return followedOf(countedUntil(context, await situationAt(context, now), now), log);
}

async function measureUsual(context: Context, log: AirLog, now: number, failures: unknown[]): Promise<void> {
  let known: Promise<readonly Followed[]> | undefined;
  const followed = (): Promise<readonly Followed[]> => (known ??= followedAt(context, log, now));
  for (const target of context.settings.targets) {
    await attempt(failures, async () => publish(context, await measureTarget(context, target, { log, followed }, now)));
  }
  await attempt(failures, () => measureViewers(context, log, now));
}
