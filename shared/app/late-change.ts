import type { InTime } from "../core/plan/in-time.ts";
import type { TargetMode } from "../core/target.ts";
import type { Context } from "./context.ts";
import { ordersAhead } from "./order.ts";

/** What a change that came later than its lead leaves possible, for one occasion above the threshold. */
export type LateChange = {
  readonly occasionId: string;
  readonly name: string;
  readonly startsAtMs: number;
  readonly targets: readonly LateTarget[];
};

/** One target before an occasion. What is serving is undefined where it could not be found out: then nobody can say what is in time. */
export type LateTarget = {
  readonly targetId: string;
  readonly mode: TargetMode;
  readonly servingUnits: number | undefined;
  readonly inTime: InTime | undefined;
};

/**
 * What can still be warmed for the occasions of these programmes, what cannot, and the shortfall to expect: of those above the impact
 * threshold whose need is nearer than the lead of what it takes. Reads only; nothing is written.
 */
export async function lateChanges(context: Context, programmeIds: readonly string[], now: number): Promise<readonly LateChange[]> {
  const changed = new Set(programmeIds);
  if (changed.size === 0) return [];
  const orders = await ordersAhead(context, now, ({ occasion }) => occasion.programmes.some(({ id }) => changed.has(id)));
  return orders.flatMap(({ occasionId, name, startsAtMs, steps }) => {
    const targets = steps.flatMap(({ targetId, mode, servingUnits, inTime, askByMs }): readonly LateTarget[] => {
      const isLate = inTime === undefined ? askByMs !== undefined && askByMs < now : inTime.shortfall !== undefined;
      return isLate ? [{ targetId, mode, servingUnits, inTime }] : [];
    });
    return targets.length === 0 ? [] : [{ occasionId, name, startsAtMs, targets }];
  });
}
