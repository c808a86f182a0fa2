import { readFileSync } from "node:fs";
import type { Settings } from "../app/context.ts";
import { ZONE_MARGIN_MS } from "../config/zone.ts";
import { DEFAULT_CUE_OFFSETS } from "../core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../core/plan/plan.ts";
import type { AudienceMetric } from "../core/target-in-aws.ts";
import { MINUTE_MS } from "../core/time.ts";
import { deployedOffsets } from "./zone.ts";

/** How a deployment goes about its minutes: measuring is a function of its own, and every reading of a metric is billed (docs/cost.md). */
export const AS_DEPLOYED = { measuredApart: true, ordinaryLoadMs: 5 * MINUTE_MS } as const satisfies Partial<Settings>;

/**
 * What a deployment's owner says in files: read, judged and packaged as plain data, so that no function reads YAML when it starts. A
 * third of a cold start went there.
 */
export type OwnersSettings = Pick<Settings, "targets" | "expectations" | "feedGate" | "content" | "databases"> & {
  readonly audience: readonly AudienceMetric[];
  readonly feedOnlyUsdPerHour: Settings["policy"]["feedOnlyUsdPerHour"];
};

/** The file of it, beside a function's code. */
export const SETTINGS_FILE = "settings.json";

/** What a deployment was told by its owner, as it was packaged. */
export type DeployedSettings = { readonly settings: Settings; readonly audience: readonly AudienceMetric[] };

/**
 * The settings that lie beside a function's code. Throws what reading them throws, and `zone-unknown`. The zone's offsets reach from
 * before the measured history until long after a function is started anew.
 */
export function deployedSettings(directory: URL, zone: string, now: number): DeployedSettings {
  const { audience, feedOnlyUsdPerHour, ...owners } = JSON.parse(readFileSync(new URL(SETTINGS_FILE, directory), "utf8")) as OwnersSettings;
  const settings: Settings = {
    ...owners,
    zone: deployedOffsets(zone, now - ZONE_MARGIN_MS, now + ZONE_MARGIN_MS),
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: { ...DEFAULT_PLAN_POLICY, feedOnlyUsdPerHour },
    ...AS_DEPLOYED,
  };
  return { settings, audience };
}
