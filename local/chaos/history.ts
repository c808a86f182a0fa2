import type { Settings } from "../../shared/app/context.ts";
import { learnHistory, type History } from "../memory/history.ts";
import type { Family } from "./family.ts";

const histories = new Map<number, Promise<History>>();

/** The history of a family: learned once for all its evenings. */
export function historyOf({ index, channels, usualPeakViewers, seed, fromMs }: Family, settings: Settings): Promise<History> {
  const known = histories.get(index) ?? learnHistory({ settings, channels, world: { usualPeakViewers, targets: {} }, seed, fromMs });
  histories.set(index, known);
  return known;
}
