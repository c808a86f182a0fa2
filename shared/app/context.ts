import type { Expectation } from "../core/schedule/expectation.ts";
import { occasionsOf, type Occasion } from "../core/schedule/occasion.ts";
import { byStart } from "../core/schedule/programme.ts";
import type { ImpactThreshold } from "../core/forecast/impact.ts";
import type { PlanPolicy } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import type { ZoneOffsets } from "../core/time.ts";
import type { Ports } from "./ports.ts";

/** What the platform was told by its owner. */
export type Settings = {
  readonly targets: readonly Target[];
  readonly expectations: readonly Expectation[];
  readonly zone: ZoneOffsets;
  readonly threshold: ImpactThreshold;
  readonly cueOffsets: readonly number[];
  readonly policy: PlanPolicy;
};

/** What all feeds in force list, as occasions. */
export type Guide = {
  /** By start. */
  readonly occasions: readonly Occasion[];
  readonly byId: ReadonlyMap<string, Occasion>;
  /** Ids of the programmes that the occasions are made of. */
  readonly programmeIds: ReadonlySet<string>;
};

/** What every use case works with. Make one with `contextOf`. */
export type Context = {
  readonly ports: Ports;
  readonly settings: Settings;
  /** What the feeds in force list; worked out again only when a feed has a new generation. */
  readonly guide: () => Promise<Guide>;
};

/** The context of one deployment (or one laptop). */
export function contextOf(ports: Ports, settings: Settings): Context {
  let known: { readonly key: string; readonly guide: Guide } | undefined;
  const guide = async (): Promise<Guide> => {
    const generations = await Promise.all((await ports.schedules.feeds()).map((feedId) => ports.schedules.current(feedId)));
    const present = generations.filter((generation) => generation !== undefined);
    const key = present.map(({ feedId, generation, contentHash }) => `${feedId}/${generation}/${contentHash}`).join(" ");
    if (known?.key === key) return known.guide;
    const channels = present.flatMap(({ schedule }) => schedule.channels);
    const programmes = present.flatMap(({ schedule }) => schedule.programmes).sort(byStart);
    const occasions = occasionsOf({ channels, programmes }, settings.expectations);
    known = {
      key,
      guide: {
        occasions,
        byId: new Map(occasions.map((occasion) => [occasion.id, occasion])),
        programmeIds: new Set(programmes.map(({ id }) => id)),
      },
    };
    return known.guide;
  };
  return { ports, settings, guide };
}
