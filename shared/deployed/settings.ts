import { existsSync, readFileSync } from "node:fs";
import type { Settings } from "../app/context.ts";
import { parseContent } from "../config/content.ts";
import { parseDatabases } from "../config/databases.ts";
import { parseExpectations } from "../config/expectations.ts";
import { parseTargets } from "../config/targets.ts";
import { ZONE_MARGIN_MS, zoneOffsets } from "../config/zone.ts";
import { DEFAULT_CUE_OFFSETS } from "../core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../core/plan/plan.ts";
import type { AudienceMetric } from "../core/target-in-aws.ts";
import { MINUTE_MS } from "../core/time.ts";

/** How a deployment goes about its minutes: measuring is a function of its own, and every reading of a metric is billed (docs/cost.md). */
export const AS_DEPLOYED = { measuredApart: true, ordinaryLoadMs: 5 * MINUTE_MS } as const satisfies Partial<Settings>;

/** What a deployment was told by its owner, as it was packaged. */
export type DeployedSettings = { readonly settings: Settings; readonly audience: readonly AudienceMetric[] };

/**
 * The settings that lie beside a function's code: `targets.yaml` and `expectations.yaml`, and where their owner gave them
 * `content.yaml` and `databases.yaml`. Throws `config-invalid` with every problem of a
 * file, and `zone-unknown`. The zone's offsets reach from before the measured history until long after a function is started anew.
 */
export function deployedSettings(directory: URL, zone: string, now: number): DeployedSettings {
  const text = (file: string): string => readFileSync(new URL(file, directory), "utf8");
  const given = <T>(file: string, parse: (source: string, file: string) => T): T | undefined =>
    existsSync(new URL(file, directory)) ? parse(text(file), file) : undefined;
  const content = given("content.yaml", parseContent);
  const databases = given("databases.yaml", parseDatabases);
  const { targets, feedOnlyUsdPerHour, feedGate, audience } = parseTargets(text("targets.yaml"), "targets.yaml");
  const settings: Settings = {
    targets,
    expectations: parseExpectations(text("expectations.yaml"), "expectations.yaml"),
    zone: zoneOffsets(zone, now - ZONE_MARGIN_MS, now + ZONE_MARGIN_MS),
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: { ...DEFAULT_PLAN_POLICY, feedOnlyUsdPerHour },
    feedGate,
    ...AS_DEPLOYED,
    ...(content !== undefined && { content }),
    ...(databases !== undefined && { databases }),
  };
  return { settings, audience };
}
