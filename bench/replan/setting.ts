import { contextOf, type Context, type Settings } from "../../shared/app/context.ts";
import { learn, usualKey } from "../../shared/app/model.ts";
import type { Json, LoadSource, Ports, Versioned } from "../../shared/app/ports.ts";
import { DEFAULT_CUE_OFFSETS } from "../../shared/core/cue/cue.ts";
import { groupsOf, learnGroups, learnSeries, type AudienceLevels } from "../../shared/core/forecast/audience.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import type { Expectation } from "../../shared/core/schedule/expectation.ts";
import { occasionsOf } from "../../shared/core/schedule/occasion.ts";
import type { Programme, Schedule } from "../../shared/core/schedule/programme.ts";
import { normal, uniform } from "../../shared/core/simulate/seeded.ts";
import type { Target } from "../../shared/core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { packSchedule } from "../../shared/feeds/schedule-chunks.ts";
import { learnHistory, type History } from "../../local/memory/history.ts";
import { plainDocuments, plainJournal, plainSchedules } from "../../local/memory/plain.ts";
import { NOT_BEGUN } from "../../local/not-begun.ts";

/** How much there is to plan. */
export type Size = { readonly targets: number; readonly channels: number; readonly days: number };

const SEED = 1;
/** The minute in which everything is planned: Saturday, six in the evening. */
export const NOW = Date.parse("2026-06-13T18:00:00Z");
const SERIES = 40;

const SERVICE: Omit<Target, "id"> = {
  kind: "ecs-service",
  mode: "active",
  throughputRps: 150,
  targetUtilisation: 0.7,
  baselineUnits: 12,
  ceilingUnits: 5_000,
  loadPerViewerRps: 0.024,
  startUpMs: 4 * MINUTE_MS,
  launchUnitsPerMinute: 120,
  zones: 3,
  scalesIn: "target-tracking",
};

/** One of each kind: what was learned of it is what was learned of all that are like it. */
const KINDS: readonly Target[] = [
  { ...SERVICE, id: "service" },
  { ...SERVICE, id: "slow-service", startUpMs: 8 * MINUTE_MS, throughputRps: 60 },
  {
    ...SERVICE,
    id: "readers",
    kind: "aurora-readers",
    throughputRps: 2_600,
    baselineUnits: 2,
    ceilingUnits: 15,
    startUpMs: 15 * MINUTE_MS,
  },
  { ...SERVICE, id: "edge", kind: "cdn-edge", throughputRps: 25_000, baselineUnits: 2, ceilingUnits: 60, loadPerViewerRps: 0.22, zones: 1 },
];

function kindOf(nth: number): Target {
  const kind = KINDS[nth % KINDS.length];
  if (kind === undefined) throw new RangeError("there are kinds of targets");
  return kind;
}

function targetsOf(count: number): readonly Target[] {
  return Array.from({ length: count }, (_, nth) => ({ ...kindOf(nth), id: `target-${nth + 1}` }));
}

function channelId(nth: number): string {
  return `c${String(nth + 1).padStart(3, "0")}.example`;
}

/** Series of half an hour to two hours on every channel, without gaps; on the first three the match of each evening. */
export function guideOf({ channels, days }: Pick<Size, "channels" | "days">): Schedule {
  const ids = Array.from({ length: channels }, (_, nth) => channelId(nth));
  const fromMs = NOW - 12 * HOUR_MS;
  const programmes = ids.flatMap((id, nth) => {
    const slots: Programme[] = [];
    for (let startsAtMs = fromMs; startsAtMs < NOW + days * DAY_MS;) {
      const halfHours = 1 + Math.floor(4 * uniform(SEED, "length", id, startsAtMs));
      const isMatch = nth < MATCH_CHANNELS && (startsAtMs - NOW) % DAY_MS === MATCH_AFTER_MS;
      const endsAtMs = isMatch ? startsAtMs + MATCH_MS : endOf(startsAtMs, halfHours * 30 * MINUTE_MS, nth);
      const title = isMatch ? "The Match" : `Series ${Math.floor(SERIES * uniform(SEED, "series", id, startsAtMs))} of ${id.slice(0, 4)}`;
      slots.push({
        id: `${id}/${startsAtMs}`,
        channelId: id,
        title,
        startsAtMs,
        endsAtMs,
        categories: isMatch ? ["sports"] : [],
        live: isMatch,
      });
      startsAtMs = endsAtMs;
    }
    return slots;
  });
  return { channels: ids.map((id) => ({ id, name: id })), programmes };
}

/** The guide with the programme of that index a quarter of an hour later. */
export function moved(guide: Schedule, index: number): Schedule {
  const programmes = guide.programmes.map((programme, nth) =>
    nth === index ? { ...programme, startsAtMs: programme.startsAtMs + 15 * MINUTE_MS } : programme,
  );
  return { ...guide, programmes };
}

const MATCH_CHANNELS = 3;
const MATCH_AFTER_MS = HOUR_MS;
const MATCH_MS = 2 * HOUR_MS;

/** What is on before a match ends when it begins. */
function endOf(startsAtMs: number, lengthMs: number, channel: number): number {
  if (channel >= MATCH_CHANNELS) return startsAtMs + lengthMs;
  const nextMatchMs = NOW + MATCH_AFTER_MS + Math.ceil((startsAtMs - NOW - MATCH_AFTER_MS) / DAY_MS) * DAY_MS;
  const untilMs = nextMatchMs > startsAtMs ? nextMatchMs : nextMatchMs + DAY_MS;
  return Math.min(startsAtMs + lengthMs, untilMs);
}

