import type { Short } from "../plan/plan.ts";
import type { Target } from "../target.ts";

/** A floor from an instant on; the sentences say why, where that is known. */
export type SheetFloor = { readonly atMs: number; readonly units: number; readonly sentences: readonly string[] };

/** What a person has to know of one target to carry it through an evening without Calltime. */
export type SheetTarget = {
  /** With the mode in force. */
  readonly target: Target;
  /** The customer's own minimum, which a release goes back to. */
  readonly ownUnits: number;
  /** The floors of the plan and of the day ahead, by instant; none where there is no plan. */
  readonly floors: readonly SheetFloor[];
  readonly shorts: readonly Short[];
};

/** The largest floor to come, never below the customer's own minimum; undefined where there is no plan. */
export function largestUnits({ floors, ownUnits }: SheetTarget): number | undefined {
  return floors.length === 0 ? undefined : Math.max(ownUnits, ...floors.map(({ units }) => units));
}
