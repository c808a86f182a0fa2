import type { Override } from "../core/plan/override.ts";
import { stepAt } from "../core/plan/plan.ts";
import type { TargetMode } from "../core/target.ts";
import { HOUR_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { OPERATE_HORIZON_MS } from "./operate.ts";
import { modeOf, readModes } from "./modes.ts";
import { listOverrides } from "./override.ts";
import { makePlans, TICK_HORIZON_MS } from "./plan.ts";
import { situationAt } from "./situation.ts";

/** What an override does to one target. What lies more than a day ahead is not known. */
export type OverridePreview = {
  readonly targetId: string;
  readonly mode: TargetMode;
  /** The floor that the plan without the override has now. */
  readonly nowUnits: number | undefined;
  /** The floor once the override holds. */
  readonly willBeUnits: number | undefined;
  /** Units that are there because of the override alone, when it begins. */
  readonly addedUnits: number | undefined;
  /** What those cost in an hour, where the price of a unit is known. */
  readonly addedUsdPerHour: number | undefined;
};

/** What an override does to each of its targets, whether or not it is in force already; reads only, writes nothing. */
export async function previewOverride(context: Context, override: Override, now: number): Promise<readonly OverridePreview[]> {
  const beginsAtMs = Math.max(now, override.fromMs);
  const horizonMs = Math.min(OPERATE_HORIZON_MS, Math.max(TICK_HORIZON_MS, beginsAtMs - now + HOUR_MS));
  const others = (await listOverrides(context, now)).filter(({ id }) => id !== override.id);
  const without = await makePlans(context, await situationAt(context, now, others), horizonMs);
  const modes = await readModes(context);
  // Planned as of now: what it does to an occasion it does from its beginning on, so a later beginning is looked at as if it were here.
  const asked = "occasionId" in override ? { ...override, fromMs: Math.min(override.fromMs, now) } : override;
  const withIt = await makePlans(context, await situationAt(context, now, [...others, asked]), horizonMs);
  return withIt.flatMap(({ target, plan }, index) => {
    if ("targetIds" in override && !override.targetIds.includes(target.id)) return [];
    const before = without[index]?.plan;
    const willBeUnits = stepAt(plan, beginsAtMs)?.floorUnits;
    const elseUnits = before && stepAt(before, beginsAtMs)?.floorUnits;
    const addedUnits = willBeUnits === undefined || elseUnits === undefined ? undefined : Math.max(0, willBeUnits - elseUnits);
    const price = target.costUsdPerUnitHour;
    return {
      targetId: target.id,
      mode: modeOf(target, modes),
      nowUnits: before && stepAt(before, now)?.floorUnits,
      willBeUnits,
      addedUnits,
      addedUsdPerHour: addedUnits === undefined || price === undefined ? undefined : addedUnits * price,
    };
  });
}
