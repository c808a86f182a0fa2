import type { Expectation } from "../core/schedule/expectation.ts";
import { guideMaker, type Guide } from "../core/schedule/guide.ts";
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
import { feedReader, type ReadSchedule } from "./schedules.ts";

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

/** What every use case works with. Make one with `contextOf`. */
export type Context = {
  readonly ports: Ports;
  readonly settings: Settings;
  /** What the feeds in force list, as corrected at `now`; worked out again only where a feed has a new generation or people say something else. */
  readonly guide: (now: number) => Promise<Guide>;
  /** What a generation lists. */
  readonly schedule: ReadSchedule;
};

/** The context of one deployment (or one laptop). */
export function contextOf(ports: Ports, settings: Settings): Context {
  let known: { readonly key: string; readonly guide: Guide } | undefined;
  const read = feedReader(ports.chunks);
  const makeGuide = guideMaker(settings.expectations);
  const guide = async (now: number): Promise<Guide> => {
    const generations = await Promise.all((await ports.schedules.feeds()).map((feedId) => ports.schedules.current(feedId)));
    const present = generations.filter((generation) => generation !== undefined);
    const { corrections, key: corrected } = await readCorrections(ports.documents, now);
    const { together, key: joined } = await readTogether(ports.documents, now);
    const key = `${present.map(({ feedId, generation, contentHash }) => `${feedId}/${generation}/${contentHash}`).join(" ")} ${corrected} ${joined}`;
    if (known?.key === key) return known.guide;
    const feeds = await Promise.all(
      present.map(async (generation) => ({ feedId: generation.feedId, days: (await read(generation)).days })),
    );
    known = { key, guide: makeGuide({ feeds, corrections, together }) };
    return known.guide;
  };
  return { ports, settings, guide, schedule: async (generation) => (await read(generation)).schedule() };
}
