import {
  byTargetId,
  flag,
  instant,
  keys,
  listOf,
  numberBetween,
  numberFromZero,
  oneOf,
  positiveNumber,
  share,
  targetId,
  text,
  wholeNumber,
  type Read,
  type Written,
} from "../shared/config/fields.ts";
import { occasionFindings, occasionKeys, occasionSlots, reversed } from "../shared/config/occasion-entry.ts";
import { parseYaml, type Rule, type Sound } from "../shared/config/parse-yaml.ts";
import type { Finding } from "../shared/config/problem.ts";
import { TROUBLES, type TroubleShares, type TrueOccasion, type TrueTarget, type World } from "../shared/core/simulate/world.ts";
import { MINUTE_MS, SECOND_MS } from "../shared/core/time.ts";

const occasion = keys(
  {
    ...occasionKeys,
    viewers: numberFromZero("viewers at the plateau, over all its channels; 0: nobody comes"),
    startsLateMinutes: numberFromZero("minutes it starts after the guide's start", 1_440).default(0),
    endsLateMinutes: numberFromZero("minutes it ends after the guide's end", 1_440).default(0),
    calledOffAfterMinutes: numberFromZero(
      "minutes after its real start at which it is called off, and whoever came leaves",
      1_440,
    ).optional(),
  },
  "an occasion as it really is",
);

const unlisted = keys(
  {
    occasion: text("what people call it"),
    channels: listOf(text("a channel id of the guide"), "the channels it is on", 1),
    from: instant("when it really starts"),
    to: instant("when it really ends"),
    viewers: numberFromZero("viewers at the plateau, over all its channels"),
  },
  "what draws a crowd although no guide names it",
);

