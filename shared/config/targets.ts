import type * as z from "zod";
import { DEFAULT_PLAN_POLICY } from "../core/plan/plan.ts";
import type { AudienceMetric } from "../core/target-in-aws.ts";
import { TARGET_KINDS, TARGET_MODES, type Target } from "../core/target.ts";
import { SANITY_THRESHOLDS, type SanityThresholds } from "../core/schedule/sanity.ts";
import { DAY_MS, MINUTE_MS } from "../core/time.ts";
import { keys, listOf, numberFromZero, oneOf, positiveNumber, share, targetId, text, wholeNumber, type Written } from "./fields.ts";
import { parseYaml, type Rule } from "./parse-yaml.ts";
import { shown } from "./problem.ts";
import { repeated } from "./repeated.ts";
import { closestWord } from "./spelling.ts";
import { audienceSection, awsFindings, awsSection, metricOf, sharedPlaces, targetInAwsOf } from "./target-in-aws.ts";

const target = keys(
  {
    id: targetId(),
    kind: oneOf(TARGET_KINDS, "what is warmed"),
    tags: listOf(text("a tag"), "what it is called together with others; an override may name a tag").optional(),
    mode: oneOf(TARGET_MODES, "observe: planned and scored, nothing is written; active: floors are set; frozen: floors stay").default(
      "observe",
    ),
    throughput: positiveNumber("requests or queries a second that one unit serves when fully used"),
    targetUtilisation: share("share of a unit's throughput to plan with").default(0.7),
    baseline: wholeNumber("your own minimum, in units", 0),
    ceiling: wholeNumber("your maximum, in units", 1),
    loadPerViewer: positiveNumber("requests or queries a second that one viewer brings, until measured"),
    startUpMinutes: numberFromZero("minutes from asking for a unit to its serving, until measured", 1_440),
    launchPerMinute: positiveNumber("units that can be started in a minute"),
    zones: wholeNumber("zones the units are spread over; 1 means no zone reserve", 1, 10).default(1),
    connections: keys(
      { database: targetId(), poolPerUnit: wholeNumber("connections each unit may open", 1) },
      "the database target that each unit connects to",
    ).optional(),
    maxConnections: wholeNumber("connections that one unit of this database takes", 1).optional(),
    scalesIn: oneOf(["target-tracking", "step-policy", "none"], "what scales this target in when its minimum is released"),
    costPerHour: numberFromZero("US dollars for one unit and hour").optional(),
    shed: listOf(
      keys({ what: text("what can be left out"), share: share("its share of the load") }, "what can be left out"),
      "what its owner can do without when it is short, first what is missed least",
    ).optional(),
    aws: awsSection.optional(),
  },
  "one target",
);

const percents = (meaning: string, standard: number) => share(meaning).default(standard);
const minutes = (meaning: string, standardMs: number) => numberFromZero(meaning, 1_440).default(standardMs / MINUTE_MS);
const G = SANITY_THRESHOLDS;

/** From where on a feed is not believed. */
const feedGate = keys(
  {
    goneShare: percents("share of the programmes to come that may be gone at once", G.goneShare),
    goneLeast: wholeNumber("programmes that must be gone before their share counts", 1).default(G.goneLeast),
    channelsLostShare: percents("share of the channels that may have nothing more to come", G.channelsLostShare),
    shiftedShare: percents("share of the programmes that move by the same before a zone was misread", G.shiftedShare),
    shiftedLeast: wholeNumber("programmes that must be found again before a move counts", 1).default(G.shiftedLeast),
    fillerShare: percents("share of the programme time that fillers and all-day entries may take, excluded", G.fillerShare),
    allDayMinutes: minutes("length from which on an entry is of a whole day", G.allDayMs),
    rejectedShare: percents("share of the items that may have to be left out", G.rejectedShare),
    rejectedLeast: wholeNumber("items that must be left out before their share counts", 1).default(G.rejectedLeast),
    cutShare: percents("share of the programmes that may run into the next one", G.cutShare),
    cutLeast: wholeNumber("programmes that must run into the next one before their share counts", 1).default(G.cutLeast),
    mendedWarnShare: percents("repairs as a share of the programmes beyond which a warning is given", G.mendedWarnShare),
    furthestAheadDays: wholeNumber("days from which on a start is a misprint and left out", 1, 36_525).default(G.furthestAheadMs / DAY_MS),
    gapMinutes: minutes("length from which on a gap is told of", G.gapMs),
    emptyChannelsShare: percents("share of the declared channels that may be empty without a warning", G.emptyChannelsShare),
    lostHourWarnShare: percents("share of the channels silent when clocks change from which on a warning is given", G.lostHourWarnShare),
    lostHourLeast: wholeNumber("channels silent when clocks change before their share counts", 1).default(G.lostHourLeast),
    lostHourTimes: positiveNumber("how many times the silence of any other hour that must be").default(G.lostHourTimes),
    lostHourShare: percents("share of the channels silent when clocks change from which on the feed is held back", G.lostHourShare),
  },
  "from where on a feed is not believed",
);

/** The file of targets. */
export const targetsSchema = keys(
  {
    targets: listOf(target, "what can be warmed", 1),
    feedOnlyPerHour: numberFromZero("US dollars an hour that occasions nobody expects and nobody measured may cost together").default(
      DEFAULT_PLAN_POLICY.feedOnlyUsdPerHour,
    ),
    feedGate: feedGate.optional(),
    audience: audienceSection.optional(),
  },
  "targets: and a list",
);

type WrittenTargets = Written<typeof targetsSchema>;

