import type { AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { attempt } from "./attempt.ts";
import { learnDaysOver } from "./broadcast-day.ts";
import { followAir } from "./follow-air.ts";
import { measureTarget, measureViewers } from "./measure-usual.ts";
import { publish } from "./publish.ts";
import { readAirLog } from "./situation.ts";

/**
 * Reads what was carried, follows what is on air, learns the usual week from full hours, and learns from broadcasts and broadcast days that are
 * over. A source that fails for one target keeps nothing else from being measured; its failure is returned.
 */
export async function measure(context: Context, now: number): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const before = await readAirLog(context);
  // A new deployment has to know its usual week before it can tell a crowd from it. Later what is on air comes first: after a pause of
  // Calltime's own, an hour that a crowd was there in must not be learned as a usual one.
  const isNew = before.sinceMs === undefined;
  if (isNew) await measureUsual(context, before, now, failures);
  await attempt(failures, () => followAir(context, now));
  if (!isNew) await measureUsual(context, await readAirLog(context), now, failures);
  await attempt(failures, () => learnDaysOver(context, now));
  return failures;
}

async function measureUsual(context: Context, log: AirLog, now: number, failures: unknown[]): Promise<void> {
  for (const target of context.settings.targets) {
    await attempt(failures, async () => publish(context, await measureTarget(context, target, log, now)));
  }
  await attempt(failures, () => measureViewers(context, log, now));
}
