import { plan } from "../shared/app/plan.ts";
import { situationAt } from "../shared/app/situation.ts";
import { warm } from "../shared/app/warm.ts";
import type { Context } from "../shared/app/context.ts";
import type { LocalBus } from "./bus.ts";

/** Subscribes Calltime to what has it look again before the next tick. Events are hints: what they say is read from the store (design rule 1). */
export function lookAgain(bus: Pick<LocalBus, "subscribe">, context: Context, nowMs: () => number): void {
  bus.subscribe("plan", "calltime.schedule.changed", async () => void (await plan(context, await situationAt(context, nowMs()))));
  for (const said of ["calltime.override.changed", "calltime.programme.corrected"] as const) {
    bus.subscribe("plan", said, async () => {
      await plan(context, await situationAt(context, nowMs()));
      await warm(context, nowMs());
    });
  }
  bus.subscribe("warm", "calltime.mode.changed", async () => void (await warm(context, nowMs())));
}
