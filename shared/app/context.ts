import { correctedProgrammes, type Corrections } from "../core/schedule/correction.ts";
import type { Expectation } from "../core/schedule/expectation.ts";
import { isSameOccasion, occasionsOf, type Occasion, type Said, type SaidTogether } from "../core/schedule/occasion.ts";
import { byStart, type Schedule } from "../core/schedule/programme.ts";
import type { SanityThresholds } from "../core/schedule/sanity.ts";
import type { ImpactThreshold } from "../core/forecast/impact.ts";
import type { PlanPolicy } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import type { ZoneOffsets } from "../core/time.ts";
import { readCorrections } from "./corrections.ts";
import type { DatabaseToWarm } from "../core/warm/buffer-cache.ts";
import type { ContentSettings } from "../core/warm/content.ts";
import type { Ports } from "./ports.ts";
import { readTogether } from "./proposals.ts";
import { scheduleReader, type ReadSchedule } from "./schedules.ts";

/** What the platform was told by its owner. */
export type Settings = {
  readonly targets: readonly Target[];
  readonly expectations: readonly Expectation[];
  readonly zone: ZoneOffsets;
  readonly threshold: ImpactThreshold;
  readonly cueOffsets: readonly number[];
  readonly policy: PlanPolicy;
  /** Measuring has a minute of its own (`measureTick`), which may be before the rest of the minute, after it, or at the same time. */
  readonly measuredApart?: boolean;
  /**
   * How old a reading of a target's load may be while its plan asks for what an ordinary week takes, in milliseconds; left out: none. Where
   * every reading costs money this is some minutes.
   */
  readonly ordinaryLoadMs?: number;
  /** From where on a feed is not believed; the gate's own thresholds when left out. */
  readonly feedGate?: SanityThresholds;
  /** What viewers fetch first, and the caches that are to hold it. */
  readonly content?: ContentSettings;
  /** Databases whose memory is to hold what viewers will ask for. */
  readonly databases?: readonly DatabaseToWarm[];
};

/** What all feeds in force list, as people corrected it, as occasions. */
export type Guide = {
  /** By start. */
  readonly occasions: readonly Occasion[];
  readonly byId: ReadonlyMap<string, Occasion>;
  /** Ids of the programmes that the occasions are made of. */
  readonly programmeIds: ReadonlySet<string>;
  /** The corrections that it rests on. */
  readonly corrections: Corrections;
  /** What does not take place, though its feed lists it, as the occasions that it would have made. */
  readonly calledOff: readonly Occasion[];
};

/** What every use case works with. Make one with `contextOf`. */
export type Context = {
  readonly ports: Ports;
  readonly settings: Settings;
  /** What the feeds in force list, as corrected at `now`; worked out again only when a feed has a new generation or people say something else. */
  readonly guide: (now: number) => Promise<Guide>;
  /** What a generation lists. */
  readonly schedule: ReadSchedule;
};

/** The context of one deployment (or one laptop). */
export function contextOf(ports: Ports, settings: Settings): Context {
  let known: { readonly key: string; readonly guide: Guide } | undefined;
  const schedule = scheduleReader(ports.chunks);
  const guide = async (now: number): Promise<Guide> => {
    const generations = await Promise.all((await ports.schedules.feeds()).map((feedId) => ports.schedules.current(feedId)));
    const present = generations.filter((generation) => generation !== undefined);
    const { corrections, key: corrected } = await readCorrections(ports.documents, now);
    const { together, key: joined } = await readTogether(ports.documents, now);
    const key = `${present.map(({ feedId, generation, contentHash }) => `${feedId}/${generation}/${contentHash}`).join(" ")} ${corrected} ${joined}`;
    if (known?.key === key) return known.guide;
    const schedules = await Promise.all(present.map(schedule));
    const channels = schedules.flatMap((each) => each.channels);
    const listed = schedules.flatMap(({ programmes }) => programmes).sort(byStart);
    const before = known?.guide.byId ?? new Map<string, Occasion>();
    known = { key, guide: guideOf({ channels, programmes: listed }, { corrections, together }, settings.expectations, before) };
    return known.guide;
  };
  return { ports, settings, guide, schedule };
}

type SaidByPeople = { readonly corrections: Corrections; readonly together: readonly SaidTogether[] };

function guideOf(
  listed: Schedule,
  { corrections, together }: SaidByPeople,
  expectations: readonly Expectation[],
  before: Guide["byId"],
): Guide {
  const { channels } = listed;
  const programmes = correctedProgrammes(listed.programmes, corrections);
  // What was worked out of an occasion is found by the object: one that stayed as it was is the same.
  const occasions = occasionsOf({ channels, programmes }, expectations, together).map((occasion) => {
    const known = before.get(occasion.id);
    return known !== undefined && isSameOccasion(known, occasion) ? known : occasion;
  });
  const byId = new Map(occasions.map((occasion) => [occasion.id, occasion]));
  const cancelled = corrections.size === 0 ? [] : listed.programmes.filter(({ id }) => corrections.get(id)?.cancelled === true);
  return {
    occasions,
    byId,
    programmeIds: new Set(programmes.map(({ id }) => id)),
    corrections,
    calledOff: occasionsOf({ channels, programmes: cancelled }, expectations, together)
      // What still has a slot takes place.
      .filter(({ id }) => !byId.has(id))
      .map((occasion) => ({ ...occasion, said: saidOf(occasion, corrections) })),
  };
}

function saidOf({ programmes }: Occasion, corrections: Corrections): readonly Said[] {
  const said = programmes.flatMap(({ id }) => corrections.get(id) ?? []);
  return said.slice(0, 1).map(({ author, why }) => ({ change: { kind: "cancelled" }, author, why }));
}