/** What a file of targets says. */
export type TargetsFile = {
  readonly targets: readonly Target[];
  /** What occasions that rest on the feed alone may cost together. */
  readonly feedOnlyUsdPerHour: number;
  /** From where on a feed is not believed. */
  readonly feedGate: SanityThresholds;
  /** What counts the viewers of each channel; of a channel without one they are unknown. */
  readonly audience: readonly AudienceMetric[];
};

/**
 * The targets of a file. Throws CalltimeError `config-invalid` with every problem: unknown keys, values out of range, an id given
 * twice, a baseline above the ceiling, a database that is no target, an active target that nothing would scale in again, a place in AWS
 * that does not fit its kind or that a target above has taken.
 */
export function parseTargets(source: string, file: string): TargetsFile {
  const { targets, feedOnlyPerHour, feedGate: gate, audience = [] } = parseYaml(source, file, targetsSchema, RULES);
  return {
    targets: targets.map(targetOf),
    feedOnlyUsdPerHour: feedOnlyPerHour,
    feedGate: gate === undefined ? SANITY_THRESHOLDS : thresholdsOf(gate),
    audience: audience.map(({ channel, region, each, ...metric }) => ({
      channelId: channel,
      ...(region !== undefined && { region }),
      metric: metricOf(metric),
      each,
    })),
  };
}

function thresholdsOf({ allDayMinutes, furthestAheadDays, gapMinutes, ...same }: z.output<typeof feedGate>): SanityThresholds {
  return {
    ...same,
    allDayMs: allDayMinutes * MINUTE_MS,
    furthestAheadMs: furthestAheadDays * DAY_MS,
    gapMs: gapMinutes * MINUTE_MS,
  };
}

function targetOf(entry: z.output<typeof target>): Target {
  return {
    id: entry.id,
    kind: entry.kind,
    ...(entry.tags !== undefined && { tags: entry.tags }),
    mode: entry.mode,
    throughputRps: entry.throughput,
    targetUtilisation: entry.targetUtilisation,
    baselineUnits: entry.baseline,
    ceilingUnits: entry.ceiling,
    loadPerViewerRps: entry.loadPerViewer,
    startUpMs: Math.round(entry.startUpMinutes * MINUTE_MS),
    launchUnitsPerMinute: entry.launchPerMinute,
    zones: entry.zones,
    ...(entry.connections !== undefined && { connections: entry.connections }),
    ...(entry.maxConnections !== undefined && { maxConnectionsPerUnit: entry.maxConnections }),
    scalesIn: entry.scalesIn,
    ...(entry.costPerHour !== undefined && { costUsdPerUnitHour: entry.costPerHour }),
    ...(entry.shed !== undefined && { shed: entry.shed }),
    ...(entry.aws !== undefined && { aws: targetInAwsOf(entry.aws) }),
  };
}

const uniqueIds: Rule<WrittenTargets> = ({ targets }) =>
  repeated(targets?.map((entry) => entry?.id)).map(({ index, value }) => ({
    path: ["targets", index, "id"],
    what: `the id ${shown(value)} is taken by a target above`,
    right: "right would be an id of its own",
  }));

const baselineBelowCeiling: Rule<WrittenTargets> = ({ targets = [] }) =>
  targets.flatMap((entry, index) => {
    if (entry?.baseline === undefined || entry.ceiling === undefined || entry.baseline <= entry.ceiling) return [];
    const what = `baseline ${entry.baseline} is above the ceiling ${entry.ceiling}`;
    return [{ path: ["targets", index, "baseline"], what, right: "right would be a baseline of at most the ceiling" }];
  });

const databasesAreTargets: Rule<WrittenTargets> = ({ targets = [] }) => {
  const ids = targets.flatMap((entry) => (entry?.id === undefined ? [] : [entry.id]));
  return targets.flatMap((entry, index) => {
    const database = entry?.connections?.database;
    if (database === undefined) return [];
    const finding = (what: string, right: string) => [{ path: ["targets", index, "connections", "database"], what, right }];
    if (database === entry?.id) return finding("connections.database is the target itself", "right would be the id of the database target");
    const found = targets.find((other) => other?.id === database);
    if (found !== undefined) {
      if ("maxConnections" in found) return [];
      const what = `connections.database is ${shown(database)}, which states no maxConnections`;
      return finding(what, "right would be maxConnections there, so that its connections can be counted");
    }
    const meant = closestWord(database, ids);
    return finding(
      `connections.database is ${shown(database)}, which is no target here`,
      meant === undefined ? `right would be one of ${ids.join(", ")}` : `did you mean ${meant}?`,
    );
  });
};

const activeScalesIn: Rule<WrittenTargets> = ({ targets = [] }) =>
  targets.flatMap((entry, index) => {
    if (entry?.mode !== "active" || entry.scalesIn !== "none") return [];
    const what = "mode is active, but scalesIn is none: a raised minimum would never come down again";
    return [{ path: ["targets", index, "mode"], what, right: "right would be a policy that scales in, or mode: observe" }];
  });

const placesInAws: Rule<WrittenTargets> = ({ targets = [] }) => [
  ...targets.flatMap((entry, index) => (entry?.aws === undefined ? [] : awsFindings(["targets", index, "aws"], entry.kind, entry.aws))),
  ...sharedPlaces(targets.map((entry) => entry?.aws)).map(({ index, what }) => ({
    path: ["targets", index, "aws"],
    what: `${what} is set by a target above: each would undo the other`,
    right: "right would be one target for it",
  })),
];

const oneAudience: Rule<WrittenTargets> = ({ audience }) =>
  repeated(audience?.map((entry) => entry?.channel)).map(({ index, value }) => ({
    path: ["audience", index, "channel"],
    what: `the viewers of channel ${shown(value)} are counted above`,
    right: "right would be one metric a channel",
  }));

const RULES = [uniqueIds, baselineBelowCeiling, databasesAreTargets, activeScalesIn, placesInAws, oneAudience];
