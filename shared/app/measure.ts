import type { Context } from "./context.ts";
import { attempt } from "./attempt.ts";
import { learnDaysOver } from "./broadcast-day.ts";
import { followAir } from "./follow-air.ts";
import { measureTarget, measureViewers } from "./measure-usual.ts";
import { publish } from "./publish.ts";
import { readAirLog } from "./situation.ts";

/**
 * Reads what was carried, learns the usual week from full hours, follows what is on air, and learns from broadcasts and broadcast days that are over. A
 * source that fails for one target keeps nothing else from being measured; its failure is returned.
 */
export async function measure(context: Context, now: number): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const log = await readAirLog(context);
  for (const target of context.settings.targets) {
    await attempt(failures, async () => publish(context, await measureTarget(context, target, log, now)));
  }
  await attempt(failures, () => measureViewers(context, log, now));
  await attempt(failures, () => followAir(context, now));
  await attempt(failures, () => learnDaysOver(context, now));
  return failures;
}