const target = keys(
  {
    requestsPerArrival: numberFromZero("requests of a viewer who comes").optional(),
    requestsPerViewerMinute: numberFromZero("requests of a viewer in a minute").optional(),
    requestsPerDeparture: numberFromZero("requests of a viewer who goes").optional(),
    requestsPerLogin: numberFromZero("requests of a viewer who opens the home page and logs in").optional(),
    startUpSeconds: positiveNumber("median seconds from launch to serving in full").optional(),
    startUpSpread: numberFromZero("spread of the start-up, sigma of its logarithm", 3).optional(),
    joiningSeconds: numberFromZero("the last seconds of a start-up, in which a unit is there and not yet healthy or warm").optional(),
    joiningThroughput: numberFromZero("share of its throughput that a joining unit serves of its share of the load", 1).optional(),
    failedStarts: numberFromZero("share of launched units that never become healthy and are replaced", 1).optional(),
    launchPerMinute: positiveNumber("units that are really launched in a minute at most").optional(),
    scaleInShare: share("share of the units that goes in one scale-in at most").optional(),
    growthShare: positiveNumber("share by which capacity that grows by itself grows in a minute at most").optional(),
    leastGrowth: positiveNumber("units by which it may grow in a minute however small it is").optional(),
    shrinkShare: share("share of capacity that shrinks by itself that goes in a minute").optional(),
    pendingMinutes: numberFromZero("median minutes for which an accepted minimum keeps the control plane busy").optional(),
    pendingSpread: numberFromZero("spread of that, sigma of its logarithm", 3).optional(),
    decreasesPerDay: wholeNumber("decreases of the minimum that are taken in a UTC day", 0).optional(),
    ttlMinutes: positiveNumber("minutes after which warmed content is forgotten, unless it is asked for again").optional(),
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

const bounds = {
  minimum: wholeNumber("the minimum it sets; left out: it stays", 0).optional(),
  maximum: wholeNumber("the maximum it sets; left out: it stays", 0).optional(),
};

const outside = keys({ target: targetId(), at: instant("when"), ...bounds }, "bounds that somebody else sets, as terraform apply does");

const deployment = keys(
  {
    target: targetId(),
    from: instant("when it begins, and resets the count"),
    to: instant("when it ends at the earliest"),
    count: wholeNumber("the deployer's own count, whatever the minimum says; left out: it leaves the count alone", 0).optional(),
  },
  "a deployment in flight: every unit is replaced, and nothing scales in",
);

const action = keys(
  {
    target: targetId(),
    name: text("its name"),
    at: instant("when it fires first"),
    everyDay: flag("whether it fires again each 24 hours").default(false),
    ...bounds,
  },
  "a scheduled action of the customer's own",
);

const dip = keys(
  {
    from: instant("when the service goes dark"),
    to: instant("when it is back, and so are its viewers, in a burst"),
    share: numberFromZero("share of the viewers who can watch meanwhile", 1),
  },
  "an outage of the service itself",
);

const trouble = keys(
  {
    kind: oneOf(
      TROUBLES,
      "throttled, conflicting: a call may be tried again; lost: it times out and did nothing; lost-done: it times out and took effect; slow: it times out and takes effect a minute later; dark: the target cannot be described; unpublished: metrics are never published; late: they are published later",
    ),
    where: text("a target's id, or audience for its metrics; left out: everywhere").optional(),
    from: instant("included"),
    to: instant("excluded"),
    lateMinutes: wholeNumber("how much later metrics are published, for late", 1, 1_440).default(5),
  },
  "a stretch of time in which something goes wrong",
);

const chance = (what: string) => numberFromZero(what, 1).optional();

const troubleShares = keys(
  {
    throttled: chance("share of calls that are throttled"),
    conflicting: chance("share of calls that meet another update"),
    refused: chance("share of calls that are refused"),
    lost: chance("share of calls that time out and did nothing"),
    "lost-done": chance("share of calls that time out and took effect"),
    slow: chance("share of calls that time out and take effect a minute later"),
    dark: chance("share of target minutes that cannot be described"),
    unpublished: chance("share of minutes whose metrics are never published"),
    late: chance("share of minutes whose metrics are published one to three minutes later"),
  },
  "how often something goes wrong",
);

const clockStep = keys(
  { from: instant("included"), to: instant("excluded"), bySeconds: numberBetween("seconds that it is ahead; negative: behind", 86_400) },
  "a stretch of time in which Calltime's clock is wrong",
);

/** The file of a world: what is true, and Calltime is never shown. */
export const worldSchema = keys(
  {
    usualPeakViewers: positiveNumber("viewers of the whole platform at the busiest minute of a usual week"),
    occasions: listOf(occasion, "what draws a crowd").default([]),
    unlisted: listOf(unlisted, "what draws a crowd although no guide names it").optional(),
    loginMinutes: wholeNumber("minutes that a viewer spends on the home page and logging in at most, before watching", 0, 30).optional(),
    dips: listOf(dip, "when the service itself goes dark").optional(),
    targets: byTargetId(target, "what viewers cost, in truth").default({}),
    accountLaunchPerMinute: positiveNumber("tasks that all services of the account start in a minute").optional(),
    connectionLimits: flag("databases take no more connections than they have room for").optional(),
    refusals: listOf(refusal, "when control planes say no").default([]),
    outside: listOf(outside, "what somebody else sets").optional(),
    deployments: listOf(deployment, "what is deployed").optional(),
    scheduledActions: listOf(action, "the customer's own scheduled actions").optional(),
    troubles: listOf(trouble, "what goes wrong, and when").optional(),
    troubleShares: troubleShares.optional(),
    clockSteps: listOf(clockStep, "when Calltime's clock is wrong").optional(),
  },
  "what is true",
);

type WrittenWorld = Written<typeof worldSchema>;

/**
 * The world of a file. Throws CalltimeError `config-invalid` with every problem: unknown keys, instants without a zone, an occasion
 * given twice, a stretch of time that ends before it starts, bounds the wrong way round, shares of calls beyond all of them.
 */
export function parseWorld(source: string, file: string): World {
  const rules: Rule<WrittenWorld>[] = [
    ({ occasions }) => occasionFindings("occasions", occasions),
    stretchesForward,
    boundsInOrder,
    sharesOfCalls,
  ];
  const world = parseYaml(source, file, worldSchema, rules);
  return {
    usualPeakViewers: world.usualPeakViewers,
    occasions: [...world.occasions.map(trueOccasion), ...(world.unlisted ?? []).map(unlistedOccasion)],
    targets: Object.fromEntries(Object.entries(world.targets).map(([id, entry]) => [id, trueTarget(entry)])),
    refusals: world.refusals.map(({ target: targetId, kind, code, ...entry }) => ({ targetId, ...stretch(entry), kind, code })),
    ...given({
      loginMinutes: world.loginMinutes,
      dips: world.dips?.map((entry) => ({ ...stretch(entry), share: entry.share })),
      accountLaunchUnitsPerMinute: world.accountLaunchPerMinute,
      connectionLimits: world.connectionLimits,
      outside: world.outside?.map((entry) => ({ targetId: entry.target, atMs: entry.at, ...boundsOf(entry) })),
      deployments: world.deployments?.map((entry) => ({
        targetId: entry.target,
        ...stretch(entry),
        ...given({ countUnits: entry.count }),
      })),
      actions: world.scheduledActions?.map((entry) => ({
        targetId: entry.target,
        name: entry.name,
        atMs: entry.at,
        everyDay: entry.everyDay,
        ...boundsOf(entry),
      })),
      troubles: world.troubles?.map(({ kind, where, lateMinutes, ...entry }) => ({ kind, where, ...stretch(entry), lateMinutes })),
      troubleShares: world.troubleShares && (given(world.troubleShares) as TroubleShares),
      clockSteps: world.clockSteps?.map((entry) => ({ ...stretch(entry), byMs: Math.round(entry.bySeconds * SECOND_MS) })),
    }),
  };
}

/** What of `values` is given. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function stretch({ from, to }: { readonly from: number; readonly to: number }): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: from, toMs: to };
}

function boundsOf({ minimum, maximum }: { readonly minimum?: number | undefined; readonly maximum?: number | undefined }) {
  return given({ minimumUnits: minimum, maximumUnits: maximum });
}

function trueOccasion(entry: Read<typeof occasion>): TrueOccasion {
  const { viewers, startsLateMinutes, endsLateMinutes, calledOffAfterMinutes } = entry;
  return { ...occasionSlots(entry), viewers, startsLateMinutes, endsLateMinutes, ...given({ calledOffAfterMinutes }) };
}

function unlistedOccasion(entry: Read<typeof unlisted>): TrueOccasion {
  const { occasion: name, channels, viewers, from, to } = entry;
  const times = { windowStartMs: from, windowEndMs: to, startsAtMs: from, endsAtMs: to, startsLateMinutes: 0, endsLateMinutes: 0 };
  return { occasion: name, title: name, channels, viewers, ...times, unlisted: true };
}

function trueTarget(entry: Read<typeof target>): Partial<TrueTarget> {
  const { startUpSeconds, joiningSeconds, failedStarts, launchPerMinute, leastGrowth, pendingMinutes, ttlMinutes, ...same } = entry;
  const ms = (amount: number | undefined, unitMs: number): number | undefined =>
    amount === undefined ? undefined : Math.round(amount * unitMs);
  return given({
    ...same,
    startUpMs: ms(startUpSeconds, SECOND_MS),
    joiningMs: ms(joiningSeconds, SECOND_MS),
    failedStartShare: failedStarts,
    launchUnitsPerMinute: launchPerMinute,
    leastGrowthUnits: leastGrowth,
    pendingMs: ms(pendingMinutes, MINUTE_MS),
    ttlMs: ms(ttlMinutes, MINUTE_MS),
  });
}

const STRETCHES = {
  refusals: "the refusal",
  unlisted: "the occasion",
  dips: "the dip",
  deployments: "the deployment",
  troubles: "the trouble",
  clockSteps: "the step",
} as const;

const stretchesForward: Rule<WrittenWorld> = (world) =>
  (Object.keys(STRETCHES) as (keyof typeof STRETCHES)[]).flatMap((list) =>
    (world[list] ?? []).flatMap((entry, index) => reversed([list, index, "to"], STRETCHES[list], entry?.from, entry?.to)),
  );

const boundsInOrder: Rule<WrittenWorld> = ({ outside: changes = [], scheduledActions = [] }) => [
  ...changes.flatMap((entry, index) => boundsFindings(["outside", index], entry)),
  ...scheduledActions.flatMap((entry, index) => boundsFindings(["scheduledActions", index], entry)),
];

function boundsFindings(path: readonly [string, number], entry: Sound<Written<typeof outside>> | undefined): Finding[] {
  if (entry === undefined) return [];
  const { minimum, maximum } = entry;
  if (minimum === undefined || maximum === undefined || minimum <= maximum) return [];
  const what = `minimum ${minimum} is above the maximum ${maximum}`;
  return [{ path: [...path, "minimum"], what, right: "right would be a minimum of at most the maximum" }];
}

const sharesOfCalls: Rule<WrittenWorld> = ({ troubleShares: shares }) => {
  const { throttled = 0, conflicting = 0, refused = 0, lost = 0, slow = 0, "lost-done": lostDone = 0 } = shares ?? {};
  const all = throttled + conflicting + refused + lost + slow + lostDone;
  if (all <= 1) return [];
  const what = `the shares of calls that go wrong come to ${all}`;
  return [{ path: ["troubleShares"], what, right: "right would be at most 1 in all" }];
};