/** What somebody said of each evening's match. */
function expectationsOf(days: number): readonly Expectation[] {
  return Array.from({ length: days }, (_, day) => {
    const startsAtMs = NOW + MATCH_AFTER_MS + day * DAY_MS;
    return {
      occasion: `match of day ${day + 1}`,
      title: "the match",
      channels: Array.from({ length: MATCH_CHANNELS }, (__, nth) => channelId(nth)),
      windowStartMs: startsAtMs - HOUR_MS,
      windowEndMs: startsAtMs + HOUR_MS,
      viewers: 200_000 + 20_000 * (day % 5),
    };
  });
}

/** Everything that a deployment of a size has before it plans. */
export type Begun = {
  readonly settings: Settings;
  readonly documents: readonly (readonly [string, Versioned<Json>])[];
  readonly loads: LoadSource;
};

/** A usual week, learned for each kind of target, and what every series has drawn three times. */
export async function begun(size: Size): Promise<Begun> {
  const settings: Settings = {
    targets: targetsOf(size.targets),
    expectations: expectationsOf(size.days),
    zone: [],
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: DEFAULT_PLAN_POLICY,
  };
  const channels = Array.from({ length: size.channels }, (_, nth) => channelId(nth));
  const world = { usualPeakViewers: 120_000, targets: {} };
  const history = await learnHistory({ settings: { ...settings, targets: KINDS }, channels, world, seed: SEED, fromMs: NOW });
  const documents = plainDocuments(history.learned.flatMap((entry) => forEveryTarget(entry, settings.targets)));
  const context = contextOf({ ...NOT_BEGUN, ...plainSchedules(), documents, journal: plainJournal(), bus: HEARS_ALL }, settings);
  const audience = audienceOf(size);
  await learn(context, [{ apply: (before) => ({ ...before, audience }), cause: "broadcast-day", what: undefined }], NOW);
  const all = (await documents.list("")).map(({ key, value, version }) => [key, { value, version }] as const);
  return { settings, documents: all, loads: loadsOf(history) };
}

/** What was learned of a kind, under the key of each target of that kind. */
function forEveryTarget([key, document]: History["learned"][number], targets: readonly Target[]): History["learned"] {
  const kind = KINDS.findIndex(({ id }) => key === usualKey(id) || key.endsWith(`/${id}`));
  if (kind < 0) return [[key, document]];
  const id = KINDS[kind]?.id ?? "";
  return targets
    .filter((_, nth) => nth % KINDS.length === kind)
    .map((target) => [key.slice(0, -id.length) + target.id, structuredClone(document)]);
}

const SHOWN_BEFORE = 3;
const USUAL_SPREAD_VIEWERS = 300;

/** What two days of every channel teach, each channel by itself: nothing but `all` is of several. */
function audienceOf({ channels }: Size): AudienceLevels {
  const all: Record<string, AudienceLevels[string]> = {};
  const byChannel = Map.groupBy(occasionsOf(guideOf({ channels, days: 2 }), []), ({ channelIds }) => channelIds.join(" "));
  for (const [, occasions] of byChannel) {
    let levels: AudienceLevels = {};
    for (const occasion of occasions) {
      for (let nth = 0; nth < SHOWN_BEFORE; nth += 1) {
        const viewers = USUAL_SPREAD_VIEWERS * normal(SEED, "viewers", occasion.id, nth);
        levels = learnSeries(levels, occasion, { viewers, censored: false }, []);
        levels = learnGroups(levels, [{ groups: groupsOf(occasion, []), viewers, censored: false }]);
      }
    }
    Object.assign(all, levels);
  }
  return all;
}

/** The minutes just before, as the kind of each target carried them. */
function loadsOf({ lately }: History): LoadSource {
  const within = (fromMs: number, toMs: number) => lately.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  return {
    load: async (targetId, fromMs, toMs) => {
      const { id } = kindOf(Number(targetId.slice("target-".length)) - 1);
      return within(fromMs, toMs).flatMap(({ atMs, targets }) => {
        const minute = targets[id];
        return minute === undefined
          ? []
          : [{ kind: "known" as const, atMs, loadRps: minute.loadRps, unservedRps: 0, servingUnits: minute.servingUnits }];
      });
    },
    audience: async (fromMs, toMs) => within(fromMs, toMs).map(({ atMs, viewers }) => ({ kind: "known", atMs, viewers })),
  };
}

const HEARS_ALL: Ports["bus"] = { publish: async (events) => events.map(() => ({ kind: "accepted" })) };

/** A deployment that has planned nothing yet, and how its guide is replaced by another. */
export type Deployment = { readonly context: Context; readonly publish: (guide: Schedule) => Promise<void> };

/** Opens a deployment: nothing that another one worked out is found again. */
export function deployed({ settings, documents, loads }: Begun): Deployment {
  const stores = plainSchedules();
  const ports = {
    ...NOT_BEGUN,
    ...stores,
    documents: plainDocuments(structuredClone(documents)),
    journal: plainJournal(),
    bus: HEARS_ALL,
    loads,
  };
  let generation = 0;
  return {
    context: contextOf(ports, { ...settings, targets: structuredClone(settings.targets) }),
    publish: async (guide) => {
      const packed = packSchedule(guide);
      await stores.chunks.keep(packed.chunks);
      generation += 1;
      await stores.schedules.publish({ feedId: "guide", generation, publishedAtMs: NOW, contentHash: packed.contentHash });
    },
  };
}
