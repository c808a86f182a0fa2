import {
  byTargetId,
  instant,
  keys,
  listOf,
  numberFromZero,
  oneOf,
  positiveNumber,
  targetId,
  text,
  type Read,
  type Written,
} from "../shared/config/fields.ts";
import { occasionFindings, occasionKeys, occasionSlots, reversed } from "../shared/config/occasion-entry.ts";
import { parseYaml, type Rule } from "../shared/config/parse-yaml.ts";
import type { TrueTarget, World } from "../shared/core/simulate/world.ts";
import { SECOND_MS } from "../shared/core/time.ts";

const occasion = keys(
  {
    ...occasionKeys,
    viewers: numberFromZero("viewers at the plateau, over all its channels"),
    startsLateMinutes: numberFromZero("minutes it starts after the guide's start", 1_440).default(0),
    endsLateMinutes: numberFromZero("minutes it ends after the guide's end", 1_440).default(0),
  },
  "an occasion as it really is",
);

const target = keys(
  {
    requestsPerArrival: numberFromZero("requests of a viewer who comes").optional(),
    requestsPerViewerMinute: numberFromZero("requests of a viewer in a minute").optional(),
    requestsPerDeparture: numberFromZero("requests of a viewer who goes").optional(),
    startUpSeconds: positiveNumber("median seconds from launch to serving").optional(),
    startUpSpread: numberFromZero("spread of the start-up, sigma of its logarithm", 3).optional(),
  },
  "what one viewer costs a target, in truth; what is left out is as usual for its kind",
);

const refusal = keys(
  {
    target: targetId(),
    from: instant("when it begins to say no, included"),
    to: instant("when it says yes again, excluded"),
    kind: oneOf(["deferred", "refused"], "deferred: may be tried again; refused: needs a person"),
    code: text("the error code it answers with"),
  },
  "a stretch of time in which a target's control plane says no",
);

/** The file of a world: what is true, and Calltime is never shown. */
export const worldSchema = keys(
  {
    usualPeakViewers: positiveNumber("viewers of the whole platform at the busiest minute of a usual week"),
    occasions: listOf(occasion, "what draws a crowd").default([]),
    targets: byTargetId(target, "what viewers cost, in truth").default({}),
    refusals: listOf(refusal, "when control planes say no").default([]),
  },
  "what is true",
);

type WrittenWorld = Written<typeof worldSchema>;

/**
 * The world of a file. Throws CalltimeError `config-invalid` with every problem: unknown keys, instants without a zone, an occasion
 * given twice, a window or a refusal that ends before it starts.
 */
export function parseWorld(source: string, file: string): World {
  const rules: Rule<WrittenWorld>[] = [({ occasions }) => occasionFindings("occasions", occasions), refusalsForward];
  const world = parseYaml(source, file, worldSchema, rules);
  return {
    usualPeakViewers: world.usualPeakViewers,
    occasions: world.occasions.map((entry) => ({
      ...occasionSlots(entry),
      viewers: entry.viewers,
      startsLateMinutes: entry.startsLateMinutes,
      endsLateMinutes: entry.endsLateMinutes,
    })),
    targets: Object.fromEntries(Object.entries(world.targets).map(([id, entry]) => [id, trueTarget(entry)])),
    refusals: world.refusals.map((entry) => ({
      targetId: entry.target,
      fromMs: entry.from,
      toMs: entry.to,
      kind: entry.kind,
      code: entry.code,
    })),
  };
}

function trueTarget(entry: Read<typeof target>): Partial<TrueTarget> {
  return {
    ...(entry.requestsPerArrival !== undefined && { requestsPerArrival: entry.requestsPerArrival }),
    ...(entry.requestsPerViewerMinute !== undefined && { requestsPerViewerMinute: entry.requestsPerViewerMinute }),
    ...(entry.requestsPerDeparture !== undefined && { requestsPerDeparture: entry.requestsPerDeparture }),
    ...(entry.startUpSeconds !== undefined && { startUpMs: Math.round(entry.startUpSeconds * SECOND_MS) }),
    ...(entry.startUpSpread !== undefined && { startUpSpread: entry.startUpSpread }),
  };
}

const refusalsForward: Rule<WrittenWorld> = ({ refusals = [] }) =>
  refusals.flatMap((entry, index) => reversed(["refusals", index, "to"], "the refusal", entry?.from, entry?.to));
