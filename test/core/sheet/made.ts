import type { SheetTarget } from "../../../shared/core/sheet/evening.ts";
import type { Target } from "../../../shared/core/target.ts";
import type { TargetInAws } from "../../../shared/core/target-in-aws.ts";

/** 13 June 2026, 17:00 UTC. */
export const AT_MS = 1_781_370_000_000;
const HOUR_MS = 3_600_000;

/** A target that is active, with `units` from each of the hours after 17:00 on. */
export function sheetTarget(id: string, units: readonly number[], aws?: TargetInAws, more: Partial<Target> = {}): SheetTarget {
  return {
    target: {
      id,
      kind: "ecs-service",
      mode: "active",
      throughputRps: 100,
      targetUtilisation: 0.7,
      baselineUnits: 2,
      ceilingUnits: 80,
      loadPerViewerRps: 0.01,
      startUpMs: 180_000,
      launchUnitsPerMinute: 60,
      zones: 3,
      scalesIn: "target-tracking",
      ...(aws !== undefined && { aws }),
      ...more,
    },
    ownUnits: 3,
    floors: units.map((each, index) => ({ atMs: AT_MS + index * HOUR_MS, units: each, sentences: [] })),
    shorts: [],
  };
}

/** Where an ECS service is. */
export function service(name: string, more: Partial<TargetInAws> = {}): TargetInAws {
  return {
    scaling: { kind: "scalable-target", namespace: "ecs", resourceId: `service/web/${name}`, dimension: "ecs:service:DesiredCount" },
    ...more,
  };
}
