import type { AnyEvent } from "../../events/index.ts";
import { readAirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { followAir } from "./follow-air.ts";
import { measureTarget, measureViewers } from "./measure-usual.ts";
import { publish } from "./publish.ts";

/** Reads what was carried, learns the usual week from full hours, follows what is on air, and learns from broadcasts that are over. */
export async function measure(context: Context, now: number): Promise<void> {
  const events: AnyEvent[] = [];
  const log = await readAirLog(context);
  for (const target of context.settings.targets) events.push(...(await measureTarget(context, target, log, now)));
  await measureViewers(context, log, now);
  events.push(...(await followAir(context, log, now)));
  await publish(context, events);
}
