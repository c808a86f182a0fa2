import { horizontalScaling } from "./horizontal.ts";
import type { ScalingPolicy, Unit } from "./policy.ts";
import { PATTERNS, predictiveScaling } from "./predictive-scaling.ts";
import { scheduleMultiplier, type Slot } from "./schedule-multiplier.ts";
import { targetTracking } from "./target-tracking.ts";

/** One setting of a peer; `run` hands its policy, whatever that remembers, to who plays it. */
export type PeerSetting = {
  readonly setting: string;
  readonly run: <Result>(play: <State>(policy: ScalingPolicy<State>) => Result) => Result;
};

const FACTORS = [1, 1.5, 2, 3, 4] as const;
// From 99 % down to 10 %: a higher target costs less, so that the cheapest that will do is found early.
const TARGETS: readonly number[] = Array.from({ length: 90 }, (_, nth) => (99 - nth) / 100);

/** The peers by name, each with every setting that its owner may have chosen. */
export const PEER_SETTINGS: Readonly<Record<string, (unit: Unit, slots: readonly Slot[]) => readonly PeerSetting[]>> = {
  "AWS target tracking": (unit) => TARGETS.map((target) => settingOf(percent(target), targetTracking(unit, target))),
  "Kubernetes HPA": (unit) => TARGETS.map((target) => settingOf(percent(target), horizontalScaling(unit, target))),
  "schedule multiplier": (unit, slots) =>
    FACTORS.flatMap((factor) =>
      TARGETS.map((target) => settingOf(`×${factor}, ${percent(target)}`, scheduleMultiplier(unit, slots, { factor, target }))),
    ),
  "AWS predictive scaling": (unit) =>
    PATTERNS.flatMap((pattern) =>
      TARGETS.map((target) => settingOf(`${pattern}, ${percent(target)}`, predictiveScaling(unit, { pattern, target }))),
    ),
};

function settingOf<State>(setting: string, policy: ScalingPolicy<State>): PeerSetting {
  return { setting, run: (play) => play(policy) };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
