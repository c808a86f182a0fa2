import type { Context } from "../shared/app/context.ts";
import type { DatabaseInstances, EdgeCache, Pace } from "../shared/app/ports.ts";
import { warmCachesFor, warmCachesOf } from "../shared/app/warm-caches.ts";
import { warmOccasion } from "../shared/app/warm-occasion.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import type { LocalBus } from "./bus.ts";

/** As long as a function has on AWS. */
const MOST_MS = 15 * MINUTE_MS;

/** Subscribes what warms edges and the memory of databases, as the functions warm-cdn and warm-aurora are. A warm-up takes no platform time. */
export function subscribeWarmUps(
  bus: Pick<LocalBus, "subscribe">,
  context: Context,
  { edges, instances }: { readonly edges: EdgeCache; readonly instances: DatabaseInstances },
  nowMs: () => number,
): void {
  const pace: Pace = { nowMs, wait: async () => undefined, random: () => 0 };
  const bound = (correlationId: string) => ({ untilMs: nowMs() + MOST_MS, correlationId });
  const { content, databases = [] } = context.settings;
  if (content !== undefined) {
    bus.subscribe("warm-cdn", "calltime.programme.starting", async ({ id, data: { occasionId } }) => {
      await warmOccasion(context, { edges, pace }, { occasionId, ...bound(id) });
    });
  }
  if (databases.length === 0) return;
  bus.subscribe("warm-aurora", "calltime.programme.starting", async ({ id, data: { occasionId } }) => {
    await warmCachesFor(context, { instances, pace }, { occasionId, ...bound(id) });
  });
  bus.subscribe("warm-aurora", "calltime.warm-up.completed", async ({ id, data: { targetId } }) => {
    await warmCachesOf(context, { instances, pace }, { targetId, ...bound(id) });
  });
}
