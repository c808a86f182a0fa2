import { normal, uniform } from "../../shared/core/simulate/seeded.ts";

/** Named draws of one evening. */
export type Draw = {
  readonly uniform: (...keys: readonly (string | number)[]) => number;
  readonly normal: (...keys: readonly (string | number)[]) => number;
  readonly chance: (share: number, ...keys: readonly (string | number)[]) => boolean;
  /** A whole number of [least, most]. */
  readonly whole: (least: number, most: number, ...keys: readonly (string | number)[]) => number;
};

/** The draws that a seed gives: the same name, the same draw. */
export function drawOf(seed: number): Draw {
  return {
    uniform: (...keys) => uniform(seed, ...keys),
    normal: (...keys) => normal(seed, ...keys),
    chance: (share, ...keys) => uniform(seed, ...keys) < share,
    whole: (least, most, ...keys) => least + Math.floor((most - least + 1) * uniform(seed, ...keys)),
  };
}
