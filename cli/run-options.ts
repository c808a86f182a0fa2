import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Option } from "commander";
import type { Settings } from "../shared/app/context.ts";
import { parseContent } from "../shared/config/content.ts";
import { parseDatabases } from "../shared/config/databases.ts";
import { parseExpectations } from "../shared/config/expectations.ts";
import { parseTargets } from "../shared/config/targets.ts";
import { DEFAULT_CUE_OFFSETS } from "../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../shared/core/plan/plan.ts";
import { textOf } from "./files.ts";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));
const SAMPLE_SCHEDULE = join(SAMPLES, "schedule.xml");

/** The sample evening begins two hours before its final. */
const SAMPLE_FROM_MS = 1_781_366_400_000;

/** What is on, for Calltime and for a world alike. */
export function scheduleOption(): Option {
  return new Option("--schedule <file>", "broadcast schedule (XMLTV, plain or gz)").default(SAMPLE_SCHEDULE, "samples/schedule.xml");
}

/** What can be warmed, likewise. */
export function targetsOption(): Option {
  return new Option("--targets <file>", "what can be warmed (YAML)").default(join(SAMPLES, "targets.yaml"), "samples/targets.yaml");
}

/** What is true. */
export function worldOption(): Option {
  return new Option("--world <file>", "what is true tonight; Calltime never reads it (YAML)").default(
    join(SAMPLES, "world.yaml"),
    "samples/world.yaml",
  );
}

/** When a run starts: as it is told, or as the sample evening does; undefined: with the first full hour of the schedule. */
export function fromOf({ from, schedule }: { readonly from?: number; readonly schedule: string }): number | undefined {
  return from ?? (schedule === SAMPLE_SCHEDULE ? SAMPLE_FROM_MS : undefined);
}

/** The settings of a run: the sample evening has expectations of its own. Throws what reading the files throws. */
export async function settingsOf(options: {
  readonly schedule?: string;
  readonly targets: string;
  readonly expect?: string;
  readonly content?: string;
  readonly databases?: string;
}): Promise<Settings> {
  const { content, databases } = options;
  const expectFile = options.expect ?? (options.schedule === SAMPLE_SCHEDULE ? join(SAMPLES, "expectations.yaml") : undefined);
  const { targets, feedOnlyUsdPerHour, feedGate } = parseTargets(await textOf(options.targets, "--targets"), options.targets);
  return {
    targets,
    expectations: expectFile === undefined ? [] : parseExpectations(await textOf(expectFile, "--expect"), expectFile),
    zone: [],
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: { ...DEFAULT_PLAN_POLICY, feedOnlyUsdPerHour },
    feedGate,
    ...(content !== undefined && { content: parseContent(await textOf(content, "--content"), content) }),
    ...(databases !== undefined && { databases: parseDatabases(await textOf(databases, "--databases"), databases) }),
  };
}
